"""
A loan as it stands: a small value that is moved on from day to day and never changed.

What is rounded later is kept exact: `interest_exact` and `penalty_exact` are all that was borne
since the draw (or the last restructuring) up to `day`, in the small units of `LoanTerms.scale`.
What is posted is their sum rounded half up, less what was posted before. Between two days on which
something happens nothing is written: the days in between are in the dates.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from app.lending.loans.terms import LoanTerms


class Sums(NamedTuple):
    """Fen by kind."""

    fees: int = 0
    penalty: int = 0
    interest: int = 0
    principal: int = 0

    def plus(self, other: Self) -> "Sums":
        """Return both together."""
        return Sums(*map(int.__add__, self, other))

    @property
    def total(self) -> int:
        """Return all kinds together."""
        return sum(self)


class Due(NamedTuple):
    """What is unpaid of a row that has become due."""

    row: int
    due_on: dt.date
    principal_fen: int
    interest_fen: int


class Totals(NamedTuple):
    """
    What has happened to a loan so far, by kind.

    Of `posted` the principal is what was drawn; `off_income` is of terms that no longer hold.
    """

    posted: Sums
    paid: Sums = Sums()
    capitalised: Sums = Sums()
    waived: Sums = Sums()
    lost: Sums = Sums()
    recovered: Sums = Sums()
    off_income: Sums = Sums()


class Watch(NamedTuple):
    """What a restructured loan keeps until it has been in order for long enough."""

    loan_class: str
    overdue_days: int


class Charged(NamedTuple):
    """How often a fee of the terms was charged so far, and how much together."""

    times: int = 0
    fen: int = 0


@dataclass(frozen=True, slots=True)
class Payment:
    """
    Money that came for a loan.

    Args:
        day: The business day on which it is booked.
        amount_fen: How much.
        prepay: Whether what is left beyond what is due goes to what is not due yet.
        mode: After a prepayment, `lower` the rows that are left or `shorten` them.
        by_debtor: Whether the debtor of a document pays: no fee of a prepayment is charged then.
    """

    day: dt.date
    amount_fen: int
    prepay: bool = False
    mode: str = "lower"
    by_debtor: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee that is owed from a day on."""

    day: dt.date
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Grace:
    """
    The loan before the first row came into its days of grace, and what was booked since.

    If such a row is not paid in time, the loan is what it would be without grace.
    """

    loan: "Loan"
    acts: tuple[Payment | Charge, ...]


@dataclass(frozen=True)  # Without slots: a copy of its values is made at once, see `moved`.
class Loan:
    """
    A loan as it stood when something last happened to it.

    Args:
        terms: What was agreed; after a restructuring what is agreed since.
        day: Up to the opening of which business day it has been taken.
        row: The next row to become due.
        part_fen: Principal or instalment of a row; 0 where the rule has none.
        undue_fen: Principal that is not due yet.
        next_due_on: When the next row becomes due; None: all are.
        due: What is unpaid of rows that are due, the oldest first.
        fees_fen: Unpaid fees.
        interest_exact: Interest borne, in small units.
        interest_posted: Interest posted of that, in fen.
        penalty_exact: Penalty borne, in small units.
        penalty_settled: Penalty of that which was paid, waived or otherwise ended, in fen.
        off_interest_exact: Of the interest, what was borne more than `default_days` overdue.
        off_penalty_exact: Of the penalty, the same.
        default_since: The oldest unpaid due day, from default until all that is due is paid.
        watch: What a restructured loan keeps.
        stage_kept: The stage that is kept until it is cured; 1 for none.
        orderly_since: The day from which a loan that keeps something is in order.
        late: Rows whose days of grace have passed in vain.
        grace: What undoes the grace.
        ended: `repaid`, `written_off`, or empty.
        totals: What has happened so far.
        charged: What was charged of each fee of the terms, in their order.
    """

    terms: LoanTerms
    day: dt.date
    row: int
    part_fen: int
    undue_fen: int
    next_due_on: dt.date | None
    totals: Totals
    due: tuple[Due, ...] = ()
    fees_fen: int = 0
    interest_exact: int = 0
    interest_posted: int = 0
    penalty_exact: int = 0
    penalty_settled: int = 0
    off_interest_exact: int = 0
    off_penalty_exact: int = 0
    default_since: dt.date | None = None
    watch: Watch | None = None
    stage_kept: int = 1
    orderly_since: dt.date | None = None
    late: tuple[int, ...] = ()
    grace: Grace | None = None
    ended: str = ""
    charged: tuple[Charged, ...] = ()

    def moved(self, **changes: Any) -> "Loan":
        """
        Return the loan with some of its values changed, at a tenth of what `replace` takes.

        Args:
            changes: The values, by the names of its fields.

        Raises:
            TypeError: A loan has no such field.
        """
        after = object.__new__(Loan)
        values = vars(after)
        values.update(vars(self))
        count = len(values)
        values.update(changes)
        if len(values) != count:
            raise TypeError(f"a loan has no {sorted(changes.keys() - vars(self).keys())}")
        return after

    @property
    def outstanding_fen(self) -> int:
        """Return the principal that is not paid back, due or not."""
        return self.undue_fen + sum(each.principal_fen for each in self.due)

    def in_grace(self, due: Due) -> bool:
        """Return whether a row that is due may still be paid as if in time."""
        return self.terms.grace_days > 0 and due.row not in self.late


class Happening(NamedTuple):
    """What happened to a loan on a day: a row became due, a fee, how it is graded changed."""

    day: dt.date
    what: str  # `due`, `fee` (named by `after`), or which grade: `state`, `class`, `stage`.
    before: str | int
    after: str | int
    principal_fen: int = 0
    interest_fen: int = 0
    fee_fen: int = 0
