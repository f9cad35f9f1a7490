"""
What firms owed on working-capital loans of ours when their statements were made, from the book.

Such a loan stands among the working-capital loans of a statement, while limits are gross of what we
lend ourselves: what was outstanding at the close of the statement's day comes off. Each event of a
loan tells what is outstanding after it, so the last one up to that day does; a closed day never
changes, whatever is paid, drawn or taken back later.

Only events up to the last day of a statement are read, once in a process.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.limits.book import LENT
from app.chain.limits.firms import has_statement
from app.platform.deps import Resources
from app.platform.events.tables import events
from app.platform.process.kept import Kept
from graph.model import Version

DRAW = "loan.draw"
# What changes how much of a loan is outstanding; time alone does not.
ACTS = (DRAW, "loan.pay", "loan.restructure", "loan.write-off", "loan.reverse")
ROWS_MAX = 10_000  # Of events that are in memory at a time.
KEPT_SHARE = 1 / 64
STATED = {"firm": pl.String, "stated_on": pl.String}
_DRAWN = {"loan": pl.String, "firm": pl.String}
_ACTS = {
    **dict.fromkeys(("loan", "day"), pl.String),
    **dict.fromkeys(("event", "outstanding_fen"), pl.Int64),
}
Stated = Callable[[], pl.DataFrame]  # STATED: firms that name loans in a statement, and its day.


def nobody_states() -> pl.DataFrame:
    """Return that no firm names loans in a statement."""
    return pl.DataFrame(schema=STATED)


def stated_in(resources: Resources, version: Version) -> pl.DataFrame:
    """Return which firms of a version name working-capital loans in a statement of which day."""
    shelf: Kept[pl.DataFrame] = resources.shelf("stated", KEPT_SHARE, _size)
    return shelf.made(version.number, lambda: _stated(resources, version))


def _stated(resources: Resources, version: Version) -> pl.DataFrame:
    columns = resources.store.reader(version.number).columns("firms")
    firms = pl.DataFrame(pl.from_arrow(columns))
    named = pl.col("statement_on").is_not_null() & (pl.col("working_capital_loans_fen") > 0)
    return firms.filter(has_statement() & named).select(
        "firm", stated_on=pl.col("statement_on").dt.to_string("%Y-%m-%d")
    )


def _size(frame: pl.DataFrame) -> int:
    return int(frame.estimated_size())


class LentReader:
    """Reads what was outstanding of loans on the days of statements; what it read is kept."""

    def __init__(self) -> None:
        self._drawn = pl.DataFrame(schema=_DRAWN)  # Working-capital loans.
        self._acts = pl.DataFrame(schema=_ACTS)
        self._seen = 0  # The last event looked at.
        self._closed = ""  # The day up to which all is known for good.

    def read(self, connection: Connection, number: int, day: str, stated: Stated) -> pl.DataFrame:
        """
        Return what firms owed on the days of their statements, the last event of each.

        Args:
            connection: To read by.
            number: The last event.
            day: The business day; empty where the books are not open.
            stated: Gives firms and days; asked only where the books are open.

        Returns:
            LENT; firms of which nothing is left are among them.
        """
        if not day:
            return pl.DataFrame(schema=LENT)
        asked = stated()
        last = asked["stated_on"].max()
        if not isinstance(last, str):
            return pl.DataFrame(schema=LENT)
        if last > self._closed and number > self._seen:
            if _first_day(connection) <= last:
                self._take(connection, number, last)
            self._seen = number if day <= last else self._seen
            self._closed = max(self._closed, min(last, _day_before(day)))
        then = (
            asked.join(self._drawn, on="firm")
            .join(self._acts, on="loan")
            .filter(pl.col("day") <= pl.col("stated_on"))
            .sort("event")
            .group_by("firm", "loan", maintain_order=True)
            .agg(pl.col("outstanding_fen", "event").last())
        )
        return (
            then.group_by("firm")
            .agg(lent_fen=pl.col("outstanding_fen").sum(), lent_event=pl.col("event").max())
            .sort("firm")
        )

    def _take(self, connection: Connection, number: int, last: str) -> None:
        """Read what happened to loans up to a day, from where reading stopped."""
        own, since = events.c, max(self._seen, int(self._acts["event"].max() or 0))  # type: ignore[arg-type]  # whole
        query = (
            sa.select(own.subject, own.day, own.number, own.operation, own.detail)
            .where(own.number > since, own.number <= number, own.day <= last)
            .where(own.subject.like("loan:%"), own.operation.in_(ACTS))
            .order_by(own.number)
        )
        drawn, acts = [self._drawn], [self._acts]
        for part in connection.execute(query).partitions(ROWS_MAX):
            told = [(row, json.loads(row.detail)) for row in part]
            firms = [
                (row.subject, detail["firm"])
                for row, detail in told
                if row.operation == DRAW and detail.get("working_capital", True)
            ]
            left = [
                (row.subject, row.day, row.number, _outstanding_fen(row.operation, detail))
                for row, detail in told
            ]
            drawn.append(pl.DataFrame(firms, schema=_DRAWN, orient="row"))
            acts.append(pl.DataFrame(left, schema=_ACTS, orient="row"))
        self._drawn, self._acts = pl.concat(drawn), pl.concat(acts)


def _outstanding_fen(operation: str, detail: Mapping[str, Any]) -> int:
    return int(detail["amount_fen" if operation == DRAW else "outstanding_fen"])


def _first_day(connection: Connection) -> str:
    """Return the business day of the first event that has one."""
    own = events.c
    query = sa.select(own.day).where(own.day != "").order_by(own.number).limit(1)
    return str(connection.scalar(query))


def _day_before(day: str) -> str:
    return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()
