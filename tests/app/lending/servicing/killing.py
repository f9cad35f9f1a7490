"""What processes do with loans until they are killed: draws, repayments, the close of days."""

import contextlib
import datetime as dt
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.business_day.closing import close_days
from app.books.business_day.tables import CLOSED, closings
from app.books.errors import WrongState
from app.books.ledger import (
    AccountTotal,
    Element,
    Identity,
    Key,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    ledger_of,
    operations,
)
from app.books.ledger.answering import Asker
from app.books.ledger.tables import uses
from app.jobs.closing import STEPS
from app.lending.applications.tables import applications
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.tables import contracts
from app.lending.loans.advancing import advance, draw
from app.lending.servicing import closing, drawing
from app.lending.servicing.checking import DrawAsked
from app.lending.servicing.disbursing import Disbursement
from app.lending.servicing.opening import LoanOrder, open_loan
from app.lending.servicing.repayments import RepaymentAsked, repay
from app.lending.servicing.rows import standing
from app.lending.servicing.tables import firm_accounts, loans
from app.lending.servicing.values import values_today
from app.platform.auth.principals import Principal
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.events import canonical
from app.platform.events.tables import events, head
from app.platform.records import Records
from tests.app.books.ledger.killing import Session, by_keys
from tests.app.lending.contracts.offers import OFFER
from tests.app.lending.loans.making import RULES
from tests.app.lending.servicing.lent import terms

DAY = dt.date(2026, 6, 30)
PLENTY = 10**15
PATH = ("bank", "firm:MILL", "chain:CORE1:MILL", "relation:CORE1:MILL")
ACCOUNT = "6222 0001"
AGREED = canonical(
    {
        "contract": {
            "rate": OFFER["rate"],
            "repayment": OFFER["repayment"],
            "tenor_days": None,
            "tenor_months": OFFER["tenor_months"],
            "day_base": 360,
            "penalty_factor": "1.5",
        }
    }
)
STEP = [each for each in STEPS if each.name == "loans"]
LENT, DRAWN = 1_000_000_000, 2_000_000
FED, CALLERS = 12, 4  # Loans, or signed offers, before each kill; who pays or draws.
PORT_SECONDS = 0.004  # How long the port takes before, and after, it has paid.
PART = 4  # Loans of one order at the close of a day, so that kills fall between orders.


@dataclass(frozen=True)
class OnLoans:
    """A work over a data folder; a process opens it by the address of its records."""

    home: Path
    callers: int = CALLERS
    answers_max: int = 40

    def set_up(self, url: str) -> None:
        """Open the books, with plenty."""
        with self.opened(url) as resources:
            with resources.records.writing() as connection:
                connection.execute(sa.update(head).values(day=DAY.isoformat()))
            named = [
                AccountTotal(each, Identity(each.partition(":")[0], firm="MILL"), PLENTY)
                for each in PATH
            ]
            ledger_of(resources).set_totals(named, {"run": "r"})

    def opened(self, url: str) -> contextlib.AbstractContextManager[Resources]:
        """Return what a process has open."""
        self.home.mkdir(parents=True, exist_ok=True)
        return open_resources(Settings(home=self.home, records_url=url))


def lend(resources: Resources, names: list[str], days: int, amount_fen: int) -> None:
    """Open loans on the business day, in one order; loan k of them is due k days later."""
    values = values_today(resources)

    def work(moving: Moving) -> Reply:
        """Return that they are there."""
        for number, name in enumerate(names):
            agreed = terms(values.day, days=days + number, amount_fen=amount_fen)
            path = [Element(each) for each in PATH]
            operations.reserve(moving, UseOrder(name, "MILL", "docs", path, amount_fen))
            open_loan(moving, LoanOrder(name, name, agreed, ACCOUNT), values)
        return Reply.of(200, {})

    ledger_of(resources).ask(Plain(Reads(), work))


class PaySession:
    """Pays on loans, without end: a little of each ahead."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def plan(self, name: str) -> Iterator[str]:
        """Yield payments on the loans of a turn."""
        turn = name.partition("-")[0]
        for count in itertools.count():
            yield f"pay P{turn}-{count % FED} {name}-{count} {1 + count % 500}"

    def answer(self, asked: str) -> str:
        """Return where the fen went."""
        _, loan, reference, amount = asked.split()
        asker = Asker(Principal("ann", "officer"), Key("officer  ann", asked, asked))
        paying = RepaymentAsked(int(amount), prepay=True, mode="lower", reference=reference)
        return repay(self.resources, asker, loan, paying).text


@dataclass(frozen=True)
class Repayments(OnLoans):
    """Callers pay on loans beside each other."""

    def feed(self, url: str, turn: int) -> None:
        """Open the loans of a turn."""
        with self.opened(url) as resources:
            lend(resources, [f"P{turn}-{each}" for each in range(FED)], 300, LENT)

    @contextlib.contextmanager
    def session(self, url: str) -> Iterator[Session]:
        """Yield what pays."""
        with self.opened(url) as resources:
            yield PaySession(resources)

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return what is lost or done twice, and loans to which other came than was answered."""
        came: Counter[str] = Counter()
        for each in answered:
            came[each.split()[1]] += int(each.split()[3])
        with records.reading() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(loans)).mappings()]
        paid = {row["loan"]: standing(row).totals.paid.total for row in rows}
        wrong = sum(fen != came[loan] for loan, fen in paid.items())
        return by_keys(records, answered) + Counter({"not as it should be": wrong})


class FilePort:
    """Pays out into a file that outlives whoever asks; some of its answers get lost."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.asked: set[str] = set()

    def pay_out(self, asked: Disbursement) -> Literal["paid", "refused"]:
        """Return that it is paid; of some, only when it is asked again."""
        time.sleep(PORT_SECONDS)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(f"{asked.key}\n")
        time.sleep(PORT_SECONDS)
        is_new = asked.key not in self.asked
        self.asked.add(asked.key)
        if is_new and sum(map(ord, asked.key)) % 4 == 0:
            raise NoAnswer("bank")
        return "paid"


class DrawingSession:
    """Draws signed offers."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def plan(self, name: str) -> Iterator[str]:
        """Yield what one caller draws of the offers of a turn; then none is left."""
        turn, _, number = name.split("-")
        yield from (f"draw A{turn}-{each}" for each in range(int(number), FED, CALLERS))

    def answer(self, asked: str) -> str:
        """Return the loan; where the port was silent it is asked again, as at a day's close."""
        name = asked.split()[1]
        asker = Asker(Principal("mia", "supplier", "MILL"), Key("mia", asked, asked))
        with contextlib.suppress(WrongState):  # Somebody else's close of a day has booked it.
            drawing.draw(self.resources, asker, name, DrawAsked(DRAWN, ACCOUNT))
        drawing.close(self.resources, DAY)
        query = sa.select(loans.c.loan).where(loans.c.application == name)
        with self.resources.records.reading() as connection:
            return ",".join(connection.scalars(query))


@dataclass(frozen=True)
class LoanDraws(OnLoans):
    """Callers draw signed offers, each once; the home has a version."""

    answers_max: int = FED // 2

    def feed(self, url: str, turn: int) -> None:
        """Put signed offers into the book, over what they reserve."""
        with self.opened(url) as resources:

            def work(moving: Moving) -> Reply:
                """Record them."""
                on_file = {"firm": "MILL", "account": ACCOUNT, "filed_on": DAY.isoformat()}
                moving.record("test", "firm:MILL", rows=[(firm_accounts, on_file)])
                for name in (f"A{turn}-{each}" for each in range(FED)):
                    path = [Element(each) for each in PATH]
                    order = UseOrder(name, "MILL", OFFER["product"], path, DRAWN, core="CORE1")
                    operations.reserve(moving, order)
                    told = {"application": name, "use": name, "offered_fen": DRAWN}
                    row = {**OFFER, "decision": "", "state": "signed", **told}
                    signed = {"sha256": "0" * 64, "file": AGREED, "signed_on": DAY.isoformat()}
                    rows = [(applications, row), (contracts, {"application": name, **signed})]
                    moving.record("test", f"application:{name}", rows=rows)
                return Reply.of(200, {})

            ledger_of(resources).ask(Plain(Reads(), work))

    @contextlib.contextmanager
    def session(self, url: str) -> Iterator[Session]:
        """Yield what draws, through a port of its own over one file."""
        with self.opened(url) as resources:
            resources.once("disburser", lambda: FilePort(self.home / "paid"))
            yield DrawingSession(resources)

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return draws that are lost or twice: in the book, over its accounts, at the port."""
        asked = {each.split()[1] for each in answered}
        query = sa.select(applications.c.application, applications.c.state)
        with records.reading() as connection:
            states = {str(name): state for name, state in connection.execute(query)}
            drawn = Counter(connection.scalars(sa.select(loans.c.application)))
            left = int(connection.scalar(sa.select(sa.func.sum(uses.c.left_fen))) or 0)
        paid = set((self.home / "paid").read_text().splitlines())
        keys = Counter(key.rpartition("/")[0] for key in paid)
        return Counter(
            {
                "lost": sum(states[each] != "active" or not drawn[each] for each in asked),
                "twice": sum(count > 1 for count in (*drawn.values(), *keys.values())),
                "never asked": sum(each not in asked for each in drawn),
                "not as it should be": len(drawn - keys) + int(left != DRAWN * len(states)),
            }
        )


class LoanCloser:
    """Closes one day after the other, a few loans in an order."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def plan(self, name: str) -> Iterator[str]:  # as sessions have it
        """Yield the days to be closed, without end."""
        first = business_day(self.resources)
        for count in itertools.count():
            yield f"close {first + dt.timedelta(days=count)}"

    def answer(self, asked: str) -> str:
        """Return that a day is closed, however often it is asked."""
        close_days(self.resources, dt.date.fromisoformat(asked.split()[1]), STEP, quietly)
        return "closed"


@dataclass(frozen=True)
class LoanDays(OnLoans):
    """Days are closed on which loans fall due and become overdue."""

    callers: int = 1
    answers_max: int = 5  # What it finds to do ends soon after.

    def feed(self, url: str, turn: int) -> None:
        """Open loans that are due in the next days."""
        with self.opened(url) as resources:
            lend(resources, [f"D{turn}-{each}" for each in range(FED)], 3, LENT)

    @contextlib.contextmanager
    def session(self, url: str) -> Iterator[Session]:
        """Yield what closes days."""
        closing.AT_ONCE = PART
        with self.opened(url) as resources:
            yield LoanCloser(resources)

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return days and steps that are missing or twice, and loans that stand otherwise."""
        counted = sa.select(sa.func.count()).where(
            events.c.operation.in_(("loan.day", "day.close"))
        )
        counted = counted.group_by(events.c.subject, events.c.day)
        with records.reading() as connection:
            day = dt.date.fromisoformat(str(connection.scalar(sa.select(head.c.day))))
            closed = set(
                connection.scalars(sa.select(closings.c.day).where(closings.c.state == CLOSED))
            )
            twice = sum(int(count) > 1 for count in connection.scalars(counted))
            rows = [dict(row) for row in connection.execute(sa.select(loans)).mappings()]
        told = {each.split()[1] for each in answered}
        return Counter(
            {
                "lost": len(told - closed),
                "twice": twice,
                "never asked": len(closed - told),
                "not as it should be": sum(not _stands(row, day) for row in rows),
            }
        )


def _stands(row: dict[str, Any], day: dt.date) -> bool:
    """Return whether a loan on which nothing was paid stands as time alone leaves it."""
    kept = standing(row)
    return kept == advance(draw(kept.terms, RULES), day, RULES).loan
