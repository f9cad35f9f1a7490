"""All that a described source gives: its sets read in turn, its lookups first."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ingestion.collect import Collected
from ingestion.descriptions import names
from ingestion.descriptions.cells import SetCells
from ingestion.descriptions.filling import WORDS_MAX
from ingestion.descriptions.grouping import grouped
from ingestion.descriptions.joining import KEY, ROW, SetLookup, taken
from ingestion.descriptions.model import Description, Forms, Join, Rows
from ingestion.descriptions.origins import Origins
from ingestion.descriptions.report import LookedUp, Report, Unmeant
from ingestion.descriptions.staging import Staging
from ingestion.descriptions.steps import FATE, FILE_AT, KEPT, Steps, with_files
from ingestion.descriptions.wholes import wholes
from ingestion.errors import BadFile
from ingestion.notes import Note, about, about_files, note, table_name
from ingestion.sets import Batch, Inputs
from ingestion.sets.batch import FILE, LINE, RESERVED, ROOT, SHEET
from ingestion.sets.errors import nearest

_BESIDE = (FILE, SHEET, ROOT)
_FilePlace = tuple[Path | None, str]
_ROWS_MAX = 50_000_000  # Of a set that others look into.


@dataclass(slots=True)
class Gathering:
    """One reading of a described source."""

    description: Description
    inputs: Inputs
    zone: dt.tzinfo
    reading: Callable[[Path], None]
    folder: Path | None = None  # Where rows are put down that are too many to be held.
    report: Report = field(default_factory=Report)
    notes: dict[Note, None] = field(default_factory=dict)
    origins: Origins = field(default_factory=Origins)
    _said: dict[Note, dict[str, None]] = field(default_factory=dict)  # Of which files.
    _beside: Origins = field(default_factory=Origins)  # Files that are looked into.
    _lookups: dict[str, SetLookup] = field(default_factory=dict)
    # Of each file and sheet its columns, and those that a set asks for.
    _headers: dict[_FilePlace, dict[str, None]] = field(default_factory=dict)
    _asked_for: dict[_FilePlace, set[str]] = field(default_factory=dict)

    def collected(self) -> Collected:
        """
        Return every row of every set that gives facts, staged by table.

        Raises:
            BadFile: A file cannot be read, or no file has a column that is asked for.
        """
        staging = Staging(self.description, self.zone, self.folder)
        wanted = dict.fromkeys(table.set for table in self.description.tables)
        for name in self.description.sets:
            if name in wanted:
                self._read(self.description.sets[name], staging)
        tables, beside = staging.closed()
        self.report.words = [
            Unmeant(filling.table.set, filling.form.name, column, word, rows)
            for filling in staging.fillings
            for (column, word), rows in sorted(filling.words.items())
        ]
        for filling in staging.fillings:
            if filling.has_more_words:
                table = table_name(filling.form.name)
                self.notes[note("more_words", table=table, most=WORDS_MAX)] = None
        self._tell(wanted)
        return Collected(tuple(self.origins.files), tables, tuple(self.notes), beside, self.report)

    def _say(self, where: str, what: Note) -> None:
        self._said.setdefault(what, {})[where] = None

    def _tell(self, wanted: Iterable[str]) -> None:
        self._tell_lookups(wanted)
        self._tell_headers()
        for what, places in self._said.items():
            self.notes[about_files(list(places), what)] = None
        self.report.not_read = list(self.inputs.not_read())
        for each in self.report.not_read:
            place = f"{each.path.name} [{each.sheet}]" if each.sheet else each.path.name
            self.notes[about(place, each.why)] = None
        for file in self.origins.files:
            if not file.rows and not file.query:
                self.notes[about(file.origin, note("no_rows"))] = None

    def _tell_lookups(self, wanted: Iterable[str]) -> None:
        for name, lookup in self._lookups.items():
            if name in wanted:
                continue
            matched = dict(lookup.files.gather(lookup.found.sort()).value_counts().iter_rows())
            for at, of_set in enumerate(self._beside.sets):
                if of_set == name:
                    file = self._beside.files[at]
                    self.report.lookups.append(LookedUp(name, file, matched.get(at, 0)))

    def _tell_headers(self) -> None:
        for (path, sheet), headers in self._headers.items():
            where = path.name if path is not None else sheet
            for header in headers:
                if header not in self._asked_for[path, sheet]:
                    self._say(where, note("column_not_read", header=header))

    def _read(self, rows: Rows, staging: Staging) -> None:
        """Read one set that gives facts."""
        steps = self._steps(rows)
        mine = tuple(table for table in self.description.tables if table.set == rows.name)
        repeated = frozenset(names.repeated((rows.joins, tuple(table.columns for table in mine))))
        table = staging.table_of(rows.name)
        lacking = Lacking(rows.name)
        for batch in self._batches(rows):
            places = self.origins.places(rows.name, batch)
            frame = with_files(batch, places)
            besides = len(batch.unread) + len(batch.repeated)
            self.origins.count(places, frame[FILE_AT].to_numpy(), besides)
            stepped = steps.take(batch, frame)
            file = int(places[0]) if len(places) else 0
            again = pl.DataFrame(
                {FILE_AT: [file] * len(batch.repeated), LINE: batch.repeated},
                schema={FILE_AT: pl.Int32, LINE: pl.Int32},
            )
            staging.unread(table, file, (*batch.unread, *stepped.ragged))
            staging.leave_out(table, pl.concat([stepped.left_out, again]))
            cells = stepped.cells
            if rows.group is not None:
                cells.frame = grouped(cells.frame, rows.group, repeated)
            staging.add(rows.name, cells)
            lacking.see(batch, cells)
            self._note(rows, batch)
        self.notes |= dict.fromkeys(lacking.checked())

    def _note(self, rows: Rows, batch: Batch) -> None:
        where = batch.path.name if batch.path is not None else batch.query
        for each in batch.notes:
            self._say(where, each)
        if batch.latest is not None:
            self.report.latest[rows.name] = batch.latest
        self._see_headers(rows, batch)

    def _see_headers(self, rows: Rows, batch: Batch, *, beside: bool = False) -> None:
        """Know which columns of a file no set has asked for; those of lookups are not told of."""
        if not batch.header_lines:  # Fields of documents are named by the description itself.
            return
        place = batch.path, batch.sheet
        self._asked_for.setdefault(place, set()).update(self._asked(rows), rows.ignored, RESERVED)
        if not beside:
            self._headers.setdefault(place, {}).update(dict.fromkeys(batch.frame.columns))

    def _batches(self, rows: Rows) -> Iterable[Batch]:
        if isinstance(rows.origin, Forms):
            raise TypeError("files that are named after their tables are read otherwise")
        extra = {name for name in self._asked(rows) if name in _BESIDE}
        found = self._told(self.inputs.read(rows.origin, extra=extra))
        return wholes(found) if rows.group is not None else found

    def _told(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        for batch in batches:
            if batch.path is not None:
                self.reading(batch.path)
            yield batch

    def _asked(self, rows: Rows) -> list[str]:
        theirs = [
            name
            for _, join in self._joins_into(rows.name)
            for name in names.asked((join.theirs, join.take))
        ]
        return [*names.in_set(rows, self.description.tables), *theirs]

    def _joins_into(self, name: str) -> list[tuple[int, Join]]:
        every = [join for rows in self.description.sets.values() for join in rows.joins]
        return [(at, join) for at, join in enumerate(every) if join.set == name]

    def _steps(self, rows: Rows) -> Steps:
        """Return the steps of a set, with what its joins look into."""
        every = [
            (other.name, join) for other in self.description.sets.values() for join in other.joins
        ]
        own = {at: join for at, (name, join) in enumerate(every) if name == rows.name}
        for join in own.values():
            if join.set not in self._lookups:
                self._lookups[join.set] = self._lookup(self.description.sets[join.set])
        return Steps(rows, self.zone, own, self._lookups)

    def _lookup(self, rows: Rows) -> SetLookup:
        """Return the rows of a set that others look into."""
        steps = self._steps(rows)
        joins = self._joins_into(rows.name)
        theirs = tuple((*join.theirs, *join.take.values()) for _, join in joins)
        repeated = frozenset((ROW, *names.repeated((rows.joins, theirs))))
        lacking = Lacking(rows.name)
        frames: list[pl.DataFrame] = []
        files: list[pl.Series] = [pl.Series([], dtype=pl.Int32)]
        count = 0
        for batch in self._batches(rows):
            places = self._beside.places(rows.name, batch)
            frame = with_files(batch, places).with_row_index(ROW, count)
            besides = len(batch.unread) + len(batch.repeated)
            self._beside.count(places, frame[FILE_AT].to_numpy(), besides)
            files.append(frame[FILE_AT])
            count += frame.height
            if count > _ROWS_MAX:
                raise BadFile(f"set {rows.name}: at most {_ROWS_MAX} rows are looked into")
            cells = steps.take(batch, frame).cells
            if rows.group is not None:
                cells.frame = grouped(cells.frame, rows.group, repeated)
            cells.frame = cells.frame.filter(pl.col(FATE) == KEPT)
            columns = [series for at, join in joins for series in taken(cells, join, at)]
            lines = cells.frame[ROW].cast(pl.Int64 if rows.group is None else pl.List(pl.Int64))
            frames.append(pl.DataFrame([*columns, lines.alias(ROW)]))
            lacking.see(batch, cells)
            self._see_headers(rows, batch, beside=True)
        if not frames:
            self.notes[note("nothing_looked_into", name=rows.name)] = None
        self.notes |= dict.fromkeys(lacking.checked())
        empty = {f"{KEY}{at}": pl.String for at, _ in joins}
        empty |= {f"{at}.{name}": pl.String for at, join in joins for name in join.take}
        none = pl.DataFrame(
            schema={**empty, ROW: pl.Int64 if rows.group is None else pl.List(pl.Int64)}
        )
        return SetLookup(pl.concat([none, *frames], how="diagonal"), pl.concat(files))


@dataclass(slots=True)
class Lacking:
    """Columns that a set is asked for and files of it do not have."""

    name: str
    _lack: dict[str, dict[str, None]] = field(default_factory=dict)  # By column the files.
    _there: set[str] = field(default_factory=set)

    def see(self, batch: Batch, cells: SetCells) -> None:
        """Know what the rows of a batch lack."""
        where = batch.path.name if batch.path is not None else batch.query or batch.sheet
        place = f"{where} [{batch.sheet}]" if batch.sheet else where
        for name in cells.lacking:
            self._lack.setdefault(name, {})[place] = None
        self._there.update(batch.frame.columns)

    def checked(self) -> list[Note]:
        """
        Return notes on columns that some files lack: they are blank there.

        Raises:
            BadFile: No file has a column that is asked for.
        """
        for name, places in sorted(self._lack.items()):
            if name not in self._there:
                like = nearest(name, [each for each in self._there if not each.startswith("_")])
                raise BadFile(
                    f"{next(iter(places))}: set {self.name}: there is no column {name}{like}"
                )
        return [
            about_files(list(places), note("column_lacks", header=name))
            for name, places in sorted(self._lack.items())
        ]
