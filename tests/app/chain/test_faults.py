"""What callers over HTTP are told while the records database cannot be used, and what is after."""

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx import Response

from app.books.ledger import AccountLedger, ledger_of
from app.books.ledger import rounds as rounds_module
from app.books.ledger.proof import verify
from app.main import create_app
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from app.platform.events.tables import AUDIT, events
from app.platform.records import Records, opening
from tests.app.books.ledger.test_faults import Break, failing_disk, full, locked, read_only
from tests.app.chain.asking import Bearer, Desk
from tests.app.chain.booked import set_up
from tests.app.computing import Here
from tests.app.conftest import NOW

RETRIES_SECONDS = 0.1
FILLED_MAX, FULL_AFTER = 100, 5
READS = ("/accounts", "/accounts/bank", "/receivables", "/vouchers", "/business-day", "/approvals")
CUTS = 4
CUT = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
TOLD_TO_NOBODY = ("Traceback", "site-packages", "sqlite", "psycopg", ".py")


class Order(NamedTuple):
    """What somebody sends, and the operation of the one event that comes of it."""

    who: str
    path: str
    body: Any
    operation: str


USE = {"core": "CORE1", "firm": "MILL", "product": "any", "amount_fen": 3, "seconds": 600}
VOUCHER = {"holder": "MILL", "amount_fen": 7, "due_on": "2026-09-30", "recourse": True}
ORDERS = [
    Order("officer", "/reservations", USE, "reserve"),
    Order("CORE2", "/receivables/R3/confirm", None, "receivable.confirm"),
    Order("CORE1", "/vouchers", VOUCHER, "voucher.issue"),
]


@contextlib.contextmanager
def gone(records: Records, ledger: AccountLedger) -> Iterator[None]:
    """Let no connection be made, and those that were be gone."""

    def refused(dialect: Any, *_: Any) -> None:
        """Say what the driver says."""
        raise dialect.loaded_dbapi.OperationalError("connection refused")

    sa.event.listen(records.engine, "do_connect", refused)
    ledger.close()
    records.engine.dispose()
    yield
    sa.event.remove(records.engine, "do_connect", refused)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for what does not come."""
    monkeypatch.setattr(opening, "BUSY_MS", 20)
    monkeypatch.setattr(rounds_module, "SECONDS_MAX", RETRIES_SECONDS)


@pytest.fixture
def open_desk(quick: None, desk: Desk) -> Desk:
    set_up(desk.resources)
    for who in ("officer", "CORE1", "CORE2"):
        desk.headers(who)
    desk.resources.records.engine.dispose()  # So that all wait as briefly.
    return desk


def check_problem(answer: Response) -> None:
    """Raise where a refusal is not one that may be asked again."""
    told = answer.json()
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["code"] in ("unready", "busy")
    assert int(answer.headers["Retry-After"]) >= 1
    assert told["trace_id"] == answer.headers["X-Trace-Id"]
    assert not [each for each in TOLD_TO_NOBODY if each in answer.text]


def done_under(desk: Desk, key: str) -> list[str]:
    """Return the operations of the events of a key."""
    query = sa.select(events.c.operation).where(events.c.key == key, events.c.operation != AUDIT)
    with desk.resources.records.reading() as connection:
        return [str(each) for each in connection.scalars(query)]


def asked(desk: Desk, word: str) -> list[Response]:
    """Return the answers to all orders, each under a key of its own."""
    return [
        desk.post(each.who, each.path, each.body, key=f"{word}-{each.operation}") for each in ORDERS
    ]


def take_what_is_left(desk: Desk) -> None:
    """Send orders until the last pages that the database has are full."""
    refused = 0
    for number in range(FILLED_MAX):
        answer = desk.post("officer", "/reservations", USE, key=f"fill-{number}")
        refused = refused + 1 if answer.status_code == 503 else 0
        if refused == FULL_AFTER:
            return
    raise AssertionError("the database does not get full")


@pytest.mark.parametrize("broken", [full, read_only, failing_disk, locked, gone])
def test_an_order_is_503_while_nothing_can_be_kept_and_counts_once_under_its_key_after(
    open_desk: Desk, broken: Break
) -> None:
    desk = open_desk
    records = desk.resources.records
    with broken(records, ledger_of(desk.resources)):
        if broken is full:
            take_what_is_left(desk)
        before = 0 if broken is gone else desk.count()
        for answer in asked(desk, "k") + asked(desk, "k"):
            check_problem(answer)
        reads = [desk.get("officer", path) for path in READS]

    for answer in reads:
        if broken is gone:
            check_problem(answer)
        else:
            assert answer.status_code == 200, answer.text
    assert desk.count() == before or broken is gone
    check_counted_once(desk)


def check_counted_once(desk: Desk) -> None:
    """Send all orders again, twice; raise where one of them came to something else than once."""
    first, again = asked(desk, "k"), asked(desk, "k")
    assert [each.status_code for each in first] == [201, 200, 201], [each.text for each in first]
    assert [each.text for each in first] == [each.text for each in again]
    assert ["Idempotent-Replay" in each.headers for each in again] == [True] * len(ORDERS)
    for each in ORDERS:
        assert done_under(desk, f"k-{each.operation}") == [each.operation]
    assert verify(desk.resources.records).ok


@pytest.fixture
def served_desk(
    quick: None, settings: Settings, bearer: Bearer, empty_postgres_url: str
) -> Iterator[Desk]:
    """Return a desk of a service whose records are kept by a server."""
    there = settings.model_copy(update={"records_url": empty_postgres_url})
    app = create_app(there, now=lambda: NOW, computer=Here)
    with TestClient(app, raise_server_exceptions=False) as client:
        desk = Desk(client, bearer)
        set_up(desk.resources)
        for who, role in (("officer", "officer"), ("CORE1", "core"), ("CORE2", "core")):
            firm, key = None if who == role else who, there.signing_key()
            records = desk.resources.records
            token = issue(records, key, role=role, firm=firm, days=1, now=NOW)  # type: ignore[arg-type]  # a role
            desk.use(who, token)
        yield desk


@pytest.mark.postgres
def test_connections_that_a_server_cuts_cost_no_order_and_double_none(served_desk: Desk) -> None:
    desk = served_desk
    for number in range(CUTS):
        engine = desk.resources.records.engine
        with engine.connect() as connection, contextlib.suppress(sa.exc.DBAPIError):
            connection.execute(CUT)
        for answer in asked(desk, "k" if number == 0 else f"k{number}")[:1]:
            if answer.status_code != 201:
                check_problem(answer)
        for answer in [desk.get("officer", path) for path in READS]:
            if answer.status_code != 200:
                check_problem(answer)

    check_counted_once(desk)


@pytest.mark.postgres
def test_a_server_that_is_gone_is_503_for_all_and_all_goes_on_after(served_desk: Desk) -> None:
    desk = served_desk
    with gone(desk.resources.records, ledger_of(desk.resources)):
        for answer in asked(desk, "k") + [desk.get("officer", path) for path in READS]:
            check_problem(answer)

    check_counted_once(desk)
