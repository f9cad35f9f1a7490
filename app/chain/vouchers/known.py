"""Vouchers as the limits read the book."""

from collections.abc import Mapping

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.limits.book import VOUCHERS
from app.chain.vouchers.tables import vouchers

# States in which what a node holds counts as its holder's; elsewhere it has ended, or waits.
COUNTING = ("held", "split", "passed", "financing", "financed", "matured")


def vouchers_of_book(connection: Connection, known_by: Mapping[str, int]) -> pl.DataFrame:
    """
    Return every voucher that the platform knows, in the columns of `limits.book`.

    One that has ended holds and occupies nothing, and still hides the same one of a file.

    Args:
        connection: Where it is read.
        known_by: The events by which some are known, by their ids, others by their last.
    """
    own = vouchers.c
    counted = own.state.in_(COUNTING) & (own.accepted == 1)
    held = sa.case((counted, own.held_fen + own.financed_fen), else_=0)
    query = sa.select(
        *(own.voucher, own.issuer, own.holder, held, own.occupies_fen),
        *(own.issued_on, own.due_on, own.event),
    ).order_by(own.voucher)
    found = connection.execute(query).all()
    texts = dict(VOUCHERS, issued_on=pl.String, due_on=pl.String)
    told = [(*row[:-1], known_by.get(row[0], row[-1])) for row in found]
    rows = pl.DataFrame(told, schema=texts, orient="row")
    return rows.with_columns(pl.col("issued_on", "due_on").str.to_date("%Y-%m-%d"))
