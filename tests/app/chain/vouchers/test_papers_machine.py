"""Receivables and vouchers moved in any order: states as their table, nothing lost or made."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import hypothesis.strategies as st
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from app.books.business_day.closing import ClosingStep, close_days
from app.books.business_day.tables import closings
from app.books.errors import BookRefusal
from app.books.ledger import (
    AccountTotal,
    Identity,
    Moving,
    Plain,
    Reads,
    Reply,
    ledger_of,
    operations,
)
from app.books.ledger.proof import verify
from app.books.ledger.tables import accounts, keys
from app.chain.receivables import acts as debts
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import COLUMNS, FileReceivables
from app.chain.receivables.tables import receivables
from app.chain.vouchers import acts, endings
from app.chain.vouchers.acts import Passing, VoucherDraft
from app.chain.vouchers.nodes import Acting
from app.chain.vouchers.tables import vouchers
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.errors import Absent
from app.platform.events.chain import GENESIS
from app.platform.events.tables import events, head
from tests.app.books.ledger.racing import wait_for_no_disk
from tests.app.chain.booked import BOOK
from tests.app.chain.vouchers.killing import DAY, FILES, RULES, TIERS_MAX, unbalanced

ROOM = 5_000
FIRMS = ("A", "B", "C")
PAPERS = [f"R{number}" for number in range(6)]
ARROWS = {  # Of vouchers; what a step leaves as it is may always stay.
    "": {"issued", "held", "disputed"},
    "issued": {"held", "rejected", "cancelled", "disputed", "split", "passed"},
    "disputed": {"rejected", "cancelled"},
    "held": {"split", "passed", "matured"},
    "passed": {"held", "matured"},
    "split": {"matured"},
    "matured": {"dishonoured", "recourse", "settled"},
    "dishonoured": {"settled"},
    "recourse": {"settled"},
}
ARROWS_OF_RECEIVABLES = {
    "": {"confirmed", "disputed", "replaced"},
    "open": {"confirmed", "disputed", "replaced"},
    "disputed": {"open"},
    "confirmed": {"paid", "replaced"},
    "replaced": {"open", "confirmed", "paid"},
}
paper_names = st.sampled_from(PAPERS)
picks = st.integers(0, 1000)


def told(number: str, index: int) -> dict[str, Any]:
    """Return a receivable as a file tells it: X owes it to A or B."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, 0)
    row |= {"receivable": number, "number": number, "creditor": FIRMS[index % 2], "debtor": "X"}
    row |= {"amount_fen": 300 + index, "issued_on": "2026-06-01", "due_on": "2026-08-01"}
    return row | {"registry_id": None, "state": "open", "before": "", "voucher": None}


TOLD = FileReceivables(
    FILES.version, pl.DataFrame([told(number, index) for index, number in enumerate(PAPERS)])
)


class PapersLaws(RuleBasedStateMachine):
    """What holds of receivables and vouchers whatever is asked; machines say what is."""

    room: ClassVar[Mapping[str, int]] = {"X": ROOM}  # Of cores.
    day = DAY

    def __init__(self, resources: Resources) -> None:
        super().__init__()
        self.resources, self.records = resources, resources.records
        with self.records.writing() as connection:
            for table in (*BOOK, events, keys):
                connection.execute(sa.delete(table))
            first = {"number": 0, "hash": GENESIS, "day": self.day.isoformat()}
            connection.execute(sa.update(head).values(first))
        self.seen: dict[str, str] = {}

    def rows(self, table: sa.Table = vouchers) -> list[dict[str, Any]]:
        with self.records.reading() as connection:
            query = sa.select(table).order_by(table.columns[0])
            return [dict(row) for row in connection.execute(query).mappings()]

    def one_of(self, pick: int, *states: str) -> dict[str, Any] | None:
        """Return one of the nodes in these states, if there is any."""
        found = [row for row in self.rows() if row["state"] in states]
        return found[pick % len(found)] if found else None

    @initialize()
    def begin(self) -> None:
        totals = [
            AccountTotal(f"core:{core}", Identity("core", core), fen)
            for core, fen in self.room.items()
        ]
        ledger_of(self.resources).set_totals(totals, {"run": "r"})

    @rule()
    def close_day(self) -> None:
        step = ClosingStep("vouchers", endings.close)
        closed = close_days(self.resources, None, [step], quietly)
        assert len(closed.days) == 1
        for row in self.rows():
            if row["due_on"] <= closed.days[0].isoformat():
                assert row["state"] in ("rejected", "cancelled", "settled", *endings.SETTLED[1:])

    @invariant()
    def balances(self) -> None:
        """Compare what is held with what was issued, and what the core carries with both."""
        rows, papers = self.rows(), self.rows(receivables)
        assert unbalanced(rows) == []
        with self.records.reading() as connection:
            query = sa.select(accounts.c.account, accounts.c.posted)
            posted = {account: int(fen) for account, fen in connection.execute(query)}
        carried: Counter[str] = Counter()
        for row in rows:
            carried[row["issuer"]] += row["occupies_fen"]
        for row in papers:
            carried[row["debtor"]] += row["occupied_fen"]
        for core, room in self.room.items():
            assert posted[f"core:{core}"] == carried[core] <= room
        under = Counter(row["voucher"] for row in papers if row["state"] == "replaced")
        live = {row["voucher"] for row in rows if row["state"] not in ("rejected", "cancelled")}
        assert set(under) <= live

    @invariant()
    def follows_the_arrows(self) -> None:
        """Hold each change of state to the table."""
        for table, arrows in ((vouchers, ARROWS), (receivables, ARROWS_OF_RECEIVABLES)):
            for row in self.rows(table):
                name = f"{table.name}:{next(iter(row.values()))}"
                was, now = self.seen.get(name, ""), row["state"]
                assert was == now or now in arrows.get(was, ()), (name, was, now)
                self.seen[name] = now

    def teardown(self) -> None:
        """Prove the book."""
        found = verify(self.records)
        assert found.ok, found.document()


class PapersMachine(PapersLaws):
    """A core, firms that hold its paper, and days that are closed."""

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self.made = 0

    def ask(self, firm: str, work: Callable[[Acting, Debt], Any]) -> None:
        """Ask for something; a refusal must leave all as it is."""

        def decided(moving: Moving) -> Reply:
            work(Acting(moving, firm, RULES, TIERS_MAX, 2), Debt(moving, TOLD, None))
            return Reply.of(200, None)

        before = self.number()
        try:
            ledger_of(self.resources).ask(Plain(Reads(), decided, None, firm))
        except (BookRefusal, Absent):
            assert self.number() == before

    def number(self) -> int:
        with self.records.reading() as connection:
            return int(connection.scalar(sa.select(head.c.number)) or 0)

    def names(self, count: int) -> list[str]:
        self.made += count
        return [f"V{self.made - each:03d}" for each in range(count)]

    @rule(paper=paper_names)
    def confirm(self, paper: str) -> None:
        self.ask("X", lambda _, debt: debts.confirm(debt, [paper]))

    @rule(paper=paper_names)
    def dispute(self, paper: str) -> None:
        self.ask("X", lambda _, debt: debts.dispute(debt, paper, "r", RULES))

    @rule(paper=paper_names)
    def withdraw(self, paper: str) -> None:
        self.ask("X", lambda _, debt: debts.withdraw(debt, paper))

    @rule(paper=paper_names)
    def pay(self, paper: str) -> None:
        self.ask("X", lambda _, debt: debts.settle(debt, paper))

    @rule(
        holder=st.sampled_from(FIRMS),
        amount=st.integers(1, 900),
        days=st.integers(0, 6),
        papers=st.lists(paper_names, max_size=2, unique=True),
    )
    def issue(self, holder: str, amount: int, days: int, papers: list[str]) -> None:
        (number,) = self.names(1)
        due = DAY + dt.timedelta(days=days + len(self.rows(closings)))
        fen = None if papers else amount
        draft = VoucherDraft(number, holder, fen, due, papers, recourse=days % 2 == 0, related=True)
        self.ask("X", lambda acting, debt: acts.issue(acting, draft, debt))

    @rule(pick=picks, what=st.sampled_from(["accept", "accept", "accept", "reject", "other"]))
    def answer(self, pick: int, what: str) -> None:
        row = self.one_of(pick, "issued")
        if row is None:
            return
        name, firm = row["voucher"], row["holder"]
        if what == "other":
            self.ask("D", lambda acting, _: acts.accept(acting, name))
        elif what == "accept":
            self.ask(firm, lambda acting, _: acts.accept(acting, name))
        else:
            self.ask(firm, lambda acting, debt: acts.reject(acting, name, debt))

    @rule(pick=picks, fen=st.integers(1, 900), less=st.booleans())
    def split(self, pick: int, fen: int, less: bool) -> None:  # noqa: FBT001  # drawn
        row = self.one_of(pick, "held")
        if row is None:
            return
        parts = [fen, row["held_fen"] - fen - less]
        names = self.names(2)
        if min(parts) > 0:
            name = row["voucher"]
            self.ask(row["holder"], lambda acting, _: acts.split(acting, name, parts, names))

    @rule(pick=picks, to=st.sampled_from([*FIRMS, "X"]), fen=st.none() | st.integers(1, 900))
    def pass_on(self, pick: int, to: str, fen: int | None) -> None:
        row = self.one_of(pick, "held", "matured")
        if row is None:
            return
        asked, name = Passing(self.names(1)[0], to, fen, related=True), row["voucher"]
        self.ask(row["holder"], lambda acting, _: acts.pass_on(acting, name, asked))

    @rule(pick=picks, what=st.sampled_from(["cancel", "dispute", "settle"]))
    def issuer_acts(self, pick: int, what: str) -> None:
        row = self.one_of(pick, "issued", "disputed", "held", "matured", "dishonoured")
        if row is None:
            return
        name = row["voucher"]
        if what == "cancel":
            self.ask("X", lambda acting, debt: acts.cancel(acting, name, debt))
        elif what == "dispute":
            self.ask("X", lambda acting, _: acts.dispute(acting, name, "r"))
        else:
            self.ask("X", lambda acting, debt: endings.settle(acting, name, debt))

    @rule(pick=picks, thaw=st.booleans())
    def freeze(self, pick: int, thaw: bool) -> None:  # noqa: FBT001  # drawn
        """Let the bank freeze the account of a voucher, which then is not moved."""
        row = self.one_of(pick, "held")
        if row is None:
            return
        name = f"voucher:{row['voucher']}"
        given = AccountTotal(name, Identity("document", "X", row["holder"], name), 100)
        ledger_of(self.resources).set_totals([given], {"run": "r"})
        act = operations.unfreeze if thaw else operations.freeze
        self.ask("officer", lambda acting, _: act(acting.moving, name, None, reason="r"))


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def resources(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Resources]:
    monkeypatch.setattr(endings, "of_version", lambda *_: TOLD)
    monkeypatch.setattr(Resources, "version", lambda _: TOLD.version)
    there = Settings(home=tmp_path / "home")
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
        there = there.model_copy(update={"records_url": url})
    with open_resources(there) as resources:
        careless(resources)
        yield resources


def careless(resources: Resources) -> None:
    """Let nothing be waited for on the disk: what a crash would lose is not the matter."""
    sa.event.listen(resources.records.engine, "connect", wait_for_no_disk)
    resources.records.engine.dispose()


def run(machine: Callable[[], PapersLaws], examples: int, steps: int) -> None:
    """Try so many examples of so many steps."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_holders_and_issuers_do_nothing_is_lost_or_made(resources: Resources) -> None:
    run(lambda: PapersMachine(resources), 2, 25)

    assert verify(resources.records).ok


@pytest.mark.slow
def test_whatever_holders_and_issuers_do_at_length(resources: Resources) -> None:
    run(lambda: PapersMachine(resources), 10, 50)

    assert verify(resources.records).ok
