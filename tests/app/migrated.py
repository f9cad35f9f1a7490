"""
The tables of a records database, made by its migrations once a process.

The next that is opened empty gets a copy (SQLite), or is told in one text what the migrations told
the first (PostgreSQL), which is what a tenth of the tests of both databases cost.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from app.platform.records import Records, migrate
from app.platform.records.opening import revision_of

really_upgrade = migrate.upgrade
Statement = tuple[str, Any]  # And the values beside its text.


@contextlib.contextmanager
def migrated_once(kept: Path) -> Iterator[None]:
    """
    Give databases that have nothing in them what the migrations made of the first of their kind.

    Args:
        kept: Where what they made is kept; there is nothing yet.
    """
    one_at_a_time = threading.Lock()
    told: list[Statement] = []

    def upgraded(records: Records) -> None:
        """Bring the tables up to the newest revision."""
        with one_at_a_time:
            if not _is_empty(records):
                really_upgrade(records)
            elif records.backend != "sqlite":
                _tell_again(records, told)
            elif kept.exists():
                _copy(records, lambda ours: _between(kept, ours, back=True))
            else:
                really_upgrade(records)
                _copy(records, lambda ours: _between(kept, ours, back=False))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "upgrade", upgraded)
        yield


def _is_empty(records: Records) -> bool:
    with records.reading() as connection:
        return revision_of(connection) is None


def _tell_again(records: Records, told: list[Statement]) -> None:
    """Tell an empty database what the migrations told the first, which is heard and kept."""
    if not told:
        with _heard(records.engine) as heard:
            really_upgrade(records)
        told.extend(heard)
        return
    with records.rebuilding() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": migrate.LOCK})
        if revision_of(connection) is None:  # No other process was quicker.
            for plain, some in groupby(told, key=lambda each: not each[1]):
                if plain:
                    connection.exec_driver_sql(";\n".join(text for text, _ in some))
                else:
                    for text, given in some:
                        connection.exec_driver_sql(text, given)


@contextlib.contextmanager
def _heard(engine: sa.Engine) -> Iterator[list[Statement]]:
    """Yield what is told a database meanwhile, but for questions."""
    heard: list[Statement] = []

    def hear(_connection: object, _cursor: object, text: str, given: object, *_: object) -> None:
        """Keep a statement."""
        if not text.lstrip().upper().startswith("SELECT"):
            heard.append((text.rstrip().removesuffix(";"), given))

    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)


def _copy(records: Records, copied: Callable[[sqlite3.Connection], None]) -> None:
    with contextlib.closing(records.engine.raw_connection()) as connection:
        copied(cast("sqlite3.Connection", connection.driver_connection))


def _between(kept: Path, ours: sqlite3.Connection, *, back: bool) -> None:
    with contextlib.closing(sqlite3.connect(kept)) as theirs:
        source, goal = (theirs, ours) if back else (ours, theirs)
        source.backup(goal)
