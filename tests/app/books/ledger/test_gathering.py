"""Those who wait are gathered: one commit, each judged in its turn, nobody told before it."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.errors import AlreadyDecided, LimitExceeded
from app.books.ledger import AccountLedger, Key, Moving, Plain, Reads, Reply, operations
from app.books.ledger.proof import verify
from app.books.ledger.rounds import Rounds
from app.books.ledger.tables import uses
from app.books.ledger.waiting import WaitingOrder
from app.platform.errors import Absent
from app.platform.events.tables import events
from app.platform.records import Records
from tests.app.books.ledger.conftest import SetUp, asked
from tests.app.books.ledger.test_rounds import pending, reserving

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def test_those_who_wait_are_committed_together_in_their_order_and_told_after_it(
    ledger: AccountLedger, records: Records, totals: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    commits: list[list[bool]] = []
    rounds = ledger._rounds  # as the queue would gather them
    batch = [WaitingOrder(reserving(f"U{n}", fen)) for n, fen in enumerate((60, 41, 40, 1))]
    whole = Rounds._transaction

    @contextlib.contextmanager
    def watched(self: Rounds) -> Iterator[sa.Connection]:
        with whole(self) as connection:
            yield connection
        commits.append([each.is_over for each in batch])

    monkeypatch.setattr(Rounds, "_transaction", watched)
    with rounds._mutex:  # the same
        rounds._queue.extend(batch)  # the same
    rounds._lead()  # the same

    assert commits == [[False] * 4]
    told = [each.answer for each in batch]
    assert [isinstance(each, LimitExceeded) for each in told] == [False, True, False, True]
    (lack,) = [each for each in told[1].further["accounts"] if each["account"] == "bank"]  # type: ignore[union-attr]
    assert lack == {"account": "bank", "available_fen": 40, "asked_fen": 41}
    assert pending(records) == 100
    assert verify(records).ok


def test_a_lone_caller_waits_for_nobody(
    ledger: AccountLedger, totals: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    waits: list[Any] = []
    monkeypatch.setattr(ledger._rounds._more, "wait", waits.append)  # what gathers

    for number in range(3):
        ledger.reserve(asked(f"U{number}", 1))

    assert waits == []


def test_what_changed_behind_the_book_is_not_written_over(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100)

    def work(moving: Moving) -> Reply:
        operations.reserve(moving, asked("U", 10))
        by_hand = "UPDATE accounts SET event = 77 WHERE account = 'bank'"
        moving._round.cursor.execute(by_hand)  # in the same transaction
        return Reply.of(201, None)

    with pytest.raises(RuntimeError, match="changed under the lock") as kept:
        ledger.ask(Plain(Reads(["bank", "firm:F", "core:C"]), work))

    with records.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(uses)) == 0
        assert connection.scalar(sa.select(sa.func.max(events.c.number))) == 1
    assert verify(records).ok
    ledger.reserve(asked("V", 10))
    assert kept.tb  # Whoever keeps the error keeps its cursor, not the lock.


def test_what_is_closed_refuses_uses_and_lets_them_go(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    for name in ("U", "V", "W"):
        ledger.reserve(asked(name, 20))
    ledger.post("U", 20)

    def work(moving: Moving) -> Reply:
        operations.close(moving, "firm:F")
        return Reply.of(200, None)

    ledger.ask(Plain(Reads(["firm:F"]), work))

    for refused in (lambda: ledger.reserve(asked("X", 1)), lambda: ledger.post("V", 20)):
        with pytest.raises(LimitExceeded) as shut:
            refused()
        (lack,) = shut.value.further["accounts"]
        assert (lack["account"], lack["available_fen"]) == ("firm:F", 0)
    ledger.void("V")
    ledger.release("U", 20)
    ledger.void("W")
    assert pending(records, "firm:F") == 0
    with pytest.raises(AlreadyDecided):
        ledger.post("W", 20)


def test_what_is_refused_for_its_form_is_not_kept_under_its_key(
    ledger: AccountLedger, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    key = Key("p", "k", "body")
    with pytest.raises(Absent):
        ledger.post("U", 5, key=key)
    ledger.reserve(asked("U", 5))

    assert not ledger.post("U", 5, key=key).replayed
    assert ledger.post("U", 5, key=key).replayed
