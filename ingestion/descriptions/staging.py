"""From the rows of sets to staged tables: each row in every table that keeps it, with its fate."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

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
from ingestion.staged import IncomingTable, Staged, schema

_REASONS = {VOID: "void", UNMATCHED: "unmatched"}


class Staging:
    """
    The tables of a description, filled row by row of its sets.

    Args:
        description: What it says.
        zone: Where the bank works.
        folder: Where rows are put down that are too many to be held.
    """

    def __init__(
        self, description: Description, zone: dt.tzinfo, folder: Path | None = None
    ) -> None:
        self._zone = zone
        self.fillings = [Filling(table, _form(table)) for table in description.tables]
        by_set = [table.set for table in description.tables]
        shared = any(by_set.count(name) > 1 for name in by_set) or any(
            rows.group is not None for rows in description.sets.values()
        )
        self.fates = RowFates() if shared else None
        self.stages: dict[str, IncomingTable] = {}
        self.beside: IncomingTable | None = None
        by_form = [(filling.form.name, filling.table.set) for filling in self.fillings]
        for filling in self.fillings:
            name, form = filling.form.name, filling.form
            if self._is_beside(filling):
                self.beside = self.beside or IncomingTable(form, folder, self.fates)
            elif name not in self.stages:
                once = all(by_form.count(each) == 1 for each in by_form if each[0] == name)
                self.stages[name] = IncomingTable.of(form, folder, self.fates, once=once)

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
            file, line = (np.repeat(each, repeated) for each in found)
            self.stages[table].leave_out(file, line)

    def unread(self, table: str, file: int, rows: tuple[Unread, ...]) -> None:
        """Set rows aside that no reader could take apart."""
        self.stages[table].unread += [(file, row) for row in rows]

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
        told = ([], [], []) if beside else (records.problems, records.doubts, _told(frame[FATE]))
        problems, doubts, fates = told
        batch = pa.table(columns, schema=schema(filling.form))
        stage.add(batch, problems=problems, doubts=doubts, told=fates, ids=ids)

    def closed(self) -> tuple[dict[str, list[Staged]], IncomingTable | None]:
        """Return the tables in their divisions, and the firms that are told beside others."""
        if self.fates is not None:
            self.fates.close()
        return {name: stage.close() for name, stage in self.stages.items()}, self.beside


def _told(fates: pl.Series) -> list[RowProblem]:
    """Return what the description itself says of rows, the first reason first."""
    found = []
    for fate, reason in _REASONS.items():
        rows = np.flatnonzero((fates == fate).to_numpy())
        if len(rows):
            found.append(RowProblem(rows, "", pa.nulls(len(rows), pa.string()), reason))
    return found


def _form(table: DescribedTable) -> Form:
    return form(table.table) if table.key is None else form(table.table).keyed(table.key)
