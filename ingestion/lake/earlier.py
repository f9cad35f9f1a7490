"""Rows that stand in the lake beside those of a delivery, as many at a time as memory holds."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion.lake.manifest import LakePart
from ingestion.spool import Divisions, division_of, hashes


class Earlier:
    """
    What parts of the lake hold that the divisions of a delivery may meet.

    Args:
        given: The parts.
        read: Gives what is wanted of the rows of one.
        by: The columns by which the delivery is divided, as `read` gives them; none where all its
            rows are together.
        count: Into how many divisions.
        folder: Where rows are put down in divisions.
    """

    def __init__(
        self,
        given: Sequence[LakePart],
        read: Callable[[LakePart], pa.Table],
        *,
        by: Sequence[str],
        count: int,
        folder: Path,
    ) -> None:
        self._given, self._read, self._by, self._count = given, read, by, count
        self._folder = folder
        self._divisions: Divisions | None = None

    def meeting(self, division: int, *rows: pa.Table) -> Iterator[pa.Table]:
        """
        Yield the rows that may have a key of a division: all that have, and no more than are there.

        Args:
            division: Its number.
            *rows: Tables with the keys of the division.
        """
        if self._count > 1 and self._given:
            found = self._divided().of(division)
            if found is not None:
                yield found
            return
        asked = np.concatenate([hashes(each, self._by) for each in rows]) if self._by else None
        for part in self._given:
            table = self._read(part)
            if asked is not None:
                table = table.filter(pa.array(np.isin(hashes(table, self._by), asked)))
            yield table

    def _divided(self) -> Divisions:
        """Return the rows of all parts in divisions; they are read once."""
        if self._divisions is None:
            self._divisions = Divisions(self._count, self._folder)
            for part in self._given:
                table = self._read(part)
                self._divisions.add(table, division_of(table, self._by, self._count))
        return self._divisions
