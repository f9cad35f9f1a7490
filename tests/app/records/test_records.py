"""The records database: made by its migrations, the same as its tables, on each backend."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.errors import Unready
from app.records import Records, open_records
from app.records.tables import cores, facilities, metadata

NOON = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'new' / 'records.db'}") as records:
        yield records


def test_the_migrations_make_what_the_tables_say(records: Records) -> None:
    with records.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_again_changes_nothing(records: Records, tmp_path: Path) -> None:
    with open_records(str(records.engine.url)) as again, again.reading() as connection:
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


def test_a_database_of_a_newer_release_is_refused(records: Records) -> None:
    with records.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(Unready, match="newer release"):
        open_records(str(records.engine.url))


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "records.db").mkdir()

    with pytest.raises(Unready, match="records database"):
        open_records(f"sqlite:///{tmp_path / 'records.db'}")
