"""Trees of vouchers with loans on some: each fen of the debtor's is a loan's payment or remains."""

import datetime as dt
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
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
from app.books.errors import BookRefusal
from app.books.ledger import AccountTotal, Identity, Moving, Plain, Reads, Reply, ledger_of
from app.books.ledger.operations import UseOrder, reserve
from app.books.ledger.paths import Element, documents, occupied, path_of
from app.books.ledger.proof import verify
from app.books.ledger.tables import accounts, keys, uses
from app.chain.receivables.acts import Debt
from app.chain.uses.financing import hold
from app.chain.vouchers import acts, endings
from app.chain.vouchers.acts import Passing, VoucherDraft
from app.chain.vouchers.nodes import Acting
from app.chain.vouchers.tables import vouchers
from app.lending.loans.acts import WriteOff
from app.lending.loans.advancing import at
from app.lending.loans.loan import Payment
from app.lending.loans.owing import owed
from app.lending.servicing import closing
from app.lending.servicing.acting import LoanActing
from app.lending.servicing.actions import ReverseRepayment
from app.lending.servicing.lender import LoansOnDocuments
from app.lending.servicing.opening import LoanOrder, open_loan
from app.lending.servicing.rows import standing
from app.lending.servicing.tables import loan_acts, loan_documents, loans
from app.lending.servicing.values import values_today
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.events.chain import GENESIS
from app.platform.events.tables import events, head
from tests.app.chain.booked import BOOK
from tests.app.chain.vouchers.killing import DAY, FILES, RULES, TIERS_MAX, unbalanced
from tests.app.chain.vouchers.test_papers_machine import careless
from tests.app.lending.servicing.lent import terms

FIRMS = ("A", "B", "C")
PLENTY = 10**12
STEPS_OF_WALK = 80
STEPS = (ClosingStep("vouchers", endings.close), ClosingStep("loans", closing.close))
LIVE = ("held", "split", "passed", "financing", "financed", "matured", "dishonoured", "recourse")
picks = st.integers(0, 99)
Work = Callable[[Acting, Debt], Any]


class LentTrees(RuleBasedStateMachine):
    """Holders split, pass on and finance vouchers, pay or do not; the issuer settles them."""

    def __init__(self, resources: Resources) -> None:
        super().__init__()
        self.resources, self.records = resources, resources.records
        self.numbers = map("N{:04d}".format, itertools.count(1))
        with self.records.writing() as connection:
            for table in (*BOOK, events, keys):
                connection.execute(sa.delete(table))
            first = {"number": 0, "hash": GENESIS, "day": DAY.isoformat()}
            connection.execute(sa.update(head).values(first))

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.records.reading() as connection:
            query = sa.select(table).order_by(table.columns[0])
            return [dict(row) for row in connection.execute(query).mappings()]

    def one_of(self, table: sa.Table, pick: int, *states: str) -> dict[str, Any] | None:
        found = [row for row in self.rows(table) if row["state"] in states]
        return found[pick % len(found)] if found else None

    def ask(self, firm: str, work: Work) -> bool:
        """Return whether an order was accepted."""
        lender = LoansOnDocuments(self.resources).ready()

        def decided(moving: Moving) -> Reply:
            acting = Acting(moving, firm, RULES, TIERS_MAX, 5, lender)
            work(acting, Debt(moving, FILES, None))
            return Reply.of(200, None)

        try:
            ledger_of(self.resources).ask(Plain(Reads(), decided, None, firm))
        except BookRefusal:
            return False
        return True

    def cap(self, account: str, identity: Identity, fen: int = PLENTY) -> None:
        total = AccountTotal(account, identity, fen)
        ledger_of(self.resources).set_totals([total], {"run": "r"})

    @initialize()
    def begin(self) -> None:
        self.cap("bank", Identity("bank"))
        self.cap("core:X", Identity("core", "X"))
        for firm in FIRMS:
            self.cap(f"firm:{firm}", Identity("firm", None, firm))

    @rule(firm=st.sampled_from(FIRMS), amount=st.integers(10, 90_000), days=st.integers(1, 40))
    def issue(self, firm: str, amount: int, days: int) -> None:
        number, day = next(self.numbers), values_today(self.resources).day
        due_on = day + dt.timedelta(days=days)
        draft = VoucherDraft(number, firm, amount, due_on, (), recourse=True, related=True)
        if self.ask("X", lambda acting, debt: acts.issue(acting, draft, debt)):
            assert self.ask(firm, lambda acting, _: acts.accept(acting, number))

    @rule(pick=picks, to=st.sampled_from(FIRMS), share=st.integers(1, 4))
    def move(self, pick: int, to: str, share: int) -> None:
        """Split what is held in two, or pass a part of it on."""
        row = self.one_of(vouchers, pick, "held", "financed")
        if row is None or row["held_fen"] + row["financed_fen"] < 4:
            return
        name, firm = row["voucher"], row["holder"]
        whole = row["held_fen"] + row["financed_fen"]
        part, new = whole * share // 5 or 1, [next(self.numbers), next(self.numbers)]
        if to == firm:
            parts = [part, whole - part]
            moved = self.ask(firm, lambda acting, _: acts.split(acting, name, parts, new))
        else:
            asked = Passing(new[0], to, part, related=True)
            moved = self.ask(firm, lambda acting, _: acts.pass_on(acting, name, asked))
            if moved:
                assert self.ask(to, lambda acting, _: acts.accept(acting, new[0]))
        assert not (moved and row["state"] == "financed")

    @rule(pick=picks, count=st.integers(1, 3), percent=st.integers(40, 100))
    def lend(self, pick: int, count: int, percent: int) -> None:
        """Lend on so many vouchers of a holder, up to so much of their face."""
        first = self.one_of(vouchers, pick, "held")
        if first is None:
            return
        firm = first["holder"]
        mine = [r for r in self.rows(vouchers) if (r["holder"], r["state"]) == (firm, "held")]
        found = [first, *(row for row in mine if row != first)][:count]
        parts = [(f"voucher:{row['voucher']}", row["held_fen"]) for row in found]
        for (account, fen), row in zip(parts, found, strict=True):
            self.cap(account, Identity("document", "X", firm, row["voucher"]), fen)
        amount = sum(fen for _, fen in parts) * percent // 100 or 1
        values, name = values_today(self.resources), next(self.numbers)
        agreed = terms(values.day, amount_fen=amount, days=1 + pick % 50)
        path = [Element("bank"), Element(f"firm:{firm}"), *documents(parts)]

        def work(acting: Acting, debt: Debt) -> None:
            hold(debt, [account for account, _ in parts], core="X", firm=firm)
            reserve(acting.moving, UseOrder(f"u{name}", firm, "docs", path, amount, "X"))
            open_loan(acting.moving, LoanOrder(name, f"u{name}", agreed, "6222"), values)

        self.ask(firm, work)

    @rule(pick=picks, percent=st.integers(1, 100))
    def repay(self, pick: int, percent: int) -> None:
        row = self.one_of(loans, pick, "active", "overdue", "defaulted")
        if row is None:
            return
        values = values_today(self.resources)
        owes = owed(at(standing(row), values.day, values.rules)).all_fen
        fen = owes if percent > 60 else row["outstanding_fen"] * percent // 100 or 1
        payment = Payment(values.day, fen, prepay=True)

        def work(acting: Acting, _: Debt) -> None:
            lending = LoanActing(acting.moving, values)
            lending.act(lending.found(row["loan"]), payment)

        self.ask(row["firm"], work)

    @rule(pick=picks)
    def write_off(self, pick: int) -> None:
        row = self.one_of(loans, pick, "overdue", "defaulted")
        if row is None:
            return
        values = values_today(self.resources)

        def work(acting: Acting, _: Debt) -> None:
            lending = LoanActing(acting.moving, values)
            lending.act(lending.found(row["loan"]), WriteOff(values.day))

        self.ask("bank", work)

    @rule(pick=picks)
    def reverse(self, pick: int) -> None:
        """Take a repayment back; what a debtor paid never is."""
        paid = [row for row in self.rows(loan_acts) if row["kind"] == "pay"]
        if not paid:
            return
        row = paid[pick % len(paid)]
        action = ReverseRepayment(self.resources).ready()
        asked = {"loan": row["loan"], "n": row["n"], "reason": "by mistake"}
        done = self.ask("bank", lambda acting, _: action.apply(acting.moving, asked))
        assert not (done and "document" in json.loads(row["told"]))

    @rule(pick=picks)
    def settle(self, pick: int) -> None:
        row = self.one_of(vouchers, pick, "matured", "dishonoured")
        if row is not None:
            root = row["root"]
            assert self.ask("X", lambda acting, debt: endings.settle(acting, root, debt))

    @rule(days=st.integers(1, 25))
    def close(self, days: int) -> None:
        day = values_today(self.resources).day
        close_days(self.resources, day + dt.timedelta(days=days - 1), STEPS, quietly)

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        """What debtors paid of financed vouchers is what loans were paid, and what remains."""
        assert unbalanced(self.rows(vouchers)) == []
        stood = {row["document"]: row for row in self.rows(loan_documents)}
        settled, remains, by_loan = self.told()
        for account, fen in settled.items():
            assert stood[account]["paid_fen"] + stood[account]["remainder_fen"] == fen
        paid = [row for row in stood.values() if row["state"] == "paid"]
        assert {row["document"] for row in paid} == set(settled)
        assert remains == sum(row["remainder_fen"] for row in paid)
        taken: Counter[str] = Counter()
        for row in paid:
            taken[row["loan"]] += row["paid_fen"]
        assert +taken == +by_loan

    def told(self) -> tuple[dict[str, int], int, Counter[str]]:
        """Return what was settled of financed vouchers, what remained, and what loans took."""
        settled: dict[str, int] = {}
        remains, by_loan = 0, Counter[str]()
        for row in self.rows(events):
            detail = json.loads(row["detail"])
            if row["operation"] == "voucher.settle":
                settled |= {f"voucher:{each[0]}": each[2] for each in detail["paid"] if each[2]}
            elif row["operation"] == "remainder":
                remains += detail["amount_fen"]
        for row in self.rows(loan_acts):
            if json.loads(row["told"]).get("document"):
                by_loan[row["loan"]] += json.loads(row["asked"])["amount_fen"]
        return settled, remains, by_loan

    @invariant()
    def loans_stand_on_what_is_financed(self) -> None:
        """A voucher is financed as long as a loan stands on it, and what it carries is posted."""
        posted: Counter[str] = Counter()
        standing_uses = {row["use"]: row for row in self.rows(uses)}
        for row in self.rows(loans):
            use, loan = standing_uses[row["use"]], standing(row)
            assert use["left_fen"] == (0 if loan.ended else loan.outstanding_fen)
            for each in path_of(use["path"]):
                posted[each.account] += occupied(each, use["left_fen"])
        for row in self.rows(accounts):
            if not row["account"].startswith("core:"):
                assert row["posted"] == posted[row["account"]], row["account"]
        lent = {row["document"] for row in self.rows(loan_documents) if row["state"] == "lent"}
        live = [row for row in self.rows(vouchers) if row["state"] in LIVE]
        financed = {f"voucher:{row['voucher']}" for row in live if row["financed_fen"]}
        assert financed == lent


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def resources(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Resources]:
    monkeypatch.setattr(endings, "of_version", lambda *_: FILES)
    monkeypatch.setattr(Resources, "version", lambda _: FILES.version)
    there = Settings(home=tmp_path / "home")
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
        there = there.model_copy(update={"records_url": url})
    with open_resources(there) as resources:
        careless(resources)
        yield resources


def run(resources: Resources, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: LentTrees(resources),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def walk(trees: LentTrees, seed: int) -> None:
    """Let loans be drawn on vouchers, some of each, then whatever comes, until they are due."""
    draw = random.Random(seed)
    acts: list[Callable[[], None]] = [
        lambda: trees.move(draw.randrange(99), draw.choice(FIRMS), draw.randint(1, 4)),
        lambda: trees.lend(draw.randrange(99), draw.randint(1, 3), draw.randint(40, 100)),
        lambda: trees.lend(draw.randrange(99), draw.randint(1, 3), draw.randint(40, 100)),
        lambda: trees.repay(draw.randrange(99), draw.randint(1, 100)),
        lambda: trees.write_off(draw.randrange(99)),
        lambda: trees.reverse(draw.randrange(99)),
        lambda: trees.settle(draw.randrange(99)),
        lambda: trees.close(draw.randint(1, 9)),
    ]
    trees.begin()
    for step in range(STEPS_OF_WALK):
        if step % 5 == 0:
            trees.issue(draw.choice(FIRMS), draw.randint(10, 90_000), draw.randint(5, 25))
        draw.choice(acts)()
        if step % 4 == 3:
            trees.nothing_is_lost_or_made()
            trees.loans_stand_on_what_is_financed()


def test_each_fen_of_a_debtor_pays_a_loan_or_remains(resources: Resources) -> None:
    trees = LentTrees(resources)
    walk(trees, 3)

    settled, remains, by_loan = trees.told()
    assert (len(settled) > 2, remains > 0, len(by_loan) > 1) == (True, True, True)
    assert {row["state"] for row in trees.rows(loan_documents)} >= {"freed", "paid"}
    assert verify(resources.records).ok


@pytest.mark.slow
def test_each_fen_of_a_debtor_pays_a_loan_or_remains_at_length(resources: Resources) -> None:
    run(resources, 15, 30)
    assert verify(resources.records).ok
