"""
Ids of documents: a number, where several share one `number~creditor~debtor` for all but the first.

Which is the first is kept in the records from the version on in which a number is first seen, so
that no later file gives a document another id, whatever comes, goes, or stands in another order.
"""

import polars as pl
import sqlalchemy as sa

from app.chain.receivables.tables import document_numbers
from app.platform.deps import Resources
from app.platform.records import Records

NUMBERED = dict.fromkeys(("number", "holder", "debtor"), pl.String)
LONGER = "~"
AT_ONCE = 5_000  # Numbers kept by one transaction, so that others come between, or read by one.
HELD_MAX = 500_000  # Owners of numbers of a kind that stay in memory, beside those just asked for.
KEEP = sa.text(
    "INSERT INTO document_numbers (kind, number, holder, debtor) "
    "VALUES (:kind, :number, :holder, :debtor) ON CONFLICT DO NOTHING"
)


class DocumentNumbers:
    """
    Whose ids numbers are, as the records keep it.

    A number has its owner for good, so what was read once is not read again: a pass over documents
    that were all seen reads nothing. Else the rows of the numbers that are asked for are read, by
    their key, and no others, however many the records keep of versions that have gone.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._held: dict[str, pl.DataFrame] = {}  # By kind; replaced whole, so without a lock.

    def ids_of(self, kind: str, documents: pl.DataFrame) -> pl.Series:
        """
        Return ids of documents; of numbers not seen before the first in this order has it as id.

        Args:
            kind: `receivable` or `voucher`.
            documents: `number`, `holder`, `debtor` of each.
        """
        given = documents.select(list(NUMBERED))
        return named(given, self.first_seen(kind, given))

    def first_seen(self, kind: str, candidates: pl.DataFrame) -> pl.DataFrame:
        """
        Return of their numbers the documents whose ids they are; new ones are kept, first come.

        Args:
            kind: `receivable` or `voucher`.
            candidates: `number`, `holder`, `debtor` of documents that may have a number as id.
        """
        first = candidates.unique("number", keep="first", maintain_order=True)
        seen = self._seen(kind, first["number"])
        fresh = first.join(seen, on="number", how="anti")
        if fresh.is_empty():
            return seen
        _keep(self._records, kind, fresh)
        return self._seen(kind, first["number"])  # Another process may have been faster.

    def _seen(self, kind: str, numbers: pl.Series) -> pl.DataFrame:
        """Return the owners of those numbers that have one."""
        wanted = numbers.to_frame("number")
        held = self._held.get(kind, pl.DataFrame(schema=NUMBERED))
        missing = wanted.join(held, on="number", how="anti")["number"]
        if not missing.is_empty():
            held = pl.concat([held, _read(self._records, kind, missing)])
        seen = held.join(wanted, on="number", how="semi")
        self._held[kind] = held if held.height <= HELD_MAX else seen
        return seen


def numbers_of(resources: Resources) -> DocumentNumbers:
    """Return what knows whose ids numbers are, in this process."""
    found: DocumentNumbers = resources.once("numbers", lambda: DocumentNumbers(resources.records))
    return found


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


def _read(records: Records, kind: str, numbers: pl.Series) -> pl.DataFrame:
    """Return the rows of these numbers, a part of them in one statement."""
    own = document_numbers.c
    query = sa.select(own.number, own.holder, own.debtor).where(own.kind == kind)
    rows: list[tuple[str, ...]] = []
    with records.reading() as connection:
        for start in range(0, numbers.len(), AT_ONCE):
            part = numbers[start : start + AT_ONCE].to_list()
            found = connection.execute(query.where(own.number.in_(part)))
            rows += [tuple(row) for row in found]
    return pl.DataFrame(rows, schema=NUMBERED, orient="row")


def _keep(records: Records, kind: str, fresh: pl.DataFrame) -> None:
    for start in range(0, fresh.height, AT_ONCE):
        rows = fresh[start : start + AT_ONCE].to_dicts()
        with records.writing(patient=True) as connection:
            connection.execute(KEEP, [{"kind": kind, **row} for row in rows])
