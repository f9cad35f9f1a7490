"""From the rows of sets to staged tables: each row in every table that keeps it, with its fate."""

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.collect import Staged, schema
from ingestion.descriptions.cells import SetCells
from ingestion.descriptions.filling import Filling
from ingestion.descriptions.grouping import LINES
from ingestion.descriptions.model import DescribedTable, Description
from ingestion.descriptions.steps import EXTRA, FATE, FILE_AT, UNMATCHED, VOID
from ingestion.fates import RowFates
from ingestion.forms import BESIDES, Form, form
from ingestion.readers import Chunk, Unread
from ingestion.readers.chunk import IntArray
from ingestion.record import RowProblem, SourceRecords
from ingestion.sets.batch import LINE

_REASONS = {VOID: "void", UNMATCHED: "unmatched"}


@dataclass(slots=True)
class TableStage:
    """One table on its way: its rows in batches, their numbers, and what is wrong with some."""

    staged: Staged
    batches: list[pa.Table] = field(default_factory=list)
    ids: list[IntArray] = field(default_factory=list)
    rows: int = 0

    def close(self) -> Staged:
        """Return the table with all its rows."""
        empty = schema(self.staged.form).empty_table()
        self.staged.table = pa.concat_tables([empty, *self.batches]).unify_dictionaries()
        if self.staged.fates is not None:
            self.staged.ids = np.concatenate([np.zeros(0, np.int64), *self.ids])
        return self.staged


class Staging:
    """
    The tables of a description, filled row by row of its sets.

    Args:
        description: What it says.
        zone: Where the bank works.
    """

    def __init__(self, description: Description, zone: dt.tzinfo) -> None:
        self._zone = zone
        self.fillings = [Filling(table, _form(table)) for table in description.tables]
        by_set = [table.set for table in description.tables]
        shared = any(by_set.count(name) > 1 for name in by_set) or any(
            rows.group is not None for rows in description.sets.values()
        )
        self.fates = RowFates() if shared else None
        self.stages: dict[str, TableStage] = {}
        self.beside: TableStage | None = None
        for filling in self.fillings:
            staged = Staged(filling.form, schema(filling.form).empty_table(), fates=self.fates)
            if self._is_beside(filling):
                self.beside = self.beside or TableStage(staged)
            else:
                self.stages.setdefault(filling.form.name, TableStage(staged))

    def _is_beside(self, filling: Filling) -> bool:
        """Return whether firms are told beside other facts of the same rows."""
        same = [other for other in self.fillings if other.table.set == filling.table.set]
        return filling.form.name == "firms" and any(o.form.name != "firms" for o in same)

    def add(self, name: str, cells: SetCells) -> None:
        """Add rows of a set to the tables that it gives."""
        mine = [filling for filling in self.fillings if filling.table.set == name]
        masks = [cells.all_hold(filling.table.keep) for filling in mine]
        main = [m for f, m in zip(mine, masks, strict=True) if not self._is_beside(f)]
        told = main[0]
        for mask in main[1:]:
            told = told | mask
        first = next(filling for filling in mine if not self._is_beside(filling))
        self.leave_out(first.form.name, cells.frame.filter(~told))
        frame = cells.frame
        ids = np.zeros(frame.height, np.int64)
        if self.fates is not None:
            lines = frame[LINES] if LINES in frame.columns else pl.repeat(1, len(frame), eager=True)
            where = told.to_numpy()
            ids[where] = self.fates.add(lines.to_numpy()[where].astype(np.int64))
        for filling, mask in zip(mine, masks, strict=True):
            rows = mask & told
            inner = replace(cells, frame=frame.filter(rows), lacking=set())
            self._fill(filling, inner, ids[rows.to_numpy()])
            cells.lacking |= inner.lacking

    def leave_out(self, table: str, places: pl.DataFrame) -> None:
        """Leave rows out, counted with a table."""
        if places.height:
            found = places[FILE_AT].to_numpy(), places[LINE].to_numpy()
            repeated = places[LINES].to_numpy() if LINES in places.columns else 1
            self.stages[table].staged.left_out.append(
                (np.repeat(found[0], repeated), np.repeat(found[1], repeated))
            )

    def unread(self, table: str, file: int, rows: tuple[Unread, ...]) -> None:
        """Set rows aside that no reader could take apart."""
        self.stages[table].staged.unread += [(file, row) for row in rows]

    def table_of(self, name: str) -> str:
        """Return the table with which rows of a set are counted that give no fact."""
        mine = [filling for filling in self.fillings if filling.table.set == name]
        return next(f.form.name for f in mine if not self._is_beside(f))

    def _fill(self, filling: Filling, cells: SetCells, ids: IntArray) -> None:
        beside = self._is_beside(filling)
        stage = self.beside if beside else self.stages[filling.form.name]
        if stage is None:
            return
        frame = cells.frame
        lines = frame[LINE].to_numpy().astype(np.int64)
        records = SourceRecords(Chunk(lines, {}, epoch=cells.epoch), self._zone)
        taken = filling.columns(cells, records)
        columns = [taken[column.stored] for column in filling.form.columns.values()]
        columns += [
            frame[LINE].cast(pl.Int32).to_arrow(),
            frame[FILE_AT].to_arrow(),
            pa.array(records.extra + frame[EXTRA].to_numpy()),
            *(taken.get(name, pa.nulls(frame.height, pa.string())) for name in BESIDES),
        ]
        stage.batches.append(pa.table(columns, schema=schema(filling.form)))
        stage.ids.append(ids)
        if not beside:
            staged, offset = stage.staged, stage.rows
            staged.problems += [problem.later(offset) for problem in records.problems]
            staged.doubts += [doubt.later(offset) for doubt in records.doubts]
            staged.told += _told(frame[FATE], offset)
        stage.rows += frame.height

    def closed(self) -> tuple[dict[str, Staged], Staged | None]:
        """Return the tables, and the firms that are told beside others."""
        if self.fates is not None:
            self.fates.close()
        tables = {name: stage.close() for name, stage in self.stages.items()}
        return tables, None if self.beside is None else self.beside.close()


def _told(fates: pl.Series, offset: int) -> list[RowProblem]:
    """Return what the description itself says of rows, the first reason first."""
    found = []
    for fate, reason in _REASONS.items():
        rows = np.flatnonzero((fates == fate).to_numpy())
        if len(rows):
            found.append(RowProblem(rows + offset, "", pa.nulls(len(rows), pa.string()), reason))
    return found


def _form(table: DescribedTable) -> Form:
    return form(table.table) if table.key is None else form(table.table).keyed(table.key)
