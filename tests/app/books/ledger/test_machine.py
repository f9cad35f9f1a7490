"""Every operation of the ledger in any order, beside a dictionary that follows the contract."""

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
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

from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Element,
    Identity,
    Key,
    Plain,
    Reads,
    Reply,
    UseOrder,
    documents,
    operations,
)
from app.books.ledger.proof import verify
from app.books.ledger.reading import accounts_of, one_use
from app.books.ledger.tables import accounts, keys, uses
from app.platform.errors import AppError, KeyReused
from app.platform.events.chain import GENESIS
from app.platform.events.tables import events, head
from app.platform.records import Records
from tests.app.books.ledger.conftest import DAY, NOW, Clock
from tests.app.books.ledger.model import Book, Refused, Use

REFUSED = 409
TODAY = int(DAY.replace("-", ""))
DOCUMENTS = ("receivable:R", "voucher:V")
ROUTES: dict[str, dict[str, Fraction]] = {
    "data": {"bank": Fraction(1), "firm:F": Fraction(1), "core:C": Fraction(1, 2)},
    "other": {"core:D": Fraction(1, 2), "firm:G": Fraction(1), "bank": Fraction(1)},
    "losses": {"firm:F": Fraction(1), "bank": Fraction(1), "programme:L": Fraction(3, 10)},
    "documents": {"bank": Fraction(1), "core:C": Fraction(0)},
}
CAPS = ("bank", "firm:F", "firm:G", "core:C", "core:D", "programme:L", *DOCUMENTS)
ALL = (*CAPS, "firm:nobody")
names = st.sampled_from([f"U{number}" for number in range(6)])
amounts = st.integers(-1, 60)
accounts_named = st.sampled_from(ALL)
told_keys = st.sampled_from([None, None, "k1", "k2", "k3"])


@dataclass(frozen=True)
class Asked:
    """What is asked: of the ledger and of the dictionary, and under which key."""

    text: str
    of_ledger: Callable[[Key | None], Any]
    of_model: Callable[[Book], None]
    key: str | None


def said(asked: Asked, key: Key | None) -> Any:
    """Return what the ledger answers, or the refusal."""
    try:
        return asked.of_ledger(key)
    except AppError as error:
        return error


def told(answer: Any) -> str | None:
    """Return what is told again under a key; None of what is not kept."""
    if isinstance(answer, AppError):
        return f"{answer.code} {answer.further}" if answer.status == REFUSED else None
    return str(answer.text)


class Machine(RuleBasedStateMachine):
    """A ledger and a dictionary that are asked the same."""

    def __init__(self, records: Records) -> None:
        super().__init__()
        self.records, self.clock = records, Clock()
        with records.writing() as connection:
            for table in (accounts, uses, keys, events):
                connection.execute(sa.delete(table))
            connection.execute(sa.update(head).values(number=0, hash=GENESIS, day=DAY))
        self.ledger = AccountLedger(records, self.clock)
        self.book = Book(NOW, TODAY)
        self.kept: dict[str, tuple[str, str]] = {}  # What was asked under a key, and the answer.
        self.sent: list[Asked] = []

    def ask(self, asked: Asked) -> None:
        """Ask both the same, and compare what they say."""
        self.sent.append(asked)
        key = None if asked.key is None else Key("p", asked.key, asked.text)
        if asked.key in self.kept:
            self.ask_again(asked, key)
            return
        was, before = copy.deepcopy(self.book), self.events()
        expected: Refused | None = None
        try:
            asked.of_model(self.book)
        except Refused as refused:
            self.book, expected = was, refused
        answer = said(asked, key)
        if isinstance(answer, AppError):
            assert expected is not None, f"{asked.text}: {answer!r}"
            assert answer.code == expected.code, asked.text
            self.compare_lacking(expected, answer)
            assert self.events() - before == self.swept, f"{asked.text}: refused and recorded"
        else:
            assert expected is None, f"{asked.text}: done, where {expected} is right"
        self.swept = 0
        if asked.key is not None and (kept := told(answer)) is not None:
            self.kept[asked.key] = asked.text, kept

    def ask_again(self, asked: Asked, key: Key | None) -> None:
        """Ask under a key that was used: the first answer, or that it was for something else."""
        text, kept = self.kept[asked.key or ""]
        before = self.events()
        answer = said(asked, key)
        if isinstance(answer, KeyReused):
            assert text != asked.text
        else:
            assert (text, kept) == (asked.text, told(answer))
            assert answer.replayed
        assert self.events() - before == self.swept
        self.swept = 0

    @staticmethod
    def compare_lacking(expected: Refused, error: AppError) -> None:
        if expected.lacking is not None:
            lacking = error.further["accounts"]
            assert {each["account"]: each["available_fen"] for each in lacking} == expected.lacking

    def events(self) -> int:
        with self.records.reading() as connection:
            return int(connection.scalar(sa.select(sa.func.max(events.c.number))) or 0)

    swept = 0  # Reservations past their time that the next order gives back.

    @initialize()
    def open_accounts(self) -> None:
        for name in CAPS:
            self.set_total(name, 100, 0, 0)

    @rule(
        name=names,
        amount=amounts,
        route=st.sampled_from(sorted(ROUTES)),
        seconds=st.sampled_from([None, 1, 5, 20]),
        key=told_keys,
    )
    def reserve(
        self, name: str, amount: int, route: str, seconds: int | None, key: str | None
    ) -> None:
        shares = ROUTES[route]
        path = [Element(each, *share.as_integer_ratio()) for each, share in shares.items()]
        parts: dict[str, int] = {}
        if route == "documents":
            first = max(0, min(20, amount))
            parts = dict(zip(DOCUMENTS, (first, max(0, amount - first)), strict=True))
            path += documents(parts.items())
        ends = None if seconds is None else self.clock() + dt.timedelta(seconds=seconds)
        order = UseOrder(name, "F", "P", path, amount, expires_at=ends)
        self.ask(
            Asked(
                f"reserve {name} {amount} {route} {ends}",
                lambda key: self.ledger.reserve(order, key=key),
                lambda book: book.reserve(name, Use(dict(shares), dict(parts), amount, ends)),
                key,
            )
        )

    @rule(name=names, amount=amounts, key=told_keys)
    def post(self, name: str, amount: int, key: str | None) -> None:
        self.ask(
            Asked(
                f"post {name} {amount}",
                lambda key: self.ledger.post(name, amount, key=key),
                lambda book: book.post(name, amount),
                key,
            )
        )

    @rule(name=names, key=told_keys)
    def post_all(self, name: str, key: str | None) -> None:
        left = self.book.uses[name].left if name in self.book.uses else 1
        self.post(name, left, key)

    @rule(name=names, key=told_keys)
    def void(self, name: str, key: str | None) -> None:
        self.ask(
            Asked(
                f"void {name}",
                lambda key: self.ledger.void(name, key=key),
                lambda book: book.void(name),
                key,
            )
        )

    @rule(
        name=names,
        amount=amounts,
        document=st.sampled_from([None, None, *DOCUMENTS]),
        key=told_keys,
    )
    def release(self, name: str, amount: int, document: str | None, key: str | None) -> None:
        self.ask(
            Asked(
                f"release {name} {amount} {document}",
                lambda key: self.ledger.release(name, amount, document=document, key=key),
                lambda book: book.release(name, amount, document),
                key,
            )
        )

    @rule(name=names)
    def expire(self, name: str) -> None:
        ask = Asked(
            f"expire {name}",
            lambda _: self.ledger.expire(name),
            lambda book: book.expire(name),
            None,
        )
        self.ask(ask)

    @rule(name=names, old=accounts_named, new=st.sampled_from([*CAPS[:5], "bank"]))
    def transfer(self, name: str, old: str, new: str) -> None:
        use = self.book.uses.get(name)
        if use is not None and (new in use.shares or old in DOCUMENTS):
            return  # A path names an account once, and documents stay.
        self.ask(
            Asked(
                f"transfer {name} {old} {new}",
                lambda _: self.ledger.transfer(name, {old: new}),
                lambda book: book.transfer(name, {old: new}),
                None,
            )
        )

    @rule(name=accounts_named, amount=st.none() | amounts, key=told_keys)
    def freeze(self, name: str, amount: int | None, key: str | None) -> None:
        self.ask(
            Asked(
                f"freeze {name} {amount}",
                lambda key: self.ledger.freeze(name, amount, reason="r", key=key),
                lambda book: book.freeze(name, amount),
                key,
            )
        )

    @rule(name=accounts_named, amount=st.none() | amounts, key=told_keys)
    def unfreeze(self, name: str, amount: int | None, key: str | None) -> None:
        self.ask(
            Asked(
                f"unfreeze {name} {amount}",
                lambda key: self.ledger.unfreeze(name, amount, reason="r", key=key),
                lambda book: book.unfreeze(name, amount),
                key,
            )
        )

    @rule(name=accounts_named)
    def unfreeze_whole(self, name: str) -> None:
        self.unfreeze(name, None, None)

    @rule(name=accounts_named)
    def close(self, name: str) -> None:
        def work(moving: Any) -> Reply:
            operations.close(moving, name)
            return Reply.of(200, None)

        self.ask(
            Asked(
                f"close {name}",
                lambda _: self.ledger.ask(Plain(Reads([name]), work)),
                lambda book: book.close(name),
                None,
            )
        )

    @rule(
        name=st.sampled_from(CAPS),
        total=st.integers(-1, 200),
        outside=st.integers(-1, 30),
        valid_to=st.sampled_from([0, 0, TODAY - 1, TODAY, TODAY + 1]),
    )
    def set_total(self, name: str, total: int, outside: int, valid_to: int) -> None:
        given = AccountTotal(name, Identity(name.partition(":")[0]), total, outside, valid_to)
        self.ask(
            Asked(
                f"set {given}",
                lambda _: self.ledger.set_totals([given], {"run": "r"}),
                lambda book: book.set_total(name, total, outside, valid_to),
                None,
            )
        )

    @rule(seconds=st.integers(1, 8))
    def wait(self, seconds: int) -> None:
        live = self.live()
        self.clock.moment += dt.timedelta(seconds=seconds)
        self.book.pass_time(seconds)
        self.swept += live - self.live()

    def live(self) -> int:
        return sum(use.state == "reserved" for use in self.book.uses.values())

    @rule(back=st.integers(1, 5))
    def ask_once_more(self, back: int) -> None:
        """Send what was sent under a key a moment ago."""
        keyed = [each for each in self.sent if each.key is not None]
        if len(keyed) >= back:
            self.ask(keyed[-back])

    @invariant()
    def holds(self) -> None:
        """Compare each figure of each account and each use, and what one follows from the other."""
        day = self.book.day
        for seen in accounts_of(self.records, self.book.accounts, self.clock()):
            ours, name = self.book.accounts[seen.account], seen.account
            found = seen.figures
            assert (found.total, found.outside, found.frozen, found.posted, found.pending) == (
                (ours.total, ours.outside, ours.frozen, ours.posted, ours.pending)
            ), name
            assert (seen.state, found.valid_to) == (ours.state, ours.valid_to), name
            assert (seen.available, seen.excess) == (ours.available(day), ours.excess), name
            assert found.posted == self.book.held(name, ["posted"]), name
            assert found.pending == self.book.held(name, ["reserved"]), name
        for name, use in self.book.uses.items():
            row = one_use(self.records, name, self.clock())
            assert row is not None
            assert (row["state"], row["left_fen"]) == (use.state, use.left), name

    def teardown(self) -> None:
        """Prove the book."""
        self.ledger.close()
        found = verify(self.records)
        assert found.ok, found.document()


def run(records: Records, examples: int, steps: int) -> None:
    """Try so many examples of so many steps; what a machine crash would lose is not the matter."""
    if records.backend == "sqlite":
        sa.event.listen(
            records.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF")
        )
        records.engine.dispose()
    run_state_machine_as_test(
        lambda: Machine(records),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_whatever_is_asked_the_book_is_what_the_contract_says(records: Records) -> None:
    run(records, 8, 40)

    assert verify(records).ok


@pytest.mark.slow
def test_whatever_is_asked_the_book_is_what_the_contract_says_at_length(records: Records) -> None:
    run(records, 20, 50)

    assert verify(records).ok
