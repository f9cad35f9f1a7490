"""Which rows are used, and for which one reason each of the others is set aside."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.forms import CURRENCY, KNOWN, Form
from ingestion.readers.chunk import IntArray, shown
from ingestion.resolve import beside
from ingestion.spool import Spool
from ingestion.staged import BoolArray, Staged

_HASHED_ROWS = 500_000  # So many rows are compared at a time.
VOIDABLE = ("invoices", "orders")  # Elsewhere void is a state that is kept.
SEVERAL_ALLOWED = ("invoices", "events", "flows")  # Two rows with one key are two facts.
# Not against the source's bounds: nothing is wrong with these rows by themselves.
NOT_COUNTED = (
    "left_out", "void", "voided", "duplicate", "future", "replaced", "told_twice", "told_otherwise",
    "told_elsewhere",
)  # fmt: skip
# Rows that tell something although they are not used themselves.
TELLING = ("void", "told_twice", "told_elsewhere")


def _no_rows() -> IntArray:
    return np.zeros(0, np.int64)


@dataclass(slots=True)
class Tally:
    """What of a table's rows was set aside: how many for which reason, and each of them."""

    issues: Spool
    reasons: Counter[str] = field(default_factory=Counter)
    by_file: Counter[tuple[int, str]] = field(default_factory=Counter)  # By file and reason.
    currencies: Counter[str] = field(default_factory=Counter)  # Rows left out for theirs.

    @property
    def wrong(self) -> int:
        """Return how many rows count against the source's bounds."""
        return sum(count for name, count in self.reasons.items() if name not in NOT_COUNTED)

    @property
    def why(self) -> str:
        """Return the reasons that count against the source's bounds, the most frequent first."""
        counted = [(n, name) for name, n in self.reasons.items() if name not in NOT_COUNTED]
        return ", ".join(f"{name} {n}" for n, name in sorted(counted, key=lambda c: (-c[0], c[1])))


@dataclass(slots=True)
class Verdict:
    """The state of every row of a division: used, or set aside for the first reason given."""

    staged: Staged
    aside: BoolArray
    tally: Tally
    # Rows whose status takes back what stands under their key.
    void: IntArray = field(default_factory=_no_rows)
    # Rows that equal an earlier one in every field, and the first of each.
    repeats: tuple[IntArray, IntArray] = field(default_factory=lambda: (_no_rows(), _no_rows()))

    @property
    def used(self) -> int:
        """Return how many rows are used."""
        return int((~self.aside).sum())

    @property
    def first_of(self) -> IntArray:
        """Return of each row the first that equals it in every field."""
        found = np.arange(len(self.aside))
        rows, firsts = self.repeats
        found[rows] = firsts
        return found

    def set_aside_keys(self, rows: IntArray, reason: str) -> None:
        """Set rows aside for what is told elsewhere under their key."""
        if len(rows):
            self.set_aside(rows, reason, *_key_cells(self.staged, rows))

    def set_aside(self, rows: IntArray, reason: str, column: str, values: pa.Array) -> None:
        """Set rows aside for a reason, those that no earlier reason has set aside already."""
        fresh = ~self.aside[rows]
        if not fresh.any():
            return
        rows, values = rows[fresh], values.filter(pa.array(fresh))
        self.aside[rows] = True
        if self.staged.quiet is not None:
            counted = ~self.staged.quiet[rows]
            rows, values = rows[counted], values.filter(pa.array(counted))
        lines = self._lines(rows)
        rows, values = rows[lines > 0], values.filter(pa.array(lines > 0))
        places = self.staged.table.select(["file", "line"]).take(pa.array(rows))
        self._count(reason, places["file"].to_numpy(), lines[lines > 0])
        self._tell(places["file"], places["line"], (column, values, reason))

    def _lines(self, rows: IntArray) -> IntArray:
        """Return how many lines of its file each row is that no other fact has set aside."""
        fates, ids = self.staged.fates, self.staged.ids
        if fates is None or ids is None:
            return np.ones(len(rows), np.int64)
        return fates.set_aside(ids[rows])

    def _count(self, reason: str, files: IntArray, lines: IntArray) -> None:
        """Count lines of files that are set aside for a reason."""
        if len(files):
            self.tally.reasons[reason] += int(lines.sum())
        counts = np.bincount(files, lines) if len(files) else np.zeros(0)
        for file in np.flatnonzero(counts).tolist():
            self.tally.by_file[file, reason] += int(counts[file])

    def follow(self) -> None:
        """Leave out the rows that are set aside as other tables or facts of theirs are."""
        ids = self.staged.fate_ids
        if self.staged.fates is not None and ids is not None:
            self.aside |= self.staged.fates.gone[ids] & (ids >= 0)

    def left_out(self) -> None:
        """Count the rows that the description leaves out."""
        if self.staged.left_out is None:
            return
        for places in self.staged.left_out.tables():
            file, count = places["file"].to_numpy().astype(np.int64), places.num_rows
            self._count("left_out", file, np.ones(count, np.int64))
            blank = pa.nulls(count, pa.string())
            self._tell(places["file"], places["line"], ("", blank, "left_out"))
        self.staged.left_out.clear()

    def _tell(
        self, file: pa.Array, line: pa.Array, what: tuple[str | pa.Array, pa.Array, str | pa.Array]
    ) -> None:
        """Keep what the issues file says of rows: column, value and reason, of all or of each."""
        column, values, reason = what
        count = len(line)
        told = {
            "file": file,
            "line": line,
            "column": _of_each(column, count),
            "value": pa.array(
                map(beside.shown, pc.cast(values, pa.string()).to_pylist()), pa.string()
            ),
            "reason": _of_each(reason, count),
        }
        self.tally.issues.add(pa.table(told))

    def unreadable(self) -> None:
        """Tell of the rows that no reader could take apart."""
        rows = self.staged.unread
        if not rows:
            return
        files = np.array([file for file, _ in rows], np.int64)
        reasons = np.array([bad.reason for _, bad in rows])
        for reason in dict.fromkeys(reasons.tolist()):
            mine = files[reasons == reason]
            self._count(reason, mine, np.ones(len(mine), np.int64))
        self._tell(
            pa.array(files, pa.int32()),
            pa.array([bad.line for _, bad in rows], pa.int32()),
            (
                pa.array([bad.column for _, bad in rows], pa.string()),
                pa.array([shown(f"{bad.why}: {bad.value}") for _, bad in rows]),
                pa.array(reasons.tolist(), pa.string()),
            ),
        )


def _of_each(text: str | pa.Array, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count) if isinstance(text, str) else text


@dataclass(slots=True)
class TableVerdict:
    """The verdicts on all divisions of a table; what they set aside is counted together."""

    divisions: list[Verdict]
    tally: Tally

    @property
    def form(self) -> Form:
        """Return the form of the table."""
        return self.divisions[0].staged.form

    @property
    def used(self) -> int:
        """Return how many rows are used."""
        return sum(each.used for each in self.divisions)

    @property
    def telling(self) -> int:
        """Return how many rows tell something: those used, and those that take back or repeat."""
        return self.used + sum(self.tally.reasons[reason] for reason in TELLING)

    def in_turn(self) -> Iterator[Verdict]:
        """Yield the divisions, the rows of one in memory at a time."""
        for each in self.divisions:
            each.staged.take_up()
            yield each
            each.staged.put_down()

    def follow(self) -> None:
        """Leave out the rows that are set aside as other tables or facts of theirs are."""
        for each in self.divisions:
            each.follow()

    def let_go(self) -> None:
        """Give the memory of the rows back, once the lake has them; what is counted stays."""
        for each in self.divisions:
            each.staged.table, each.staged.divisions = each.staged.table.slice(0, 0), None


def judge_table(divisions: Iterable[Staged], folder: Path) -> TableVerdict:
    """
    Return the verdict on a table as far as its rows alone tell.

    Args:
        divisions: Its rows; those of each are looked at when it is given.
        folder: Where the list of those set aside is put down, if they are many.
    """
    tally = Tally(Spool(folder))
    return TableVerdict([judge(staged, tally) for staged in divisions], tally)


def judge(staged: Staged, tally: Tally) -> Verdict:
    """Return the verdict as far as the rows alone tell: unreadable, left out, void, repeats, ..."""
    verdict = Verdict(staged, np.zeros(staged.table.num_rows, bool), tally)
    verdict.follow()
    verdict.unreadable()
    verdict.left_out()
    _report(verdict, "unreadable")
    _leave_out_foreign(verdict)
    for problem in staged.told:
        verdict.set_aside(problem.rows, problem.reason, problem.column, problem.values)
        if problem.reason == "void":
            verdict.void = np.concatenate([verdict.void, problem.rows])
    if staged.form.name in VOIDABLE:
        status = staged.table["status"]
        void = np.asarray(pc.fill_null(pc.equal(status, "void"), fill_value=False))
        rows = np.flatnonzero(void & ~verdict.aside)
        verdict.set_aside(rows, "void", "status", status.take(pa.array(rows)))
        verdict.void = np.union1d(verdict.void, rows)
    _report_without_key(verdict)
    _report(verdict, "lost_digits")  # Before duplicates: keys without their digits look equal.
    repeats, firsts = _repeats(staged.table, ~verdict.aside)
    verdict.repeats = repeats, firsts
    verdict.set_aside(repeats, "duplicate", *_key_cells(staged, repeats))
    _report(verdict)
    verdict.follow()
    return verdict


def _leave_out_foreign(verdict: Verdict) -> None:
    """Set aside the rows whose amounts are in another currency, and count them by theirs."""
    given = verdict.staged.table[CURRENCY]
    rows = np.flatnonzero(np.asarray(pc.is_valid(given)) & ~verdict.aside)
    named = given.take(pa.array(rows))
    verdict.set_aside(rows, "left_out", CURRENCY, named)
    for each in pc.value_counts(named):
        verdict.tally.currencies[each["values"].as_py()] += each["counts"].as_py()


def _report(verdict: Verdict, reason: str | None = None) -> None:
    """Set the rows aside whose cells are a problem, of one reason alone or of any."""
    for problem in verdict.staged.problems:
        if reason in (None, problem.reason):
            verdict.set_aside(problem.rows, problem.reason, problem.column, problem.values)


def _report_without_key(verdict: Verdict) -> None:
    """Set the rows aside whose key is blank as a whole: nothing would tell them apart."""
    table, form = verdict.staged.table, verdict.staged.form
    if any(form.columns[name].required for name in form.key):
        return
    blank = [np.asarray(pc.is_null(table[name])) for name in form.stored_key]
    rows = np.flatnonzero(np.logical_and.reduce(blank) & ~verdict.aside)
    verdict.set_aside_keys(rows, "missing")


def future(verdict: Verdict, as_of: dt.date) -> None:
    """Set aside the rows dated after the as-of date, and those that the bank learned of later."""
    for column in filter(None, (verdict.staged.form.dated, KNOWN)):
        dates = verdict.staged.table[column]
        late = np.asarray(pc.fill_null(pc.greater(dates, pa.scalar(as_of)), fill_value=False))
        rows = np.flatnonzero(late)
        verdict.set_aside(rows, "future", column, dates.take(pa.array(rows)))


def self_trades(verdict: Verdict, ends: tuple[IntArray, IntArray]) -> None:
    """Set aside the rows whose two ends are one firm, after resolution."""
    rows = np.flatnonzero((ends[0] == ends[1]) & (ends[0] >= 0))
    column = verdict.staged.form.ends[1]
    verdict.set_aside(
        rows, "self_trade", column, pc.cast(verdict.staged.table[column], pa.string()).take(rows)
    )


def conflicts(verdict: Verdict, keys: pl.DataFrame) -> None:
    """Set aside the rows of firms whose id an earlier used row has, with other content."""
    open_rows = np.flatnonzero(~verdict.aside)
    first = keys[open_rows].select(pl.struct(pl.all()).is_first_distinct()).to_series().to_numpy()
    rows = open_rows[~first]
    verdict.set_aside(rows, "conflict", *_key_cells(verdict.staged, rows))


def _key_cells(staged: Staged, rows: IntArray) -> tuple[str, pa.Array]:
    column = staged.form.stored_key[0]
    return column, pc.cast(staged.table[column], pa.string()).take(pa.array(rows))


def coded(table: pa.Table) -> pl.DataFrame:
    """Return a staged table for polars, its party columns as numbers that stand for their texts."""
    columns = {
        name: _codes(values) if pa.types.is_dictionary(values.type) else pl.from_arrow(values)
        for name, values in zip(table.column_names, table.itercolumns(), strict=True)
    }
    return pl.DataFrame(columns)


def _codes(values: pa.ChunkedArray) -> pl.Series:
    plain = pa.chunked_array([chunk.indices for chunk in values.chunks], pa.int32())
    return pl.Series(plain)


def _repeats(table: pa.Table, eligible: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the rows that equal an earlier eligible row in every field, and the first of each."""
    told = [
        name
        for name, cells in zip(table.column_names, table.itercolumns(), strict=True)
        if name not in ("line", "file") and cells.null_count < max(1, len(cells))
    ]
    table = table.select(told)
    slices = (table.slice(at, _HASHED_ROWS) for at in range(0, max(1, len(table)), _HASHED_ROWS))
    hashed = pl.concat([coded(some).hash_rows(seed=1) for some in slices])
    rows = np.flatnonzero(eligible)
    twins = rows[hashed.filter(pl.Series(eligible)).is_duplicated().to_numpy()]
    # Equal numbers stand for equal rows in all but a few cases; those few are compared in full.
    place = pl.Series("place", twins)
    some = coded(table.take(pa.array(twins)))
    first = some.with_columns(place).select(pl.col("place").first().over(some.columns))
    firsts = first.to_series().to_numpy().astype(np.int64)
    again = firsts != twins
    return twins[again], firsts[again]
