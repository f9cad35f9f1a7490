"""
Receivables as the files of a version tell them, each with its id, kept for the next who asks.

The id of a document is its number; where several share one it is `number~creditor~debtor` for all
but the first, for good: one that the platform knows keeps the id under which it came to know it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

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
Known = Sequence[tuple[str, str, str]]  # number, creditor, debtor of those whose id is the number.


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
    reader = resources.store.reader(version.number)
    raw = _raw(reader)
    shared = raw.filter(pl.col("number").is_duplicated())["number"].unique().to_list()
    return FileReceivables(version, rows_of(raw, version, _known(resources, shared)))


def _raw(reader: Reader) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(reader.columns("receivables")))


def _known(resources: Resources, numbers: Sequence[str]) -> Known:
    """Return who stands in the book under one of these numbers as its id."""
    if not numbers:
        return []
    own = receivables.c
    found: list[tuple[str, str, str]] = []
    with resources.records.reading() as connection:
        for start in range(0, len(numbers), 500):
            query = sa.select(own.number, own.creditor, own.debtor).where(
                own.receivable == own.number, own.number.in_(numbers[start : start + 500])
            )
            found += [tuple(row) for row in connection.execute(query)]
    return found


def rows_of(raw: pl.DataFrame, version: Version, known: Known = ()) -> pl.DataFrame:
    """
    Return the rows of a version's files in the columns of the table, in order of ids.

    Args:
        raw: The table `receivables` of the version.
        version: The version; what was issued after its date is not seen.
        known: Who stands in the book under a shared number as its id.
    """
    stated = with_state(raw, version.as_of).rename({"seller": "creditor", "buyer": "debtor"})
    holders = pl.DataFrame(
        list(known), schema=dict.fromkeys(("number", "first", "at"), pl.String), orient="row"
    )
    stated = stated.sort("number", "creditor", "debtor").join(
        holders, on="number", how="left", maintain_order="left"
    )
    mine = (pl.col("creditor") == pl.col("first")) & (pl.col("debtor") == pl.col("at"))
    first = (
        pl.when(pl.col("first").is_null())
        .then(pl.int_range(pl.len()).over("number") == 0)
        .otherwise(mine)
    )
    longer = pl.concat_str("number", "creditor", "debtor", separator="~")
    return (
        stated.with_columns(
            pl.col("issued_on", "due_on").dt.to_string("%Y-%m-%d"),
            pl.col("state").replace(WORDS),
            pl.col("confirmed").cast(pl.Int64),
            receivable=pl.when(first).then("number").otherwise(longer),
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
