"""
What a process opens once and every domain uses: settings, stores, records, lake, networks.

Commands take it from `open_resources`, routes from `ResourcesDep`. Stores open on first use, so
that a command which needs one of them does not wait for the others.
"""

import contextlib
import threading
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from app.config import Settings
from app.errors import Absent
from app.kit.clock import Clock, utc_now
from app.records import Records, open_records
from graph.model import Version
from graph.stores.base import Store


class Resources:
    """Everything that one process keeps open; safe to share between threads."""

    def __init__(self, settings: Settings, *, now: Clock = utc_now) -> None:
        self.settings = settings
        self.now = now
        self._lock = threading.RLock()
        self._undo = contextlib.ExitStack()

    @property
    def home(self) -> Path:
        """Return the data folder, made where it is missing."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        return self.settings.home

    @cached_property
    def store(self) -> Store:
        """Return the graph store; it makes the schema it needs on an empty database."""
        with self._lock:
            if (opened := self.__dict__.get("store")) is not None:
                return opened  # type: ignore[no-any-return]  # what this property kept
            _ = self.home
            store: Store = import_module("graph.stores").open_store(self.settings.graph_place())
            return self._undo.enter_context(store)

    @cached_property
    def records(self) -> Records:
        """Return the records database; its tables are made or brought up to date."""
        with self._lock:
            if (opened := self.__dict__.get("records")) is not None:
                return opened  # type: ignore[no-any-return]  # what this property kept
            _ = self.home
            return self._undo.enter_context(open_records(self.settings.records_place()))

    @cached_property
    def lake(self) -> Any:
        """Return the lake of invoices, orders and events."""
        return import_module("ingestion.lake").Lake(self.home / "lake")

    def version(self, number: int | None = None) -> Version:
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
    settings: Settings | None = None, *, now: Clock = utc_now
) -> Iterator[Resources]:
    """Yield the resources that the settings name (those of the environment by default)."""
    resources = Resources(settings or Settings(), now=now)
    try:
        yield resources
    finally:
        resources.close()


def resources_of(request: Request) -> Resources:
    """Return the resources of the process that serves this request."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(resources_of)]
