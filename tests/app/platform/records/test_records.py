"""The records database: made by its migrations, the same as its tables, on each backend."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.chain.chains.tables import cores
from app.data.runs.repository import RunRow, newest_run, record_run, run_named
from app.data.runs.tables import facilities
from app.platform.errors import Unready
from app.platform.records import Records, open_records
from app.platform.records.migrate import configuration, newest
from app.platform.records.opening import newest_revision, revision_of
from app.tables import metadata

ROOT = Path(__file__).parents[4]
NOON = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    return f"sqlite:///{tmp_path / 'new' / 'records.db'}"


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    with open_records(url) as records:
        yield records


def test_the_migrations_make_what_the_tables_say(records: Records) -> None:
    with records.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_tables_of_every_domain_are_wired() -> None:
    wired = (ROOT / "app/tables.py").read_text(encoding="utf-8")
    found = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "app").glob("*/*/tables.py"))
        if "sa.Table(" in path.read_text(encoding="utf-8")
    ]

    assert len(found) > 5
    assert [domain for domain in found if f"from {domain} import" not in wired] == []


def test_the_newest_revision_is_the_last_file_by_name(records: Records) -> None:
    with records.reading() as connection:
        assert revision_of(connection) == newest_revision() == newest(configuration())


def test_opening_again_changes_nothing(records: Records, url: str) -> None:
    with open_records(url) as again, again.reading() as connection:
        assert connection.execute(sa.select(cores)).all() == []


def test_a_moment_comes_back_as_it_went_in(records: Records) -> None:
    shanghai = NOON.astimezone(dt.timezone(dt.timedelta(hours=8)))
    with records.writing() as connection:
        connection.execute(cores.insert().values(firm="a", chosen=True, by="me", at=shanghai))
    with records.reading() as connection:
        row = connection.execute(sa.select(cores)).one()

    assert row.at == NOON
    assert row.at.tzinfo is dt.UTC


def test_a_moment_without_a_zone_is_refused(records: Records) -> None:
    naive = NOON.replace(tzinfo=None)
    with (
        pytest.raises(sa.exc.StatementError, match="time zone"),
        records.writing() as connection,
    ):
        connection.execute(cores.insert().values(firm="a", chosen=True, by="me", at=naive))


def test_what_fails_half_way_leaves_nothing(records: Records) -> None:
    def write_twice() -> None:
        row = {"firm": "a", "chosen": True, "by": "me", "at": NOON}
        with records.writing() as connection:
            connection.execute(cores.insert().values(row))
            connection.execute(cores.insert().values(row))

    with pytest.raises(sa.exc.IntegrityError):
        write_twice()
    with records.reading() as connection:
        assert connection.execute(sa.select(cores)).all() == []


def test_a_facility_needs_its_run(records: Records) -> None:
    row = {"run": "none", "core": "c", "absent": "no statement of the core"}
    with pytest.raises(sa.exc.IntegrityError), records.writing() as connection:
        connection.execute(facilities.insert().values(row))


def test_a_database_of_a_newer_release_is_refused(records: Records, url: str) -> None:
    with records.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(Unready, match="newer release"):
        open_records(url)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "records.db").mkdir()

    with pytest.raises(Unready, match="records database"):
        open_records(f"sqlite:///{tmp_path / 'records.db'}")


def test_a_server_that_is_gone_is_unready_and_keeps_its_password() -> None:
    with pytest.raises(Unready) as refused:
        open_records("postgresql+psycopg://bank:hidden@127.0.0.1:1/records")

    assert "hidden" not in str(refused.value)


def test_many_processes_may_open_an_empty_database_at_once(url: str) -> None:
    def opened(_: int) -> int:
        with open_records(url) as records, records.reading() as connection:
            return len(connection.execute(sa.select(cores)).all())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(opened, range(8))) == [0] * 8


def test_writers_wait_for_each_other_and_lose_nothing(records: Records) -> None:
    def write(number: int) -> None:
        with records.writing() as connection:
            seen = len(connection.execute(sa.select(cores)).all())
            row = {"firm": f"{number}-{seen}", "chosen": True, "by": "x", "at": NOON}
            connection.execute(cores.insert().values(row))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(20)))
    with records.reading() as connection:
        assert len(connection.execute(sa.select(cores)).all()) == 20


def row(run: str, version: int, minute: int) -> RunRow:
    return RunRow(
        run=run,
        version=version,
        as_of=NOON.date(),
        policy="standard",
        code="test",
        parameters={"cores": ["c"]},
        folder=run,
        cores=1,
        firms=2,
        seconds=0.5,
        finished_at=NOON + dt.timedelta(minutes=minute),
    )


def test_the_run_that_was_refreshed_last_is_the_one_read(records: Records) -> None:
    granted = [{"core": "c", "limit_fen": 5, "absent": None}]
    record_run(records, row("first", 1, 0), granted)
    record_run(records, row("second", 1, 1), [])
    assert newest_run(records) == row("second", 1, 1)

    record_run(records, row("first", 1, 2), granted)

    found = newest_run(records, 1)
    assert found is not None
    assert (found.run, found.finished_at) == ("first", NOON + dt.timedelta(minutes=2))
    assert run_named(records, "second") == row("second", 1, 1)
    assert run_named(records, "third") is None
    assert newest_run(records, 2) is None
    with records.reading() as connection:
        assert len(connection.execute(sa.select(facilities)).all()) == 1
