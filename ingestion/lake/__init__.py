"""
The lake: the used rows of every import as Parquet, the truth that the graph is derived from.

A version is a manifest that names parts and the rows of them that later imports superseded;
parts never change, so that every published version can be read as it was.
"""

import datetime as dt
from functools import lru_cache
from pathlib import Path

import polars as pl
import pyarrow as pa

from ingestion.forms import form
from ingestion.lake import manifest as manifests
from ingestion.lake import parties
from ingestion.lake.frames import LakeView
from ingestion.lake.manifest import EMPTY, FileOrigin, LakePart, Manifest
from ingestion.lake.parties import Parties
from ingestion.resolve import beside

_ENDS = ("seller", "buyer")
_NO_EVIDENCE = pl.DataFrame(
    {
        **{
            c.stored: pl.Series([], dtype=pl.String)
            if c.kind == "party"
            else pl.Series(pa.array([], c.arrow))
            for c in form("invoices").columns.values()
        },
        "line": pl.Series([], dtype=pl.Int32),
        **{
            name: pl.Series([], dtype=pl.String)
            for name in ("seller_text", "buyer_text", "source", "file", "file_sha256")
        },
    }
)
_PAIR = ["amount_fen", "total_fen", "blue_fen", "red_fen", "count"]


class Lake:
    """
    Reads the raw facts behind a version.

    Args:
        folder: The lake's folder in the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._view = lru_cache(maxsize=4)(self._open)

    def view(self, version: int) -> LakeView:
        """
        Return the lake as a version sees it.

        Raises:
            NotFound: The lake knows no such version.
        """
        return self._view(version)

    def pair_totals(self, version: int, *, after: dt.date, until: dt.date) -> pa.Table:
        """
        Return what each pair of firms invoiced in a window (after, until].

        Returns:
            seller, buyer (firm ids), amount_fen (before tax), total_fen (with tax), blue_fen and
            red_fen (before tax, both positive), count; one row a pair, sorted by seller and buyer.
        """
        view = self.view(version)
        pairs = view.pairs(after=after, until=until)
        named = view.named(pairs, ["seller", "buyer"]).select("seller", "buyer", *_PAIR)
        return _plain(named)

    def invoices_of(self, version: int, firm: str, partner: str) -> pl.DataFrame:
        """
        Return the invoices between two firms up to the version's as-of date, oldest first.

        Returns:
            The columns of an invoice with the firms it means, and its evidence: source, file,
            file_sha256, line, and seller_text and buyer_text as they stand in the file.
        """
        view = self.view(version)
        found = [
            _evidence(view, source, part, (firm, partner))
            for source, part in view.manifest.parts("invoices")
        ]
        return pl.concat([_NO_EVIDENCE, *found]).sort("issued_on", "number", "file", "line")

    def events(self, version: int) -> pa.Table:
        """Return the events up to the version's as-of date: firm, happened_on, kind, ..."""
        return self._rows(version, "events")

    def orders(self, version: int) -> pa.Table:
        """Return the orders up to the version's as-of date, with the firms they mean."""
        return self._rows(version, "orders")

    def registrations(self, version: int) -> pa.Table:
        """Return the registrations up to the version's as-of date, with the firms they mean."""
        return self._rows(version, "registrations")

    def _rows(self, version: int, table: str) -> pa.Table:
        view = self.view(version)
        shape = form(table)
        columns = [column.stored for column in shape.columns.values()]
        frame = view.frame(table, columns, until=view.manifest.day)
        return _plain(view.named(frame, shape.parties).sort(shape.stored_key))

    def _open(self, version: int) -> LakeView:
        manifest = manifests.read(self.folder, version)
        return LakeView(self.folder, manifest, parties.read(self.folder, manifest.parties))


def _evidence(view: LakeView, source: str, part: LakePart, firms: tuple[str, str]) -> pl.DataFrame:
    """Return the invoices of one part between two firms, with where they stand."""
    meant = {text: firm for firm in firms for text in view.parties.texts(source, firm)}
    one, other = ([text for text in meant if meant[text] == firm] for firm in firms)
    seller, buyer = (pl.col(end).cast(pl.String) for end in _ENDS)
    between = (seller.is_in(one) & buyer.is_in(other)) | (seller.is_in(other) & buyer.is_in(one))
    seen = (pl.col("issued_on") <= view.manifest.day) & between
    rows = view.counted_where(source, part, seen).with_columns(seller, buyer)
    origins = [part.origins[at] for at in rows["file"]]
    return rows.with_columns(
        *(pl.Series(f"{end}_text", map(beside.written, rows[end]), pl.String) for end in _ENDS),
        *(pl.Series(end, map(meant.__getitem__, rows[end]), pl.String) for end in _ENDS),
        pl.lit(source).alias("source"),
        pl.Series("file", [origin.path for origin in origins], pl.String),
        pl.Series("file_sha256", [origin.sha256 for origin in origins], pl.String),
    ).select(_NO_EVIDENCE.columns)


def _plain(frame: pl.DataFrame) -> pa.Table:
    table = frame.to_arrow()
    plain = [
        pa.field(field.name, pa.string() if _is_text(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(plain))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


__all__ = ["EMPTY", "FileOrigin", "Lake", "LakePart", "LakeView", "Manifest", "Parties"]
