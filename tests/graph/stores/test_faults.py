"""What happens when a process, a file or a server dies: the last version is served, whole."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from graph.errors import InvalidInput, NotFound, StageRefused, StoreError, StoreUnavailable
from graph.model import FirmId
from graph.stores import Store, open_store
from graph.stores.neo4j import Neo4jStore
from graph.testing.economy import DAY, NOW, firm, publish, receivable, trade, write
from graph.testing.waiting import WAIT_S, until

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def run_until_killed(url: str, folder: Path, *, statement: int, seconds: float) -> int:
    """Return the last version that the killed process saw published."""
    for sign in ("writing", "acknowledged"):
        (folder / sign).unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, str(HERE / "dying.py"), url, str(folder), str(statement)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if statement == 0:
        until((folder / "writing").exists)
        time.sleep(seconds)
        process.kill()
    assert process.wait(timeout=WAIT_S) == -signal.SIGKILL
    said = folder / "acknowledged"
    return int(said.read_text() or 0) if said.exists() else 0


def check_whole(store: Store, acknowledged: int) -> None:
    """Every version that is listed is whole, and none that was acknowledged is missing."""
    versions = store.versions()
    assert len(versions) in (acknowledged, acknowledged + 1)
    for version in versions:
        reader = store.reader(version.number)
        assert reader.columns("trades", ["amount_fen"])["amount_fen"].unique().to_pylist() == [
            version.number
        ]
        assert reader.columns("trades").num_rows == version.trades == 900
        assert reader.columns("firms").num_rows == version.firms == 300
        assert reader.firm(FirmId("F0007")).attributes["capital_fen"] == version.number


@pytest.mark.slow
@pytest.mark.parametrize("statement", [1, 2, 5, 9, 14, 20, 27, 33])
def test_a_kill_in_the_middle_of_a_publish_leaves_the_old_version(
    tmp_path: Path, statement: int
) -> None:
    url = f"sqlite:///{tmp_path}/graph.db"
    acknowledged = run_until_killed(url, tmp_path, statement=statement, seconds=0)

    assert acknowledged <= 1
    with open_store(url) as store:
        check_whole(store, acknowledged)
        before = len(store.versions())
        assert publish(store, firms=[firm("A")]).number == before + 1
        assert store.reader().firm(FirmId("A")).id == "A"


@pytest.mark.slow
def test_kills_at_any_moment_lose_nothing_that_was_published(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/graph.db"
    for seconds in (0.0, 0.05, 0.11, 0.23, 0.4, 0.7):
        acknowledged = run_until_killed(url, tmp_path, statement=0, seconds=seconds)
        with open_store(url) as store:
            check_whole(store, acknowledged or len(store.versions()))


def test_a_second_store_on_the_same_file_is_refused_a_stage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/graph.db"
    with open_store(url) as one, open_store(url) as other:
        stage = one.stage()
        with pytest.raises(StageRefused):
            other.stage()
        stage.publish(DAY, published_at=NOW)
        assert other.stage().number == 2


def test_closing_a_store_gives_its_stage_up(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/graph.db"
    with open_store(url) as one:
        write(one.stage(), firms=[firm("A")])
    with open_store(url) as other, pytest.raises(NotFound):
        other.reader()


def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "graph.db").write_text("no database at all, " * 100)

    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{tmp_path}/graph.db")


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable):
        open_store(f"sqlite:///{tmp_path}/file/graph.db")


@pytest.mark.parametrize(
    "url",
    [
        "graph.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://localhost/graph",
        "neo4j://",
        "neo5j://x",
        "://",
    ],
)
def test_an_address_of_no_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        open_store(url)


def test_a_database_of_another_format_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/graph.db"
    open_store(url).close()
    raw = sqlite3.connect(tmp_path / "graph.db")
    raw.execute("UPDATE graph_format SET number = 99")
    raw.commit()
    raw.close()

    with pytest.raises(StoreError, match="format 99"):
        open_store(url)


def test_a_database_from_before_a_column_was_known_gets_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/graph.db"
    with open_store(url) as store:
        publish(store, firms=[firm("A", expected_growth=0.5)])
    raw = sqlite3.connect(tmp_path / "graph.db")
    raw.execute("ALTER TABLE firms DROP COLUMN expected_growth")
    raw.execute("ALTER TABLE firms DROP COLUMN core")
    raw.close()
    with open_store(url) as store:
        assert store.reader().firm(FirmId("A")).attributes["expected_growth"] is None
        assert store.reader().firm(FirmId("A")).attributes["core"] is False
        publish(store, firms=[firm("B", expected_growth=0.5, core=True)])
        assert store.reader().firm(FirmId("B")).attributes["core"] is True


@pytest.mark.postgres
def test_a_postgres_database_from_before_a_column_was_known_gets_it(
    empty_postgres_url: str,
) -> None:
    firms, claim = [firm("A"), firm("B")], receivable("1", "A", "B", paid_fen=7)
    with open_store(empty_postgres_url) as store:
        publish(store, firms=firms, receivables=[claim])
    raw = sa.create_engine(empty_postgres_url, isolation_level="AUTOCOMMIT")
    with raw.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE receivables DROP COLUMN paid_fen")
    raw.dispose()
    with open_store(empty_postgres_url) as store:
        assert store.reader().columns("receivables")["paid_fen"].to_pylist() == [None]
        publish(store, receivables=[claim])
        assert store.reader().columns("receivables")["paid_fen"].to_pylist() == [7]


def test_a_full_disk_gives_the_stage_up_and_keeps_the_version(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/graph.db"
    with open_store(url) as store:
        publish(store, firms=[firm("A")])
        stage = store.stage()
        stage._connection.exec_driver_sql("PRAGMA max_page_count=1")  # type: ignore[attr-defined]
        with pytest.raises(StoreUnavailable, match="full"):
            write(stage, firms=[firm(f"F{i}", name="x" * 999) for i in range(999)])
        with pytest.raises(StageRefused):
            stage.publish(DAY, published_at=NOW)
        assert [f.id for f in store.reader().firms()] == ["A"]


@pytest.mark.postgres
def test_a_postgres_connection_that_dies_gives_the_stage_up(empty_postgres_url: str) -> None:
    others = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    breaker = sa.create_engine(empty_postgres_url, isolation_level="AUTOCOMMIT")
    with open_store(empty_postgres_url) as store:
        publish(store, firms=[firm("A")])
        stage = store.stage()
        write(stage, firms=[firm("B")])
        with breaker.connect() as connection:
            connection.execute(others)
        with pytest.raises(StoreUnavailable):
            write(stage, firms=[firm("C")])
        with pytest.raises(StageRefused):
            stage.publish(DAY, published_at=NOW)

        assert [f.id for f in store.reader().firms()] == ["A"]  # Connected again by itself.
        assert publish(store, firms=[firm("D")]).number == 2
        assert [f.id for f in store.reader().firms()] == ["A", "D"]
    breaker.dispose()


@pytest.mark.postgres
def test_one_stage_at_a_time_on_postgres(empty_postgres_url: str) -> None:
    with open_store(empty_postgres_url) as one, open_store(empty_postgres_url) as other:
        stage = one.stage()
        with pytest.raises(StageRefused):
            other.stage()
        stage.abandon()
        other.stage().abandon()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for url in (
        f"postgresql+psycopg://nobody@127.0.0.1:{port}/none",
        f"neo4j://neo4j:x@127.0.0.1:{port}/neo4j",
        f"bolt://neo4j:x@127.0.0.1:{port}",
    ):
        with pytest.raises(StoreUnavailable):
            open_store(url)


class Wire:
    """A relay in front of a server that can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            self._open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while said := source.recv(65536):
                sink.sendall(said)
        except OSError:
            return

    def cut(self) -> None:
        for end in (self._listener, *self._open):
            with contextlib.suppress(OSError):  # It may be closed already.
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def wire(empty_neo4j_url: str) -> Iterator[Wire]:
    wire = Wire(urlsplit(empty_neo4j_url).port or 7687)
    yield wire
    wire.cut()


@pytest.mark.neo4j
def test_a_neo4j_server_gone_in_the_middle_keeps_the_version(
    empty_neo4j_url: str, wire: Wire
) -> None:
    through = f"bolt://neo4j:password@127.0.0.1:{wire.port}/neo4j"
    with open_store(empty_neo4j_url) as store:
        publish(store, firms=[firm("A"), firm("B")], trades=[trade("A", "B", 1)])
        with Neo4jStore(through, retry_seconds=0.5) as far:
            stage = far.stage()
            write(stage, firms=[firm("A", name="new"), firm("C")], trades=[trade("A", "B", 2)])
            reader = far.reader()
            with pytest.raises(StageRefused):
                store.stage()
            wire.cut()
            with pytest.raises(StoreUnavailable):
                write(stage, trades=[trade("B", "C")])
            with pytest.raises(StoreUnavailable):
                reader.columns("trades")
            with pytest.raises(StageRefused):
                stage.publish(DAY, published_at=NOW)

        assert [f.name for f in store.reader().firms()] == ["企业A", "企业B"]
        second = publish(store, firms=[firm("D")])  # The lease died with its connection.
        assert (second.number, second.firms, second.trades) == (2, 3, 1)
        assert store.reader().columns("trades", ["amount_fen"])["amount_fen"].to_pylist() == [1]


@pytest.mark.neo4j
def test_a_neo4j_server_gone_before_the_flip_publishes_nothing(
    empty_neo4j_url: str, wire: Wire
) -> None:
    through = f"bolt://neo4j:password@127.0.0.1:{wire.port}/neo4j"
    with Neo4jStore(through, retry_seconds=0.5) as far:
        stage = far.stage()
        write(stage, firms=[firm("A")])
        wire.cut()
        with pytest.raises(StoreUnavailable):
            stage.publish(DAY, published_at=NOW)
    with open_store(empty_neo4j_url) as store:
        assert store.versions() == []
        assert publish(store).number == 1
        assert store.reader().firms() == []


@pytest.mark.neo4j
def test_a_stage_that_lost_its_lease_unawares_writes_nothing_more(empty_neo4j_url: str) -> None:
    with open_store(empty_neo4j_url) as one, open_store(empty_neo4j_url) as other:
        late = one.stage()
        write(late, firms=[firm("A")])
        late._lease.release()  # type: ignore[attr-defined]  # As a server does that ends it.
        with other.stage() as stage:
            write(stage, firms=[firm("B")])
            with pytest.raises(StageRefused):
                write(late, firms=[firm("C")])
            stage.publish(DAY, published_at=NOW)

        assert [f.id for f in one.reader().firms()] == ["B"]
