"""
What a process opens once and every domain uses: settings, stores, records, lake, networks.

Commands take it from `open_resources`, routes from `app.platform.deps.routes`. Stores open on first
use, and what a store is made of is loaded then, so that a command which needs one of them does not
wait for the others.
"""

import contextlib
import datetime as dt
import os
import secrets
import threading
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from cachetools import TTLCache

from app.platform.clock import Clock, utc_now
from app.platform.config import Settings
from app.platform.errors import Absent, Unready
from app.platform.process.kept import Answer, Kept, answer_bytes
from app.platform.process.stopping import Stopping
from ingestion.days import day_of

if TYPE_CHECKING:
    from app.platform.records import Records
    from graph.model import Version
    from graph.stores import Store
    from ingestion.descriptions.folders import SourceFolders
    from ingestion.lake import Lake

RECENT_MAX = 256
RECENT = dt.timedelta(milliseconds=250)
Made = TypeVar("Made")
Names = Callable[[int], str]  # Makes a name of so many bytes, in hexadecimal.


class Resources:
    """Everything that one process keeps open; safe to share between threads."""

    def __init__(
        self, settings: Settings, *, now: Clock = utc_now, names: Names = secrets.token_hex
    ) -> None:
        self.settings = settings
        self.now = now
        self.new_name = names
        self._lock = threading.RLock()
        self.stopping = Stopping()
        self._undo = contextlib.ExitStack()
        self._recent: TTLCache[Hashable, object, dt.datetime] = TTLCache(RECENT_MAX, RECENT, now)
        self._shelves: dict[str, Kept[Any]] = {}
        self._opened: dict[str, Any] = {}
        self.answers: Kept[Answer] = self.shelf("answers", 1 / 2, answer_bytes)

    @property
    def home(self) -> Path:
        """
        Return the data folder, made where it is missing.

        Raises:
            Unready: There is none, and none can be made.
        """
        home = self.settings.home
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unready(f"DEEPTIER_HOME {home}: no folder can be made there: {error}") from error
        return home

    def _check_writable(self) -> None:
        """Raise `Unready` where a store of one file could not be made in the data folder."""
        home = self.home
        if not os.access(home, os.W_OK | os.X_OK):
            raise Unready(f"DEEPTIER_HOME {home}: this process may not write there")

    @cached_property
    def store(self) -> "Store":
        """Return the graph store; it makes the schema it needs on an empty database."""
        with self._lock:
            if (opened := self.__dict__.get("store")) is not None:
                return opened  # type: ignore[no-any-return]  # what this property kept
            from graph.stores import open_store  # noqa: PLC0415  # see above

            if not self.settings.graph_url:
                self._check_writable()
            return self._undo.enter_context(open_store(self.settings.graph_place()))

    @cached_property
    def records(self) -> "Records":
        """Return the records database; its tables are made or brought up to date."""
        with self._lock:
            if (opened := self.__dict__.get("records")) is not None:
                return opened  # type: ignore[no-any-return]  # what this property kept
            from app.platform.records import open_records  # noqa: PLC0415  # see above

            if not self.settings.records_url:
                self._check_writable()
            return self._undo.enter_context(open_records(self.settings.records_place()))

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """
        Return what this process opens once for a domain above; it is closed with all else.

        Args:
            name: What it is; whoever names it again is given the same.
            make: Opens it, the first time; it may have a `close`.
        """
        with self._lock:
            if name not in self._opened:
                self._opened[name] = made = make()
                if hasattr(made, "close"):
                    self._undo.callback(made.close)
            return self._opened[name]

    def today(self) -> dt.date:
        """Return the bank's day: the day it is now in its time zone."""
        return day_of(self.now(), self.settings.zone)

    @property
    def lake(self) -> "Lake":
        """Return the lake of invoices, orders and events."""
        from ingestion.lake import Lake  # noqa: PLC0415  # see above

        return Lake(self.home / "lake")

    @property
    def sources(self) -> "SourceFolders":
        """Return where the descriptions of sources lie."""
        from ingestion.descriptions.folders import SourceFolders  # noqa: PLC0415  # see above

        return SourceFolders(self.home / "sources", self.settings.sources)

    @property
    def networks(self) -> Path:
        """Return the folder of networks, one folder a version."""
        return self.home / "networks"

    @property
    def runs(self) -> Path:
        """Return the folder of runs, one folder each."""
        return self.home / "runs"

    def shelf(self, name: str, share: float, bytes_of: Callable[[Made], int]) -> "Kept[Made]":
        """
        Return what is kept of one kind for the next who asks.

        Args:
            name: The kind; whoever names it again is given the same.
            share: How much of `DEEPTIER_KEPT_MIB` it may take.
            bytes_of: Gives the bytes of what is kept.
        """
        with self._lock:
            if name not in self._shelves:
                bytes_max = int(self.settings.kept_mib * 2**20 * share)
                self._shelves[name] = Kept(bytes_max, bytes_of)
            return self._shelves[name]

    def recent(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what `make` gave for this key not long ago, or gives now: which version, say."""
        kept = self.lately(key)
        if kept is not None:
            return cast("Made", kept)
        made = make()
        with self._lock:
            self._recent[key] = made
        return made

    def lately(self, key: Hashable) -> object | None:
        """Return what `recent` gave for this key not long ago; None where that is not so."""
        with self._lock:
            return self._recent.get(key)

    def forget(self) -> None:
        """Forget what was looked up not long ago: something was published."""
        with self._lock:
            self._recent.clear()

    def version(self, number: int | None = None) -> "Version":
        """
        Return a published version, the current one by default.

        Raises:
            Absent: There is no such version, or none yet.
        """
        if number is None:
            current = self.store.current()
            if current is None:
                raise Absent("no version is published yet")
            return current
        for version in self.store.versions():
            if version.number == number:
                return version
        raise Absent(f"no version {number}")

    def close(self) -> None:
        """Give back everything that was opened."""
        self._undo.close()


@contextlib.contextmanager
def open_resources(
    settings: Settings | None = None, *, now: Clock = utc_now, names: Names = secrets.token_hex
) -> Iterator[Resources]:
    """Yield the resources that the settings name (those of the environment by default)."""
    resources = Resources(settings or Settings(), now=now, names=names)
    try:
        yield resources
    finally:
        resources.close()
