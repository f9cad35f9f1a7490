"""Results as files: CSV with 17 significant digits, or Parquet."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from app.platform.files.whole import real
from app.risk.analyse.options import Columns
from app.risk.analyse.tables import Issue
from graph.errors import InvalidInput

ENDINGS = (".csv", ".csv.gz", ".parquet")
RESULTS = ("--out", "--losses")


def check(outputs: Mapping[str, Path], inputs: Mapping[str, Path]) -> None:
    """
    Do nothing where each output has a file of its own, or raise.

    Args:
        outputs: By option, the files that will be written.
        inputs: By option, the files that will be read.

    Raises:
        InvalidInput: A result cannot be written to such a file, or the file is an input or another
            output: by whatever path, through links too.
    """
    taken = dict(inputs)
    for option, path in outputs.items():
        if option in RESULTS and not path.name.lower().endswith(ENDINGS):
            raise InvalidInput(f"{path.name}: a result ends in one of {', '.join(ENDINGS)}")
        if not real(path).parent.is_dir():
            raise InvalidInput(f"{path}: there is no such folder")
        if path.exists() and not path.is_file():
            raise InvalidInput(f"{path}: {option} is no file that could be written")
        for other, read in taken.items():
            if _are_one(path, read):
                raise InvalidInput(f"{option} and {other} are the same file: {path}")
        taken[option] = path


def _are_one(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return real(one) == real(other)


def write(path: Path, parts: Iterable[Columns]) -> None:
    """Write columns, given in one or more parts, to a file of the kind that its ending names."""
    if path.name.lower().endswith(".parquet"):
        _write_parquet(path, parts)
    elif path.name.lower().endswith(".gz"):
        with (
            path.open("wb") as packed,
            gzip.GzipFile("", "wb", fileobj=packed, mtime=0) as raw,
            io.TextIOWrapper(raw, encoding="utf-8", newline="") as file,
        ):
            write_csv(file, parts)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            write_csv(file, parts)


def write_csv(file: TextIO, parts: Iterable[Columns]) -> None:
    """Write columns as CSV under one header."""
    writer = csv.writer(file, lineterminator="\n")
    for number, columns in enumerate(parts):
        if number == 0:
            writer.writerow(columns)
        writer.writerows(_lines(list(columns.values())))


def _write_parquet(path: Path, parts: Iterable[Columns]) -> None:
    filled = _filled(parts)  # A column without cells has no type.
    tables = (pa.table({name: pa.array(c) for name, c in part.items()}) for part in filled)
    first = next(tables, pa.table({}))
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


def _filled(parts: Iterable[Columns]) -> Iterator[Columns]:
    """Yield the parts that have rows; where none has, the first."""
    empty: Columns | None = None
    some = False
    for part in parts:
        if any(len(cells) for cells in part.values()):
            some = True
            yield part
        empty = empty or part
    if not some and empty is not None:
        yield empty


def write_issues(path: Path, issues: Sequence[Issue]) -> None:
    """Write the rows set aside, file by file in line order: file, line, column, value, reason."""
    first_met = {issue.file: at for at, issue in reversed(list(enumerate(issues)))}
    ordered = sorted(issues, key=lambda issue: (first_met[issue.file], issue.line))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "line", "column", "value", "reason"])
        writer.writerows([i.file, i.line, i.column, i.value, i.reason] for i in ordered)


def _lines(columns: Sequence[Sequence[Any]]) -> Iterator[list[str]]:
    for row in zip(*columns, strict=True):
        yield [_cell(cell) for cell in row]


def _cell(cell: object) -> str:
    """
    Return a cell as text.

    Example:
        >>> _cell(0.1), _cell(True), _cell(7), _cell("0111")
        ('0.10000000000000001', 'true', '7', '0111')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"{cell:.17g}" if isinstance(cell, float) else str(cell)
