"""What a source is: a folder with `source.yml` (owner, schedule, files, checks) and `mapper.py`."""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from graph.model import Label
from ingestion.errors import BadFile, ImportRefused
from ingestion.forms import Column, Form, Unit, form, forms, table_of
from ingestion.notes import note
from ingestion.readers import stem
from ingestion.record import SourceRecords
from ingestion.strays import Stray, why_unread

FOLDER = Path(__file__).parent / "sources"
FILES_MAX = 10_000
# For each column of a table the header that stands for it, and the unit of its money.
Named = Mapping[str, tuple[str, Column, Unit | None]]
# Takes what the table needs out of the records and gives its columns by name.
Mapper = Callable[[SourceRecords, Form, Named], dict[str, pa.Array]]


@dataclass(frozen=True, slots=True)
class RejectionBounds:
    """How much may be wrong before the whole import is refused."""

    used_min: Mapping[str, int]  # Used rows by table, where the table is there at all.
    share_max: float  # Set aside rows of a table, void, duplicate and future ones not counted.
    rows_free: int  # So many rows may be set aside whatever their share.


@dataclass(frozen=True, slots=True)
class Pattern:
    """File names (without their ending) that hold one table, and how that table is mapped."""

    name: re.Pattern[str]
    table: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where data comes from, and how it is to be read."""

    name: str
    label: Label
    owner: str
    schedule: str
    names_identify: bool  # Whether firms with one name are one firm.
    ids_shared: bool  # Whether its firm ids mean the same firms as those of other sources.
    patterns: tuple[Pattern, ...]
    passed: tuple[re.Pattern[str], ...]  # Names of files that are known and hold nothing to read.
    bounds: RejectionBounds
    mapper: Mapper

    def pattern(self, name: str) -> Pattern | None:
        """Return what a file name (without its ending) stands for in this source."""
        for pattern in self.patterns:
            if pattern.name.fullmatch(name):
                return pattern
        if self.patterns:
            return None
        table = table_of(name)
        return None if table is None else Pattern(re.compile(""), table, {}, ())


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read and the table it holds."""

    path: Path
    pattern: Pattern

    @property
    def form(self) -> Form:
        """Return the form of the file's table."""
        return form(self.pattern.table)


def names() -> list[str]:
    """Return the names of the sources that there are."""
    return sorted(path.parent.name for path in FOLDER.glob("*/source.yml"))


def load(name: str) -> DataSource:
    """
    Return a source.

    Raises:
        ImportRefused: There is no such source.

    Example:
        >>> load("cumcm").names_identify
        False
    """
    if name not in names():
        raise ImportRefused(f"no source {name!r}; there are {', '.join(names())}")
    read = yaml.safe_load((FOLDER / name / "source.yml").read_text(encoding="utf-8"))
    checks = read["checks"]
    return DataSource(
        name=read["name"],
        label=Label(**read["label"]),
        owner=read["owner"],
        schedule=read["schedule"],
        names_identify=read["names_identify"],
        ids_shared=read["ids_shared"],
        patterns=tuple(_pattern(entry) for entry in read.get("files", ())),
        passed=tuple(re.compile(name) for name in read.get("passed", ())),
        bounds=RejectionBounds(
            used_min=checks["used_min"],
            share_max=checks["set_aside_share_max"],
            rows_free=checks["set_aside_rows_free"],
        ),
        mapper=importlib.import_module(f"ingestion.sources.{name}.mapper").to_columns,
    )


def find(source: DataSource, paths: Sequence[Path]) -> tuple[list[SourceFile], list[Stray]]:
    """
    Return the files to read, in a fixed order, and what else is there.

    A folder gives the files directly in it; a link that leads out of it is not followed. A file
    that is named itself must be known.

    Raises:
        BadFile: A path does not exist, or nothing in it is known to the source.
    """
    found: list[SourceFile] = []
    strays: list[Stray] = []
    for path in paths:
        if path.is_dir():
            _sort_in(source, path, found, strays)
        elif path.is_file():
            pattern = _pattern_of(source, path)
            if pattern is None:
                raise BadFile(f"{path.name}: {why_unread(path, source.name)}")
            found.append(SourceFile(path, pattern))
        else:
            raise BadFile(f"{path}: there is no such file or folder")
    if not found:
        raise BadFile(f"nothing that source {source.name} knows in {', '.join(map(str, paths))}")
    if len(found) > FILES_MAX:
        raise BadFile(f"{len(found)} files; at most {FILES_MAX} are read at once")
    order = list(source_order())
    distinct = {item.path.resolve(): item for item in found}
    return sorted(distinct.values(), key=lambda f: (order.index(f.form.name), f.path)), strays


def source_order() -> Sequence[str]:
    """Return the tables in the order in which they are read: firms first."""
    return tuple(forms())


def _sort_in(
    source: DataSource, folder: Path, found: list[SourceFile], strays: list[Stray]
) -> None:
    """Part what is directly in a folder into files to read and others."""
    inside = folder.resolve()
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):
            continue
        pattern = _pattern_of(source, path) if path.is_file() else None
        known = any(name.fullmatch(path.name) for name in source.passed)
        if inside not in path.resolve().parents:
            strays.append(Stray(path, note("leads_out"), known))
        elif pattern is not None:
            found.append(SourceFile(path, pattern))
        elif path.is_file():
            strays.append(Stray(path, why_unread(path, source.name), known))
        elif path.is_dir() and _holds_tables(source, path):
            strays.append(Stray(path, why_unread(path, source.name), tables=True))


def _holds_tables(source: DataSource, folder: Path) -> bool:
    """Return whether a folder has tables of the source among its first files."""
    files = [path for path in islice(folder.rglob("*"), FILES_MAX) if path.is_file()]
    if source.pattern(folder.name) is not None:
        return any(stem(path) is not None for path in files)
    return any(_pattern_of(source, path) is not None for path in files)


def _pattern_of(source: DataSource, path: Path) -> Pattern | None:
    name = stem(path)
    return None if name is None else source.pattern(name)


def _pattern(entry: Mapping[str, Any]) -> Pattern:
    return Pattern(
        name=re.compile(entry["name"]),
        table=entry["table"],
        columns=entry.get("columns", {}),
        ignored=tuple(entry.get("ignored", ())),
    )
