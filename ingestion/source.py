"""Files that are named after the tables of the forms: which of those given are such."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ingestion.errors import BadFile
from ingestion.forms import Column, Form, Unit, form, forms, table_of
from ingestion.notes import note
from ingestion.readers import stem
from ingestion.strays import Stray, why_unread

FILES_MAX = 10_000
# For each column of a table the header that stands for it, and the unit of its money.
Named = Mapping[str, tuple[str, Column, Unit | None]]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read and the table it holds."""

    path: Path
    table: str

    @property
    def form(self) -> Form:
        """Return the form of the file's table."""
        return form(self.table)


def find(source: str, paths: Sequence[Path]) -> tuple[list[SourceFile], list[Stray]]:
    """
    Return the files to read, in a fixed order, and what else is there.

    A folder gives the files directly in it; a link that leads out of it is not followed. A file
    that is named itself must be known.

    Args:
        source: The name of the source, for messages.
        paths: Files, and folders of files.

    Raises:
        BadFile: A path does not exist, or nothing in it is known to the source.
    """
    found: list[SourceFile] = []
    strays: list[Stray] = []
    for path in paths:
        if path.is_dir():
            _sort_in(source, path, found, strays)
        elif path.is_file():
            table = _table_in(path)
            if table is None:
                raise BadFile(f"{path.name}: {why_unread(path, source)}")
            found.append(SourceFile(path, table))
        else:
            raise BadFile(f"{path}: there is no such file or folder")
    if not found:
        raise BadFile(f"nothing that source {source} knows in {', '.join(map(str, paths))}")
    if len(found) > FILES_MAX:
        raise BadFile(f"{len(found)} files; at most {FILES_MAX} are read at once")
    order = list(source_order())
    distinct = {item.path.resolve(): item for item in found}
    return sorted(distinct.values(), key=lambda f: (order.index(f.form.name), f.path)), strays


def source_order() -> Sequence[str]:
    """Return the tables in the order in which they are read: firms first."""
    return tuple(forms())


def _sort_in(source: str, folder: Path, found: list[SourceFile], strays: list[Stray]) -> None:
    """Part what is directly in a folder into files to read and others."""
    inside = folder.resolve()
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):
            continue
        table = _table_in(path) if path.is_file() else None
        if inside not in path.resolve().parents:
            strays.append(Stray(path, note("leads_out")))
        elif table is not None:
            found.append(SourceFile(path, table))
        elif path.is_file():
            strays.append(Stray(path, why_unread(path, source)))
        elif path.is_dir() and _holds_tables(path):
            strays.append(Stray(path, why_unread(path, source), tables=True))


def _holds_tables(folder: Path) -> bool:
    """Return whether a folder has tables of the forms among its first files."""
    files = [path for path in islice(folder.rglob("*"), FILES_MAX) if path.is_file()]
    if table_of(folder.name) is not None:
        return any(stem(path) is not None for path in files)
    return any(_table_in(path) is not None for path in files)


def _table_in(path: Path) -> str | None:
    """Return the table that a file holds by its name; None where no reader takes it."""
    name = stem(path)
    return None if name is None else table_of(name)
