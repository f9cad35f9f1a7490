"""A database that is full, locked, read-only or gone: true answers, nothing half-done."""

import contextlib
import resource
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.ledger import AccountLedger, Key
from app.books.ledger import rounds as rounds_module
from app.books.ledger.driver_errors import DriverErrors
from app.books.ledger.proof import verify
from app.platform.errors import AppError, Busy, Unready
from app.platform.records import Records, opening
from tests.app.books.ledger.conftest import SetUp, asked
from tests.app.books.ledger.test_rounds import crowd, pending

CALLERS = 12
PLENTY = 10**9
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
