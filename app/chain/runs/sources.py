"""What a run reads: a version's tables and network; invoices, orders, registrations of the lake."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl
import pyarrow as pa

from app.chain.limits.book import Book
from app.chain.limits.inputs import LimitInputs
from app.chain.limits.ledger import Ledger
from app.chain.runs.analyses import Analyses
from app.policy import Policy
from graph.model import TABLES, Version, table
from graph.stores.base import Reader
from ingestion.lake import Lake

DAYS_OF_YEAR = 365


@dataclass(frozen=True, slots=True)
class RunSources:
    """Everything of one version that a run reads; ends of rows are firms' ids."""

    version: Version
    tables: Mapping[str, pa.Table]
    recent: pl.DataFrame  # seller buyer total_fen: invoices with tax of the open window
    delivered: pl.DataFrame  # seller buyer delivered_fen: orders delivered in 365 days
    registrations: pl.DataFrame  # What firms gave to others, or to the bank, as security.

    def fingerprint(self) -> str:
        """Return a hash of all rows: two versions of equal rows have the same."""
        digest = hashlib.sha256()
        frames = {name: pl.DataFrame(pl.from_arrow(rows)) for name, rows in self.tables.items()}
        lake = {name: getattr(self, name) for name in ("recent", "delivered", "registrations")}
        for name, frame in (frames | lake).items():
            digest.update(f"{name} {frame.height} {frame.columns}".encode())
            for column in frame.get_columns():
                digest.update(_bytes(column))
        return digest.hexdigest()


def _bytes(column: pl.Series) -> bytes:
    """Return a column's values as bytes, the same for equal values however they are held."""
    missing = column.is_null().to_numpy().tobytes()
    if column.dtype == pl.String:
        lengths = column.str.len_bytes().fill_null(0).to_numpy().tobytes()
        return missing + lengths + "".join(column.drop_nulls()).encode()
    return missing + column.drop_nulls().to_physical().to_numpy().tobytes()


def read_sources(reader: Reader, lake: Lake, policy: Policy) -> RunSources:
    """Return what a run reads of a version."""
    version = reader.version
    first = version.as_of - dt.timedelta(days=policy.whole("open_days"))
    totals = lake.pair_totals(version.number, after=first, until=version.as_of)
    recent = pl.DataFrame(pl.from_arrow(totals)).select("seller", "buyer", "total_fen")
    return RunSources(
        version=version,
        tables={name: reader.columns(name) for name in TABLES},
        recent=recent.filter(pl.col("seller") != pl.col("buyer")).sort("seller", "buyer"),
        delivered=delivered(pl.DataFrame(pl.from_arrow(lake.orders(version.number))), version),
        registrations=pl.DataFrame(pl.from_arrow(lake.registrations(version.number))),
    )


def delivered(orders: pl.DataFrame, version: Version) -> pl.DataFrame:
    """Return orders delivered in the 365 days up to the version's date, by pair."""
    first = version.as_of - dt.timedelta(days=DAYS_OF_YEAR)
    inside = (pl.col("delivered_on") > first) & (pl.col("delivered_on") <= version.as_of)
    sums = orders.filter(inside).group_by("seller", "buyer")
    return sums.agg(delivered_fen=pl.col("amount_fen").sum()).sort("seller", "buyer")


def inputs_of(
    sources: RunSources,
    analyses: Analyses,
    cores: tuple[int, ...],
    *,
    run: str = "",
) -> LimitInputs:
    """
    Return what the limits read: rows of the version, firms as rows of its network.

    Args:
        sources: The version's rows.
        analyses: What was found in its network.
        cores: The rows of the cores.
        run: The name of the run.
    """
    firms = pl.DataFrame(pl.from_arrow(sources.tables["firms"])).sort("firm")
    trades = ("supplier", "buyer", "amount_fen", "blue_fen", "red_fen", "count")
    return LimitInputs(
        version=sources.version.number,
        as_of=sources.version.as_of,
        run=run,
        ids=tuple(firms["firm"]),
        firms=firms,
        cores=cores,
        trades=_numbered(sources, "trades", firms).select(trades),
        ledger=Ledger(
            receivables=_numbered(sources, "receivables", firms),
            vouchers=_numbered(sources, "vouchers", firms),
            recent=with_rows(sources.recent, ("seller", "buyer"), firms),
            delivered=with_rows(sources.delivered, ("seller", "buyer"), firms),
            registrations=with_rows(sources.registrations, ("pledgor", "debtor"), firms),
            as_of=sources.version.as_of,
        ),
        holdings=_numbered(sources, "holdings", firms),
        chains=analyses.chains,
        belonging=analyses.belonging,
        losses=analyses.losses,
        partner_losses=analyses.partner_losses,
        colours={},
    )


def with_book(inputs: LimitInputs, book: Book, *, run: str) -> LimitInputs:
    """Return what a run reads, with a book; documents of firms that are none here are left out."""
    receivables = with_rows(book.receivables, ("seller", "buyer"), inputs.firms)
    vouchers = with_rows(book.vouchers, ("issuer", "holder"), inputs.firms)
    here = replace(
        book,
        receivables=receivables.drop_nulls(["seller", "buyer"]),
        vouchers=vouchers.drop_nulls(["issuer", "holder"]),
    )
    return replace(inputs, run=run, ledger=replace(inputs.ledger, book=here))


def _numbered(sources: RunSources, name: str, firms: pl.DataFrame) -> pl.DataFrame:
    rows = pl.DataFrame(pl.from_arrow(sources.tables[name]))
    return with_rows(rows, table(name).ends, firms)


def with_rows(rows: pl.DataFrame, ends: tuple[str, ...], firms: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose ends are rows of the network instead of ids."""
    place = firms.select(pl.int_range(pl.len(), dtype=pl.Int64).alias("_row"), "firm")
    for end in ends:
        rows = rows.join(place, left_on=end, right_on="firm", how="left", maintain_order="left")
        rows = rows.with_columns(pl.col("_row").alias(end)).drop("_row")
    return rows
