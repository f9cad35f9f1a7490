"""All receivables that a party owes or holds, as they stand, in columns: for lists of them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import sqlalchemy as sa

from app.chain.receivables import acts, repository
from app.chain.receivables.acts import CLOSED, ENDED, OURS
from app.chain.receivables.files import FileReceivables, of_version
from app.chain.receivables.repository import Row, WantedReceivables
from app.chain.receivables.tables import receivables
from app.platform.deps import Resources
from graph.model import Version

WAITING = ("open", "disputed", "confirmed", "financing", "financed", "replaced")
OPEN = "open"
UNCONFIRMED = (OPEN, "disputed")
WEEK_DAYS, MONTH_DAYS = 7, 31
DUE = ("late", "week", "month", "later")


def standing(
    resources: Resources, version: Version, wanted: WantedReceivables, day: dt.date
) -> pl.DataFrame:
    """
    Return receivables as they stand: by the platform, with what files still say, and of files.

    Args:
        resources: What the process has open.
        version: Whose files are read.
        wanted: Whose they are; the state is not looked at.
        day: The business day, against which due days are held.

    Returns:
        The columns of the table, `face_fen` what is left to pay, `due`, a word of `DUE`, none where
        nothing is to be paid any more, and `waits_from`, since when it waits to be confirmed.
    """
    files = of_version(resources, version)
    with resources.records.reading() as connection:
        ours = repository.page(connection, replace(wanted, state=None), after=None, size=None)
    known = pl.DataFrame(ours, schema=files.rows.schema, orient="row")
    merged = merged_rows(known, files)
    rows = pl.concat([merged, _mine(files.rows, wanted).join(known, on="receivable", how="anti")])
    left = (pl.col("due_on").str.to_date("%Y-%m-%d") - day).dt.total_days()
    due = (
        pl.when(~pl.col("state").is_in(WAITING))
        .then(None)
        .when(left < 0)
        .then(pl.lit("late"))
        .when(left <= WEEK_DAYS)
        .then(pl.lit("week"))
        .when(left <= MONTH_DAYS)
        .then(pl.lit("month"))
        .otherwise(pl.lit("later"))
    )
    face = pl.max_horizontal(pl.col("amount_fen") - pl.col("paid_fen"), pl.lit(0))
    waits = pl.when(pl.col("state").is_in(UNCONFIRMED)).then("issued_on")
    return rows.with_columns(due=due, face_fen=face, waits_from=waits)


def merged_rows(known: pl.DataFrame, files: FileReceivables) -> pl.DataFrame:
    """Return what the platform knows with what files may still say of it (`acts.merged`)."""
    told = files.rows.select("receivable", told="state", told_paid="paid_fen")
    both = known.join(told, on="receivable", how="left", maintain_order="left")
    settled = pl.col("state").is_in(OURS) | pl.col("state").is_in(CLOSED)
    ended = ~settled & pl.col("told").is_in(ENDED).fill_null(value=False)
    over = settled | (ended & pl.col("told").is_in(CLOSED))
    paid = pl.max_horizontal("paid_fen", pl.col("told_paid").fill_null(0))
    return both.with_columns(
        state=pl.when(ended).then("told").otherwise("state"),
        paid_fen=pl.when(over).then("paid_fen").otherwise(paid),
    ).select(known.columns)


def open_count(resources: Resources, version: Version, debtor: str) -> int:
    """Return how many receivables wait for their debtor to confirm, without laying them out."""
    files, own = of_version(resources, version), receivables.c
    told = _mine(files.rows, WantedReceivables(debtor=debtor)).filter(pl.col("state") == OPEN)
    wanted = WantedReceivables(debtor=debtor, state=OPEN)
    with resources.records.reading() as connection:
        known = connection.scalars(sa.select(own.receivable).where(own.debtor == debtor)).all()
        ours = repository.page(connection, wanted, after=None, size=None)
    merged = [acts.merged(row, files.find(row["receivable"])) or row for row in ours]
    fresh = told.filter(~pl.col("receivable").is_in(list(known))).height
    return int(fresh) + sum(1 for row in merged if row["state"] == OPEN)


def numbered(
    resources: Resources, version: Version, wanted: WantedReceivables, text: str, *, size: int
) -> tuple[int, Sequence[Row]]:
    """
    Return how many receivables have ids that hold a text, and the first by their ids.

    Args:
        resources: What the process has open.
        version: Whose files are read.
        wanted: Whose they are.
        text: The text, in either case.
        size: So many at most.
    """
    holds = pl.col("receivable").str.to_lowercase().str.contains(text.lower(), literal=True)
    told = _mine(of_version(resources, version).rows, wanted).filter(holds)
    with resources.records.reading() as connection:
        count, ours = repository.holding(connection, wanted, text, size=size)
        ids = told["receivable"].to_list()
        known = repository.ids_known(connection, wanted, text, (ids, count))
    rows = told.filter(~pl.col("receivable").is_in(known))
    first = rows.sort("receivable").head(size).iter_rows(named=True)
    found = sorted([*ours, *first], key=lambda row: str(row["receivable"]))
    return count + rows.height, found[:size]


def _mine(rows: pl.DataFrame, wanted: WantedReceivables) -> pl.DataFrame:
    for name in ("debtor", "creditor"):
        if (value := getattr(wanted, name)) is not None:
            rows = rows.filter(pl.col(name) == value)
    return rows
