"""The book proves itself: whatever is changed in any column of any of its tables is found."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Element,
    Identity,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
)
from app.books.ledger.proof import verify
from app.books.ledger.proof.ranges import EventRange, follow, stitched_ranges
from app.books.ledger.proof.verifying import NO_HEAD, ToldHead
from app.books.ledger.tables import accounts, keys, uses
from app.platform.audit.repository import AuditRecord, write
from app.platform.events import Head, append
from app.platform.events.chain import EventDraft
from app.platform.events.tables import DAY_CLOSED, events, head
from app.platform.records import Records
from tests.app.books.ledger.conftest import NOW, Clock

ODD = ('F"1', "F,2", "F\\3", "F],[4", "企业", "F\n6", "'; --", "x" * 3000, "", "ü\U0001f4b0")
BOOK = (accounts, events, head, uses)


@pytest.fixture
def book(ledger: AccountLedger, records: Records, clock: Clock) -> Records:
    """Return a book in which everything has happened once, on accounts with odd names."""
    firms = [f"firm:{each}" for each in ODD]
    names = ["bank", "core:C", *firms]
    ledger.set_totals(
        [AccountTotal(each, Identity(each.partition(":")[0]), 10**9) for each in names],
        {"run": "r"},
    )
    for at, firm in enumerate(firms):
        path = (Element("bank"), Element(firm), Element("core:C", 1, 2))
        ends = NOW + dt.timedelta(minutes=1 + at)
        ledger.reserve(UseOrder(f"U{at}", ODD[at], "P", path, 1001 + at, "C", expires_at=ends))
    write(records, AuditRecord("ann", "admin", "GET /x", "", "done", "t"), at=NOW)
    ledger.post("U0", 700)
    ledger.release("U0", 101)
    ledger.void("U1")
    ledger.transfer("U2", {firms[2]: firms[3]})
    ledger.freeze("bank", 5, reason='a \\ "word"\n and 字')
    ledger.unfreeze("bank", 5, reason="")
    ledger.freeze(firms[4], None, reason="all")
    ledger.ask(Plain(Reads(), _next_day))
    clock.moment += dt.timedelta(minutes=7)
    ledger.freeze("core:C", 1, reason="")
    return records


def _next_day(moving: Moving) -> Reply:
    before, after = moving.day_text, "2026-07-01"
    moving.record(DAY_CLOSED, f"day:{before}", detail={"before": before, "after": after})
    moving.day_text = after
    return Reply.of(200, {})


@contextlib.contextmanager
def unchecked(records: Records) -> Iterator[sa.Connection]:
    """Yield a connection by which anything may be written, as whoever has the file can."""
    with records.writing() as connection:
        if records.backend == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        yield connection
        if records.backend == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")


def drop_checks(records: Records) -> None:
    """Take away what PostgreSQL would refuse by itself."""
    if records.backend == "sqlite":
        return
    with records.writing() as connection:
        for table in BOOK:
            for check in sa.inspect(connection).get_check_constraints(table.name):
                name = check["name"]
                connection.exec_driver_sql(f'ALTER TABLE {table.name} DROP CONSTRAINT "{name}"')


def changed(value: Any) -> list[Any]:
    """Return values that a column might hold instead."""
    if isinstance(value, int):
        return [value + 1000]
    if value is None:
        return ["C"]
    return [f"{value}x", f"{value[:-1]}", value.swapcase()]


def middle(connection: sa.Connection, table: sa.Table) -> Mapping[str, Any]:
    """Return a row in the middle of a table."""
    (key, *_) = table.primary_key
    rows = connection.execute(sa.select(table).order_by(key)).mappings().all()
    return dict(rows[len(rows) // 2])


def at(table: sa.Table, row: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Return the condition that finds a row by its key."""
    return sa.and_(*(column == row[column.name] for column in table.primary_key))


def test_a_whole_book_holds_however_it_is_cut(book: Records) -> None:
    found = verify(book)

    assert found.difference is None
    assert (found.events, found.accounts, found.head.day) == (26, 12, "2026-07-01")
    with book.reading() as connection:
        rows = connection.execute(sa.select(events).order_by(events.c.number)).all()
        for cut in (1, 7, 14, 19):
            day = "2026-06-30"
            parts = [EventRange(NO_HEAD, cut), EventRange(Head(cut, rows[cut - 1].hash, day), 26)]
            whole = stitched_ranges([follow(connection, each, told=int) for each in parts])
            assert whole.difference is None
            assert whole.ends == found.head
            assert whole.accounts.height == found.accounts


def test_what_tables_there_are_is_asked_once(book: Records) -> None:
    asked = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        """Keep what asks the database what it is made of."""
        if "pg_catalog" in statement or "PRAGMA main.table" in statement:
            asked.append(statement)

    tables = len(sa.inspect(book.engine).get_table_names())
    sa.event.listen(book.engine, "before_cursor_execute", note)
    assert verify(book).ok
    sa.event.remove(book.engine, "before_cursor_execute", note)

    assert 0 < len(asked) <= (tables if book.backend == "sqlite" else 4)


def test_a_change_of_any_column_is_found(book: Records) -> None:
    drop_checks(book)
    missed = []
    for table in BOOK:
        with book.reading() as connection:
            row = middle(connection, table)
        for column in table.columns:
            for value in changed(row[column.name]):
                if value == row[column.name]:
                    continue
                tampered = {**row, column.name: value}
                with unchecked(book) as connection:
                    connection.execute(sa.update(table).where(at(table, row)).values(tampered))
                if verify(book).ok:
                    missed.append((table.name, column.name, value))
                with unchecked(book) as connection:
                    connection.execute(
                        sa.update(table).where(at(table, tampered)).values(dict(row))
                    )
    assert missed == []
    assert verify(book).ok


def test_rows_that_come_or_go_are_found(book: Records) -> None:
    drop_checks(book)
    for table in BOOK:
        with book.reading() as connection:
            row = middle(connection, table)
        with unchecked(book) as connection:
            connection.execute(sa.delete(table).where(at(table, row)))
        assert not verify(book).ok, table.name
        with unchecked(book) as connection:
            connection.execute(table.insert(), dict(row))
        assert verify(book).ok, table.name
        (key, *_) = table.primary_key
        for other in (-1, 0, 10**6) if isinstance(row[key.name], int) else ("", "zzz"):
            if table is head:
                continue
            more = {**row, key.name: other}
            with unchecked(book) as connection:
                connection.execute(table.insert(), more)
            assert not verify(book).ok, (table.name, other)
            with unchecked(book) as connection:
                connection.execute(sa.delete(table).where(at(table, more)))
    assert verify(book).ok


def test_events_that_change_places_are_found_at_the_first(book: Records) -> None:
    with book.writing() as connection:
        for number, other in ((9, -9), (10, 9), (-9, 10)):
            move = sa.update(events).where(events.c.number == number).values(number=other)
            connection.execute(move)

    found = verify(book).document()

    assert found["ok"] is False
    assert found["first_difference"]["event"] == 9


def test_a_tail_that_was_cut_is_found_by_a_head_that_was_told(book: Records) -> None:
    stood = verify(book).head
    told = [ToldHead(stood.number, stood.hash)]
    assert verify(book, told).ok
    with book.writing() as connection:
        rows = connection.execute(sa.select(events).order_by(events.c.number.desc())).all()
        connection.execute(sa.delete(events).where(events.c.number == rows[0].number))
        end = {"number": rows[1].number, "hash": rows[1].hash, "day": rows[1].day}
        connection.execute(sa.update(head).values(end))
        connection.execute(
            sa.update(accounts).where(accounts.c.account == "core:C").values(_before(rows[0].path))
        )
    assert verify(book).ok  # Nothing inside tells of it.

    found = verify(book, told).difference

    assert found is not None
    assert (found.event, found.field) == (stood.number, "number")
    assert not verify(book, [ToldHead(3, "0" * 64)]).ok


def _before(path: str) -> dict[str, int]:
    values = [int(each) for each in path[2:-2].split(",")[1:11]]
    names = ("event", *accounts.columns.keys()[5:-1])
    return dict(zip(names, values, strict=True))


def test_an_event_that_was_put_in_and_chained_anew_leaves_what_stands_behind(
    book: Records,
) -> None:
    """Whoever writes the chain anew from a forged event on must forge all that follows from it."""
    path = '[["bank",12,1000000000,0,600,0,0,1000000000,0,0,1,1000000000,0,0,0,0,1000000000,0,0,1]]'
    with book.writing() as connection:
        draft = EventDraft("2026-07-01T09:00:00.000000Z", "", "eve", "", "release", "use:U0", path)
        append(connection, [draft])
    assert not verify(book).ok


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("[[1]]", "path"),
        ("{}", "path"),
        ('[["bank",1.5]]', "path"),
        ('[["bank"' + ",9223372036854775808" * 19 + "]]", "path"),
        ('[["x",0' + ",0" * 17 + ",-1]]", "x source"),
        ('[["x",0' + ",0" * 9 + ",0,0,1" + ",0" * 6 + "]]", "x used"),
        ('[["x",5' + ",0" * 18 + "]]", "x since"),
    ],
)
def test_an_event_that_says_what_cannot_be_is_named(
    records: Records, path: str, field: str
) -> None:
    with records.writing() as connection:
        append(connection, [EventDraft(NOW.isoformat(), "", "eve", "", "other", "x", path)])

    found = verify(records).difference

    assert found is not None
    assert (found.event, found.field) == (1, field)


def test_an_operation_moves_its_own_figures_alone(ledger: AccountLedger, records: Records) -> None:
    ledger.set_totals([AccountTotal("bank", Identity("bank"), 100)], {"run": "r"})
    standing = "100,0,0,0,0,100,0,0,1"
    with records.writing() as connection:
        path = f'[["bank",1,{standing},100,0,0,0,7,100,0,0,1]]'
        append(connection, [EventDraft(NOW.isoformat(), "", "eve", "", "reserve", "use:U", path)])

    found = verify(records).difference

    assert found is not None
    assert (found.event, found.field, found.expected) == (2, "bank frozen", "0: reserve leaves it")


def test_a_text_that_is_none_is_found(
    ledger: AccountLedger, records: Records, request: pytest.FixtureRequest
) -> None:
    if records.backend != "sqlite":
        pytest.skip("PostgreSQL keeps texts alone")
    ledger.set_totals([AccountTotal("bank", Identity("bank"), 100)], {"run": "r"})
    for table, column in (
        (events, "actor"),
        (events, "detail"),
        (accounts, "layer"),
        (accounts, "account"),
        (head, "hash"),
    ):
        for value in ("X'ff'", "CAST(X'ff' AS TEXT)", "CAST(X'00' AS TEXT)"):
            with records.writing() as connection:
                was = connection.scalar(sa.select(table.c[column]))
                change = sa.update(table).values({column: sa.literal_column(value)})
                connection.execute(change)
            assert not verify(records).ok, (column, value)
            with records.writing() as connection:
                connection.execute(sa.update(table).values({column: was}))
    assert verify(records).ok


def test_an_empty_book_holds_and_the_first_answers_are_no_part_of_it(
    records: Records, ledger: AccountLedger
) -> None:
    with records.writing() as connection:
        connection.execute(sa.update(head).values(day=""))
    empty = verify(records)
    assert (empty.ok, empty.events, empty.accounts) == (True, 0, 0)
    with records.writing() as connection:
        row = ("k", "p", "d", 200, "{}", "2026")
        connection.execute(keys.insert(), dict(zip(keys.columns.keys(), row, strict=True)))
    assert verify(records).ok


def test_a_long_book_is_followed_by_this_process_and_another_alike(
    book: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.books.ledger.proof.verifying.ALONE_MAX", 1)

    assert verify(book, processes=2) == verify(book)

    with book.writing() as connection:
        last = connection.scalar(sa.select(head.c.number))
        connection.execute(sa.update(events).where(events.c.number == last).values(actor="eve"))
    found = verify(book, processes=2).difference
    assert found is not None
    assert (found.event, found.field) == (last, "hash")
