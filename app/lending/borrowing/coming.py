"""What money comes to a firm and what it has to pay, by its papers and its loans."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import polars as pl

from app.chain.papers.ahead import PaymentsAhead, to_come
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.standing import standing
from app.chain.vouchers.payments import to_holder
from app.lending.servicing.ahead import RowAhead, rows_ahead
from app.platform.deps import Resources

By = Literal["week", "month"]
WEEK_DAYS, WEEKS, MONTHS = 7, 13, 12
MONTHS_OF_YEAR = 12
SHOWN_MAX = 200


class CashMove(NamedTuple):
    """A payment to come: when, of which thing, by or to whom; what comes in, or is to be paid."""

    day: str
    kind: str
    number: str
    party: str
    in_fen: int
    out_fen: int
    state: str


class CashPeriod(NamedTuple):
    """A week or month: from which day up to which, what comes in it, and what is to be paid."""

    since: dt.date
    until: dt.date
    in_fen: int
    out_fen: int

    @property
    def net_fen(self) -> int:
        """Return what is left of it; below zero where more is to be paid than comes."""
        return self.in_fen - self.out_fen


class CashAhead(NamedTuple):
    """All that lies ahead of a firm on a business day."""

    day: dt.date
    coming: PaymentsAhead
    due: Sequence[RowAhead]
    unconfirmed: int  # Claims that their debtors have still to confirm.

    def days_on(self, days: int) -> dt.date:
        """Return a day so many days after the business day."""
        return self.day + dt.timedelta(days=days)

    def moves(self, size: int) -> Sequence[CashMove]:
        """Return payments from the day on, in order of days, and what the firm owes of before."""
        comes = [
            CashMove(
                *(row["due_on"], row["kind"], row["number"], row["party"]),
                *(row["amount_fen"], 0, row["state"]),
            )
            for row in self.coming.first
        ]
        pays = [
            CashMove(
                str(each.due_on), "loan", each.loan, "", 0, each.amount_fen, "late" * each.late
            )
            for each in self.due
        ]
        return sorted([*comes, *pays], key=lambda each: (each.day, each.kind, each.number))[:size]

    def between(self, since: dt.date, until: dt.date) -> CashPeriod:
        """Return what comes and is to be paid from one day to another, both included."""
        out = sum(each.amount_fen for each in self.due if since <= each.due_on <= until)
        return CashPeriod(since, until, self.coming.between(since, until)[1], out)

    def periods(self, by: By) -> Sequence[CashPeriod]:
        """Return the weeks or months from that of the business day on, without what is past."""
        found = [self.between(max(since, self.day), until) for since, until in _spans(self.day, by)]
        return [
            period._replace(since=since)
            for period, (since, _) in zip(found, _spans(self.day, by), strict=True)
        ]

    @property
    def late_in_fen(self) -> int:
        """Return what should have come before the day."""
        return self.coming.between(None, self.day - dt.timedelta(days=1))[1]

    @property
    def late_out_fen(self) -> int:
        """Return what the firm should have paid before the day."""
        return sum(each.amount_fen for each in self.due if each.late)

    def after(self, last: dt.date) -> CashPeriod:
        """Return what comes and is to be paid after a day."""
        later = [each for each in self.due if each.due_on > last]
        since = last + dt.timedelta(days=1)
        fen = self.coming.between(since, None)[1]
        until = max((each.due_on for each in later), default=since)
        return CashPeriod(since, until, fen, sum(each.amount_fen for each in later))


def ahead_of_firm(resources: Resources, firm: str, day: dt.date, size: int) -> CashAhead:
    """
    Return what lies ahead of a firm.

    Args:
        resources: What the process has open.
        firm: The firm.
        day: The business day.
        size: So many payments that come are told one by one.
    """
    wanted = WantedReceivables(creditor=firm)
    claims = standing(resources, resources.version(), wanted, day)
    held = to_holder(resources.records, firm, since=day, size=size)
    coming = to_come(claims, held, since=day, size=size)
    unconfirmed = claims.filter(pl.col("state") == "open").height
    return CashAhead(day, coming, rows_ahead(resources, firm), unconfirmed)


def _spans(day: dt.date, by: By) -> Sequence[tuple[dt.date, dt.date]]:
    return list(_weeks(day) if by == "week" else _months(day))


def _weeks(day: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    monday = day - dt.timedelta(days=day.weekday())
    for week in range(WEEKS):
        since = monday + dt.timedelta(days=week * WEEK_DAYS)
        yield since, since + dt.timedelta(days=WEEK_DAYS - 1)


def _months(day: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    for month in range(MONTHS):
        since, following = _first(day, month), _first(day, month + 1)
        yield since, following - dt.timedelta(days=1)


def _first(day: dt.date, months: int) -> dt.date:
    years, month = divmod(day.month - 1 + months, MONTHS_OF_YEAR)
    return dt.date(day.year + years, month + 1, 1)


def told(period: CashPeriod, by: By) -> Mapping[str, Any]:
    """Return a period as pages show it: its name, and what comes and goes."""
    name = period.since.isoformat()
    return {
        "id": name if by == "week" else name[: len("2026-07")],
        "tick": name[len("2026-") :] if by == "week" else name[len("20") : len("2026-07")],
        "in_fen": period.in_fen,
        "out_fen": period.out_fen,
        "net_fen": period.net_fen,
    }
