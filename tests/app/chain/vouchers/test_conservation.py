"""Random trees of vouchers: at every node, after every step, face = children + financed + held."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from app.books.errors import BookRefusal
from app.books.ledger import AccountLedger, AccountTotal, Identity, Moving, Plain, Reads, Reply
from app.books.ledger.tables import accounts
from app.books.rules import Rulebook
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import COLUMNS, FileReceivables
from app.chain.vouchers import acts, endings
from app.chain.vouchers.acts import Passing, VoucherDraft
from app.chain.vouchers.nodes import Acting
from app.chain.vouchers.tables import vouchers
from app.platform.events.tables import head
from app.platform.records import Records, open_records
from graph.model import Version
from tests.app.chain.vouchers.killing import unbalanced

NOW = dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 30)
FACE, STEPS = 1_000_000, 60
FIRMS = ("A", "B", "C", "D")
RULES = Rulebook(None).on(DAY)
FILES = FileReceivables(
    Version(1, DAY, NOW, 0, 0), pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
)
Work = Callable[[Acting, Debt], Any]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'records.db'}") as records:
        with records.writing() as connection:
            connection.execute(sa.update(head).values(day=DAY.isoformat()))
        yield records


class Economy:
    """A core with one voucher, and firms that move what they hold of it at random."""

    def __init__(self, records: Records, seed: int) -> None:
        self.records, self.random = records, random.Random(seed)
        self.ledger = AccountLedger(records, lambda: NOW)
        self.ledger.set_totals([AccountTotal("core:X", Identity("core"), 10 * FACE)], {"run": "r"})
        self.made = 0

    def number(self) -> str:
        self.made += 1
        return f"V{self.made:04d}"

    def ask(self, firm: str, work: Work) -> bool:
        """Return whether an order was accepted."""

        def decided(moving: Moving) -> Reply:
            work(Acting(moving, firm, RULES, 5, 5), Debt(moving, FILES, None))
            return Reply.of(200, None)

        try:
            self.ledger.ask(Plain(Reads(), decided, None, firm))
        except BookRefusal:
            return False
        return True

    def rows(self) -> list[dict[str, Any]]:
        with self.records.reading() as connection:
            query = sa.select(vouchers).order_by(vouchers.c.voucher)
            return [dict(row) for row in connection.execute(query).mappings()]

    def step(self) -> None:
        """Let somebody do something with what they hold; mostly what can be done."""
        row = self.random.choice(self.rows())
        name, firm, held = row["voucher"], row["holder"], row["held_fen"]
        if row["state"] == "issued":
            if self.random.random() < 0.6:
                self.ask(firm, lambda acting, _: acts.accept(acting, name))
            else:
                self.ask(firm, lambda acting, debt: acts.reject(acting, name, debt))
        elif held > 1 and self.random.random() < 0.4:
            first = self.random.randint(1, held - 1)
            numbers, parts = [self.number(), self.number()], [first, held - first]
            self.ask(firm, lambda acting, _: acts.split(acting, name, parts, numbers))
        else:
            amount = self.random.randint(1, max(1, held + held // 8))
            to = self.random.choice(FIRMS)
            asked = Passing(self.number(), to, amount, related=True)
            self.ask(firm, lambda acting, _: acts.pass_on(acting, name, asked))

    def check(self) -> None:
        """Assert that nothing of the face is lost or made, at any node."""
        rows = self.rows()
        assert unbalanced(rows) == []
        assert max(row["tier"] for row in rows) <= 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_or_made_whatever_holders_do(records: Records, seed: int) -> None:
    economy = Economy(records, seed)
    draft = VoucherDraft(
        economy.number(), "A", FACE, DAY + dt.timedelta(days=90), (), recourse=True, related=True
    )
    assert economy.ask("X", lambda acting, debt: acts.issue(acting, draft, debt))
    economy.ask("A", lambda acting, _: acts.accept(acting, draft.number))
    for _ in range(STEPS):
        economy.step()
        economy.check()
    assert len(economy.rows()) > 10

    economy.ask("X", lambda _, debt: endings._mature(debt, draft.number))  # as a closed day does
    economy.check()
    assert economy.ask("X", lambda acting, debt: endings.settle(acting, draft.number, debt))
    economy.check()
    assert {row["state"] for row in economy.rows()} <= {"settled", "rejected"}
    with records.reading() as connection:
        posted = sa.select(accounts.c.posted).where(accounts.c.account == "core:X")
        assert connection.scalar(posted) == 0
    economy.ledger.close()
