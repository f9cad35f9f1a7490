"""Queries: one SELECT, every digit, one snapshot, nothing written, nothing told of the address."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingestion.errors import ImportRefused
from ingestion.sets import Inputs, Query, Wrong
from ingestion.sets.cells import NoCell, cell_of
from ingestion.sets.statements import checked
from tests.ingestion.sets.reading import columns, frame

VARIABLE = "DEEPTIER_SOURCE_ERP_URL"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(tmp_path / "erp.db", isolation_level=None) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("CREATE TABLE t (id INTEGER, name TEXT, amount REAL, at TEXT)")
        base.execute("INSERT INTO t VALUES (9, ' a ', 0.1, '2026-01-01'), (10, '', 1e16, NULL)")
        yield base
    base.close()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {VARIABLE: f"sqlite:///{tmp_path}/erp.db"}


def asked(query: str, **more: str) -> Query:
    return Query("rows", query, VARIABLE, **more)


@pytest.mark.usefixtures("base")
def test_rows_are_text_without_loss(environ: dict[str, str]) -> None:
    assert columns(asked("SELECT * FROM t ORDER BY id"), environ=environ) == {
        "id": ["9", "10"], "name": ["a", None], "amount": ["0.1", "10000000000000000"],
        "at": ["2026-01-01", None],
    }  # fmt: skip


@pytest.mark.usefixtures("base")
def test_what_is_new_is_asked_for_and_its_largest_value_told(environ: dict[str, str]) -> None:
    query = asked("SELECT id FROM t WHERE id + 0 > :since", since="id", since_first="8")

    with Inputs([], environ) as inputs:
        (first,) = inputs.read(query)
    with Inputs([], environ, since={"rows": str(first.latest)}) as inputs:
        (second,) = inputs.read(query)
    with Inputs([], environ, since={"rows": "9"}) as inputs:
        (third,) = inputs.read(query)

    assert (first.rows, first.latest) == (2, "10")
    assert (second.rows, second.latest) == (0, None)
    assert third.frame["id"].to_list() == ["10"]


def test_all_queries_see_one_snapshot(base: sqlite3.Connection, environ: dict[str, str]) -> None:
    with Inputs([], environ) as inputs:
        before = [each.rows for each in inputs.read(asked("SELECT id FROM t"))]
        base.execute("INSERT INTO t (id) VALUES (11)")
        after = [each.rows for each in inputs.read(asked("SELECT name FROM t"))]

    assert before == after == [2]


def test_batches_are_bounded(
    base: sqlite3.Connection, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.sets.databases.BATCH_ROWS", 10)
    base.executemany("INSERT INTO t (id) VALUES (?)", [(at,) for at in range(23)])

    found = frame(asked("SELECT id FROM t"), environ=environ)

    assert found["_line"].to_list() == list(range(1, 26))


REFUSED = {
    "SELECT * FROM absent": "no such table: absent",
    "SELECT absent FROM t": "no such column: absent",
    "SELECT FROM": 'near "FROM": syntax error',
    "SELECT x'00ff' AS a": "column a: bytes is no plain value",
    "SELECT 1 AS a, 2 AS a": "give column 'a' a name of its own",
    "SELECT 1 AS _line": "give column '_line' a name of its own",
    "SELECT abs(-9223372036854775807 - 1) AS a": r"refuses it \(SQLITE",
    "SELECT load_extension('x') AS a": r"refuses it \(SQLITE",
}


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("query", REFUSED)
def test_a_query_that_fails_is_refused_without_address_or_value(
    query: str, environ: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused, match=f"^query rows: .*{REFUSED[query]}") as told:
        columns(asked(query), environ=environ)

    assert told.value.__cause__ is None
    assert str(tmp_path) not in str(told.value)


def test_a_session_cannot_write(base: sqlite3.Connection, environ: dict[str, str]) -> None:
    with Inputs([], environ) as inputs:
        list(inputs.read(asked("SELECT id FROM t")))
        (connection,) = inputs.databases.connections.values()
        for query in ("DELETE FROM t", "CREATE TABLE u (a)"):
            with pytest.raises(sa.exc.OperationalError, match="readonly"):
                connection.exec_driver_sql(query)


@pytest.mark.parametrize(
    "told",
    [
        "", "no address, with s3cret", "mysql://u:s3cret@host/db", "sqlite://", "sqlite:///:memory:",
        "sqlite:////nowhere/s3cret.db", "postgresql://u:s3cret@127.0.0.1:1/db",
        "postgresql://u:s3cret@[bad/db", "file:///etc/s3cret",
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_not_shown(told: str) -> None:
    with pytest.raises(ImportRefused, match=VARIABLE) as refused:
        columns(asked("SELECT 1 AS a"), environ={VARIABLE: told})

    assert "s3cret" not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_an_address_comes_from_a_variable_of_sources_only() -> None:
    with pytest.raises(Wrong, match="DEEPTIER_SOURCE_"):
        columns(Query("q", "SELECT 1 AS a", "DEEPTIER_SECRET"), environ={"DEEPTIER_SECRET": "x"})


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("DELETE FROM t", "one SELECT"), ("", "one SELECT"), ("PRAGMA x", "one SELECT"),
        ("SELECT 1; DROP TABLE t", "nothing may follow"), ("SELECT 1;;", "nothing may follow"),
        ("WITH a AS (SELECT 1) DELETE FROM t", "DELETE"), ("SELECT 1 INTO t", "INTO"),
        ("SELECT * FROM t FOR UPDATE", "UPDATE"), ("SELECT :now", ":now is not known"),
        ("SELECT 'a", "never closed"), ("SELECT $$a$$", "never closed"),
        ("/* SELECT */ VALUES (1)", "one SELECT"), (f"SELECT {'1,' * 20_000}", "characters"),
        ("SELECT 1 /* ; */; -- ;\nDROP TABLE t", "nothing may follow"),
    ],
)  # fmt: skip
def test_anything_but_one_select_is_refused(query: str, why: str) -> None:
    with pytest.raises(Wrong, match=why):
        checked(query)


@pytest.mark.usefixtures("base")
def test_texts_and_remarks_in_a_query_are_no_statements(environ: dict[str, str]) -> None:
    query = "SELECT 'it''s; :since DELETE' AS a, \"name\" AS [b c] FROM t -- ; DROP\n WHERE id = 9;"

    assert columns(asked(query), environ=environ) == {"a": ["it's; :since DELETE"], "b c": ["a"]}


def test_values_have_the_text_of_a_file() -> None:
    noon = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)
    values = (Decimal("1.50"), 4999.995, False, noon, noon.date(), float("inf"), 10**20, None)

    assert [cell_of(each) for each in values] == [
        "1.50", "4999.995", "false", "2026-01-02 12:00:00+00:00", "2026-01-02", "#NUM!",
        "100000000000000000000", None,
    ]  # fmt: skip
    for odd in (b"x", [1], "a\0b"):
        with pytest.raises(NoCell):
            cell_of(odd)


@pytest.mark.postgres
def test_postgresql_is_read_in_one_snapshot_that_cannot_write(empty_postgres_url: str) -> None:
    engine = sa.create_engine(empty_postgres_url)
    with engine.begin() as writing:
        writing.execute(sa.text("CREATE TABLE t (id integer, amount numeric(20, 4), at date)"))
        writing.execute(sa.text("CREATE SEQUENCE s"))
        writing.execute(sa.text("INSERT INTO t VALUES (1, 2.50, '2026-01-02'), (2, NULL, NULL)"))
    environ = {VARIABLE: empty_postgres_url}
    with Inputs([], environ) as inputs:
        query = asked("SELECT * FROM t WHERE at > :since", since="at", since_first="2026-01-01")
        (first,) = inputs.read(query)
        with engine.begin() as writing:
            writing.execute(sa.text("INSERT INTO t VALUES (3, 1, '2026-01-03')"))
        rows = [each.rows for each in inputs.read(asked("SELECT id FROM t WHERE id::text > '0'"))]
        with pytest.raises(ImportRefused, match=r'\(42P01\): relation "nothing" does not exist'):
            list(inputs.read(asked("SELECT * FROM nothing")))
    with Inputs([], environ) as inputs, pytest.raises(ImportRefused, match=r"refuses it \(25006\)"):
        list(inputs.read(asked("SELECT nextval('s') FROM (SELECT 1) AS x")))
    engine.dispose()

    assert first.frame.drop("_line", "_at").rows() == [("1", "2.5000", "2026-01-02")]
    assert (first.latest, rows) == ("2026-01-02", [2])
