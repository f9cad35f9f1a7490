"""Writing the next version into Neo4j, in batches that nobody sees until it is published."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from graph import model
from graph.errors import InvalidInput, StoreError
from graph.model import Table, Version
from graph.stores.base import Stage
from graph.stores.neo4j import upkeep
from graph.stores.neo4j.session import Database, Statement, WriterLease
from graph.stores.neo4j.shapes import OPEN, TYPES, found_by, made, properties, state_made
from graph.stores.rows import check_times, checked, checked_keys, search_text

BATCH = 5_000
_STATES = "MATCH (s:FirmState {firm: k[0]})"
_PARTIES = "UNWIND $ids AS id MERGE (:Party {id: id})"
_FLIP = """
MATCH (g:Graph {name: 'deeptier'}) SET g.version = $number, g.as_of = $as_of
CREATE (:GraphVersion {
    number: $number, as_of: $as_of, published_at: $published_at, firms: $firms, trades: $trades})
"""
_SETTLING = "MATCH (l:GraphLease {name: 'deeptier'}) SET l.settled = true"
_LOST = """
MATCH (p:Party) WHERE NOT EXISTS { MATCH (p)-[:STATE]->(s:FirmState) WHERE s.until = $open }
RETURN p.id
"""


Key = tuple[Any, ...]


class Neo4jWriter(Stage):
    """The open stage of a Neo4j store."""

    def __init__(self, database: Database, lease: WriterLease, *, fence: int, number: int) -> None:
        super().__init__(number)
        self._database = database
        self._lease = lease
        self._fence = upkeep.fence(fence)
        self._parties: set[str] | None = None
        self._last: dict[str, Key] = {}  # The largest key written in this stage, by table.
        self._filled: dict[str, bool] = {}

    def write(self, table: str, rows: pa.Table) -> None:
        """Add rows to the next version; a row with the same key is replaced."""
        known = model.table(table)
        ready = checked(known, rows)
        with self._writing():
            make = self._firms if table == "firms" else self._edges
            for part in _parts(ready):
                make(known, part)
            if ready.num_rows:
                self._last[table] = max(self._last.get(table, ()), _key(known, ready, -1))

    def remove(self, table: str, keys: pa.Table) -> None:
        """Take the rows with these keys out of the next version; unknown keys are passed over."""
        known = model.table(table)
        ready = checked_keys(known, keys)
        with self._writing():
            for part in _parts(ready):
                self._send([*self._erase(known, part), *self._end(known, part)])

    def publish(self, as_of: dt.date, *, published_at: dt.datetime) -> Version:
        """Make the next version the current one, all at once; the stage is closed."""
        check_times(as_of, published_at)
        with self._writing():
            self._check_ends()
            counted = "WHERE x.until = $open RETURN count(x)"
            firms, trades = (
                self._database.read(f"MATCH {pattern} {counted}", open=OPEN)[0][0]
                for pattern in ("(x:FirmState)", "()-[x:SUPPLIES]->()")
            )
            version = Version(self._version, as_of, published_at, firms, trades)
            self._lease.run(
                _FLIP,
                number=version.number,
                as_of=as_of,
                published_at=published_at.isoformat(),
                firms=firms,
                trades=trades,
            )
            self._settle_after(self._lease.commit)
        return version

    def _give_up(self) -> None:
        self._open = False
        # Without the lease another stage may have opened: that one has swept, or will.
        with contextlib.suppress(StoreError):
            if self._lease.alive():
                upkeep.clean(self._database)
        self._lease.release()

    def _send(self, statements: list[Statement]) -> None:
        self._database.write(statements, fence=self._fence)

    def _settle_after(self, commit: Callable[[], None]) -> None:
        """Publish, then renew the marks; if that is cut off, the next stage does it again."""
        commit()
        self._open = False
        with contextlib.suppress(StoreError):
            lease = self._database.lease(_SETTLING)
            if lease is None:  # The next stage was faster; it settles before it writes.
                return
            try:
                upkeep.settle(self._database)
            finally:
                lease.release()

    def _firms(self, table: Table, rows: pa.Table) -> None:
        texts = [search_text(row) for row in rows.to_pylist()]
        values = _rows(rows.append_column("searched", pa.array(texts, pa.string())))
        keys = rows.select(["firm"])
        statement = state_made(), self._parameters(rows=values)
        self._send([*self._known(keys["firm"].to_pylist()), *self._before(table, keys), statement])

    def _edges(self, table: Table, rows: pa.Table) -> None:
        ends = list(table.ends)
        given = rows.select([*ends, *(a.name for a in properties(table))])
        # A table that no version has filled is asked by nobody: the mark is set at once.
        current = True if self._fresh(table) else None
        parameters = self._parameters(rows=_rows(given), current=current)
        parties = [firm for end in ends for firm in rows[end].unique().to_pylist()]
        keys = rows.select(list(table.key))
        statement = made(table), parameters
        self._send([*self._known(parties), *self._before(table, keys), statement])

    def _known(self, firms: list[str]) -> list[Statement]:
        """Return what makes the parties that the store has not yet met."""
        if self._parties is None:
            rows = self._database.read("MATCH (p:Party) RETURN p.id")
            self._parties = {firm for (firm,) in rows}
        fresh = sorted(set(firms) - self._parties)
        self._parties.update(fresh)
        return [(_PARTIES, {"ids": fresh})] if fresh else []

    def _before(self, table: Table, keys: pa.Table) -> list[Statement]:
        """Return what clears the way for rows with these keys; nothing where there can be none."""
        beyond = _key(table, keys, 0) > self._last.get(table.name, ())
        erase = [] if beyond else self._erase(table, keys)
        return [*erase, *([] if self._fresh(table) else self._end(table, keys))]

    def _fresh(self, table: Table) -> bool:
        """Return whether no earlier version has rows of the table."""
        if table.name not in self._filled:
            firms = table.name == "firms"
            found = "(x:FirmState)" if firms else f"()-[x:{TYPES[table.name]}]->()"
            words = f"MATCH {found} WHERE x.since < $version RETURN 1 LIMIT 1"
            rows = self._database.read(words, version=self._version)
            self._filled[table.name] = bool(rows)
        return not self._filled[table.name]

    def _erase(self, table: Table, keys: pa.Table) -> list[Statement]:
        """Return what deletes rows of this stage."""
        found = _STATES if table.name == "firms" else found_by(table)
        name = "s" if table.name == "firms" else "t"
        words = f"UNWIND $keys AS k {found} WHERE {name}.since = $version DETACH DELETE {name}"
        if table.name != "firms":
            words = words.replace("DETACH DELETE", "DELETE")
        return [(words, self._parameters(keys=_rows(keys)))]

    def _end(self, table: Table, keys: pa.Table) -> list[Statement]:
        """Return what ends rows of earlier versions."""
        found = _STATES if table.name == "firms" else found_by(table)
        name = "s" if table.name == "firms" else "t"
        words = (
            f"UNWIND $keys AS k {found} WHERE {name}.since < $version AND {name}.until = $open"
            f" SET {name}.until = $version"
        )
        return [(words, self._parameters(keys=_rows(keys)))]

    def _parameters(self, **more: Any) -> dict[str, Any]:
        return {"version": self._version, "open": OPEN, **more}

    def _check_ends(self) -> None:
        """Refuse a row of the next version that names a firm outside it."""
        lost = [firm for (firm,) in self._database.read(_LOST, open=OPEN)]
        if not lost:
            return
        for name, kind in TYPES.items():
            for end, pattern in zip(
                model.table(name).ends, (f"-[t:{kind}]->()", f"<-[t:{kind}]-()"), strict=True
            ):
                found = self._database.read(
                    f"UNWIND $lost AS id MATCH (p:Party {{id: id}}){pattern}"
                    " WHERE t.until = $open RETURN p.id LIMIT 1",
                    lost=lost,
                    open=OPEN,
                )
                if found:
                    raise InvalidInput(f"table {name}, column {end}: no firm {found[0][0]!r}")


def _key(table: Table, rows: pa.Table, at: int) -> Key:
    """Return the key of the first or last row; rows stand in key order."""
    return tuple(rows[name][at].as_py() for name in table.key)


def _parts(rows: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, rows.num_rows, BATCH):
        yield rows.slice(start, BATCH)


def _rows(rows: pa.Table) -> list[list[Any]]:
    columns = [column.to_pylist() for column in rows.columns]
    return [list(row) for row in zip(*columns, strict=True)]
