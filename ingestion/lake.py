"""
The lake: what every source has given, as Parquet, with file and line of every row.

A source's table is one part, named by its content; a version's manifest says which parts it is
made of and which firm every text named. Parts are never changed, so every version can be read.
"""

import datetime as dt
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from graph.errors import NotFound
from ingestion.forms import form, forms

ORIGIN = ("file", "file_sha256", "line")
Parts = Mapping[str, Mapping[str, str]]


class Lake:
    """The parts and manifests in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def manifest(self, version: int) -> dict[str, Any]:
        """
        Return what a version is made of.

        Raises:
            NotFound: The lake has no such version.
        """
        path = self._folder / "versions" / f"{version}.json"
        if not path.is_file():
            raise NotFound(f"the lake has no version {version}")
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return said

    def table(self, source: str, table: str, version: int) -> pl.DataFrame | None:
        """Return what a source has given of a table, or nothing."""
        part = self.manifest(version)["sources"].get(source, {}).get(table)
        return None if part is None else self.part(part)

    def part(self, name: str) -> pl.DataFrame:
        """Return one part."""
        return pl.read_parquet(self._part(name))

    def keep(self, frame: pl.DataFrame) -> str:
        """Write a part where it is not there yet, and return its name."""
        written = io.BytesIO()
        frame.write_parquet(written, compression="zstd", statistics=True)
        raw = written.getvalue()
        name = hashlib.sha256(raw).hexdigest()[:32]
        path = self._part(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(raw)
            part.rename(path)
        return name

    def record(self, version: int, manifest: Mapping[str, Any]) -> None:
        """Write a version's manifest; one that was never published is replaced."""
        path = self._folder / "versions" / f"{version}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        written = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
        part.write_text(written + "\n", encoding="utf-8")
        part.rename(path)

    def sweep(self, current: int) -> int:
        """Remove parts and manifests that no published version names; return how many."""
        kept: set[str] = set()
        swept = 0
        for path in sorted((self._folder / "versions").glob("*.json")):
            if int(path.stem) > current:
                path.unlink()
                swept += 1
                continue
            said = json.loads(path.read_text(encoding="utf-8"))
            kept.add(said["parties"])
            kept |= {part for tables in said["sources"].values() for part in tables.values()}
        for path in sorted((self._folder / "parts").glob("*")):
            if path.name.partition(".")[0] not in kept or path.suffix == ".part":
                path.unlink()
                swept += 1
        return swept

    def pair_totals(self, version: int, *, after: dt.date, until: dt.date) -> pa.Table:
        """
        Return the invoices of a window summed by pair, sorted by (seller, buyer).

        Returns:
            seller, buyer, amount_fen, total_fen, blue_fen, red_fen, count.
        """
        found = self._named(version, "invoices")
        seen = found.filter((pl.col("issued_on") > after) & (pl.col("issued_on") <= until))
        return totals(seen).to_arrow()

    def invoices_of(self, version: int, supplier: str, buyer: str) -> pa.Table:
        """Return the invoices behind a trade: with file, hash of the file and line."""
        found = self._named(version, "invoices")
        pair = (pl.col("seller") == supplier) & (pl.col("buyer") == buyer)
        return found.filter(pair).sort("issued_on", "number", "line").to_arrow()

    def orders(self, version: int) -> pa.Table:
        """Return the orders of a version."""
        return self._named(version, "orders").to_arrow()

    def events(self, version: int) -> pa.Table:
        """Return the events of a version."""
        return self._named(version, "events").to_arrow()

    def _named(self, version: int, table: str) -> pl.DataFrame:
        """Return a table of all sources with texts replaced by firms."""
        manifest = self.manifest(version)
        frames = [
            self.part(tables[table])
            for _, tables in sorted(manifest["sources"].items())
            if table in tables
        ]
        if not frames:
            return empty(table)
        return named(pl.concat(frames), table, self.part(manifest["parties"]))

    def _part(self, name: str) -> Path:
        return self._folder / "parts" / f"{name}.parquet"


def named(rows: pl.DataFrame, table: str, parties: pl.DataFrame) -> pl.DataFrame:
    """Return rows whose parties are firms instead of texts."""
    for column in form(table).parties:
        known = parties.select(pl.col("text").alias(column), pl.col("firm").alias("_firm"))
        order = rows.columns
        rows = rows.join(known, on=column, how="left", maintain_order="left")
        rows = rows.with_columns(pl.col("_firm").alias(column)).select(order)
    return rows


def totals(invoices: pl.DataFrame) -> pl.DataFrame:
    """Return invoices summed by pair."""
    amount = pl.col("amount_fen")
    return (
        invoices.group_by("seller", "buyer")
        .agg(
            amount_fen=amount.sum(),
            total_fen=pl.col("total_fen").sum(),
            blue_fen=amount.filter(amount >= 0).sum(),
            red_fen=-amount.filter(amount < 0).sum(),
            count=pl.len().cast(pl.Int64),
        )
        .sort("seller", "buyer")
    )


KINDS: Mapping[str, type[pl.DataType]] = {
    "text": pl.String,
    "word": pl.String,
    "money": pl.Int64,
    "date": pl.Date,
    "share": pl.Float64,
    "flag": pl.Boolean,
}


def empty(table: str) -> pl.DataFrame:
    """Return a table without rows."""
    columns = {column.stored: KINDS[column.type] for column in forms()[table].columns.values()}
    origin = {"file": pl.String, "file_sha256": pl.String, "line": pl.Int64}
    return pl.DataFrame(schema=columns | origin)
