"""What became of rows that give several facts, or that several lines make: one fate for all."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ingestion.readers.chunk import IntArray


def _none() -> IntArray:
    return np.zeros(0, np.int64)


@dataclass(slots=True)
class RowFates:
    """By the number of a row: how many lines of its file it is, and whether it was set aside."""

    _told: list[tuple[IntArray, IntArray]] = field(default_factory=list)
    _count: int = 0
    _several: IntArray = field(default_factory=_none)  # Rows that are not one line,
    _lines: IntArray = field(default_factory=_none)  # and how many each is.
    gone: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def add(self, lines: IntArray) -> IntArray:
        """Return the numbers of some rows that are new here."""
        first = self._count
        self._count += len(lines)
        several = np.flatnonzero(lines != 1)
        if len(several):
            self._told.append((several + first, lines[several]))
        return np.arange(first, self._count)

    def close(self) -> None:
        """Know of all rows: no more are added."""
        self._several = np.concatenate([_none(), *(rows for rows, _ in self._told)])
        self._lines = np.concatenate([_none(), *(lines for _, lines in self._told)])
        self._told.clear()
        self.gone = np.zeros(self._count, bool)

    def set_aside(self, rows: IntArray) -> IntArray:
        """Return for each row how many lines are set aside with it that were not before."""
        first = np.zeros(len(rows), bool)
        first[np.unique(rows, return_index=True)[1]] = True
        lines = np.ones(len(rows), np.int64)
        if len(self._several):
            at = np.minimum(np.searchsorted(self._several, rows), len(self._several) - 1)
            lines = np.where(self._several[at] == rows, self._lines[at], 1)
        found: IntArray = np.where(first & ~self.gone[rows], lines, 0)
        self.gone[rows] = True
        return found
