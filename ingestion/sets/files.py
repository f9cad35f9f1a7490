"""The files that a source is given: those named, and those directly in the folders named."""

import os
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

    names: tuple[str, ...]  # Paths as text: of a million documents they are small.
    links: tuple[NotRead, ...]

    @classmethod
    def of(cls, given: Sequence[Path]) -> "Files":
        """
        Return the files among paths: each once, whatever leads to it.

        A link that leads out of its folder is not followed; hidden files are passed over.

        Raises:
            BadFile: A path does not exist, or there are more files than are read.
        """
        names: dict[str, str] = {}
        links: list[NotRead] = []
        for path in given:
            if path.is_dir():
                for name, target in _inside(path):
                    if target is None:
                        links.append(NotRead(Path(name), note("leads_out")))
                    else:
                        names.setdefault(target, name)
                    if len(names) > FILES_MAX:
                        raise BadFile(f"{path.name}: at most {FILES_MAX} files are read at once")
            elif path.is_file():
                names.setdefault(str(path.resolve()), str(path))
            else:
                raise BadFile(f"{path}: there is no such file or folder")
        return cls(tuple(sorted(names.values())), tuple(links))

    def of_set(self, asked: FileSet) -> Iterator[Path]:
        """Yield the files that a set asks for."""
        return (Path(name) for name in self.names if asks(asked, name))


def asks(asked: FileSet, name: str) -> bool:
    """Return whether a set asks for a file."""
    return bool(regexes.compiled(asked.files).fullmatch(named(name)))


def named(path: str) -> str:
    """Return a file's name as it is written, however its accents are kept."""
    name = os.path.basename(path)  # noqa: PTH119  # A path for each of a million names is slow.
    return unicodedata.normalize("NFC", name).encode("utf-8", "replace").decode()


def _inside(folder: Path) -> Iterator[tuple[str, str | None]]:
    """Yield the files directly in a folder, and what they are; None where a link leads out."""
    inside = folder.resolve()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_symlink():
                target = Path(entry.path).resolve()
                if inside not in target.parents:
                    yield entry.path, None
                elif target.is_file():
                    yield entry.path, str(target)
            elif entry.is_file():
                yield entry.path, f"{inside}{os.sep}{entry.name}"
