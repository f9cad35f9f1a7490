"""A database that is full, locked, read-only or gone: true answers, nothing half-done."""

import contextlib
import resource
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.ledger import AccountLedger, AccountTotal, Identity, Key
from app.books.ledger import rounds as rounds_module
from app.books.ledger.driver_errors import DriverErrors
from app.books.ledger.proof import verify
from app.platform.clock import utc_now
from app.platform.errors import AppError, Busy, Unready
from app.platform.records import Records, open_records, opening
from graph.testing import servers
from tests.app.books.ledger.conftest import SetUp, asked
from tests.app.books.ledger.test_rounds import crowd, pending

CALLERS = 12
PLENTY = 10**9
CRASHES, HEARD_BETWEEN, CRASH_SECONDS_MAX = 2, 40, 60  # Of a server under load.
USES_MIN, USES_MAX, ASKED_MAX = 10, 1_000, 300
Break = Callable[[Records, AccountLedger], contextlib.AbstractContextManager[None]]


def keyed(use: str) -> Key:
    """Return the key under which a use is asked for."""
    return Key("p", use, use)


def on_each_connection(records: Records, ledger: AccountLedger, text: str) -> None:
    """Let a statement be run on what is connected from now on, and nothing else be connected."""
    sa.event.listen(records.engine, "connect", _run := lambda raw, _: raw.execute(text).close())
    ledger.close()
    records.engine.dispose()
    _listening.append((records.engine, _run))


_listening: list[tuple[sa.Engine, Callable[..., None]]] = []


def well_again(records: Records, ledger: AccountLedger) -> None:
    """Let connections be as they were."""
    for engine, run in _listening:
        sa.event.remove(engine, "connect", run)
    _listening.clear()
    ledger.close()
    records.engine.dispose()


@contextlib.contextmanager
def full(records: Records, ledger: AccountLedger) -> Iterator[None]:
    """Let the database take no page more."""
    with records.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    on_each_connection(records, ledger, f"PRAGMA max_page_count = {pages}")
    yield
    well_again(records, ledger)


@contextlib.contextmanager
def read_only(records: Records, ledger: AccountLedger) -> Iterator[None]:
    """Let the database be read alone."""
    on_each_connection(records, ledger, "PRAGMA query_only = ON")
    yield
    well_again(records, ledger)


@contextlib.contextmanager
def failing_disk(records: Records, _: AccountLedger) -> Iterator[None]:
    """Let every write of more than a file's first bytes fail, in the middle of a commit."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = Path(f"{records.engine.url.database}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 5000, was[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, was)


@contextlib.contextmanager
def locked(records: Records, _: AccountLedger) -> Iterator[None]:
    """Hold the write lock, as a process would that does not wait for its turn."""
    place = str(records.engine.url.database)
    with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("broken", "refusal"),
    [(full, Unready), (read_only, Unready), (failing_disk, Unready), (locked, Busy)],
)
def test_while_nothing_can_be_written_all_are_told_so_and_all_goes_on_after(
    records: Records,
    ledger: AccountLedger,
    totals: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    broken: Break,
    refusal: type[AppError],
) -> None:
    monkeypatch.setattr(opening, "BUSY_MS", 20)
    monkeypatch.setattr(rounds_module, "SECONDS_MAX", 0.1)
    records.engine.dispose()
    totals(bank=PLENTY, firm_F=PLENTY, core_C=PLENTY)
    long = "x" * 30_000

    def reserve(number: int) -> Any:
        use = f"U{number}"
        return ledger.reserve(asked(use, 3), key=keyed(use), reason=long)

    with broken(records, ledger):
        told = crowd(CALLERS, reserve)
        assert {type(each) for each in told} == {refusal}
        assert all(each.again_seconds >= 1 for each in told)

    assert pending(records) == 0
    assert [reserve(number).replayed for number in range(CALLERS)] == [False] * CALLERS
    assert pending(records) == 3 * CALLERS
    assert verify(records).ok


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_a_server_that_drops_whoever_is_connected_loses_and_doubles_nothing(
    records: Records, ledger: AccountLedger, totals: SetUp
) -> None:
    totals(bank=PLENTY, firm_F=PLENTY, core_C=PLENTY)
    cut = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    def work(number: int) -> list[Any]:
        if number == 0:
            for _ in range(8):
                with records.engine.connect() as connection, contextlib.suppress(sa.exc.DBAPIError):
                    connection.execute(cut)
            return []
        return [_told(ledger, f"U{number}-{count}") for count in range(8)]

    told = [each for some in crowd(CALLERS, work) for each in some]

    assert {type(each) for each in told if not isinstance(each, int)} <= {Busy}
    uses = [f"U{number}-{count}" for number in range(1, CALLERS) for count in range(8)]
    assert [_told(ledger, use) for use in uses] == [201] * len(uses)
    assert pending(records) == len(uses)
    assert verify(records).ok


def _told(ledger: AccountLedger, use: str) -> int | Busy:
    try:
        return ledger.reserve(asked(use, 1), key=keyed(use)).status
    except Busy as error:
        return error


@pytest.mark.slow  # A server of its own is started, which crashes.
@pytest.mark.postgres
def test_what_was_acknowledged_is_there_once_after_a_server_has_crashed_under_load(
    own_server: servers.StartedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds_module, "SECONDS_MAX", 0.2)
    told: list[AppError] = []
    heard: dict[str, str] = {}
    crashed = threading.Event()
    with open_records(own_server.url) as records:
        ledger = AccountLedger(records, utc_now)
        plenty = [AccountTotal(each, Identity("bank"), PLENTY) for each in ("bank", "firm:F")]
        ledger.set_totals([*plenty, AccountTotal("core:C", Identity("core"), PLENTY)], {"run": "r"})

        def work(number: int) -> None:
            if number == 0:
                _crash_often(own_server, heard)
                crashed.set()
                return
            for count in range(USES_MAX):
                if crashed.is_set() and count >= USES_MIN:
                    return
                heard[f"U{number}-{count}"] = _until_done(ledger, f"U{number}-{count}", told)

        assert [each for each in crowd(CALLERS, work) if each is not None] == []
        assert {type(each) for each in told} <= {Busy, Unready}
        assert all(each.again_seconds >= 1 for each in told)
        again = {use: ledger.reserve(asked(use, 1), key=keyed(use)) for use in heard}
        assert {use: answer.text for use, answer in again.items()} == heard
        assert {answer.replayed for answer in again.values()} == {True}
        assert pending(records) == len(heard)
        assert verify(records).ok
        ledger.close()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[servers.StartedServer]:
    try:
        server = servers.start_postgres(tmp_path)
    except servers.ServerMissing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


def _crash_often(server: servers.StartedServer, heard: dict[str, str]) -> None:
    """Let a server crash, each time after some more were answered."""
    assert server.restart is not None
    for number in range(1, CRASHES + 1):
        until = time.monotonic() + CRASH_SECONDS_MAX
        while len(heard) < number * HEARD_BETWEEN and time.monotonic() < until:
            time.sleep(0.005)
        server.restart()


def _until_done(ledger: AccountLedger, use: str, told: list[AppError]) -> str:
    """Return the answer to a reservation, asked again under its key as long as none is there."""
    for _ in range(ASKED_MAX):
        try:
            return ledger.reserve(asked(use, 1), key=keyed(use)).text
        except (Busy, Unready) as error:
            told.append(error)
            time.sleep(0.2)
    raise AssertionError(f"{use} was never answered")


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_a_server_that_only_reads_is_unready(
    records: Records, ledger: AccountLedger, totals: SetUp
) -> None:
    totals(bank=PLENTY, firm_F=PLENTY, core_C=PLENTY)
    name = records.engine.url.database

    def reads_alone(said: str) -> None:
        with records.engine.begin() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ WRITE")
            connection.exec_driver_sql(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = {said}'
            )
        ledger.close()
        records.engine.dispose()

    reads_alone("on")
    with pytest.raises(Unready):
        ledger.reserve(asked("U", 1))
    reads_alone("off")

    assert ledger.reserve(asked("U", 1)).status == 201


class StatedError(sqlite3.OperationalError):
    """An error with a state of PostgreSQL, or a code of SQLite."""

    def __init__(self, said: str, sqlstate: str = "") -> None:
        super().__init__(said)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "means"),
    [
        ("57P02", {"again", "ill"}),  # Another process of the server has crashed.
        ("57P03", {"again", "ill"}),  # The server is starting.
        ("40001", {"again"}),
        ("53100", {"full", "ill"}),
        ("25006", {"ill"}),  # It only follows another.
        ("23514", set()),  # A check: a fault of what was asked.
        ("", {"again", "ill"}),  # The connection is gone.
    ],
)
def test_what_a_state_of_postgres_means_for_a_round(state: str, means: set[str]) -> None:
    class Driver:
        __name__ = "psycopg"
        OperationalError = InterfaceError = StatedError
        DatabaseError = sqlite3.DatabaseError

    errors, error = DriverErrors(Driver()), StatedError("said", state)

    told = {"again": errors.helps, "full": errors.is_full, "ill": errors.is_ill}
    assert {name for name, is_so in told.items() if is_so(error)} == means
