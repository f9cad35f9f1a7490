"""
Receivables as the files of a version tell them, each with its id, kept for the next who asks.

Its id stays what it was in the version that had it first (`numbering`).
"""

from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from app.books.ledger.tables import accounts
from app.chain.limits.papers import with_state
from app.chain.receivables.numbering import NUMBERED, named, numbers_of
from app.chain.receivables.tables import receivables
from app.platform.deps import Resources
from app.platform.process.kept import Kept
from graph.model import Version
from graph.stores.base import Reader

KEPT_SHARE = 1 / 8
WORDS = {"financed": "elsewhere"}  # In a file: by somebody else.
COLUMNS = (
    *("receivable", "number", "creditor", "debtor", "amount_fen", "paid_fen", "occupied_fen"),
    *("issued_on", "due_on", "registry_id", "state", "confirmed", "here", "before", "voucher"),
    "event",
)
RECEIVABLE = "receivable"


@dataclass(frozen=True, slots=True)
class FileReceivables:
    """The receivables of a version in order of their ids, in the columns of the table."""

    version: Version
    rows: pl.DataFrame

    def find(self, receivable: str) -> dict[str, Any] | None:
        """Return a receivable by its id, as a row of the table; None where files have none."""
        place = self.rows["receivable"].search_sorted(receivable)
        if place == self.rows.height or self.rows["receivable"][place] != receivable:
            return None
        return self.rows.row(place, named=True)

    @property
    def size(self) -> int:
        """Return the bytes that it takes."""
        return int(self.rows.estimated_size())


def of_version(resources: Resources, version: Version) -> FileReceivables:
    """Return the receivables of a version's files."""
    shelf: Kept[FileReceivables] = resources.shelf("receivables", KEPT_SHARE, _size)
    return shelf.made(version.number, lambda: _read(resources, version))


def _size(kept: FileReceivables) -> int:
    return kept.size


def _read(resources: Resources, version: Version) -> FileReceivables:
    stated = stated_rows(_raw(resources.store.reader(version.number)), version)
    parties = stated.select("number", "debtor", holder="creditor").select(list(NUMBERED))
    seen = numbers_of(resources).first_seen(RECEIVABLE, _candidates(resources, parties))
    return FileReceivables(version, rows_of(stated, named(parties, seen)))


def _raw(reader: Reader) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(reader.columns("receivables")))


def _candidates(resources: Resources, parties: pl.DataFrame) -> pl.DataFrame:
    """Return whose id a number may be: what had ids before these were kept comes first."""
    own, its = receivables.c, accounts.c
    book = sa.select(own.receivable, own.number, own.creditor, own.debtor)
    opened = sa.select(its.thing, its.firm, its.core).where(
        its.account.like("receivable:%"), its.firm.is_not(None), its.core.is_not(None)
    )
    with resources.records.reading() as connection:
        known, open_ = (
            [tuple(row) for row in connection.execute(query)] for query in (book, opened)
        )
    ours = pl.DataFrame(known, schema={"id": pl.String, **NUMBERED}, orient="row")
    plain = ours.filter(pl.col("id") == pl.col("number")).select(list(NUMBERED))
    long = pl.col("number").str.ends_with(pl.format("~{}~{}", "holder", "debtor"))
    shown = pl.DataFrame(open_, schema=NUMBERED, orient="row").filter(~long)
    return pl.concat([plain, shown, parties]).join(
        ours.filter(pl.col("id") != pl.col("number")), on=list(NUMBERED), how="anti"
    )


def stated_rows(raw: pl.DataFrame, version: Version) -> pl.DataFrame:
    """Return the rows of a version's files as they stand on its date, in order of their parties."""
    stated = with_state(raw, version.as_of).rename({"seller": "creditor", "buyer": "debtor"})
    return stated.sort("number", "creditor", "debtor")


def rows_of(stated: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """
    Return the rows of a version's files in the columns of the table, in order of ids.

    Args:
        stated: The rows, as `stated_rows` returns them.
        ids: The id of each.
    """
    return (
        stated.with_columns(
            pl.col("issued_on", "due_on").dt.to_string("%Y-%m-%d"),
            pl.col("state").replace(WORDS),
            pl.col("confirmed").cast(pl.Int64),
            receivable=ids,
            occupied_fen=pl.lit(0, pl.Int64),
            here=pl.lit(0, pl.Int64),
            before=pl.lit(""),
            voucher=pl.lit(None, pl.String),
            event=pl.lit(0, pl.Int64),
        )
        .select(COLUMNS)
        .sort("receivable")
        .unique("receivable", keep="first", maintain_order=True)
    )
