"""Receivables of which the platform knows, as the limits read the book."""

from collections.abc import Mapping

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.limits.book import RECEIVABLES
from app.chain.receivables.tables import receivables


def receivables_of_book(connection: Connection, known_by: Mapping[str, int]) -> pl.DataFrame:
    """
    Return every receivable that the platform knows, in the columns of `limits.book`.

    Args:
        connection: Where it is read.
        known_by: The events by which some are known, by their ids, others by their last.
    """
    own = receivables.c
    query = sa.select(
        *(own.number, own.creditor.label("seller"), own.debtor.label("buyer"), own.amount_fen),
        *(
            own.paid_fen,
            own.issued_on,
            own.due_on,
            own.registry_id,
            own.state,
            own.confirmed,
            own.here,
        ),
        *(own.event, own.receivable),
    ).order_by(own.receivable)
    found = connection.execute(query).all()
    texts = dict(RECEIVABLES, issued_on=pl.String, due_on=pl.String)
    texts |= {"confirmed": pl.Int64, "here": pl.Int64}
    told = [(*row, known_by.get(name, event)) for *row, event, name in found]
    rows = pl.DataFrame(told, schema=texts, orient="row")
    return rows.with_columns(
        pl.col("issued_on", "due_on").str.to_date("%Y-%m-%d"),
        pl.col("confirmed", "here").cast(pl.Boolean),
    )
