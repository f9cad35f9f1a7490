"""From staged rows to the manifest of a version to be: judged, resolved and merged."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import NotFound
from graph.model import Version
from ingestion import (
    besides,
    contradictions,
    derive,
    elsewhere,
    gathered,
    notices,
    oddities,
    prevailing,
    settle,
    standing,
    verdict,
)
from ingestion.collect import Collected
from ingestion.counts import NoteCounts
from ingestion.descriptions import kept
from ingestion.descriptions.model import Description
from ingestion.errors import ImportRefused
from ingestion.forms import KNOWN
from ingestion.forms import form as registered
from ingestion.job import ImportJob
from ingestion.lake import EMPTY, FileOrigin, LakeView, Manifest, Parties
from ingestion.lake import manifest as manifests
from ingestion.lake import parties as party_files
from ingestion.lake.merge import Arrival, forget, merge
from ingestion.lake.parties import Text
from ingestion.notes import Note
from ingestion.prevailing import Stood
from ingestion.resolve import Decisions, Resolution, near, resolve
from ingestion.staged import Staged
from ingestion.verdict import TableVerdict, Verdict

_NO_LAG = dt.timedelta()
_ISSUED = ("invoices", "receivables", "vouchers")  # Their dates say how far the data goes.


@dataclass(slots=True)
class ImportState:
    """What one import has found out so far."""

    job: ImportJob
    source: Description
    current: Version | None
    served: Manifest  # The lake as it is served.
    manifest: Manifest  # The lake as it will be.
    verdicts: dict[str, TableVerdict] = field(default_factory=dict)
    texts: set[Text] = field(default_factory=set)  # Of the parties of the import.
    origins: tuple[FileOrigin, ...] = ()
    notes: list[Note] = field(default_factory=list)
    uncompared: int = 0  # Names beyond those that are compared with the names of listed firms.


@dataclass(frozen=True, slots=True)
class ComposedVersion:
    """The version that an import would publish."""

    manifest: Manifest
    view: LakeView
    tables: Mapping[str, pa.Table]


def begin(job: ImportJob, source: Description) -> ImportState:
    """
    Return what an import of a source begins with.

    Raises:
        ImportRefused: The data folder belongs to another store, or another text of the description
            was published under its version.
    """
    kept.check_unused(job.lake, source)
    current = job.store.current()
    try:
        served = EMPTY if current is None else manifests.read(job.lake, current.number)
    except NotFound as error:
        raise ImportRefused(f"{error}: this home does not belong to this store") from error
    manifest = forget(served, source.name) if job.replace else served
    keys = {table.table: table.key for table in source.tables if table.key is not None}
    manifest = manifest.read_as(source.name, source.lag_days, keys)
    return ImportState(job, source, current, served, manifest)


def settled(state: ImportState, given: Collected, listing: Path) -> tuple[Resolution, pl.DataFrame]:
    """Judge every row and merge the used ones into the manifest to be."""
    job = state.job
    job.progress("checking rows", 0)
    state.origins = tuple(FileOrigin(file.origin, file.sha256) for file in given.files)
    _judge(state, given)
    as_of = _as_of(state)
    state.manifest = replace(state.manifest, as_of=as_of.isoformat())
    if "firms" in state.verdicts:
        (firms,) = state.verdicts["firms"].divisions
        ids = verdict.coded(firms.staged.table.select(["firm"]))
        contradictions.refuse(firms, ids)
        verdict.future(firms, state.manifest.day)
        verdict.conflicts(firms, ids)
        standing.check(firms, _standing(state), state.source.name, listing)
        state.notes += notices.codes(firms, given.files)
        _merge(state, "firms", Parties((), {}))
    job.progress("resolving names", 0)
    rows, resolution = _resolve(state, _texts_of(state))
    parties = Parties.of(resolution.meant)
    others = [name for name in state.verdicts if name != "firms"]
    gone = {name: _finish(state, state.verdicts[name], parties) for name in others}
    for name in others:
        state.verdicts[name].follow()
        _merge(state, name, parties, gone[name])
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


def composed(state: ImportState, resolution: Resolution, rows: pl.DataFrame) -> ComposedVersion:
    """Return the version that settled rows make, with notes on what is worth a look in it."""
    job, parties = state.job, Parties.of(resolution.meant)
    manifest = replace(state.manifest, parties=party_files.write(job.lake, parties))
    job.progress("deriving tables", 0)
    view = LakeView(job.lake, manifest, parties)
    tables = derive.tables(view, rows, resolution, manifest.day)
    state.notes += notices.understated(tables["firms"], tables["trades"])
    state.notes += oddities.told(tables, derive.registrations(view, manifest.day))
    return ComposedVersion(manifest, view, tables)


def _judge(state: ImportState, given: Collected) -> None:
    """Judge the rows of every table by themselves, and of the firms that are told of besides."""
    tables, folder = dict(given.tables), state.job.lake

    def telling(divisions: list[Staged]) -> Iterator[Staged]:
        """Yield divisions; of what they tell the texts of parties are remembered."""
        for each in divisions:
            each.take_up()
            state.texts |= gathered.texts(state.source.name, each)
            yield each
            each.put_down()

    judged = {
        name: verdict.judge_table(telling(divisions), folder)
        for name, divisions in tables.items()
        if name != "firms"
    }
    if given.beside is not None:
        for each in judged.values():
            each.follow()
        (listed,) = tables.get("firms", [None])
        tables["firms"] = [besides.filled(given.beside, listed)]
    if "firms" in tables:
        judged["firms"] = verdict.judge_table(tables["firms"], folder)
    for each in judged.values():
        each.follow()
    state.verdicts = {name: judged[name] for name in tables}


def _published(state: ImportState, name: str) -> Description:
    """Return the description of a source, as it was published with where it was."""
    if name == state.source.name:
        return state.source
    found = kept.published(state.job.lake, name)
    return state.job.folders.load(name) if found is None else found


def _standing(state: ImportState) -> pl.DataFrame:
    """Return the rows of firms tables that stay, before anything of this delivery is merged."""
    served = party_files.read(state.job.lake, state.served.parties)
    rows = derive.firm_rows(LakeView(state.job.lake, state.manifest, served))
    mine = pl.col("source_name") == state.source.name
    shared = [name for name in state.manifest.sources if _published(state, name).ids_shared]
    return rows.filter(mine | (pl.col("source_name").is_in(shared) & state.source.ids_shared))


class _Finishing:
    """What is found out of a table besides the rows of one division."""

    def __init__(self, state: ImportState, judged: TableVerdict, parties: Parties) -> None:
        source, form = state.source.name, judged.form
        given = state.manifest.sources.get(source, ())
        before = [part for part in given if part.table == form.name]
        count, lake = len(judged.divisions), state.job.lake
        self.counts = NoteCounts()
        self.stood = Stood(lake, before, form, whose=(source, parties), count=count)
        self.equal = notices.EqualInvoices(count, lake)

    def notes(self) -> list[Note]:
        """Return what is to be told."""
        return self.counts.notes() + self.equal.notes()


def _finish(state: ImportState, judged: TableVerdict, parties: Parties) -> list[pl.DataFrame]:
    """Settle which rows are used; return by division the keys that void rows take back."""
    finishing = _Finishing(state, judged, parties)
    gone = [_finish_division(state, each, parties, finishing) for each in judged.in_turn()]
    state.notes += finishing.notes()
    return gone


def _finish_division(
    state: ImportState, judged: Verdict, parties: Parties, finishing: _Finishing
) -> pl.DataFrame:
    staged, form = judged.staged, judged.staged.form
    judged.follow()
    verdict.future(judged, state.manifest.day)
    wanted = dict.fromkeys((*form.stored_key, *registered(form.name).stored_key, *form.parties))
    frame = parties.keys(state.source.name, staged.table, tuple(wanted))
    keys = frame.select(form.stored_key)
    contradictions.refuse(judged, frame)
    if form.ends:
        first, second = (frame[name].to_numpy() for name in form.ends)
        verdict.self_trades(judged, (first, second))
    prevailing.choose(judged, keys, frame.select(form.ends))
    if form.name == "invoices":
        prevailing.settle(judged, frame, finishing.stood, finishing.counts)
        finishing.equal.add(judged, frame)
    notices.early(judged, finishing.counts)
    # Texts that are picked out of a frame keep all others of it in memory; those of Arrow do not.
    return pl.DataFrame(keys[judged.void].to_arrow())


def _merge(
    state: ImportState, name: str, parties: Parties, gone: Sequence[pl.DataFrame] = ()
) -> None:
    judged = state.verdicts[name]
    taken_back: Sequence[pl.DataFrame | None] = gone or [None] * len(judged.divisions)
    used = map(settle.used_rows, judged.in_turn())
    arrival = Arrival(
        state.source.name,
        judged.form,
        zip(used, taken_back, strict=True),
        state.origins,
        divisions=len(judged.divisions),
        description=state.source.sha256,
    )
    state.manifest = merge(state.job.lake, state.manifest, arrival, parties)


def _texts_of(state: ImportState) -> set[Text]:
    """Return the party texts that are known, and those of an import."""
    served = party_files.read(state.job.lake, state.served.parties)
    known = {text for text in served.rows if text[0] in state.manifest.sources}
    return known | state.texts


def _resolve(state: ImportState, texts: set[Text]) -> tuple[pl.DataFrame, Resolution]:
    """Return the rows of all firms tables and what they and party texts mean."""
    served = party_files.read(state.job.lake, state.served.parties)
    names = {source for source, _ in texts} | set(state.manifest.sources)
    identifying = {name: _published(state, name).names_identify for name in names}
    rows = derive.firm_rows(LakeView(state.job.lake, state.manifest, served))
    _check_ids(state, rows)
    listed = derive.listed(rows, identifying)
    folder = state.job.home / "resolution"
    standing = Decisions(folder).standing()
    resolution = resolve(listed, texts, identifying=identifying, decisions=standing)
    near.write(folder / "candidates.csv", near.propose(listed, resolution, standing))
    state.uncompared = max(0, len(near.strangers(resolution)) - near.NAMES_MAX)
    return rows, resolution


def _check_ids(state: ImportState, rows: pl.DataFrame) -> None:
    """Refuse the import when a source whose ids are its own gives an id of another one."""
    # An id that is a firm's code or full name is nobody's own.
    own = rows.filter(
        pl.col("firm").ne_missing(pl.col("name")) & pl.col("firm").ne_missing(pl.col("uscc"))
    )
    twice = own.group_by("firm").agg(pl.col("source_name").unique()).sort("firm")
    for firm, given in twice.filter(pl.col("source_name").list.len() > 1).rows():
        alone = sorted(name for name in given if not _published(state, name).ids_shared)
        if alone:
            raise ImportRefused(
                f"firm {firm} is given by {', '.join(sorted(given))}; "
                f"the ids of {alone[0]} are its own: import it into a home of its own"
            )


def _as_of(state: ImportState) -> dt.date:
    """Return the day given, else the latest day of issue, or of knowing it, not after now."""
    if state.job.as_of is not None:
        return state.job.as_of
    today = state.job.today
    days = [
        dt.date.fromisoformat(last) + lag
        for table in _ISSUED
        for source, part in state.manifest.parts(table)
        for lag, last in ((_lag(state, source, table), part.last_on), (_NO_LAG, part.known_on))
        if last is not None
    ]
    for table in _ISSUED:
        if table in state.verdicts:
            divisions = state.verdicts[table].divisions
            lag = _lag(state, state.source.name, table)
            for column, more in (("issued_on", lag), (KNOWN, _NO_LAG)):
                latest = (_latest(judged, column, today) for judged in divisions)
                days += [day + more for day in latest if day is not None]
    fallback = today if state.current is None else state.current.as_of
    return min(max(days, default=fallback), today)


def _latest(judged: Verdict, column: str, today: dt.date) -> dt.date | None:
    dates = judged.staged.columns([column])[column].filter(~judged.aside)
    latest: dt.date | None = pc.max(dates.filter(pc.less_equal(dates, today))).as_py()
    return latest


def _lag(state: ImportState, source: str, table: str) -> dt.timedelta:
    return dt.timedelta(days=state.manifest.lag_days.get(source, {}).get(table, 0))
