"""Records that are full, broken, locked or gone: a refusal that says so, and well again after."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.platform.errors import Unready
from app.platform.records import Records, engine, open_records, opening

LIMITS = "/api/v1/chains/CORE1/limits"
AUDIT = "/api/v1/audit"


@contextmanager
def full(records: Records) -> Iterator[None]:
    """Let what writes to the records fail, as on a disk without space or one that only reads."""

    def bound(connection: sa.Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.exec_driver_sql("PRAGMA query_only = ON")

    writers = records.writer, records._patient
    limited = records.engine.execution_options(write=True)
    sa.event.listen(limited, "begin", bound)
    records.writer = records._patient = limited
    try:
        yield
    finally:
        records.writer, records._patient = writers
        records.engine.dispose()


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the write lock of the records, as another process would."""
    with closing(sqlite3.connect(home / "records.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def records_of(client: TestClient) -> Records:
    found: Records = client.app.state.resources.records  # type: ignore[attr-defined]
    return found


def is_unready(answer: httpx.Response) -> bool:
    said = answer.json()
    known = (answer.status_code, said["code"], said["status"]) == (503, "unready", 503)
    return known and answer.headers["Retry-After"] == "5" and bool(answer.headers["X-Trace-Id"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda client, _: client.get("/api/v1/cores"),
        lambda client, headers: client.get(AUDIT, headers=headers("risk")),
        lambda client, _: client.post(
            "/api/v1/session", json={"name": "nobody", "password": "wrong"}
        ),
    ],
    ids=["not signed in", "not allowed", "a wrong password"],
)
def test_an_answer_whose_row_cannot_be_kept_gives_way_to_unready(
    client: TestClient, bearer: Any, ask: Callable[..., httpx.Response]
) -> None:
    kept: dict[tuple[str, ...], dict[str, str]] = {}

    def headers(*who: str) -> dict[str, str]:
        return kept.setdefault(who, bearer(*who))

    before = ask(client, headers)  # Makes the token, too.
    with full(records_of(client)):
        refused = ask(client, headers)
        alive = client.get("/healthz")

    assert before.status_code < 500
    assert is_unready(refused)
    assert alive.status_code == 200
    assert ask(client, headers).status_code == before.status_code


def test_reads_go_on_while_nothing_can_be_written(client: TestClient, bearer: Any) -> None:
    headers = bearer("risk")
    assert client.get(LIMITS, headers=headers).status_code == 200

    with full(records_of(client)):
        assert client.get(LIMITS, headers=headers).status_code == 200


def test_a_browser_is_told_on_a_page(client: TestClient) -> None:
    with full(records_of(client)):
        answer = client.post("/sign-out", headers={"Accept": "text/html"}, follow_redirects=False)

    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")


def test_a_write_waits_while_another_process_writes_and_then_succeeds(
    client: TestClient, home: Path
) -> None:
    _ = records_of(client)
    released = threading.Event()

    def hold() -> None:
        with locked(home):
            held.set()
            time.sleep(0.3)
            released.set()

    held = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(hold)
        held.wait()
        answer = client.get("/api/v1/cores")

    assert answer.status_code == 401
    assert released.is_set()


def test_a_write_that_waits_too_long_is_unready_and_others_do_not_wait_as_long(
    client: TestClient, bearer: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer("risk")
    assert client.get(LIMITS, headers=headers).status_code == 200
    monkeypatch.setattr(opening, "BUSY_MS", 300)
    monkeypatch.setattr(engine, "STUCK_SECONDS", 0.1)

    with locked(home), ThreadPoolExecutor(30) as threads:
        refused = [threads.submit(client.get, "/api/v1/cores") for _ in range(30)]
        read = client.get(LIMITS, headers=headers)
        answers = [each.result() for each in refused]

    assert read.status_code == 200
    assert all(is_unready(each) for each in answers)
    time.sleep(engine.CLOSED_SECONDS)
    assert client.get("/api/v1/cores").status_code == 401


def test_while_the_first_waits_in_vain_no_crowd_waits_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "STUCK_SECONDS", 0.0)
    waiting = engine.Waiting()
    turns = [waiting.turn() for _ in range(engine.WAITING_MAX)]
    for each in turns:
        each.__enter__()

    with pytest.raises(Unready, match="somebody else writes"), waiting.turn():
        pass
    for each in turns:
        each.__exit__(None, None, None)
    with waiting.turn():
        pass


def test_a_file_that_is_no_database_is_unready(tmp_path: Path) -> None:
    place = tmp_path / "records.db"
    place.write_bytes(b"no database at all" * 1000)

    with pytest.raises(Unready, match="not a database"):
        open_records(f"sqlite:///{place}")


def test_a_broken_page_is_unready_and_no_crash(client: TestClient, home: Path) -> None:
    records = records_of(client)
    client.get("/api/v1/cores")
    with records.writing() as connection:
        connection.exec_driver_sql("SELECT 1")
    records.engine.dispose()
    with closing(sqlite3.connect(home / "records.db")) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray((home / "records.db").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (home / "records.db").write_bytes(content)

    assert is_unready(client.get("/api/v1/cores"))
    assert client.get("/healthz").status_code == 200


def test_a_server_that_is_not_there_is_unready() -> None:
    with pytest.raises(Unready, match="cannot be used"):
        open_records("postgresql+psycopg://nobody@127.0.0.1:1/nothing")


@pytest.mark.postgres
def test_a_table_that_another_holds_on_postgres_is_unready(
    empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_records(empty_postgres_url) as records, records.writing() as other:
        other.exec_driver_sql("LOCK TABLE cores IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(opening, "BUSY_MS", 200)
        with (
            pytest.raises(Unready, match="lock timeout"),
            records.writing() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM cores")


@pytest.mark.postgres
def test_a_server_that_only_follows_another_is_unready(empty_postgres_url: str) -> None:
    with open_records(empty_postgres_url) as records:
        with pytest.raises(Unready, match="read-only"), records.writing() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY; DELETE FROM cores")
        with records.writing() as connection:
            connection.exec_driver_sql("DELETE FROM cores")
