"""
Tables of an analysis: columns checked cell by cell, firms as rows.

A wrong cell ends the analysis with file, line and column; where rows are to be set aside it is
kept for the list and its row left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from graph.errors import InvalidInput
from ingestion import fields
from ingestion.forms import plain_header
from ingestion.readers import read
from ingestion.readers.chunk import LINE

Kind = Literal["code", "amount", "share", "class"]
NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
# Whole all the same, and the same in all files of one analysis.
WHOLE = r"^[0-9]+\.0+$"
WHY: dict[Kind, str] = {
    "code": "is empty",
    "amount": "is no amount from 0 up",
    "share": "is no share from 0 to 1",
    "class": "is none of 0, 1, 2",
}
UNITS = ("", "_fen", "_yuan")  # A money column may say its unit; the figures stay in it.
BATCH_ROWS = 1_000_000  # Rows held as text at a time.
FirmRows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class InputColumn:
    """One column: what its cells are, whether the file needs it, whether a cell may be empty."""

    name: str
    kind: Kind
    needed: bool = True
    empty: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """Return the headers that name the column: money may say its unit."""
        return tuple(self.name + unit for unit in (UNITS if self.kind == "amount" else ("",)))


@dataclass(frozen=True, slots=True)
class Issue:
    """One row set aside."""

    file: str
    line: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class InputFiles:
    """Where files are read and wrong rows put."""

    keep_going: bool
    rows_held: int = BATCH_ROWS
    step: Callable[[str, float], None] = lambda _name, _share: None
    issues: list[Issue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)  # Of money, and who says so.

    def sheet(self, path: Path, *columns: InputColumn, each: "Step | None" = None) -> "CheckedRows":
        """
        Return a file's rows with the columns asked for, cells as values.

        Args:
            path: The file.
            columns: What is read of it.
            each: What is done with every batch of rows: what it leaves out is never held.

        Raises:
            InvalidInput: The file cannot be read, is empty or lacks a column; or a cell is wrong
                and rows are not to be set aside.
        """
        parts = []
        for line, rows in self._batches(path, columns):
            named = self._named(f"{path.name}, line {line}", rows, columns)
            sheet = CheckedRows(self, path.name, named)
            for column in columns:
                if column.name in sheet:
                    sheet = _valued(sheet, column)
            parts.append((each(sheet) if each else sheet).frame)
        if not parts:
            raise InvalidInput(f"{path.name}: the file is empty")
        return CheckedRows(self, path.name, pl.concat(parts))

    def _batches(
        self, path: Path, columns: tuple[InputColumn, ...]
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield a file's rows, many at a time, with the line of their header."""
        held: list[pl.DataFrame] = []
        line = 1
        for chunk in read(path, lambda cells: _names_all(cells, columns)):
            for row in chunk.unread:
                self._wrong(Issue(path.name, row.line, "", "", row.why))
            self._note(*(f"{path.name}: {note}" for note in chunk.notes))
            rows = chunk.rows
            if held and held[0].columns != rows.columns:  # Another sheet.
                yield line, pl.concat(held)
                held = []
            line = chunk.header_line
            held.append(rows)
            self.step(path.name, chunk.share)
            if sum(map(len, held)) >= self.rows_held:
                yield line, pl.concat(held)
                held = []
        if held:
            yield line, pl.concat(held)

    def _note(self, *notes: str) -> None:
        self.notes += [note for note in notes if note not in self.notes]

    def _named(
        self, head: str, frame: pl.DataFrame, columns: tuple[InputColumn, ...]
    ) -> pl.DataFrame:
        """Return the columns asked for under their own names, whatever the case of the header."""
        taken: dict[str, str] = {}
        file = head.partition(", line ")[0]
        for column in columns:
            found = [name for name in frame.columns if plain_header(name) in column.headers]
            if len(found) > 1:
                raise InvalidInput(f"{head}: both {found[0]!r} and {found[1]!r} stand there")
            if column.needed and not found:
                raise InvalidInput(f"{head}: there is no column {column.name!r}")
            taken |= dict.fromkeys(found, column.name)
            for name in found:
                self._take_unit(file, name, plain_header(name).removeprefix(column.name))
        ignored = [name for name in frame.columns if name not in taken and name != LINE]
        if ignored:
            self._note(f"{file}: not used: {', '.join(ignored)}")
        return frame.select(LINE, *taken).rename(taken)

    def _take_unit(self, file: str, column: str, unit: str) -> None:
        """Note a unit of money; two of them in one question are one too many."""
        if not unit:
            return
        self.units.setdefault(unit, f"{file}, column {column}")
        if len(self.units) > 1:
            raise InvalidInput(
                f"amounts are in two units: {' and '.join(self.units.values())}; give all in one"
            )

    def _wrong(self, issue: Issue) -> None:
        if not self.keep_going:
            place = f"{issue.file}, line {issue.line}"
            place += f", column {issue.column}" if issue.column else ""
            shown = f": {issue.value!r}" if issue.value else ":"
            raise InvalidInput(f"{place}{shown} {issue.reason}")
        self.issues.append(issue)

    def refuse(
        self, sheet: "CheckedRows", wrong: pl.Series, column: str, reason: str
    ) -> "CheckedRows":
        """Return the sheet without the wrong rows, which are set aside or end it all."""
        wrong = wrong.fill_null(value=False)
        if not wrong.any():
            return sheet
        for line, cell in sheet.frame.filter(wrong).select(LINE, column).iter_rows():
            text = "" if cell is None else str(cell)
            self._wrong(Issue(sheet.file, int(line), column, text, reason))
        return CheckedRows(self, sheet.file, sheet.frame.filter(~wrong))


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """Rows of one file that are as they must be."""

    desk: InputFiles
    file: str
    frame: pl.DataFrame

    def __contains__(self, column: str) -> bool:
        return column in self.frame.columns

    def __len__(self) -> int:
        return len(self.frame)

    def floats(self, column: str) -> Floats:
        """Return a column of amounts or shares; empty cells are NaN."""
        return np.asarray(self.frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy())

    def wholes(self, column: str) -> FirmRows:
        """Return a column of whole numbers."""
        return np.asarray(self.frame[column].cast(pl.Int64).to_numpy())

    def texts(self, column: str) -> list[str]:
        """Return a column of codes, without empty cells."""
        return list(self.frame[column].drop_nulls().to_list())

    def numbered(self, column: str, codes: "Codes") -> "CheckedRows":
        """Return the sheet with codes as numbers in a column `COLUMN_row`; unknown are refused."""
        rows = codes.rows(self.frame[column])
        known = CheckedRows(
            self.desk, self.file, self.frame.with_columns(rows.alias(f"{column}_row"))
        )
        return self.desk.refuse(known, rows.is_null(), column, f"is no {codes.what}")

    def without(self, *columns: str) -> "CheckedRows":
        """Return the sheet without columns that are not needed any more."""
        return CheckedRows(self.desk, self.file, self.frame.drop(columns))

    def once(self, *columns: str, reason: str) -> "CheckedRows":
        """Return the sheet without rows whose cells in these columns stood on an earlier row."""
        again = ~self.frame.select(pl.struct(columns).is_first_distinct()).to_series()
        return self.desk.refuse(self, again, columns[-1], reason)

    def apart(self, one: str, other: str) -> "CheckedRows":
        """Return the sheet without rows that name one firm twice."""
        same = self.frame[one] == self.frame[other]
        return self.desk.refuse(self, same, other, f"is its own {one}")


Step = Callable[[CheckedRows], CheckedRows]


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes in the order of a file, with their places."""

    what: str
    names: list[str]
    places: dict[str, int]
    listed: pl.DataFrame

    @classmethod
    def of(cls, what: str, names: list[str]) -> "Codes":
        """Return the codes in order of first appearance."""
        distinct = list(dict.fromkeys(names))
        places = {name: place for place, name in enumerate(distinct)}
        row = pl.arange(len(distinct), dtype=pl.Int32, eager=True)
        return cls(what, distinct, places, pl.DataFrame({"code": distinct, "row": row}))

    def rows(self, codes: pl.Series) -> pl.Series:
        """Return the places of codes; null where there is no such code."""
        asked = codes.cast(pl.String).to_frame("code")
        return asked.join(self.listed, on="code", how="left", maintain_order="left")["row"]

    def __len__(self) -> int:
        return len(self.names)


def _names_all(cells: Sequence[str], columns: tuple[InputColumn, ...]) -> bool:
    """Return whether cells are a header that names every column that is needed."""
    plain = {plain_header(cell) for cell in cells}
    return all(plain & set(column.headers) for column in columns if column.needed)


def _valued(sheet: CheckedRows, column: InputColumn) -> CheckedRows:
    """Turn the text of one column into values."""
    cells = sheet.frame[column.name]
    missing = cells.is_null()
    if not column.empty:
        sheet = sheet.desk.refuse(sheet, missing, column.name, "is empty")
        cells = sheet.frame[column.name]
    if column.kind == "code":
        return sheet.desk.refuse(sheet, _no_code(cells), column.name, "is no code")
    values = _numbers(cells, column.kind)
    sheet = sheet.desk.refuse(
        sheet, values.is_null() & cells.is_not_null(), column.name, WHY[column.kind]
    )
    kept = _numbers(sheet.frame[column.name], column.kind)
    return CheckedRows(sheet.desk, sheet.file, sheet.frame.with_columns(kept.alias(column.name)))


def _no_code(cells: pl.Series) -> pl.Series:
    """Return which codes are errors of a spreadsheet, or have lost what told them apart."""
    texts = cells.to_arrow().cast(pa.string())
    lost = fields.lost_digits(texts) & ~cells.str.contains(WHOLE).fill_null(value=False).to_numpy()
    wrong = fields.errors(texts) | fields.destroyed(texts) | fields.turned(texts, typed=False)
    return pl.Series(lost | wrong)


def _numbers(cells: pl.Series, kind: Kind) -> pl.Series:
    shaped = cells.str.contains(NUMBER)
    text = pl.select(pl.when(shaped).then(cells)).to_series()
    values = text.cast(pl.Float64, strict=False)
    wrong = ~values.is_finite() | (values < 0)
    if kind == "share":
        wrong |= values > 1
    if kind == "class":
        wrong |= ~values.is_in([0.0, 1.0, 2.0])
    return pl.select(pl.when(~wrong).then(values)).to_series()


def firms_of(desk: InputFiles, path: Path, *columns: InputColumn) -> tuple[CheckedRows, Codes]:
    """Return the firms of a file and their codes; a repeated firm is refused on its second line."""
    sheet = desk.sheet(path, InputColumn("firm", "code"), *columns)
    sheet = sheet.once("firm", reason="stands twice")
    if not len(sheet):
        raise InvalidInput(f"{path.name}: the file names no firm")
    return sheet, Codes.of("firm of the firms file", sheet.texts("firm"))


def claims_of(desk: InputFiles, path: Path, firms: Codes) -> CheckedRows:
    """Return claims between two different firms."""
    return desk.sheet(
        path,
        InputColumn("creditor", "code"),
        InputColumn("debtor", "code"),
        InputColumn("amount", "amount"),
        each=lambda sheet: (
            sheet.numbered("creditor", firms)
            .numbered("debtor", firms)
            .apart("creditor", "debtor")
            .without("creditor", "debtor")
        ),
    )


def trades_of(desk: InputFiles, path: Path, firms: Codes) -> CheckedRows:
    """Return trades between firms; a firm may supply itself."""
    return desk.sheet(
        path,
        InputColumn("supplier", "code"),
        InputColumn("buyer", "code"),
        InputColumn("amount", "amount"),
        each=lambda sheet: (
            sheet.numbered("supplier", firms).numbered("buyer", firms).without("supplier", "buyer")
        ),
    )


@dataclass(frozen=True, slots=True)
class ShocksTable:
    """Scenarios in order of first appearance; shocked firms of each in the order of the file."""

    names: list[str]
    offsets: FirmRows
    rows: FirmRows
    sheet: CheckedRows

    def part(self, scenario: int) -> slice:
        """Return where one scenario stands."""
        return slice(int(self.offsets[scenario]), int(self.offsets[scenario + 1]))


def shocks_of(desk: InputFiles, path: Path, firms: Codes, *columns: InputColumn) -> ShocksTable:
    """Return the scenarios of a file with the columns asked for."""
    sheet = desk.sheet(path, InputColumn("scenario", "code"), InputColumn("firm", "code"), *columns)
    sheet = sheet.numbered("firm", firms)
    sheet = sheet.once("scenario", "firm", reason="stands twice in its scenario")
    names = Codes.of("scenario", sheet.texts("scenario"))
    if not len(names):
        raise InvalidInput(f"{path.name}: the file names no scenario")
    places = sheet.frame["scenario"].replace_strict(names.places, return_dtype=pl.Int64)
    frame = sheet.frame.with_columns(places.alias("scenario_row"))
    frame = frame.sort("scenario_row", maintain_order=True)
    offsets = np.searchsorted(frame["scenario_row"].to_numpy(), np.arange(len(names) + 1))
    ordered = CheckedRows(desk, sheet.file, frame)
    return ShocksTable(names.names, offsets.astype(np.int64), ordered.wholes("firm_row"), ordered)


def table(**columns: Any) -> dict[str, list[Any]]:
    """Return columns as lists of plain values."""
    return {name: np.asarray(values).tolist() for name, values in columns.items()}
