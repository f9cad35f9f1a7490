"""Vouchers as the limits read the book."""

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.limits.book import VOUCHERS
from app.chain.vouchers.tables import vouchers

# States in which what a node holds counts as its holder's; elsewhere it has ended, or waits.
COUNTING = ("held", "split", "passed", "financing", "financed", "matured")


def vouchers_of_book(connection: Connection) -> pl.DataFrame:
    """
    Return every voucher that the platform knows, in the columns of `limits.book`.

    One that has ended holds and occupies nothing, and still hides the same one of a file.
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
    rows = pl.DataFrame([tuple(row) for row in found], schema=texts, orient="row")
    return rows.with_columns(pl.col("issued_on", "due_on").str.to_date("%Y-%m-%d"))
