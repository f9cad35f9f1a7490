"""Loans at the close of a day: those that it touches are taken over it, a part at a time."""

import datetime as dt
from collections.abc import Sequence

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.lending.applications.moves import move
from app.lending.applications.tables import applications
from app.lending.servicing import repository
from app.lending.servicing.acting import LoanActing
from app.lending.servicing.tables import loans
from app.lending.servicing.values import LoanValues, values_on
from app.platform.deps import Resources

AT_ONCE = 1_000  # In one order; others' orders come between the parts.
DONE = 200


def close(resources: Resources, day: dt.date) -> int:
    """
    Take all loans over a day that is closed, the business day being the next; return how many.

    Only those are read to which the day does something. Done again after it was cut short, it goes
    on where it stood. What is repaid is closed then; a repayment that is taken back opens it again.

    Args:
        resources: What the process has open.
        day: The day that is closed.

    Raises:
        RuntimeError: A part of them stands where it stood.
    """
    following = day + dt.timedelta(days=1)
    names, taken = _touched(resources, following), 0
    values = values_on(resources, following) if names else None
    while names and values is not None:
        count = _take(resources, names, values)
        if not count:
            raise RuntimeError(f"{len(names)} loans stand before {following} and are not moved on")
        taken += count
        names = _touched(resources, following)
    _close_repaid(resources)
    return taken


def _close_repaid(resources: Resources) -> None:
    """Close the applications of which nothing is owed any more, a part at a time."""
    while names := repository.repaid(resources.records, size=AT_ONCE):

        def work(moving: Moving, names: Sequence[str] = names) -> Reply:
            """Return how many of these were closed."""
            found = moving.rows(applications, names).values()
            done = [row for row in found if row is not None and row["state"] == "repaid"]
            return Reply.of(DONE, len([move(moving, row, "closed") for row in done]))

        needs = Reads(rows={applications: names})
        if not ledger_of(resources).ask(Plain(needs, work)).document:
            return


def _take(resources: Resources, names: Sequence[str], values: LoanValues) -> int:
    """Take loans to the business day in one order; return how many were touched."""

    def work(moving: Moving) -> Reply:
        """Return how many of these were touched."""
        acting = LoanActing(moving, values)
        found = [row for row in moving.rows(loans, names).values() if row is not None]
        return Reply.of(DONE, sum(acting.taken_over(row) is not row for row in found))

    return int(ledger_of(resources).ask(Plain(Reads(rows={loans: names}), work)).document)


def _touched(resources: Resources, day: dt.date) -> tuple[str, ...]:
    with resources.records.reading() as connection:
        return tuple(repository.touched(connection, day, size=AT_ONCE))
