"""The files that a source is given: those named, and those directly in the folders named."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import BadFile
from ingestion.notes import Note, note
from ingestion.sets import regexes
from ingestion.sets.model import FileSet

FILES_MAX = 2_000_000


@dataclass(frozen=True, slots=True)
class NotRead:
    """A file, or a sheet of it, that no set asks for, and why."""

    path: Path
    why: Note
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """Files in the order of their paths, and what lies beside them and is not followed."""

    paths: tuple[Path, ...]
    links: tuple[NotRead, ...]

    @classmethod
    def of(cls, given: Sequence[Path]) -> "Files":
        """
        Return the files among paths: each once, whatever leads to it.

        A link that leads out of its folder is not followed; hidden files are passed over.

        Raises:
            BadFile: A path does not exist, or there are more files than are read.
        """
        paths: dict[Path, Path] = {}
        links: list[NotRead] = []
        for path in given:
            if path.is_dir():
                for each, leads_out in _inside(path):
                    if leads_out:
                        links.append(NotRead(each, note("leads_out")))
                    else:
                        paths.setdefault(each.resolve(), each)
                    if len(paths) > FILES_MAX:
                        raise BadFile(f"{path.name}: at most {FILES_MAX} files are read at once")
            elif path.is_file():
                paths.setdefault(path.resolve(), path)
            else:
                raise BadFile(f"{path}: there is no such file or folder")
        return cls(tuple(sorted(paths.values(), key=str)), tuple(links))

    def of_set(self, asked: FileSet) -> Iterator[Path]:
        """Yield the files that a set asks for."""
        pattern = regexes.compiled(asked.files)
        return (path for path in self.paths if pattern.fullmatch(named(path)))


def named(path: Path) -> str:
    """Return a file's name as it is written, however its accents are kept."""
    return unicodedata.normalize("NFC", path.name).encode("utf-8", "replace").decode()


def _inside(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the files directly in a folder, and whether they are links that lead out of it."""
    inside = folder.resolve()
    for path in folder.iterdir():
        if path.name.startswith((".", "~$")):
            continue
        if path.is_symlink() and inside not in path.resolve().parents:
            yield path, True
        elif path.is_file():
            yield path, False
