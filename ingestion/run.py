"""An import: read, judge, resolve, merge, derive and publish, or keep the old version."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.compute as pc

from graph.errors import NotFound
from graph.model import Version
from graph.stores.base import Store
from ingestion import (
    bounds,
    contradictions,
    derive,
    elsewhere,
    gathered,
    issues,
    notices,
    oddities,
    prevailing,
    publish,
    settle,
    standing,
    strays,
    verdict,
)
from ingestion import source as sources
from ingestion.collect import Collected, Progress, Reading, Staged, collect
from ingestion.days import ZONE, day_of
from ingestion.errors import ImportRefused
from ingestion.lake import EMPTY, FileOrigin, LakeView, Manifest, Parties
from ingestion.lake import manifest as manifests
from ingestion.lake import parties as party_files
from ingestion.lake.housekeeping import alone, sweep
from ingestion.lake.merge import Arrival, forget, merge
from ingestion.lake.parties import Text
from ingestion.notes import Note, note
from ingestion.prevailing import Stood
from ingestion.resolve import Decisions, Resolution, near, resolve
from ingestion.source import DataSource
from ingestion.verdict import Verdict

_ISSUED = ("invoices", "receivables", "vouchers")  # Their dates say how far the data goes.


def silent(step: str, done: int) -> None:
    """Tell nobody how far an import is."""


def unnoticed(path: Path) -> None:
    """Tell nobody which file is read."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Where an import goes, and what it may not know by itself."""

    store: Store
    home: Path
    now: dt.datetime
    progress: Progress = silent
    as_of: dt.date | None = None
    replace: bool = False
    zone: dt.tzinfo = ZONE  # Where the bank's day begins and ends.
    reading: Reading = unnoticed

    @property
    def today(self) -> dt.date:
        """Return the bank's day on which the import runs."""
        return day_of(self.now, self.zone)

    @property
    def lake(self) -> Path:
        """Return the lake's folder."""
        return self.home / "lake"


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of every row, and the version that is served now."""

    source: str
    files: tuple[tuple[str, int], ...]
    sheets: tuple[str, ...]  # Of each file that is a workbook; blank elsewhere.
    rows: int
    used: int
    set_aside: Mapping[str, int]
    currencies: Mapping[str, int]  # Rows left out for their currency, by its code.
    version: Version
    issues: Path
    published: bool
    notes: tuple[Note, ...]

    def document(self) -> dict[str, Any]:
        """Return the outcome as plain values."""
        return {
            "source": self.source,
            "files": [
                {"path": path, "rows": rows} | ({"sheet": sheet} if sheet else {})
                for (path, rows), sheet in zip(self.files, self.sheets, strict=True)
            ],
            "rows": self.rows,
            "used": self.used,
            "set_aside": dict(self.set_aside),
            "firms": self.version.firms,
            "trades": self.version.trades,
            "version": self.version.number,
            "as_of": self.version.as_of.isoformat(),
            "issues": str(self.issues),
            "published": self.published,
            "currencies": dict(self.currencies),
            "notes": list(map(str, self.notes)),
            "remarks": [each.document() for each in self.notes],
        }


@dataclass(slots=True)
class _ImportState:
    """What one import has found out so far."""

    job: ImportJob
    source: DataSource
    current: Version | None
    served: Manifest  # The lake as it is served.
    manifest: Manifest  # The lake as it will be.
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    origins: tuple[FileOrigin, ...] = ()
    notes: list[Note] = field(default_factory=list)
    uncompared: int = 0  # Names beyond those that are compared with the names of listed firms.


def ingest(source: str, paths: Sequence[Path], *, job: ImportJob) -> ImportOutcome:
    """
    Return what became of the rows of some files.

    Args:
        source: Name of the source.
        paths: Files, or folders of files, that the source knows.
        job: Where to publish, and when.

    Raises:
        ImportRefused: A file is missing or broken, too many rows are wrong, or another import
            runs; the served version stays.
    """
    with alone(job.lake):
        sweep(job.lake)
        state = _begin(job, sources.load(source))
        found, left = sources.find(state.source, paths)
        if job.replace:
            strays.check(left)
        given = collect(state.source, found, job.progress, zone=job.zone, reading=job.reading)
        state.origins = tuple(FileOrigin(file.origin, file.sha256) for file in given.files)
        listing = _issues_path(job, source)
        try:
            resolution, rows = _settle(state, given, listing)
            bounds.check(state.source, state.verdicts, given.empty, listing)
        finally:
            told = [issue for v in state.verdicts.values() for issue in v.issues]
            issues.write(listing, given.files, told)
        version, published = _publish(state, resolution, rows)
    notes = [*given.notes, *(stray.note for stray in left), *state.notes]
    if state.uncompared:
        notes.append(note("not_compared", count=state.uncompared, most=near.NAMES_MAX))
    return _outcome(state, given, tuple(notes), (version, published, listing))


def _begin(job: ImportJob, source: DataSource) -> _ImportState:
    current = job.store.current()
    try:
        served = EMPTY if current is None else manifests.read(job.lake, current.number)
    except NotFound as error:
        raise ImportRefused(f"{error}: this home does not belong to this store") from error
    manifest = forget(served, source.name) if job.replace else served
    return _ImportState(job, source, current, served, manifest)


def _settle(
    state: _ImportState, given: Collected, listing: Path
) -> tuple[Resolution, pl.DataFrame]:
    """Judge every row and merge the used ones into the manifest to be."""
    job, tables = state.job, given.tables
    job.progress("checking rows", 0)
    for name, staged in tables.items():
        state.verdicts[name] = verdict.judge(staged)
    as_of = _as_of(state)
    state.manifest = replace(state.manifest, as_of=as_of.isoformat())
    if "firms" in tables:
        firms = state.verdicts["firms"]
        ids = verdict.coded(firms.staged.table.select(["firm"]))
        contradictions.refuse(firms, ids)
        verdict.conflicts(firms, ids)
        standing.check(firms, _standing(state), state.source.name, listing)
        state.notes += notices.codes(firms, given.files)
        _merge(state, "firms", Parties((), {}))
    job.progress("resolving names", 0)
    rows, resolution = _resolve(state, _texts_of(state, tables))
    parties = Parties.of(resolution.meant)
    for name in tables:
        if name != "firms":
            gone = _finish(state, state.verdicts[name], parties)
            _merge(state, name, parties, gone)
    left = gathered.outdated(LakeView(job.lake, state.manifest, parties), resolution)
    if left:
        rows, resolution = _resolve(state, set(resolution.meant) - left)
    view = LakeView(job.lake, state.manifest, Parties.of(resolution.meant))
    for name, judged in state.verdicts.items():
        if name != "firms":
            state.notes += elsewhere.settle(judged, view, state.source.name)
            state.notes += notices.codes_beside(judged, resolution, given.files)
    state.notes += notices.crowded(resolution.crowded) + notices.one_code(rows, resolution.ids)
    job.progress("resolving names", 100)
    return resolution, rows


def _standing(state: _ImportState) -> pl.DataFrame:
    """Return the rows of firms tables that stay, before anything of this delivery is merged."""
    served = party_files.read(state.job.lake, state.served.parties)
    rows = derive.firm_rows(LakeView(state.job.lake, state.manifest, served))
    mine = pl.col("source_name") == state.source.name
    shared = [name for name in state.manifest.sources if sources.load(name).ids_shared]
    return rows.filter(mine | (pl.col("source_name").is_in(shared) & state.source.ids_shared))


def _finish(state: _ImportState, judged: Verdict, parties: Parties) -> pl.DataFrame:
    """Settle which rows are used; return the keys that void rows take back."""
    staged, form = judged.staged, judged.staged.form
    verdict.future(judged, state.manifest.day)
    wanted = dict.fromkeys((*form.stored_key, *form.ends))
    frame = parties.keys(state.source.name, staged.table, tuple(wanted))
    keys = frame.select(form.stored_key)
    contradictions.refuse(judged, keys)
    if form.ends:
        first, second = (frame[name].to_numpy() for name in form.ends)
        verdict.self_trades(judged, (first, second))
    prevailing.choose(judged, keys, frame.select(form.ends))
    if form.name == "invoices":
        given = state.manifest.sources.get(state.source.name, ())
        before = [part for part in given if part.table == form.name]
        stood = Stood(state.job.lake, before, state.source.name, parties)
        state.notes += prevailing.settle(judged, keys, stood)
        state.notes += notices.equal_invoices(judged, keys)
    state.notes += notices.early(judged)
    return keys[judged.void]


def _merge(
    state: _ImportState, name: str, parties: Parties, gone: pl.DataFrame | None = None
) -> None:
    judged = state.verdicts[name]
    rows = settle.used_rows(judged)
    arrival = Arrival(state.source.name, judged.staged.form, rows, state.origins, gone)
    state.manifest = merge(state.job.lake, state.manifest, arrival, parties)


def _texts_of(state: _ImportState, tables: Mapping[str, Staged]) -> set[Text]:
    """Return the party texts that are known, and those of an import."""
    served = party_files.read(state.job.lake, state.served.parties)
    known = {text for text in served.rows if text[0] in state.manifest.sources}
    return known.union(*(gathered.texts(state.source.name, each) for each in tables.values()))


def _resolve(state: _ImportState, texts: set[Text]) -> tuple[pl.DataFrame, Resolution]:
    """Return the rows of all firms tables and what they and party texts mean."""
    served = party_files.read(state.job.lake, state.served.parties)
    names = {source for source, _ in texts} | set(state.manifest.sources)
    identifying = {name: sources.load(name).names_identify for name in names}
    rows = derive.firm_rows(LakeView(state.job.lake, state.manifest, served))
    _check_ids(rows)
    listed = derive.listed(rows, identifying)
    folder = state.job.home / "resolution"
    standing = Decisions(folder).standing()
    resolution = resolve(listed, texts, identifying=identifying, decisions=standing)
    near.write(folder / "candidates.csv", near.propose(listed, resolution, standing))
    state.uncompared = max(0, len(near.strangers(resolution)) - near.NAMES_MAX)
    return rows, resolution


def _check_ids(rows: pl.DataFrame) -> None:
    """Refuse the import when a source whose ids are its own gives an id of another one."""
    twice = rows.group_by("firm").agg(pl.col("source_name").unique()).sort("firm")
    for firm, given in twice.filter(pl.col("source_name").list.len() > 1).rows():
        alone = sorted(name for name in given if not sources.load(name).ids_shared)
        if alone:
            raise ImportRefused(
                f"firm {firm} is given by {', '.join(sorted(given))}; "
                f"the ids of {alone[0]} are its own: import it into a home of its own"
            )


def _as_of(state: _ImportState) -> dt.date:
    """Return the day given, else the latest issue date in the data that is not after now."""
    if state.job.as_of is not None:
        return state.job.as_of
    today = state.job.today
    days = [
        dt.date.fromisoformat(part.last_on)
        for table in _ISSUED
        for _, part in state.manifest.parts(table)
        if part.last_on is not None
    ]
    for table in _ISSUED:
        if table in state.verdicts:
            judged = state.verdicts[table]
            dates = judged.staged.table["issued_on"].filter(~judged.aside)
            latest = pc.max(dates.filter(pc.less_equal(dates, today))).as_py()
            days += [] if latest is None else [latest]
    fallback = today if state.current is None else state.current.as_of
    return min(max(days, default=fallback), today)


def _publish(
    state: _ImportState, resolution: Resolution, rows: pl.DataFrame
) -> tuple[Version, bool]:
    """Return the version served now, and whether it is new."""
    job, lake = state.job, state.job.lake
    parties = Parties.of(resolution.meant)
    manifest = replace(state.manifest, parties=party_files.write(lake, parties))
    job.progress("deriving tables", 0)
    view = LakeView(lake, manifest, parties)
    tables = derive.tables(view, rows, resolution, manifest.day)
    state.notes += notices.understated(tables["firms"], tables["trades"])
    state.notes += oddities.told(tables, derive.registrations(view, manifest.day))
    changed = publish.differences(job.store, tables)
    unchanged = replace(manifest, version=state.served.version) == state.served
    if state.current is not None and unchanged and not any(d.rows for d in changed.values()):
        return state.current, False
    writer = job.store.stage()
    published = False
    try:
        manifests.write(lake, replace(manifest, version=writer.number))
        publish.write(writer, changed, job.progress)
        version = writer.publish(manifest.day, published_at=job.now)
        published = True
    finally:
        if not published:
            writer.abandon()
    return version, True


def _issues_path(job: ImportJob, source: str) -> Path:
    folder = job.home / "issues"
    taken = len(list(folder.glob(f"{source}-*.csv")))
    return folder / f"{source}-{job.now.astimezone(job.zone):%Y%m%dT%H%M%S}-{taken + 1}.csv"


def _outcome(
    state: _ImportState, given: Collected, notes: tuple[Note, ...], end: tuple[Version, bool, Path]
) -> ImportOutcome:
    version, published, listing = end
    reasons, currencies = Counter[str](), Counter[str]()
    for judged in state.verdicts.values():
        reasons.update(judged.reasons)
        currencies.update(judged.currencies)
    return ImportOutcome(
        source=state.source.name,
        files=tuple((str(file.path), file.rows) for file in given.files),
        sheets=tuple(file.sheet for file in given.files),
        rows=sum(file.rows for file in given.files),
        used=sum(judged.used for judged in state.verdicts.values()),
        set_aside=dict(sorted(reasons.items())),
        currencies=dict(sorted(currencies.items())),
        version=version,
        issues=listing,
        published=published,
        notes=notes,
    )
