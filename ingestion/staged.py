"""
The rows of a table on their way into the lake, before and while they are judged.

What must be judged together has equal cells in the columns by which a table is divided: numbers,
where it has them. Of many rows one division is in memory at a time, the others lie in a file.
Tables that a version holds whole are not divided: they are in memory in the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.fates import RowFates
from ingestion.forms import BESIDES, Form
from ingestion.forms import form as registered
from ingestion.readers import Unread
from ingestion.readers.chunk import IntArray
from ingestion.record import RowProblem
from ingestion.spool import Divisions, Spool, division_of

BoolArray = npt.NDArray[np.bool_]
OF_LAKE = ("invoices", "orders", "events", "flows", "registrations")  # In no version as rows.
PLACES = pa.schema([("file", pa.int32()), ("line", pa.int32())])
_AT, _ID = ".at", ".id"  # Columns of rows that are put down: their place, and their fate.


@dataclass(slots=True)
class Staged:
    """Rows of one table out of all its files, or a division of them; the problems of some."""

    form: Form
    table: pa.Table  # Without rows while they are put down.
    problems: list[RowProblem] = field(default_factory=list)
    unread: list[tuple[int, Unread]] = field(default_factory=list)
    doubts: list[RowProblem] = field(default_factory=list)  # Of rows that are used.
    left_out: Spool | None = None  # Files and lines.
    # What a description says of rows before anything is judged: void, unmatched.
    told: list[RowProblem] = field(default_factory=list)
    ids: IntArray | None = None  # Of each row what it is in `fates`.
    fates: RowFates | None = None
    quiet: BoolArray | None = None  # Rows that are told beside others: they are never counted.
    at: IntArray | None = None  # Of each row its place among all; None where that is its own.
    divisions: Divisions | None = None
    division: int = 0

    @property
    def rows(self) -> int:
        """Return how many rows the files hold, readable or not."""
        return int(self.table.num_rows) + len(self.unread)

    def take_up(self) -> None:
        """Have the rows in memory."""
        if self.divisions is None:
            return
        found = self.divisions.of(self.division)
        table = self.table if found is None else found
        if _ID in table.column_names:
            self.ids = table[_ID].to_numpy()
        if _AT in table.column_names:
            self.at = table[_AT].to_numpy()
        self.table = table.select(schema(self.form).names)

    def put_down(self) -> None:
        """Give the memory of the rows back, where they lie in a file too."""
        if self.divisions is not None:
            self.table = schema(self.form).empty_table()
            self.at = self.ids = None

    @property
    def fate_ids(self) -> IntArray | None:
        """Return of each row what it is in `fates`, whether the rows are in memory or not."""
        if self.fates is None or self.divisions is None or self.ids is not None:
            return self.ids
        found = self.divisions.of(self.division, [_ID])
        return None if found is None else found[_ID].to_numpy()

    def columns(self, names: Sequence[str]) -> pa.Table:
        """Return some columns of the rows, whether they are in memory or not."""
        if self.divisions is None:
            return self.table.select(names)
        found = self.divisions.of(self.division, names)
        return self.table.select(names) if found is None else found


@dataclass(slots=True)
class IncomingTable:
    """One table while it is read: its rows, and what is wrong with some."""

    form: Form
    folder: Path | None  # Where rows are put down that are too many; None: where others are.
    fates: RowFates | None = None
    held: bool = False  # Whether all rows are needed at once.
    problems: list[RowProblem] = field(default_factory=list)
    doubts: list[RowProblem] = field(default_factory=list)
    told: list[RowProblem] = field(default_factory=list)
    unread: list[tuple[int, Unread]] = field(default_factory=list)
    rows: int = 0
    left_out: Spool = field(init=False)
    spool: Spool = field(init=False)

    def __post_init__(self) -> None:
        self.left_out = Spool(self.folder)
        self.spool = Spool(self.folder, bound=not self.held)

    @classmethod
    def of(
        cls, form: Form, folder: Path | None, fates: RowFates | None, *, once: bool
    ) -> "IncomingTable":
        """Return the stage of a table; `once` says that no row of a set gives two of its facts."""
        return cls(form, folder, fates, held=not (once and dividing(form)))

    def add(
        self,
        batch: pa.Table,
        *,
        problems: Sequence[RowProblem],
        doubts: Sequence[RowProblem],
        told: Sequence[RowProblem] = (),
        ids: IntArray | None = None,
    ) -> None:
        """Add rows; what is told of them counts them from the first of the batch."""
        offset = self.rows
        self.problems += [each.later(offset) for each in problems]
        self.doubts += [each.later(offset) for each in doubts]
        self.told += [each.later(offset) for each in told]
        if self.fates is not None and ids is not None:
            batch = batch.append_column(_ID, pa.array(ids))
        self.spool.add(batch)
        self.rows += len(batch)

    def leave_out(self, file: IntArray, line: IntArray) -> None:
        """Leave rows out, by their files and lines."""
        columns = [pa.array(file.astype(np.int32)), pa.array(line.astype(np.int32))]
        self.left_out.add(pa.table(columns, schema=PLACES))

    def pieces(self) -> Iterator[Staged]:
        """Yield the rows in the order in which they came, as many at a time as memory holds."""
        for table in self.spool.tables():
            yield self._whole(table)

    def close(self) -> list[Staged]:
        """Return the rows, those that must be judged together in one division."""
        count = self.spool.pieces
        if count > 1:
            return self._divided(count)
        tables = list(self.spool.tables())
        self.spool.clear()
        whole = self._whole(pa.concat_tables([self._empty(), *tables]).unify_dictionaries())
        whole.problems, whole.doubts, whole.told = self.problems, self.doubts, self.told
        whole.unread, whole.left_out = self.unread, self.left_out
        return [whole]

    def _empty(self) -> pa.Table:
        empty = schema(self.form).empty_table()
        return empty if self.fates is None else empty.append_column(_ID, pa.array([], pa.int64()))

    def _whole(self, table: pa.Table) -> Staged:
        ids = table[_ID].to_numpy() if _ID in table.column_names else None
        return Staged(self.form, table.select(schema(self.form).names), fates=self.fates, ids=ids)

    def _divided(self, count: int) -> list[Staged]:
        divisions, empty = Divisions(count, self.folder), schema(self.form).empty_table()
        found = [
            Staged(self.form, empty, fates=self.fates, divisions=divisions, division=at)
            for at in range(count)
        ]
        found[0].unread, found[0].left_out = self.unread, self.left_out
        firsts: dict[str, RowProblem] = {}
        for doubt in self.doubts:
            firsts.setdefault(doubt.column, doubt.none)
        for each in found:  # The columns of doubts have one order in all divisions.
            each.doubts += firsts.values()
        dividing_rows = _Dividing(found, [self.problems, self.doubts, self.told])
        for table in self.spool.tables():
            dividing_rows.add(table, division_of(table, dividing(self.form), count))
        self.spool.clear()
        self.problems, self.doubts, self.told = [], [], []
        return found


class _Dividing:
    """Divides rows and what is told of them, piece by piece."""

    def __init__(self, found: Sequence[Staged], told: Sequence[Sequence[RowProblem]]) -> None:
        self._found, self._told = found, told
        self._next = [0] * len(told)
        self._rows = 0
        self._sizes = np.zeros(len(found), np.int64)

    def add(self, table: pa.Table, divisions: IntArray) -> None:
        """Put rows down by their divisions, and what is told of them with them."""
        within = np.zeros(len(divisions), np.int64)
        for at in np.unique(divisions).tolist():
            mine = np.flatnonzero(divisions == at)
            within[mine] = self._sizes[at] + np.arange(len(mine))
            self._sizes[at] += len(mine)
        start, self._rows = self._rows, self._rows + len(divisions)
        for kind, told in enumerate(self._told):
            while self._next[kind] < len(told) and told[self._next[kind]].rows[0] < self._rows:
                self._tell(kind, told[self._next[kind]], (divisions, within), start)
                self._next[kind] += 1
        places = pa.array(np.arange(start, self._rows))
        whole = self._found[0].divisions
        if whole is not None:
            whole.add(table.append_column(_AT, places), divisions)

    def _tell(
        self, kind: int, problem: RowProblem, where: tuple[IntArray, IntArray], start: int
    ) -> None:
        divisions, within = (each[problem.rows - start] for each in where)
        for at in np.unique(divisions).tolist():
            mine = divisions == at
            values = problem.values.filter(pa.array(mine))
            part = RowProblem(within[mine], problem.column, values, problem.reason)
            each = self._found[at]
            (each.problems, each.doubts, each.told)[kind].append(part)


def dividing(form: Form) -> tuple[str, ...]:
    """
    Return the columns by which a table is divided; none where it is not.

    Example:
        >>> from ingestion.forms import form
        >>> dividing(form("invoices")), dividing(form("receivables"))
        (('number',), ())
    """
    if form.name not in OF_LAKE:
        return ()
    known = registered(form.name).stored_key  # By which sources are told apart from each other.
    both = [name for name in form.stored_key if name in known and name not in form.parties]
    if "number" in both:
        return ("number",)
    # Numbers that are used again are looked for among all invoices.
    return () if form.name == "invoices" else tuple(both)


def schema(form: Form) -> pa.Schema:
    """Return the schema of a staged table: its columns, where it stands and what is besides."""
    fields = [pa.field(column.stored, column.arrow) for column in form.columns.values()]
    besides = [
        ("line", pa.int32()),
        ("file", pa.int32()),
        ("extra", pa.uint64()),
        *((name, pa.string()) for name in BESIDES),
    ]
    return pa.schema([*fields, *(pa.field(name, kind) for name, kind in besides)])
