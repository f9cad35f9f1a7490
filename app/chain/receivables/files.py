"""
Receivables as the files of a version tell them, each with its id, kept for the next who asks.

The id of a document is its number; where several share one it is `number~creditor~debtor` for all
but the first, for good: one that the platform knows, or that had an account, keeps its id whatever
a later version has beside it, and nothing else is ever called by it.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from app.books.ledger.tables import accounts
from app.chain.limits.papers import with_state
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
PARTIES = ("number", "creditor", "debtor")
IDS = dict.fromkeys(("receivable", *PARTIES), pl.String)


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
    raw = _raw(resources.store.reader(version.number))
    return FileReceivables(version, rows_of(raw, version, _given(resources)))


def _raw(reader: Reader) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(reader.columns("receivables")))


def _given(resources: Resources) -> pl.DataFrame:
    """Return the ids that documents have for good: by the book, else by their accounts."""
    own, its = receivables.c, accounts.c
    book = sa.select(own.receivable, own.number, own.creditor, own.debtor)
    opened = sa.select(its.thing, its.thing, its.firm, its.core).where(
        its.layer == "document",
        its.account.like("receivable:%"),
        its.firm.is_not(None),
        its.core.is_not(None),
    )
    with resources.records.reading() as connection:
        known, open_ = (
            pl.DataFrame([tuple(row) for row in connection.execute(query)], IDS, orient="row")
            for query in (book, opened)
        )
    parties = pl.format("~{}~{}", "creditor", "debtor")
    open_ = open_.with_columns(number=pl.col("number").str.strip_suffix(parties))
    given = pl.concat([known, open_]).unique(PARTIES, keep="first", maintain_order=True)
    return given.unique("receivable", keep="first", maintain_order=True)


def longer_ids(resources: Resources, version: Version) -> pl.DataFrame:
    """
    Return the documents that are called by more than a number, in the columns of `IDS`.

    Args:
        resources: What the process has open.
        version: Whose files are read, beside the book.
    """
    own = receivables.c
    query = sa.select(own.receivable, own.number, own.creditor, own.debtor)
    query = query.where(own.receivable != own.number)
    with resources.records.reading() as connection:
        known = [tuple(row) for row in connection.execute(query)]
    rows = of_version(resources, version).rows.select(*IDS)
    longer = rows.filter(pl.col("receivable") != pl.col("number"))
    return pl.concat([pl.DataFrame(known, IDS, orient="row"), longer]).unique(PARTIES)


def ids_of(parties: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """
    Return documents with their ids, in order of number and parties.

    Args:
        parties: Number, creditor and debtor of each, and whatever else.
        given: Which have an id already, in the columns of `IDS`.
    """
    taken = given.filter(pl.col("receivable") == pl.col("number")).select("number", taken=True)
    named = (
        parties.sort(PARTIES)
        .join(given, on=PARTIES, how="left", maintain_order="left")
        .join(taken, on="number", how="left", maintain_order="left")
    )
    new = pl.col("receivable").is_null() & pl.col("taken").is_null()
    first = new & (new.cast(pl.Int64).cum_sum().over("number") == 1)
    longer = pl.concat_str(*PARTIES, separator="~")
    made = pl.when(first).then("number").otherwise(longer)
    return named.with_columns(receivable=pl.coalesce("receivable", made)).drop("taken")


def rows_of(raw: pl.DataFrame, version: Version, given: pl.DataFrame | None = None) -> pl.DataFrame:
    """
    Return the rows of a version's files in the columns of the table, in order of ids.

    Args:
        raw: The table `receivables` of the version.
        version: The version; what was issued after its date is not seen.
        given: Which documents have an id already, in the columns of `IDS`.
    """
    stated = with_state(raw, version.as_of).rename({"seller": "creditor", "buyer": "debtor"})
    return (
        ids_of(stated, pl.DataFrame(schema=IDS) if given is None else given)
        .with_columns(
            pl.col("issued_on", "due_on").dt.to_string("%Y-%m-%d"),
            pl.col("state").replace(WORDS),
            pl.col("confirmed").cast(pl.Int64),
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
