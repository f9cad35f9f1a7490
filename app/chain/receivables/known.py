"""Receivables of which the platform knows, as the limits read the book."""

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.limits.book import RECEIVABLES
from app.chain.receivables.tables import receivables


def receivables_of_book(connection: Connection) -> pl.DataFrame:
    """Return every receivable that the platform knows, in the columns of `limits.book`."""
    own = receivables.c
    query = sa.select(
        *(own.number, own.creditor.label("seller"), own.debtor.label("buyer"), own.amount_fen),
        *(own.issued_on, own.due_on, own.registry_id, own.state, own.confirmed, own.here),
        own.event,
    ).order_by(own.receivable)
    found = connection.execute(query).all()
    texts = dict(RECEIVABLES, issued_on=pl.String, due_on=pl.String)
    texts |= {"confirmed": pl.Int64, "here": pl.Int64}
    rows = pl.DataFrame([tuple(row) for row in found], schema=texts, orient="row")
    return rows.with_columns(
        pl.col("issued_on", "due_on").str.to_date("%Y-%m-%d"),
        pl.col("confirmed", "here").cast(pl.Boolean),
    )
