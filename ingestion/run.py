"""An import: read, judge, resolve, merge, derive and publish, or keep the old version."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from graph.model import Version
from ingestion import bounds, deliveries, issues, publish
from ingestion.collect import Collected
from ingestion.descriptions import kept
from ingestion.job import ImportJob, silent, unnoticed
from ingestion.judging import ImportState, begin, composed, settled
from ingestion.lake import Manifest
from ingestion.lake import manifest as manifests
from ingestion.lake.housekeeping import alone, sweep
from ingestion.notes import Note, note
from ingestion.resolve import Resolution, near

_HEALED = ("future", "unmatched")  # Nothing need change in such a row for it to count one day.


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of every row, and the version that is served now."""

    source: str
    files: tuple[tuple[str, int], ...]
    sheets: tuple[str, ...]  # Of each file that is a workbook; blank elsewhere.
    queries: tuple[bool, ...]  # Whether it is no file but a query.
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
                {"query" if query else "path": path, "rows": rows}
                | ({"sheet": sheet} if sheet else {})
                for (path, rows), sheet, query in zip(
                    self.files, self.sheets, self.queries, strict=True
                )
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
        state = begin(job, job.folders.load(source))
        before = dict(state.manifest.since.get(source, {}))
        given, left = deliveries.read(state.source, paths, job, before)
        listing = _issues_path(job, source)
        try:
            resolution, rows = settled(state, given, listing)
            if not deliveries.nothing_new(given, before):
                bounds.check(state.source, state.verdicts, given.empty, listing)
            state.manifest = _further(state, given)
        finally:
            told = [judged.tally.issues for judged in state.verdicts.values()]
            issues.write(listing, given.files, told)
        for judged in state.verdicts.values():
            judged.let_go()
        version, published = _publish(state, resolution, rows)
    notes = [*given.notes, *left, *state.notes]
    if state.uncompared:
        notes.append(note("not_compared", count=state.uncompared, most=near.NAMES_MAX))
    return _outcome(state, given, tuple(notes), (version, published, listing))


def _further(state: ImportState, given: Collected) -> Manifest:
    """
    Return the manifest to be, with how far the queries of the source have read.

    One of whose rows some were set aside that may count later goes on where it began.
    """
    latest = {} if given.report is None else dict(given.report.latest)
    for judged in state.verdicts.values():
        for (at, reason), count in sorted(judged.tally.by_file.items()):
            query = given.files[at].query
            if reason in _HEALED and latest.pop(query, None) is not None:
                state.notes.append(note("since_stays", query=query, count=count, reason=reason))
    if not latest:
        return state.manifest
    name, since = state.source.name, state.manifest.since
    return replace(state.manifest, since={**since, name: {**since.get(name, {}), **latest}})


def _publish(
    state: ImportState, resolution: Resolution, rows: pl.DataFrame
) -> tuple[Version, bool]:
    """Return the version served now, and whether it is new."""
    job, lake = state.job, state.job.lake
    to_be = composed(state, resolution, rows)
    manifest = to_be.manifest
    changed = publish.differences(job.store, to_be.tables)
    unchanged = replace(manifest, version=state.served.version) == state.served
    if state.current is not None and unchanged and not any(d.rows for d in changed.values()):
        return state.current, False
    writer = job.store.stage()
    published = False
    try:
        kept.keep(lake, state.source)
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
    state: ImportState, given: Collected, notes: tuple[Note, ...], end: tuple[Version, bool, Path]
) -> ImportOutcome:
    version, published, listing = end
    reasons, currencies = Counter[str](), Counter[str]()
    for judged in state.verdicts.values():
        reasons.update(judged.tally.reasons)
        currencies.update(judged.tally.currencies)
    return ImportOutcome(
        source=state.source.name,
        files=tuple((str(file.path), file.rows) for file in given.files),
        sheets=tuple(file.sheet for file in given.files),
        queries=tuple(bool(file.query) for file in given.files),
        rows=sum(file.rows for file in given.files),
        used=sum(file.rows for file in given.files) - reasons.total(),
        set_aside=dict(sorted(reasons.items())),
        currencies=dict(sorted(currencies.items())),
        version=version,
        issues=listing,
        published=published,
        notes=notes,
    )


__all__ = ["ImportJob", "ImportOutcome", "ingest", "silent", "unnoticed"]
