"""The tables of a records database, made by its migrations once a process, then copied."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from app.platform.records import Records, migrate
from app.platform.records.opening import revision_of

really_upgrade = migrate.upgrade


@contextlib.contextmanager
def migrated_once(kept: Path) -> Iterator[None]:
    """
    Give databases that have nothing in them what the migrations made of the first; SQLite alone.

    Args:
        kept: Where what they made is kept; there is nothing yet.
    """
    one_at_a_time = threading.Lock()

    def upgraded(records: Records) -> None:
        """Bring the tables up to the newest revision."""
        with one_at_a_time:
            if records.backend != "sqlite" or not _is_empty(records):
                really_upgrade(records)
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


def _copy(records: Records, copied: Callable[[sqlite3.Connection], None]) -> None:
    with contextlib.closing(records.engine.raw_connection()) as connection:
        copied(cast("sqlite3.Connection", connection.driver_connection))


def _between(kept: Path, ours: sqlite3.Connection, *, back: bool) -> None:
    with contextlib.closing(sqlite3.connect(kept)) as theirs:
        source, goal = (theirs, ours) if back else (ours, theirs)
        source.backup(goal)
