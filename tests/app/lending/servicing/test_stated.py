"""What we had lent when a firm's statement was made is no loan of others in its limits."""

import datetime as dt
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.business_day.closing import close_days
from app.books.ledger import AccountTotal, Moving, Plain, Reads, Reply, ledger_of
from app.chain.limits.formulas.algebra import Term
from app.chain.limits.formulas.leaves import STATEMENT
from app.chain.limits.results import open_results
from app.chain.runs.lent import LentReader
from app.chain.runs.refreshing import Pass, pass_over
from app.data.runs.repository import newest_run
from app.jobs.closing import STEPS
from app.jobs.passes import BookFollower
from app.lending.loans.acts import Act, Restructuring
from app.lending.loans.loan import Payment
from app.lending.servicing.acting import LoanActing
from app.lending.servicing.actions import ReverseRepayment
from app.lending.servicing.tables import loans
from app.lending.servicing.values import values_today
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.events.tables import head
from graph import model
from ingestion.lake import manifest as manifests
from tests.app.chain.booked import DAY, PLENTY, identity, set_up
from tests.app.chain.publishing import AS_OF
from tests.app.chain.runs.test_quiescence import files
from tests.app.conftest import NOW
from tests.app.lending.servicing.lent import PATH, no_step, opened
from tests.graph.effort import seeds

NEED = 1_000_000_000  # What the statement's receivables tie up all year.
STATED = 3_000_000  # Its working-capital loans.
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def home(kept_home: Path, tmp_path: Path) -> Path:
    """Return a folder with a published version."""
    return Path(shutil.copytree(kept_home, tmp_path / "home"))


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings, now=lambda: NOW) as found:
        set_up(found)
        yield found


def published(resources: Resources, stated_on: dt.date, stated_fen: int = STATED) -> None:
    """Publish a version in which MILL has a statement: 4 x NEED of sales, NEED of it is claims."""
    stage = resources.store.stage()
    firms = resources.store.reader(stage.number - 1).columns("firms").to_pylist()
    row = next(each for each in firms if each["firm"] == "MILL")
    row |= dict.fromkeys(STATEMENT, 0) | {"revenue_fen": 4 * NEED, "cost_fen": 3 * NEED}
    row |= {"receivable_fen": NEED, "expected_growth": 0.0, "statement_on": stated_on}
    row |= {"working_capital_loans_fen": stated_fen}
    stage.write("firms", pa.Table.from_pylist([row], schema=model.table("firms").arrow))
    lake = resources.home / "lake"
    manifests.write(lake, replace(manifests.read(lake, stage.number - 1), version=stage.number))
    stage.publish(AS_OF, published_at=NOW)
    resources.forget()


def passed(resources: Resources) -> Pass:
    return pass_over(resources, None, progress=quietly)


def nodes(done: Pass) -> dict[str, Term]:
    """Return the steps of MILL's need by their codes."""
    left, found = [open_results(done.run.folder).trees("CORE1", "MILL")[0]], {}
    while left:
        node = left.pop()
        found[node.code] = node
        left += node.children
    return found


def loans_counted(done: Pass) -> tuple[int, int | None, int]:
    """Return loans of others, what was lent by us where the tree says so, and the need."""
    found, results = nodes(done), open_results(done.run.folder)
    assert results.firm("CORE1", "MILL")["limit_fen"] == found["limit"].figure  # As the columns.
    names = ("working_capital_loans", "lent_by_us", "need_total")
    others, ours, need = (found[name].figure if name in found else None for name in names)
    return int(others or 0), None if ours is None else int(ours), int(need or 0)


def drawn(resources: Resources, name: str = "L1", purpose: str = "") -> None:
    """Draw 2,400,000 on the business day, whatever passes have made of the accounts."""
    room = [AccountTotal(each, identity(each), PLENTY) for each in PATH]
    ledger_of(resources).set_totals(room, {"decision": "room"})
    opened(resources, name, purpose=purpose)


def acted(resources: Resources, name: str, act: Act) -> None:
    """Do an act to a loan, on the business day."""
    values = values_today(resources)

    def work(moving: Moving) -> Reply:
        """Return what came of it."""
        acting = LoanActing(moving, values)
        return Reply.of(200, acting.act(acting.found(name), act).told)

    ledger_of(resources).ask(Plain(Reads(rows={loans: [name]}), work))


def paid(resources: Resources, name: str, fen: int) -> None:
    acted(resources, name, Payment(business_day(resources), fen, prepay=True))


def taken_back(resources: Resources, name: str, number: int) -> None:
    """Take a repayment back, on the business day."""
    action = ReverseRepayment(resources).ready()
    asked = {"loan": name, "n": number, "reason": "bounced"}
    ledger_of(resources).ask(Plain(Reads(), lambda m: Reply.of(200, action.apply(m, asked))))


def closed(resources: Resources, days: int = 1) -> None:
    last = business_day(resources) + (days - 1) * ONE_DAY
    close_days(resources, last, STEPS, no_step)


def test_our_loans_come_off_those_of_a_statement_as_they_stood_at_the_close_of_its_day(
    resources: Resources,
) -> None:
    """
    By hand: of 3,000,000 stated 2,400,000 are drawn and 400,000 repaid that day: 1,000,000 are
    others'. What is repaid, taken back or drawn on later days was not so when it was made.
    """
    published(resources, AS_OF)
    assert loans_counted(passed(resources)) == (STATED, None, NEED - STATED)

    drawn(resources)
    assert loans_counted(passed(resources)) == (600_000, 2_400_000, NEED - 600_000)
    paid(resources, "L1", 400_000)
    at_close = passed(resources)

    assert loans_counted(at_close) == (1_000_000, 2_000_000, NEED - 1_000_000)
    ours = nodes(at_close)["lent_by_us"].source
    assert ours == {"book": at_close.read.book.number, "event": at_close.read.book.number}
    closed(resources)
    later = passed(resources)
    paid(resources, "L1", 1_100_000)
    drawn(resources, "L2")
    taken_back(resources, "L1", 1)
    after = passed(resources)

    assert (after.run.run, after.run.fresh) == (later.run.run, False)  # No leaf has changed.
    assert loans_counted(after) == loans_counted(at_close)
    assert nodes(after)["lent_by_us"].source["event"] == ours["event"]


@pytest.mark.parametrize(
    ("stated_on", "stated_fen", "expected"),
    [
        (AS_OF - ONE_DAY, STATED, (STATED, None, NEED - STATED)),  # Older than the loan.
        (AS_OF, 1_000_000, (0, 2_400_000, NEED)),  # Never below nothing.
        (AS_OF, 0, (0, None, NEED)),  # There is nothing that it could come off.
    ],
)
def test_a_statement_that_does_not_hold_our_loans_loses_nothing_by_them(
    resources: Resources, stated_on: dt.date, stated_fen: int, expected: tuple[int, int | None, int]
) -> None:
    published(resources, stated_on, stated_fen)
    drawn(resources)

    assert loans_counted(passed(resources)) == expected


def test_a_loan_drawn_or_repaid_before_the_day_of_a_statement_is_followed_by_a_pass(
    resources: Resources,
) -> None:
    published(resources, AS_OF + ONE_DAY)
    follower = BookFollower(resources, lambda: True)
    passed(resources)
    seen = []
    for change in (drawn, lambda found: paid(found, "L1", 400_000), closed, closed, closed):
        change(resources)
        seen.append(follower.look())
    last = passed(resources)
    assert [*seen, last.run.fresh] == [True] * 5 + [False]
    assert loans_counted(last)[1] == 2_000_000
    again = passed(resources)
    before, folder = files(last.run.folder), last.run.folder
    paid(resources, "L1", 400_000)  # The statement's day is closed.

    assert not follower.look()
    shutil.rmtree(folder)
    resources.forget()
    with open_resources(resources.settings, now=lambda: NOW) as other:
        anew = passed(other)

    assert (anew.run.run, anew.run.fresh) == (again.run.run, True)
    assert files(anew.run.folder) == before
    newest = newest_run(resources.records)
    assert newest is not None
    assert newest.parameters["book"] == anew.read.book.number


@pytest.mark.parametrize(
    ("purpose", "ours"),
    [("procurement", 2_400_000), ("equipment", None), ("acquisition", None)],
)
def test_loans_for_plant_or_equity_stand_elsewhere_in_a_statement(
    resources: Resources, purpose: str, ours: int | None
) -> None:
    published(resources, AS_OF)
    drawn(resources, purpose=purpose)

    assert loans_counted(passed(resources))[1] == ours


class Clerk:
    """Notes by hand what each firm owes at the close of every day, whatever is done by chance."""

    def __init__(self, resources: Resources, seed: int) -> None:
        self.resources, self.draw = resources, random.Random(seed)
        self.owed: dict[str, int] = {}
        self.days: dict[dt.date, int] = {}
        self.paid: list[tuple[str, int]] = []

    def act(self) -> None:
        """Draw a loan, pay one, pay part of one back again, make interest principal."""
        pick, names = self.draw.random(), [name for name, fen in self.owed.items() if fen]
        name = self.draw.choice(names) if names else ""
        if pick < 0.3 or not names:
            name = f"L{len(self.owed)}"
            drawn(self.resources, name)
        elif pick < 0.6:
            paid(self.resources, name, self.draw.randint(100_000, 300_000))
            self.paid.append((name, self.row(name)["acts"] - 1))
        elif pick < 0.8 and self.paid:
            name, number = self.paid.pop()
            taken_back(self.resources, name, number)
        else:
            act = Restructuring(
                *(business_day(self.resources), "bullet", Decimal("0.05"), 120, None, None),
                capitalise=frozenset({"fees", "penalty", "interest"}),
                waive=frozenset(),
            )
            acted(self.resources, name, act)
            self.paid = [each for each in self.paid if each[0] != name]
        self.owed[name] = self.row(name)["outstanding_fen"]

    def row(self, name: str) -> dict[str, Any]:
        with self.resources.records.reading() as connection:
            query = sa.select(loans).where(loans.c.loan == name)
            return dict(connection.execute(query).mappings().one())

    def close(self) -> None:
        self.days[business_day(self.resources)] = sum(self.owed.values())
        closed(self.resources)


def read(resources: Resources, reader: LentReader, on: dt.date) -> Sequence[tuple[str, int]]:
    """Return what a reader says of a statement of that day."""
    asked = pl.DataFrame({"firm": ["MILL"], "stated_on": [on.isoformat()]})
    with resources.records.reading() as connection:
        number, day = connection.execute(sa.select(head.c.number, head.c.day)).one()
        return reader.read(connection, number, day, lambda: asked).select("firm", "lent_fen").rows()


@pytest.mark.parametrize("seed", seeds(range(3), 1))
def test_whatever_is_done_a_day_that_is_closed_stays_as_its_clerk_noted_it(
    resources: Resources, seed: int
) -> None:
    clerk, reader = Clerk(resources, seed), LentReader()
    first = dt.date.fromisoformat(DAY)
    for _ in range(6):
        for _ in range(clerk.draw.randint(0, 3)):
            clerk.act()
            asked = first + clerk.draw.randint(-1, 8) * ONE_DAY
            assert read(resources, reader, asked) == read(resources, LentReader(), asked)
        clerk.close()

    for day, fen in clerk.days.items():
        said = dict(read(resources, reader, day)).get("MILL", 0)
        assert said == dict(read(resources, LentReader(), day)).get("MILL", 0) == fen
    assert any(clerk.days.values())
