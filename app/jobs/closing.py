"""The command `close-day`, and what is done at the close of a day, domain by domain."""

import datetime as dt
from typing import Annotated

import typer

from app.books.approvals import expire_open
from app.books.business_day.closing import ClosingStep, close_days
from app.chain.requests import service as requests
from app.chain.vouchers import endings as vouchers
from app.lending.applications import service as applications
from app.lending.applications.drawn import NAME as DRAWN
from app.lending.products import budgets
from app.lending.servicing import closing as loans
from app.lending.servicing import drawing as draws
from app.lending.servicing.following import FollowingLoans
from app.platform.audit.commands import audited
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.console.progress import progress
from app.platform.deps import Resources, open_resources


def _close_offers(resources: Resources, day: dt.date) -> int:
    """Return how many offers ended; what was drawn of them follows its loans."""
    resources.once(DRAWN, FollowingLoans)
    return applications.close(resources, day)


STEPS: tuple[ClosingStep, ...] = (  # In this order.
    ClosingStep("approvals", expire_open),
    ClosingStep("vouchers", vouchers.close),
    ClosingStep("requests", requests.close),
    ClosingStep("applications", _close_offers),
    ClosingStep("draws", draws.close),
    ClosingStep("loans", loans.close),
    ClosingStep("budgets", budgets.close),
)


def close_day(
    day: Annotated[
        dt.datetime | None,
        typer.Argument(
            formats=["%Y-%m-%d"],
            metavar="[DATE]",
            help="The last day to be closed, each before it first; default: the business day.",
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """
    Close the business day, or every day up to a date: what lapses, matures and falls due.

    Example: deeptier close-day 2026-07-31
    """
    until = None if day is None else day.date()
    with (
        open_resources() as resources,
        audited(resources, "close-day", str(until or "")),
        progress("closing days") as step,
    ):
        closed = close_days(resources, until, STEPS, step)
    if as_json:
        console.print_document(
            {"closed": closed.days, "business_day": closed.date, "done": closed.done}
        )
    elif closed.days:
        first, last = closed.days[0], closed.days[-1]
        console.show(f"closed {first} to {last}; the business day is {closed.date}")
        for name, count in closed.done.items():
            console.show(f"  {name}: {count}")
    else:
        console.show(f"nothing to close: the business day is {closed.date} already")
