"""Rounds hold whatever happens to one of their orders, to who leads them, or to the database."""

import contextlib
import datetime as dt
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.errors import RuleBroken
from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Identity,
    Key,
    Moving,
    Plain,
    Reads,
    Reply,
    operations,
)
from app.books.ledger import statements as statements_module
from app.books.ledger.expiring import Expiries
from app.books.ledger.housekeeping import count_passed, forget_keys, give_back
from app.books.ledger.moving import LedgerRound
from app.books.ledger.proof import verify
from app.books.ledger.rounds import Rounds
from app.books.ledger.statements import Statements, _update
from app.books.ledger.tables import accounts, uses
from app.books.ledger.waiting import WaitingOrder
from app.platform.audit.repository import AuditRecord, write
from app.platform.errors import Busy, Conflict
from app.platform.events.checking import check_head
from app.platform.events.tables import events, head
from app.platform.records import Records, open_records
from graph.testing.waiting import WAIT_S, until
from tests.app.books.ledger.conftest import NOW, Clock, SetUp, asked


def pending(records: Records, account: str = "bank") -> int:
    """Return what of an account is pending."""
    with records.reading() as connection:
        query = sa.select(accounts.c.pending).where(accounts.c.account == account)
        return int(connection.scalar(query) or 0)


def crowd(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Return what each of many threads comes to: a value or what was raised."""
    told: list[Any] = [None] * count

    def one(number: int) -> None:
        try:
            told[number] = work(number)
        except Exception as error:  # noqa: BLE001  # it is the answer
            told[number] = error

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return told


def together(ledger: AccountLedger, orders: list[Any]) -> list[WaitingOrder]:
    """Return orders decided in one round."""
    rounds = ledger._rounds  # as the queue would gather them
    batch = [WaitingOrder(order) for order in orders]
    with rounds._mutex:  # the same
        rounds._queue.extend(batch)  # the same
    rounds._lead()  # the same
    return batch


def reserving(use: str, amount: int, key: Key | None = None) -> Plain:
    """Return the order of a reservation."""

    def work(moving: Moving) -> Reply:
        operations.reserve(moving, asked(use, amount))
        return Reply.of(201, {"use": use})

    return Plain(Reads(["bank", "firm:F", "core:C"], {uses: [use]}), work, key)


def raising(error: Exception) -> Plain:
    """Return an order with a fault of its own."""

    def work(_: Moving) -> Reply:
        raise error

    return Plain(Reads(), work)


@pytest.mark.parametrize("bad", ["fault", "needs", "check", "name", "text"])
def test_a_bad_order_fails_alone(
    ledger: AccountLedger, records: Records, totals: SetUp, bad: str
) -> None:
    totals(bank=10**6, firm_F=10**6, core_C=10**6)

    def broken(moving: Moving) -> Reply:
        rows = {"fault": "a\0b", "check": "a", "name": "\ud800", "text": "a\0b", "needs": ""}
        if bad == "check":  # A fault elsewhere lets it through; the database does not.
            moving.connection.exec_driver_sql("INSERT INTO accounts (account) VALUES ('x')")
        if bad == "fault":
            raise ZeroDivisionError
        moving.record(rows[bad], rows[bad], rows=[])
        return Reply(200, rows[bad])

    needs = Reads(["\ud800", "a\0b"]) if bad == "needs" else Reads()
    key = Key("p", "k\0" if bad == "text" else "k", "d")
    orders = [reserving("U1", 10), Plain(needs, broken, key), reserving("U2", 20)]
    batch = together(ledger, orders)

    assert [each.answer.status for each in (batch[0], batch[2])] == [201, 201]  # type: ignore[union-attr]
    assert batch[1].is_over
    assert pending(records) == 30
    assert verify(records).ok


def test_where_others_move_the_book_too_its_rows_come_with_the_lock(
    ledger: AccountLedger, records: Records, totals: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two in turns: on PostgreSQL neither asks once more for what it could name before."""
    totals(bank=10**6, firm_F=10**6, core_C=10**6)
    asked_for: list[list[str]] = []
    reading = Statements.read

    def read(say: Statements, cursor: Any, wanted: Any) -> Any:
        asked_for.append([table.name for table, ids in wanted.items() if ids])
        return reading(say, cursor, wanted)

    with contextlib.closing(AccountLedger(records, lambda: NOW)) as other:
        for number in range(3):  # From the second on each knows that there are others.
            for who in (ledger, other):
                if number == 2:
                    monkeypatch.setattr(Statements, "read", read)
                name = f"{number}{who is other}"
                who.ask(reserving(f"U{name}", 10, Key("p", name, "d")))
        again = other.ask(reserving("U0True", 10, Key("p", "0True", "d")))

    assert again.replayed
    assert pending(records) == 60
    assert any(asked_for) == (records.backend == "sqlite")


def test_who_is_handed_the_lead_before_it_waits_is_woken_once(
    ledger: AccountLedger, totals: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals(bank=10**6, firm_F=10**6, core_C=10**6)
    rounds, handed = ledger._rounds, threading.Event()  # as its leader hands it on
    waiting = Rounds._wait

    def late(self: Rounds, mine: WaitingOrder, **how: Any) -> None:
        handed.wait(WAIT_S)
        waiting(self, mine, **how)

    monkeypatch.setattr(Rounds, "_wait", late)
    rounds._led = True  # the same: somebody leads
    with ThreadPoolExecutor(1) as pool:
        asked_late = pool.submit(ledger.ask, reserving("U1", 10))
        until(lambda: rounds._queue)  # the same
        with rounds._mutex:  # the same
            following = rounds._pass_on()
        assert following is not None
        following.wake.release()
        handed.set()
        assert asked_late.result(WAIT_S).status == 201

    assert following.wake.locked() is False
    assert ledger.ask(reserving("U2", 20)).status == 201


def test_a_leader_that_is_interrupted_leaves_nobody_asleep(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=10**6, firm_F=10**6, core_C=10**6)

    def interrupted(_: Moving) -> Reply:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.ask(Plain(Reads(), interrupted))

    assert ledger.reserve(asked("U", 5)).status == 201


def test_one_that_stops_waiting_does_not_take_the_lead_with_it(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=10**6, firm_F=10**6, core_C=10**6)
    rounds = ledger._rounds  # what a thread sees that waits
    gone = WaitingOrder(reserving("gone", 5))
    with rounds._mutex:  # the same
        rounds._queue.append(gone)  # the same
        rounds._led, gone.leads = True, True  # the same
    rounds._leave(gone)  # the same

    assert ledger.reserve(asked("U", 5)).status == 201
    assert pending(records) == 5


def test_what_has_no_key_counts_once_when_the_commit_is_lost(
    ledger: AccountLedger,
    records: Records,
    totals: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    totals(bank=10**6, firm_F=10**6, core_C=10**6)
    ledger.reserve(asked("U", 100))
    ledger.post("U", 100)
    lost = [True]
    whole = Rounds._transaction
    error = sqlite3.OperationalError("database is locked")
    if records.backend != "sqlite":
        error = records.engine.dialect.loaded_dbapi.OperationalError("connection lost")

    def cut(self: Rounds) -> Any:
        import contextlib  # noqa: PLC0415  # beside its use

        @contextlib.contextmanager
        def committed() -> Any:
            with whole(self) as connection:
                yield connection
            if lost and self._unsure is not None:  # of what was committed
                lost.clear()
                raise error

        return committed()

    monkeypatch.setattr(Rounds, "_transaction", cut)

    assert ledger.release("U", 40).document["left_fen"] == 60

    assert not lost
    with records.reading() as connection:
        done = sa.select(sa.func.count()).where(events.c.operation == "release")
        assert connection.scalar(done) == 1
    assert verify(records).ok


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_who_waits_for_the_disk_is_not_answered_and_holds_nobody_up(
    ledger: AccountLedger, records: Records, totals: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals(bank=10**6, firm_F=10**6, core_C=10**6)
    disk = 77  # A lock that stands for it.
    monkeypatch.setattr(statements_module, "SETTLES", f"SELECT pg_advisory_xact_lock({disk})")
    answers: list[object] = []
    asking = threading.Thread(target=lambda: answers.append(ledger.reserve(asked("U", 100))))

    with records.engine.connect() as busy:
        busy.exec_driver_sql(f"SELECT pg_advisory_lock({disk})")
        asking.start()
        waits = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        until(lambda: bool(busy.scalar(waits)))
        with records.engine.begin() as other:
            other.exec_driver_sql("SELECT number FROM head FOR UPDATE NOWAIT")
            assert other.scalar(sa.select(sa.func.count()).select_from(uses)) == 1
        assert not answers
        busy.exec_driver_sql(f"SELECT pg_advisory_unlock({disk})")
    asking.join(WAIT_S)

    assert len(answers) == 1


def test_all_that_passed_its_time_is_gone_however_much_it_is(
    ledger: AccountLedger,
    records: Records,
    totals: SetUp,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.books.ledger.expiring.AT_ONCE_MAX", 4)
    totals(bank=13, firm_F=13, core_C=13)
    ends = NOW + dt.timedelta(seconds=5)
    for number in range(13):
        ledger.reserve(asked(f"U{number}", 1, expires_at=ends))
    clock.moment += dt.timedelta(seconds=5)

    assert ledger.reserve(asked("V", 13)).status == 201

    assert pending(records) == 13
    clock.moment -= dt.timedelta(days=1)  # A clock that is put back.
    ledger.void("V")
    assert verify(records).ok


def reserve_many(ledger: AccountLedger, count: int, ends: dt.datetime) -> None:
    """Reserve one fen so often, in one order."""

    def work(moving: Moving) -> Reply:
        for number in range(count):
            operations.reserve(moving, asked(f"M{number}", 1, expires_at=ends))
        return Reply.of(201, None)

    ledger.ask(Plain(Reads(["bank", "firm:F", "core:C"]), work))


@pytest.mark.parametrize("count", [256, 257, 1000])
def test_as_much_as_one_part_gives_back_and_more_is_gone_at_once(
    ledger: AccountLedger, records: Records, totals: SetUp, clock: Clock, count: int
) -> None:
    totals(bank=count, firm_F=count, core_C=count)
    reserve_many(ledger, count, NOW + dt.timedelta(seconds=5))
    clock.moment += dt.timedelta(seconds=5)

    assert ledger.reserve(asked("V", count)).status == 201

    assert (count_passed(records, clock()), pending(records)) == (0, count)
    assert verify(records).ok


def test_more_than_one_caller_waits_for_is_given_back_by_those_who_come_again(
    ledger: AccountLedger,
    records: Records,
    totals: SetUp,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.books.ledger.expiring.AT_ONCE_MAX", 4)
    monkeypatch.setattr("app.books.ledger.rounds.SWEEPS_MAX", 2)
    totals(bank=20, firm_F=20, core_C=20)
    reserve_many(ledger, 20, NOW + dt.timedelta(seconds=5))
    clock.moment += dt.timedelta(seconds=5)

    left = []
    for _ in range(2):
        with pytest.raises(Busy, match="past their time"):
            ledger.reserve(asked("V", 20))
        left.append(count_passed(records, clock()))

    assert left == [12, 4]
    assert ledger.reserve(asked("V", 20)).status == 201
    assert verify(records).ok


def test_what_others_write_between_is_seen(
    url: str, ledger: AccountLedger, records: Records, totals: SetUp, clock: Clock
) -> None:
    totals(bank=10, firm_F=10**6, core_C=10**6)
    ledger.reserve(asked("U", 4))
    with open_records(url) as theirs:
        other = AccountLedger(theirs, clock)
        other.reserve(asked("V", 4))
        write(records, AuditRecord("ann", "admin", "GET /x", "", "done", "t"), at=NOW)
        ledger.void("U")
        write(records, AuditRecord("ann", "admin", "GET /x", "", "done", "t"), at=NOW)
        other.reserve(asked("W", 6))
        other.close()
    assert pending(records) == 10
    assert verify(records).ok


def test_more_than_a_database_can_hold_is_refused(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=2**63 - 1, firm_F=2**63 - 1, core_C=2**63 - 1)
    ledger.reserve(asked("U", 2**63 - 1))
    with pytest.raises(RuleBroken):
        ledger.set_totals([AccountTotal("bank", Identity("bank"), 5, 2**63 - 1)], {"run": "r"})
    with pytest.raises(RuleBroken):
        totals(firm_F=2**63)
    assert verify(records).ok


def test_a_folder_that_takes_no_file_for_the_turn_leaves_it_to_the_database(
    tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "records.db.turn").mkdir()  # Cannot be opened as a file.
    with open_records(f"sqlite:///{tmp_path / 'records.db'}") as records:
        ledgers = [AccountLedger(records, clock) for _ in range(3)]
        names = ("bank", "firm:F", "core:C")
        ledgers[0].set_totals([AccountTotal(n, Identity("bank"), 10**6) for n in names], {})
        told = crowd(12, lambda n: ledgers[n % 3].reserve(asked(f"U{n}", 2)).status)
        assert [each for each in told if not isinstance(each, Busy)] == [201] * 12
        assert pending(records) == 24
        for each in ledgers:
            each.close()


def test_keys_are_forgotten_after_their_time_and_not_before(
    ledger: AccountLedger, records: Records, totals: SetUp, clock: Clock
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    old, new = Key("p", "old", "d"), Key("p", "new", "d")
    ledger.reserve(asked("U", 1), key=old)
    clock.moment += dt.timedelta(days=2)
    ledger.reserve(asked("V", 1), key=new)

    assert forget_keys(records, before=NOW + dt.timedelta(days=1)) == 1

    assert ledger.reserve(asked("V", 1), key=new).replayed
    assert not ledger.reserve(asked("W", 1), key=old).replayed


def test_what_passed_its_time_is_given_back_where_nobody_asks(
    ledger: AccountLedger, records: Records, totals: SetUp, clock: Clock
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    ledger.reserve(asked("U", 7, expires_at=NOW + dt.timedelta(seconds=5)))
    assert count_passed(records, clock()) == 0
    clock.moment += dt.timedelta(seconds=5)
    assert count_passed(records, clock()) == 1

    give_back(ledger, clock)

    assert (count_passed(records, clock()), pending(records)) == (0, 0)


def test_more_than_one_order_gives_back_is_given_back_in_parts(
    ledger: AccountLedger,
    records: Records,
    totals: SetUp,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.books.ledger.expiring.AT_ONCE_MAX", 3)
    monkeypatch.setattr("app.books.ledger.rounds.SWEEPS_MAX", 2)
    totals(bank=20, firm_F=20, core_C=20)
    reserve_many(ledger, 20, NOW + dt.timedelta(seconds=5))
    clock.moment += dt.timedelta(seconds=5)

    with monkeypatch.context() as patch:
        patch.setattr("app.books.ledger.housekeeping.PARTS_MAX", 2)
        with pytest.raises(Busy, match="8 reservations"):
            give_back(ledger, clock)
    give_back(ledger, clock)

    assert (count_passed(records, clock()), pending(records)) == (0, 0)
    assert verify(records).ok


def test_what_is_not_given_back_is_not_tried_for_ever(
    ledger: AccountLedger, records: Records, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_times: list[object] = []

    def busy(order: object) -> None:
        asked_times.append(order)
        raise Busy("in the way", again_seconds=0)

    monkeypatch.setattr(ledger, "ask", busy)

    with pytest.raises(Busy, match="in the way"):
        give_back(ledger, clock)
    assert len(asked_times) == 1
    assert count_passed(records, clock()) == 0


def test_a_head_that_is_not_its_last_event_is_seen_at_once(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100)
    for table, change in ((head, {"number": 7}), (events, {"actor": "eve"})):
        with records.writing() as connection:
            assert check_head(connection).number == 1
            undone = connection.begin_nested()
            connection.execute(sa.update(table).values(change))
            with pytest.raises(Conflict):
                check_head(connection)
            undone.rollback()


def test_a_round_looks_for_the_next_end_among_what_it_has_changed_alone(
    ledger: AccountLedger, totals: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[tuple[int, int]] = []
    stands_at = Expiries.stands_at

    def counted(self: Expiries, round_: LedgerRound) -> None:
        looked.append((len(round_.touched), len(round_.rows)))
        stands_at(self, round_)

    monkeypatch.setattr(Expiries, "stands_at", counted)
    totals(bank=100, firm_F=100, core_C=100)

    for number in range(3):
        ledger.reserve(asked(f"U{number}", 1, expires_at=NOW + dt.timedelta(seconds=number + 1)))

    assert looked == [(0, 0), (1, 1), (1, 2), (1, 3)]


def test_an_update_writes_nothing_that_a_row_keeps_for_good() -> None:
    changed = _update(accounts, sqlite=True).partition("WHERE")[0]

    assert "total" in changed
    assert not [name for name in ("layer", "core", "firm", "thing") if name in changed]
