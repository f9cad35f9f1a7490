"""An import, from files to a published version: publish, or keep the old one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from graph.model import TABLES, Version, table
from graph.stores.base import Store
from ingestion import issues
from ingestion.checks import FILE
from ingestion.derive import derive, party_frame
from ingestion.forms import form
from ingestion.intake import File, Intake, Progress, take_in
from ingestion.lake import Lake
from ingestion.readers.chunk import LINE
from ingestion.resolve import Decisions, Directory, Resolution, resolve
from ingestion.resolve.parties import Candidate
from ingestion.source import Source, source


@dataclass(frozen=True, slots=True)
class Job:
    """Where an import writes, and what it is told."""

    store: Store
    home: Path
    now: dt.datetime
    progress: Progress
    as_of: dt.date | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did."""

    source: str
    intake: Intake
    version: Version
    issues: Path
    candidates: tuple[Candidate, ...]
    published: bool

    def document(self) -> dict[str, Any]:
        """Return the outcome as a document (interfaces: `ingest`)."""
        return {
            "source": self.source,
            "files": [{"path": str(f.path), "rows": f.rows} for f in self.intake.files],
            "rows": self.intake.rows,
            "used": self.intake.used,
            "set_aside": issues.counts(self.intake.issues),
            "firms": self.version.firms,
            "trades": self.version.trades,
            "version": self.version.number,
            "as_of": self.version.as_of.isoformat(),
            "published": self.published,
            "candidates": len(self.candidates),
            "issues": str(self.issues),
        }


def ingest(name: str, paths: Sequence[Path], *, job: Job) -> Outcome:
    """
    Read, map, check and resolve a source's files, and publish a version where it differs.

    Args:
        name: The source.
        paths: Folders or files.
        job: Where to write, and when.

    Raises:
        InvalidInput: The files are refused; the version that was served still is.
        StoreError: The store refused or cannot be reached; the same.
    """
    said = source(name)
    today = job.now.date()
    intake = take_in(said, paths, as_of=job.as_of, today=today, progress=job.progress)
    path = job.home / "issues" / f"{name}-{job.now:%Y%m%dT%H%M%S%f}.csv"
    issues.write(intake.issues, path)
    current = job.store.current()
    lake = Lake(job.home / "lake")
    lake.sweep(current.number if current else 0)
    parts = _merged(said, intake, lake, current=current, replace=job.replace)
    as_of = job.as_of or _as_of(intake, current, replace=job.replace)
    given = _given(lake, parts)
    resolution = _resolved(given, parts, lake, job.home)
    tables = derive(given, resolution, as_of)
    manifest = _manifest(parts, resolution, as_of, lake)
    if current is not None and lake.manifest(current.number) == manifest:
        return Outcome(name, intake, current, path, resolution.candidates, published=False)
    version = _publish(job, lake, tables, manifest=manifest, as_of=as_of)
    return Outcome(name, intake, version, path, resolution.candidates, published=True)


def _as_of(intake: Intake, current: Version | None, *, replace: bool) -> dt.date:
    """Return the version's date: never before that of the version served, but on replacing."""
    if current is None or replace:
        return intake.as_of
    return max(intake.as_of, current.as_of)


Parts = dict[str, dict[str, str]]


def _merged(
    said: Source, intake: Intake, lake: Lake, *, current: Version | None, replace: bool
) -> Parts:
    """Return the parts of every source, this one's with the new rows in place of the old."""
    parts: Parts = {}
    if current is not None:
        before = lake.manifest(current.number)["sources"]
        parts = {name: dict(tables) for name, tables in before.items()}
    own = {} if replace else parts.get(said.name, {})
    for name, rows in intake.tables.items():
        fresh = _with_origin(rows, intake.files)
        if name in own:
            key = list(form(name).key)
            old = lake.part(own[name])
            kept = old.join(fresh.select(key).unique(), on=key, how="anti", nulls_equal=True)
            fresh = pl.concat([kept, fresh])
        own[name] = lake.keep(fresh.sort("file_sha256", "line"))
    parts[said.name] = own
    return parts


def _with_origin(rows: pl.DataFrame, files: Sequence[File]) -> pl.DataFrame:
    """Return rows with the file, its hash and the line instead of working columns."""
    names = {number: file.path.name for number, file in enumerate(files)}
    prints = {number: file.sha256 for number, file in enumerate(files)}
    number = pl.col(FILE).cast(pl.Int64)
    return rows.with_columns(
        file=number.replace_strict(names, return_dtype=pl.String),
        file_sha256=number.replace_strict(prints, return_dtype=pl.String),
        line=pl.col(LINE),
    ).drop(FILE, LINE)


def _given(lake: Lake, parts: Parts) -> dict[str, pl.DataFrame]:
    """Return what all sources gave, by table."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for name in sorted(parts):
        for table_name, part in sorted(parts[name].items()):
            frames.setdefault(table_name, []).append(lake.part(part))
    return {name: pl.concat(found) for name, found in frames.items()}


def _resolved(
    given: Mapping[str, pl.DataFrame], parts: Parts, lake: Lake, home: Path
) -> Resolution:
    directory = Directory()
    for name in sorted(parts):
        if "firms" in parts[name]:
            identify = source(name).names_identify
            listed = lake.part(parts[name]["firms"]).sort("firm")
            for row in listed.select("firm", "name", "uscc", "aliases").iter_rows(named=True):
                directory.add(row, names_identify=identify)
    texts: set[str] = set()
    for name, rows in given.items():
        for column in form(name).parties:
            texts |= set(rows[column].unique())
    decisions = Decisions(home / "resolution")
    resolution = resolve(directory, texts, decisions.verdicts())
    _propose(resolution.candidates, home / "resolution" / "candidates.csv")
    return resolution


def _propose(candidates: Sequence[Candidate], path: Path) -> None:
    """Write the candidates a person should decide on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["text,firm,name,likeness"]
    for found in candidates:
        cells = [issues.safe(cell) for cell in (found.text, found.firm, found.name)]
        quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
        lines.append(",".join([*quoted, f"{found.likeness:.1f}"]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


def _manifest(parts: Parts, resolution: Resolution, as_of: dt.date, lake: Lake) -> dict[str, Any]:
    return {
        "as_of": as_of.isoformat(),
        "sources": parts,
        "parties": lake.keep(party_frame(resolution)),
    }


def _publish(
    job: Job,
    lake: Lake,
    tables: Mapping[str, pa.Table],
    *,
    manifest: Mapping[str, Any],
    as_of: dt.date,
) -> Version:
    """Write what differs from the version served, and flip the pointer."""
    current = job.store.current()
    reader = None if current is None else job.store.reader(current.number)
    writer = job.store.stage()
    published = False
    try:
        for name in TABLES:
            old = table(name).arrow.empty_table() if reader is None else reader.columns(name)
            changed, gone = difference(name, old, tables[name])
            if gone.num_rows:
                writer.remove(name, gone)
            if changed.num_rows:
                writer.write(name, changed)
            job.progress(f"publish {name}", changed.num_rows + gone.num_rows)
        lake.record(writer.number, manifest)
        version = writer.publish(as_of, published_at=job.now)
        published = True
    finally:
        if not published:
            writer.abandon()
    return version


def difference(name: str, old: pa.Table, new: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the rows that are new or changed, and the keys of those that are gone."""
    model = table(name)
    key = list(model.key)
    before, after = pl.DataFrame(pl.from_arrow(old)), pl.DataFrame(pl.from_arrow(new))
    columns = list(model.columns)
    changed = after.join(before, on=columns, how="anti", nulls_equal=True, maintain_order="left")
    gone = before.join(after, on=key, how="anti", maintain_order="left").select(key)
    schema = model.arrow
    keys = pa.schema([schema.field(column) for column in key])
    return changed.select(columns).to_arrow().cast(schema), gone.to_arrow().cast(keys)
