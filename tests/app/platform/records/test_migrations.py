"""Migrations with rows in every table: up from the schema of a release, and down again."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from alembic import command
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import make_url

from app.platform.events.chain import GENESIS
from app.platform.records import Records, open_records
from app.platform.records.migrate import configuration
from app.platform.records.opening import newest_revision, revision_of
from app.tables import metadata

ROWS = Path(__file__).parent / "rows-0004.yml"
RELEASED = "0004"
NOW = dt.datetime(2026, 7, 1)  # noqa: DTZ001  # as the column holds it
GONE = {"scenarios", "audit"}
ADDED = {
    *("views", "pushes", "events", "head", "accounts", "uses", "keys", "closings"),
    "approvals",
}
ADDED |= {"applications", "book_receivables", "book_vouchers", "document_numbers", "groupings"}
ADDED |= {"firm_accounts", "loan_documents", "loans", "loan_acts"}
ADDED |= {"decisions", "requests", "application_claims", "papers", "paper_sums"}
ADDED |= {"contracts", "notices", "registrations", "signing_keys"}
ADDED |= {"mail_addresses", "mail_marks", "mails"}
COLUMNS_ADDED: Mapping[str, Mapping[str, Any]] = {  # With what rows of the release hold there.
    "imports": {"given": "files"},
    "users": {"unit": "head"},
    "tokens": {"unit": "head", "person": None},
}
MAIL_ROWS: Mapping[str, Mapping[str, Any]] = {
    "mail_addresses": {"address": "lin@bank.example", "language": "zh", "changed_at": NOW},
    "mails": {
        "mail": "0" * 32,
        "notice": "7:MILL",
        "made_at": "2026-07-01T00:00:00.000000Z",
        "state": "waiting",
        "tries": 0,
        "due_at": NOW,
    },
}
Rows = Mapping[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    return f"sqlite:///{tmp_path / 'records.db'}"


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    with open_records(url) as records:
        yield records


def moved(records: Records, revision: str, *, up: bool = True) -> None:
    """Bring the tables to a revision."""
    config = configuration()
    with records.rebuilding() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)


def tables_of(connection: sa.Connection) -> dict[str, sa.Table]:
    """Return the tables that there are, parents first."""
    found = sa.MetaData()
    found.reflect(connection)
    return {each.name: each for each in found.sorted_tables if each.name != "alembic_version"}


def rows_in(records: Records) -> Rows:
    with records.reading() as connection:
        return {
            name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for name, table in tables_of(connection).items()
        }


def renumbered(rows: Rows) -> list[dict[str, Any]]:
    """Return the rows of the audit numbered from 1, as the chain of events numbers them."""
    return [{**row, "entry": at} for at, row in enumerate(rows["audit"], start=1)]


def kept(rows: Rows, like: Rows) -> Rows:
    """Return rows with those tables and columns only that others have as well."""
    return {
        name: [{key: value for key, value in row.items() if key in like[name][0]} for row in found]
        for name, found in rows.items()
        if like.get(name)
    }


@pytest.fixture
def released(records: Records) -> Rows:
    """The rows of a database that has the schema of the release, one at least in each table."""
    moved(records, "base", up=False)
    moved(records, RELEASED)
    given = yaml.safe_load(ROWS.read_text(encoding="utf-8"))
    with records.writing() as connection:
        for name, table in tables_of(connection).items():
            assert set(given[name][0]) == {column.name for column in table.columns}, name
            connection.execute(table.insert(), given[name])
    return rows_in(records)


def test_rows_of_the_release_are_there_after_the_upgrade(
    records: Records, released: Rows, url: str
) -> None:
    with open_records(url) as opened:
        found = rows_in(opened)

    assert set(found) == (set(released) - GONE) | ADDED == set(metadata.tables)
    assert kept(found, released) == {name: released[name] for name in set(found) - ADDED}


def test_the_way_back_to_the_release_and_up_again_loses_no_row(
    records: Records, released: Rows
) -> None:
    moved(records, "head")
    moved(records, RELEASED, up=False)
    assert rows_in(records) == {**released, "scenarios": [], "audit": renumbered(released)}

    moved(records, "head")
    found = dict(rows_in(records))
    (event,) = found.pop("events")
    (head,) = found.pop("head")
    assert (head["number"], head["hash"], head["day"]) == (1, event["hash"], "")
    assert (event["actor"], event["previous"]) == ("lin", GENESIS)
    assert json.loads(event["detail"])["target"] == "CORE1"
    assert found == {
        **{
            name: [{**row, **COLUMNS_ADDED.get(name, {})} for row in rows]
            for name, rows in released.items()
            if name not in GONE
        },
        **{name: [] for name in ADDED - {"events", "head"}},
    }


def test_saved_views_and_mail_go_with_their_tables_and_with_their_user(
    records: Records, released: Rows
) -> None:
    moved(records, "head")
    user = released["users"][0]["user"]
    row = {"user": user, "list": "cores", "name": "tight", "path": "/cores", "query": "band=tight"}
    for again in (False, True):
        with records.writing() as connection:
            table = tables_of(connection)["views"]
            connection.execute(table.insert(), [{**row, "created_at": NOW}])
            for name, more in MAIL_ROWS.items():
                connection.execute(tables_of(connection)[name].insert(), [{"user": user, **more}])
        assert [each["query"] for each in rows_in(records)["views"]] == ["band=tight"]
        if not again:
            moved(records, "0005", up=False)
            assert "views" not in rows_in(records)
            moved(records, "head")
            assert rows_in(records)["views"] == []
    with records.writing() as connection:
        connection.execute(sa.text('DELETE FROM "users"'))

    found = rows_in(records)
    assert found["views"] == found["mails"] == found["mail_addresses"] == []


def test_every_step_goes_down_and_up_with_rows_in_the_tables(
    records: Records, released: Rows
) -> None:
    for revision in ("0003", "0002", "0001"):
        moved(records, revision, up=False)
        with records.reading() as connection:
            assert revision_of(connection) == revision
        found = rows_in(records)
        assert {name: len(rows) for name, rows in found.items()} == {
            name: len(rows) for name, rows in released.items()
        }
        assert kept(found, released) == kept(released, found)
    moved(records, "head")

    with records.reading() as connection:
        assert revision_of(connection) == newest_revision()
    assert kept(rows_in(records), found) == {
        name: rows for name, rows in found.items() if name not in GONE
    }


def test_nothing_is_left_below_the_first_step(records: Records, released: Rows) -> None:
    moved(records, "base", up=False)

    assert rows_in(records) == {}


@pytest.mark.parametrize("table", ["users", "runs"])
def test_a_table_that_is_made_anew_keeps_the_rows_that_go_with_its_own(
    records: Records, released: Rows, table: str
) -> None:
    moved(records, "head")
    before = rows_in(records)
    with records.rebuilding() as connection:
        operations = Operations(MigrationContext.configure(connection))
        recreate = (
            "always"
            if make_url(str(connection.engine.url)).get_backend_name() == "sqlite"
            else "auto"
        )
        with operations.batch_alter_table(table, recreate=recreate) as altered:
            altered.add_column(sa.Column("more", sa.Integer(), nullable=True))

    assert kept(rows_in(records), before) == kept(before, before)


def test_rows_go_with_their_own_again_after_a_migration(records: Records, released: Rows) -> None:
    moved(records, "head")
    with records.writing() as connection:
        connection.execute(sa.text('DELETE FROM "users"'))

    found = rows_in(records)
    assert found["sessions"] == found["users"] == []
