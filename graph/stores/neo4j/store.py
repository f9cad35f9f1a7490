"""The store on Neo4j: versions, readers, stages."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from graph.errors import NotFound, StageRefused, StoreError
from graph.model import Exposure, Version
from graph.stores.base import Store
from graph.stores.neo4j import exposures, upkeep
from graph.stores.neo4j.reader import Neo4jReader
from graph.stores.neo4j.session import RETRY_SECONDS, Database
from graph.stores.neo4j.shapes import FORMAT, SCHEMA
from graph.stores.neo4j.writer import Neo4jWriter

_VERSIONS = """
MATCH (v:GraphVersion) WHERE $number IS NULL OR v.number = $number
RETURN v.number, toString(v.as_of), v.published_at, v.firms, v.trades ORDER BY v.number
"""
_FIRST = """
MERGE (g:Graph {name: 'deeptier'}) ON CREATE SET g.version = 0, g.format = $format
MERGE (l:GraphLease {name: 'deeptier'})
"""


class Neo4jStore(Store):
    """
    Versions of the graph in Neo4j; open one per process, it holds the driver.

    A stage writes in batches of its own that no reader sees. Publishing flips the pointer
    `(:Graph).version` in the transaction that holds the lease, so a stage that has lost its
    connection can never publish; what it left is swept when the next one opens. Each batch
    checks in its own transaction that no later stage has opened.

    Args:
        url: `neo4j://user:password@host:port/database`.
        retry_seconds: How long a transaction is tried again while the server is gone.
    """

    def __init__(self, url: str, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self._database = Database(url, retry_seconds=retry_seconds)
        self._stage: Neo4jWriter | None = None
        try:
            _make_schema(self._database)
        except StoreError:
            self._database.close()
            raise

    def versions(self) -> list[Version]:
        """Return every published version, oldest first."""
        return [_version(row) for row in self._database.read(_VERSIONS, number=None)]

    def current(self) -> Version | None:
        """Return the version that is served; None before the first."""
        found = self.versions()
        return found[-1] if found else None

    def reader(self, version: int | None = None) -> Neo4jReader:
        """Return a reader of that version (the current one by default), or raise `NotFound`."""
        found = self.current() if version is None else self._published(version)
        if found is None:
            raise NotFound("no version is published yet")
        return Neo4jReader(self._database, found)

    def stage(self) -> Neo4jWriter:
        """
        Open the next version for writing, after sweeping what an earlier stage left behind.

        Raises:
            StageRefused: Another stage is open, in this process or another living one.
        """
        lease = self._database.lease(
            "MATCH (l:GraphLease {name: 'deeptier'}) SET l.taken = coalesce(l.taken, 0) + 1"
        )
        if lease is None:
            raise StageRefused("another stage is open on this store")
        try:
            fence = upkeep.raise_fence(self._database)
            upkeep.clean(self._database)
        except StoreError:
            lease.release()
            raise
        newest = self.current()
        number = 1 if newest is None else newest.number + 1
        self._stage = Neo4jWriter(self._database, lease, fence=fence, number=number)
        return self._stage

    def exposures_at(self) -> int:
        """Return as of which event of the book exposures are kept; 0 before the first."""
        return exposures.kept_at(self._database)

    def exposures(self) -> list[Exposure]:
        """Return the exposures beside the trade graph, in the order of their ids."""
        return exposures.kept(self._database)

    def keep_exposures(self, given: Sequence[Exposure], *, at: int) -> None:
        """Replace exposures by their ids, those of nought go; all of it or nothing."""
        exposures.keep(self._database, given, at=at)

    def close(self) -> None:
        """Abandon an open stage and give back the connections."""
        if self._stage is not None:
            self._stage.abandon()
        self._database.close()

    def _published(self, number: int) -> Version:
        rows = self._database.read(_VERSIONS, number=number)
        if not rows:
            raise NotFound(f"no version {number}")
        return _version(rows[0])


def _version(row: list[Any]) -> Version:
    number, as_of, published_at, firms, trades = row
    return Version(
        number=number,
        as_of=dt.date.fromisoformat(as_of),
        published_at=dt.datetime.fromisoformat(published_at),
        firms=firms,
        trades=trades,
    )


def _make_schema(database: Database) -> None:
    """Make constraints and indexes on an empty database; leave those that stand."""
    shown = database.read("SHOW CONSTRAINTS YIELD name RETURN name")
    there = {name for (name,) in shown + database.read("SHOW INDEXES YIELD name RETURN name")}
    missing = [words for name, words in SCHEMA.items() if name not in there]
    for words in missing:
        database.run(f"CREATE {words}")
    if missing:
        database.run("CALL db.awaitIndexes(60)")
    found = database.read("MATCH (g:Graph {name: 'deeptier'}) RETURN g.format")
    if not found:
        database.write([(_FIRST, {"format": FORMAT})])
    elif found != [[FORMAT]]:
        raise StoreError(f"the store has format {found}, this program reads format {FORMAT}")
