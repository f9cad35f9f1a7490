"""
A book of loans over years of closed days: borrowers pay in time, late, in parts, ahead or never.

What is late for long is restructured, or written off and some of it recovered; some payments are
taken back. What was drawn and what came is kept apart, by the amounts that were asked and accepted.
"""

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.books.business_day.closing import close_days
from app.books.errors import BookRefusal
from app.books.ledger import (
    AccountTotal,
    Element,
    Identity,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    ledger_of,
    operations,
)
from app.jobs.closing import STEPS
from app.lending.loans.acts import Act, Recovery, WriteOff
from app.lending.loans.loan import Payment
from app.lending.loans.owing import accrued
from app.lending.servicing.acting import LoanActing
from app.lending.servicing.actions import ReverseRepayment
from app.lending.servicing.opening import LoanOrder, open_loan
from app.lending.servicing.rows import standing
from app.lending.servicing.tables import loan_acts
from app.lending.servicing.values import values_today
from app.platform.console.progress import quietly
from app.platform.deps import Resources
from app.platform.events.tables import events, head
from tests.app.lending.servicing.borrowers import act_of, borrower, terms_of

DAY = dt.date(2026, 6, 30)
PLENTY = 10**15
FIRMS = 50
AT_ONCE = 200  # In one order.
LATE_DAYS = 12
REVERSED, RECOVERIES = 0.02, 3  # Of payments; how often something of a loss comes back.
STEP = [each for each in STEPS if each.name == "loans"]
Came = tuple[str, str, int]  # Loan, what was done, how much.


class Asked(NamedTuple):
    """What comes to a loan on a day: it was `touched`, `pay`, `recover`, `reverse` of an act."""

    loan: str
    what: str
    n: int = 0


@dataclass
class LivedBook:
    """A book, and what was drawn and came, kept apart from it."""

    resources: Resources
    seed: int
    drawn: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    recovered: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    agenda: dict[dt.date, list[Asked]] = field(default_factory=dict)
    day: dt.date = DAY
    expected: set[str] = field(default_factory=set)  # Loans whose borrowers have said they pay.
    seen: int = 0  # The last event of which the borrowers know.
    taken_back: set[str] = field(
        default_factory=set
    )  # Loans of which a payment was, since they were looked at.
    clerk_each: int = 5  # Of so many loans a clerk is asked about one.

    def begin(self) -> None:
        """Open the books, with plenty."""
        with self.resources.records.writing() as connection:
            connection.execute(sa.update(head).values(day=DAY.isoformat()))
        firms = [f"F{each}" for each in range(FIRMS)]
        named = [AccountTotal("bank", Identity("bank"), PLENTY)]
        named += [AccountTotal(f"firm:{f}", Identity("firm", None, f), PLENTY) for f in firms]
        ledger_of(self.resources).set_totals(named, {"run": "lived"})

    def draw(self, names: Iterable[str]) -> None:
        """Open loans of these names on the business day."""
        values = values_today(self.resources)

        def opened(moving: Moving, part: Sequence[str]) -> list[Came]:
            """Return what was drawn."""
            came = []
            for name in part:
                terms = terms_of(name, self.seed, values.day)
                firm = f"F{sum(map(ord, name)) % FIRMS}"
                path = [Element("bank"), Element(f"firm:{firm}")]
                operations.reserve(moving, UseOrder(name, firm, "docs", path, terms.amount_fen))
                open_loan(moving, LoanOrder(name, name, terms, "A"), values)
                came.append((name, "draw", terms.amount_fen))
            return came

        self._ask(sorted(names), opened)

    def live(self, until: dt.date, each_day: Callable[[], None] = lambda: None) -> None:
        """Close days up to one, each by itself; after each borrowers and officers act."""
        while self.day < until:
            close_days(self.resources, self.day, STEP, quietly)
            self.day += dt.timedelta(days=1)
            acted = self.agenda.pop(self.day, [])
            acted += [Asked(each, "touched") for each in self._touched()]
            if acted:
                self._act(acted)
            each_day()

    def _touched(self) -> list[str]:
        """Return the loans that the close of the day has touched."""
        query = sa.select(events.c.subject).where(
            events.c.number > self.seen, events.c.operation == "loan.day"
        )
        with self.resources.records.reading() as connection:
            return sorted({str(each).removeprefix("loan:") for each in connection.scalars(query)})

    def _act(self, acted: Sequence[Asked]) -> None:
        values = values_today(self.resources)

        def work(moving: Moving, part: Sequence[Asked]) -> list[Came]:
            """Return what was done, each by itself."""
            came: list[Came] = []
            for asked in part:
                try:
                    with moving.attempt():
                        came += self._acted(LoanActing(moving, values), asked)
                except BookRefusal as refused:
                    came.append((asked.loan, f"refused {asked.what}: {refused.code}", 0))
            return came

        # What is taken back is read beside the order: each is an order of its own, as officers ask.
        for asked in [each for each in acted if each.what == "reverse"]:
            self._ask([asked], work)
        self._ask([each for each in acted if each.what != "reverse"], work)

    def _ask(self, given: Sequence[Any], work: Callable[[Moving, Any], list[Came]]) -> None:
        """Do a thing to some at a time, an order each, and note what came of it."""
        for start in range(0, len(given), AT_ONCE):
            part = given[start : start + AT_ONCE]

            def ordered(moving: Moving, part: Any = part) -> Reply:
                """Return what came of a part."""
                return Reply.of(200, [work(moving, part), moving.number])

            came, self.seen = ledger_of(self.resources).ask(Plain(Reads(), ordered)).document
            for each in came:
                self._note(*each)

    def _note(self, loan: str, what: str, amount_fen: int) -> None:
        self.done[what] += 1
        if what == "draw":
            self.drawn[loan] += amount_fen
        elif what in ("Payment", "reverse"):
            self.came[loan] += amount_fen
        elif what == "Recovery":
            self.recovered[loan] += amount_fen

    def _acted(self, acting: LoanActing, asked: Asked) -> list[Came]:
        """Return what was done to a loan, and note what comes of it on later days."""
        name, day = asked.loan, acting.values.day
        row, rng = acting.found(name), random.Random(f"{self.seed} {asked} {day}")
        if asked.what == "reverse":
            told = {"loan": name, "n": asked.n, "reason": "lived"}
            ReverseRepayment(self.resources, acting.values).apply(acting.moving, told)
            self.taken_back.add(name)
            act = acting.moving.row(loan_acts, f"{name}/{asked.n:06d}") or {}
            return [(name, "reverse", -json.loads(act["asked"])["amount_fen"])]
        loan, how = accrued(standing(row), day, acting.values.rules), borrower(name, self.seed)
        act = act_of(loan, asked.what, how, rng)
        if asked.what == "pay":
            self.expected.discard(name)
        if how in ("late", "partial") and loan.due and name not in self.expected:
            self.expected.add(name)
            self._then(day, rng.randint(1, LATE_DAYS), Asked(name, "pay"))
        if act is None:
            return []
        done = acting.act(row, act, reason="lived")
        self._follow(done.n, asked, act, rng)
        return [(name, type(act).__name__, getattr(act, "amount_fen", 0))]

    def _follow(self, n: int, asked: Asked, act: Act, rng: random.Random) -> None:
        """Note which payment is taken back, and when something of a loss comes."""
        if isinstance(act, Payment) and rng.random() < REVERSED:
            self._then(act.day, rng.randint(1, 20), asked._replace(what="reverse", n=n))
        if isinstance(act, WriteOff | Recovery) and asked.n < RECOVERIES:
            again = asked._replace(what="recover", n=asked.n + 1)
            self._then(act.day, rng.randint(1, 30), again)

    def _then(self, day: dt.date, days: int, asked: Asked) -> None:
        planned = self.agenda.setdefault(day + dt.timedelta(days=days), [])
        if asked not in planned:
            planned.append(asked)
