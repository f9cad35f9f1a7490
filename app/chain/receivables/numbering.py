"""
Ids of documents: a number, where several share one `number~creditor~debtor` for all but the first.

Which is the first is kept in the records from the version on in which a number is first seen, so
that no later file gives a document another id, whatever comes, goes, or stands in another order.
"""

from collections.abc import Sequence

import polars as pl
import sqlalchemy as sa

from app.chain.receivables.tables import document_numbers
from app.platform.records import Records

NUMBERED = dict.fromkeys(("number", "holder", "debtor"), pl.String)
LONGER = "~"
AT_ONCE = 5_000  # Numbers kept by one transaction, so that others come between.
KEEP = sa.text(
    "INSERT INTO document_numbers (kind, number, holder, debtor) "
    "VALUES (:kind, :number, :holder, :debtor) ON CONFLICT DO NOTHING"
)


def ids_of(records: Records, kind: str, documents: pl.DataFrame) -> pl.Series:
    """
    Return the ids of documents; of numbers not seen before the first in this order has it as id.

    Args:
        records: Where it is kept whose id a number is.
        kind: `receivable` or `voucher`.
        documents: `number`, `holder`, `debtor` of each.
    """
    given = documents.select(list(NUMBERED))
    return named(given, first_seen(records, kind, given))


def first_seen(records: Records, kind: str, candidates: pl.DataFrame) -> pl.DataFrame:
    """
    Return of every number the document whose id it is; new ones are kept, the first in this order.

    Args:
        records: Where they are kept.
        kind: `receivable` or `voucher`.
        candidates: `number`, `holder`, `debtor` of documents that may have a number as id.
    """
    seen = _seen(records, kind)
    fresh = candidates.unique("number", keep="first", maintain_order=True).join(
        seen, on="number", how="anti"
    )
    if fresh.is_empty():
        return seen
    _keep(records, kind, fresh)
    return _seen(records, kind)  # Another process may have been faster.


def in_this_order(_: str, documents: pl.DataFrame) -> pl.Series:
    """Return the ids of documents of which nothing was seen before."""
    return named(documents, documents.unique("number", keep="first", maintain_order=True))


def named(documents: pl.DataFrame, seen: pl.DataFrame) -> pl.Series:
    """Return the ids of documents, by whose id each number is."""
    both = documents.join(
        seen.select("number", first="holder", at="debtor"),
        on="number",
        how="left",
        maintain_order="left",
    )
    mine = (pl.col("holder") == pl.col("first")) & (pl.col("debtor") == pl.col("at"))
    longer = pl.concat_str("number", "holder", "debtor", separator=LONGER)
    return both.select(id=pl.when(mine).then("number").otherwise(longer))["id"]


def _seen(records: Records, kind: str) -> pl.DataFrame:
    own = document_numbers.c
    query = sa.select(own.number, own.holder, own.debtor).where(own.kind == kind)
    with records.reading() as connection:
        rows: Sequence[tuple[str, ...]] = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=NUMBERED, orient="row")


def _keep(records: Records, kind: str, fresh: pl.DataFrame) -> None:
    for start in range(0, fresh.height, AT_ONCE):
        rows = fresh[start : start + AT_ONCE].to_dicts()
        with records.writing(patient=True) as connection:
            connection.execute(KEEP, [{"kind": kind, **row} for row in rows])
