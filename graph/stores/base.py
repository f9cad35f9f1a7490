"""
Where versions of the graph live: one small interface, reading and writing apart.

A store keeps every published version as validity intervals: a row is part of version v when
`since <= v < until` (no `until`: still valid). A stage writes the rows of the next version,
which nobody sees until `publish` flips one pointer in its last transaction; what a stage that
never published has left behind is swept when the next one opens.

Tables travel as Arrow tables whose columns are those of `graph.model.table(name)`. What comes
out is sorted by the table's key in code point order, the same on every store, byte for byte.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Protocol, Self

import pyarrow as pa

from graph.errors import StageRefused, StoreError
from graph.model import Exposure, Firm, FirmId, Trade, Version

PAGE_MAX = 10_000  # Rows that one call of `firms`, `search` or `trades_of` may ask for.
SEARCH_CHARACTERS_MAX = 200


class Reader(Protocol):
    """What a request may do: read one published version, whole, and nothing else."""

    @property
    def version(self) -> Version:
        """Return the version that is read."""
        ...

    def firm(self, firm: FirmId) -> Firm:
        """Return the firm, or raise `NotFound`."""
        ...

    def firms(self, *, after: FirmId | None = None, size: int = 100) -> list[Firm]:
        """Return up to `size` firms in id order, those that follow `after`."""
        ...

    def search(self, text: str, *, size: int = 20) -> list[Firm]:
        """
        Return firms whose id, name, aliases or credit code contain the text.

        Fields (an alias is one) that are the text first, then those that begin with it, then the
        rest, each in id order. Width, case and kinds of blanks do not count; one character is
        enough; no wildcard has a meaning. An empty text finds nothing.
        """
        ...

    def trades_of(
        self, firm: FirmId, *, after: tuple[FirmId, FirmId] | None = None, size: int = 100
    ) -> list[Trade]:
        """
        Return trades the firm sells or buys in, in (supplier, buyer) order, after a key.

        Raises:
            NotFound: The version has no such firm.
        """
        ...

    def columns(self, table: str, names: Sequence[str] | None = None) -> pa.Table:
        """Return the named columns (all by default) of a table, in key order."""
        ...


class Writer(Protocol):
    """What an ingestion run may do: build the next version, then publish it or not."""

    @property
    def number(self) -> int:
        """Return the number that the version will have."""
        ...

    def write(self, table: str, rows: pa.Table) -> None:
        """
        Add rows to the next version; a row with the same key is replaced.

        Give only what differs from the current version. Of equal keys the last one counts.

        Raises:
            InvalidInput: A row is not what the model wants; nothing of the batch is written.
            StageRefused: The stage is closed.
        """
        ...

    def remove(self, table: str, keys: pa.Table) -> None:
        """Take the rows with these keys out of the next version; unknown keys are passed over."""
        ...

    def publish(self, as_of: dt.date, *, published_at: dt.datetime) -> Version:
        """
        Make the next version the current one, all at once; the stage is closed.

        Raises:
            InvalidInput: A row names a firm that the version does not have; the stage stays open.
            StageRefused: The stage is closed.
        """
        ...

    def abandon(self) -> None:
        """Undo everything written in this stage; a closed stage stays closed."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Abandon the stage unless it has published."""
        self.abandon()


class Stage(Writer):
    """What every adapter's writer does the same: its number, and being open or given up."""

    def __init__(self, number: int) -> None:
        self._version = number
        self._open = True

    @property
    def number(self) -> int:
        """Return the number that the version will have."""
        return self._version

    def abandon(self) -> None:
        """Undo everything written in this stage; a closed stage stays closed."""
        if self._open:
            self._give_up()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Refuse a closed stage; give the stage up where the database fails inside it."""
        if not self._open:
            raise StageRefused(f"the stage of version {self._version} is closed")
        try:
            yield
        except StoreError:
            self._give_up()
            raise

    def _give_up(self) -> None:
        raise NotImplementedError


class Store(Protocol):
    """A place where versions of the graph live."""

    def versions(self) -> list[Version]:
        """Return every published version, oldest first."""
        ...

    def current(self) -> Version | None:
        """Return the version that is served; None before the first."""
        ...

    def reader(self, version: int | None = None) -> Reader:
        """Return a reader of that version (the current one by default), or raise `NotFound`."""
        ...

    def stage(self) -> Writer:
        """
        Open the next version for writing, after sweeping what an earlier stage left behind.

        Raises:
            StageRefused: Another stage is open, in this process or another living one.
        """
        ...

    def exposures_at(self) -> int:
        """Return as of which event of the book exposures are kept; 0 before the first."""
        ...

    def exposures(self) -> list[Exposure]:
        """Return the exposures beside the trade graph, in the order of their ids."""
        ...

    def keep_exposures(self, exposures: Sequence[Exposure], *, at: int) -> None:
        """
        Replace exposures by their ids, those of nought go; all of it or nothing.

        What is kept as of this event or a later one already stays as it is: told again, or late,
        it changes nothing.
        """
        ...

    def close(self) -> None:
        """Abandon an open stage and give back connections and files."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def pages(reader: Reader, *, size: int = 1000) -> Iterator[Firm]:
    """Yield every firm of a version in id order, a page at a time."""
    after: FirmId | None = None
    while found := reader.firms(after=after, size=size):
        yield from found
        after = found[-1].id
