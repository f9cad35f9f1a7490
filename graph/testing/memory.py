"""A store in memory: the plain reading of the protocol, and a fake for other people's tests."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from graph import model
from graph.errors import InvalidInput, NotFound, StageRefused
from graph.model import Exposure, Firm, FirmId, Trade, Value, Version
from graph.stores.base import PAGE_MAX, SEARCH_CHARACTERS_MAX, Stage, Store
from graph.stores.rows import (
    FIELD_END,
    check_size,
    check_times,
    checked,
    checked_keys,
    firm_of,
    fold,
    search_text,
    trade_of,
)

Key = tuple[str, ...]
Row = Mapping[str, Value]
Rows = Mapping[Key, Row]
State = Mapping[str, Rows]  # By table; never changed once made.
EMPTY: State = {name: {} for name in model.TABLES}


class MemoryStore(Store):
    """Every version as a dictionary of rows by key."""

    def __init__(self) -> None:
        self._published: list[tuple[Version, State]] = []
        self._stage: MemoryWriter | None = None
        self._at = 0
        self._exposures: dict[str, Exposure] = {}

    def versions(self) -> list[Version]:
        """Return every published version, oldest first."""
        return [version for version, _ in self._published]

    def current(self) -> Version | None:
        """Return the version that is served; None before the first."""
        return self._published[-1][0] if self._published else None

    def reader(self, version: int | None = None) -> "MemoryReader":
        """Return a reader of that version (the current one by default), or raise `NotFound`."""
        if version is None and not self._published:
            raise NotFound("no version is published yet")
        number = len(self._published) if version is None else version
        if not 1 <= number <= len(self._published):
            raise NotFound(f"no version {number}")
        return MemoryReader(*self._published[number - 1])

    def exposures_at(self) -> int:
        """Return as of which event of the book exposures are kept; 0 before the first."""
        return self._at

    def exposures(self) -> list[Exposure]:
        """Return the exposures beside the trade graph, in the order of their ids."""
        return [self._exposures[each] for each in sorted(self._exposures)]

    def keep_exposures(self, given: Sequence[Exposure], *, at: int) -> None:
        """Replace exposures by their ids, those of nought go; all of it or nothing."""
        if self._at < at:
            self._at = at
            self._exposures |= {each.id: each for each in given}
            self._exposures = {key: e for key, e in self._exposures.items() if e.amount_fen}

    def stage(self) -> "MemoryWriter":
        """Open the next version for writing, or raise `StageRefused`."""
        if self._stage is not None:
            raise StageRefused("another stage is open on this store")
        state = self._published[-1][1] if self._published else EMPTY
        self._stage = MemoryWriter(self, len(self._published) + 1, state)
        return self._stage

    def end_stage(self, published: tuple[Version, State] | None) -> None:
        """Close the open stage, with what it publishes if it does."""
        self._stage = None
        if published is not None:
            self._published.append(published)

    def close(self) -> None:
        """Abandon an open stage."""
        self._stage = None


class MemoryWriter(Stage):
    """The open stage of a memory store."""

    def __init__(self, store: MemoryStore, number: int, state: State) -> None:
        super().__init__(number)
        self._store = store
        self._rows = {name: dict(rows) for name, rows in state.items()}

    def write(self, table: str, rows: pa.Table) -> None:
        """Add rows to the next version; a row with the same key is replaced."""
        known = model.table(table)
        with self._writing():
            for row in checked(known, rows).to_pylist():
                self._rows[table][_key(known, row)] = row

    def remove(self, table: str, keys: pa.Table) -> None:
        """Take the rows with these keys out of the next version; unknown keys are passed over."""
        known = model.table(table)
        with self._writing():
            for row in checked_keys(known, keys).to_pylist():
                self._rows[table].pop(_key(known, row), None)

    def publish(self, as_of: dt.date, *, published_at: dt.datetime) -> Version:
        """Make the next version the current one, all at once; the stage is closed."""
        check_times(as_of, published_at)
        with self._writing():
            for name, rows in self._rows.items():
                self._check_ends(model.table(name), rows.values())
        counts = len(self._rows["firms"]), len(self._rows["trades"])
        version = Version(self._version, as_of, published_at, *counts)
        self._open = False
        self._store.end_stage((version, self._rows))
        return version

    def _give_up(self) -> None:
        self._open = False
        self._store.end_stage(None)

    def _check_ends(self, table: model.Table, rows: Iterable[Row]) -> None:
        for row in rows:
            for end in table.ends:
                if (row[end],) not in self._rows["firms"]:
                    raise InvalidInput(f"table {table.name}, column {end}: no firm {row[end]!r}")


class MemoryReader:
    """One published version of a memory store."""

    def __init__(self, version: Version, state: State) -> None:
        self._version = version
        self._firms = {FirmId(str(row["firm"])): firm_of(row) for row in _sorted(state["firms"])}
        self._trades = [trade_of(row) for row in _sorted(state["trades"])]
        self._state = state

    @property
    def version(self) -> Version:
        """Return the version that is read."""
        return self._version

    def firm(self, firm: FirmId) -> Firm:
        """Return the firm, or raise `NotFound`."""
        if firm not in self._firms:
            raise NotFound(f"no firm {firm!r}")
        return self._firms[firm]

    def firms(self, *, after: FirmId | None = None, size: int = 100) -> list[Firm]:
        """Return up to `size` firms in id order, those that follow `after`."""
        check_size("size", size, least=1, most=PAGE_MAX)
        return [f for f in self._firms.values() if after is None or f.id > after][:size]

    def search(self, text: str, *, size: int = 20) -> list[Firm]:
        """Return firms whose id, name, aliases or credit code contain the text."""
        check_size("size", size, least=1, most=PAGE_MAX)
        wanted = fold(text)
        if not 0 < len(wanted) <= SEARCH_CHARACTERS_MAX:
            return []
        texts = {name: search_text(firm.attributes) for name, firm in self._firms.items()}
        order = (FIELD_END + wanted + FIELD_END, FIELD_END + wanted, wanted)
        found = dict.fromkeys(f for part in order for f, held in texts.items() if part in held)
        return [self._firms[name] for name in found][:size]

    def trades_of(
        self, firm: FirmId, *, after: tuple[FirmId, FirmId] | None = None, size: int = 100
    ) -> list[Trade]:
        """Return trades the firm sells or buys in, in (supplier, buyer) order, after a key."""
        check_size("size", size, least=1, most=PAGE_MAX)
        self.firm(firm)
        mine = [t for t in self._trades if firm in (t.supplier, t.buyer)]
        return [t for t in mine if after is None or (t.supplier, t.buyer) > after][:size]

    def columns(self, table: str, names: Sequence[str] | None = None) -> pa.Table:
        """Return the named columns (all by default) of a table, in key order."""
        known = model.table(table)
        wanted = known.columns if names is None else [known.attribute(n).name for n in names]
        rows = pa.Table.from_pylist(list(_sorted(self._state[table])), schema=known.arrow)
        return rows.select(list(wanted))


def _key(table: model.Table, row: Row) -> Key:
    return tuple(str(row[name]) for name in table.key)


def _sorted(rows: Rows) -> Iterable[Row]:
    return [rows[key] for key in sorted(rows)]
