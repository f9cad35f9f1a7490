"""
What must hold of a book of loans on every day, looked at where the day has changed it.

Of each loan that an event has changed since the day before, its own laws are looked at, and what it
bore since: principal not due at the contract's rate, unpaid rows that are late at the penalty's, in
fractions. All others stand as they stood: sums over the tables say so, and in the end the chain.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.books.ledger.tables import accounts, uses
from app.lending.loans.advancing import at
from app.lending.loans.exact import half_up
from app.lending.loans.loan import Loan
from app.lending.servicing.rows import standing
from app.lending.servicing.tables import loans
from app.lending.servicing.values import LoanValues, values_today
from app.platform.events.tables import events
from tests.app.lending.servicing.lived import LivedBook
from tests.app.lending.servicing.lived_laws import laws_of_loan

READ_AT_ONCE = 500
SUBJECT = "loan:"
Row = dict[str, Any]


class Stood(NamedTuple):
    """A loan as it stood when it was last looked at, whose it is, and what its use carried."""

    loan: Loan
    outstanding_fen: int
    firm: str
    lent_fen: int


@dataclass
class DailyLaws:
    """A book whose laws are looked at day by day."""

    book: LivedBook
    seen: int = 0  # The last event that was looked at.
    days: int = 0
    looked_at: int = 0  # Loans, each on a day.
    computed: int = 0  # Of these, how often what was borne was computed beside it.
    outstanding_fen: int = 0
    wrong: list[str] = field(default_factory=list)
    stood: dict[str, Stood] = field(default_factory=dict)
    lent: Counter[str] = field(default_factory=Counter)  # By firm.

    def look(self) -> None:
        """Note which laws do not hold on this day, each with the loan or account."""
        values, wrong = values_today(self.book.resources), list[str]()
        found, left = self._changed()
        for row in found:
            loan = standing(row)
            today = at(loan, values.day, values.rules)
            wrong += laws_of_loan(self.book, row, today, values.rules)
            before = self.stood.get(row["loan"])
            wrong += self._interest(before, loan, row["loan"]) if before else []
            lent = 0 if loan.ended else min(loan.outstanding_fen, row["amount_fen"])
            wrong += [f"use of {row['loan']}"] if left.get(row["use"]) != lent else []
            self._note(row, Stood(loan, loan.outstanding_fen, row["firm"], lent))
        self.days += 1
        self.looked_at += len(found)
        self.book.taken_back.clear()
        wrong += self._sums(values)
        self.wrong += [f"{each} on {values.day}" for each in wrong]

    def _changed(self) -> tuple[list[Row], dict[str, int]]:
        """Return loans that events have changed since, and what is left of their uses."""
        own, after = events.c, self.seen
        query = sa.select(own.number, own.subject).where(own.number > after)
        found: list[Row] = []
        left: dict[str, int] = {}
        with self.book.resources.records.reading() as connection:
            told = connection.execute(query).all()
            names = sorted(
                {str(name)[len(SUBJECT) :] for _, name in told if name.startswith(SUBJECT)}
            )
            for start in range(0, len(names), READ_AT_ONCE):
                part = names[start : start + READ_AT_ONCE]
                rows = sa.select(loans).where(loans.c.loan.in_(part)).order_by(loans.c.loan)
                found += [dict(row) for row in connection.execute(rows).mappings()]
                over = sa.select(uses.c.use, uses.c.left_fen).where(uses.c.use.in_(part))
                left |= {use: int(fen) for use, fen in connection.execute(over)}
        self.seen = max((int(number) for number, _ in told), default=after)
        return found, left

    def _interest(self, before: Stood, now: Loan, name: str) -> Iterator[str]:
        """Yield what of interest and penalty is not what was borne, or posted, since."""
        was, unit = before.loan, now.terms.scale.unit
        whole = half_up(now.interest_exact, unit)
        if now.interest_posted > whole or now.penalty_settled > half_up(now.penalty_exact, unit):
            yield f"no more posted than borne of {name}"
        if was.terms != now.terms or was.grace is not None or name in self.book.taken_back:
            return  # Begun anew, or computed again from its beginning: the clerk knows.
        self.computed += 1
        if now.row > was.row and now.interest_posted != whole:
            yield f"interest posted = half up (exact) of {name}"
        days = (now.day - was.day).days
        daily = Fraction(was.terms.rate) / was.terms.day_base
        borne = was.undue_fen * daily * days
        late = sum(each.principal_fen + each.interest_fen for each in was.due)
        penal = late * daily * Fraction(was.terms.penalty_factor) * days
        if Fraction(now.interest_exact - was.interest_exact, unit) != borne:
            yield f"interest borne of {name}"
        if Fraction(now.penalty_exact - was.penalty_exact, unit) != penal:
            yield f"penalty borne of {name}"

    def _note(self, row: Row, stands: Stood) -> None:
        before = self.stood.get(row["loan"])
        self.outstanding_fen += stands.outstanding_fen - (before.outstanding_fen if before else 0)
        self.lent[stands.firm] += stands.lent_fen - (before.lent_fen if before else 0)
        self.stood[row["loan"]] = stands

    def _sums(self, values: LoanValues) -> Iterator[str]:
        """Yield the sums over the tables that are not those of the loans as they were looked at."""
        own = loans.c
        of_loans = sa.select(
            sa.func.count(), sa.func.sum(own.outstanding_fen), sa.func.sum(own.amount_fen)
        )
        late = sa.select(sa.func.count()).where(own.touch_on <= values.day.isoformat())
        with self.book.resources.records.reading() as connection:
            sums = [int(each or 0) for each in connection.execute(of_loans).one()]
            waiting = int(connection.scalar(late) or 0)
            left = int(connection.scalar(sa.select(sa.func.sum(uses.c.left_fen))) or 0)
            query = sa.select(accounts.c.account, accounts.c.posted, accounts.c.pending)
            posted = {name: (int(fen), int(more)) for name, fen, more in connection.execute(query)}
        lent = sum(self.lent.values())
        if sums != [len(self.stood), self.outstanding_fen, sum(self.book.drawn.values())]:
            yield "loans in all"
        if waiting:
            yield "every loan taken over the day"
        if left != lent:
            yield "uses in all"
        carried = {"bank": lent} | {f"firm:{firm}": fen for firm, fen in self.lent.items()}
        for name, figures in posted.items():
            if figures != (carried.get(name, 0), 0):
                yield f"account {name}"
