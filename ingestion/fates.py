"""What became of rows that give several facts, or that several lines make: one fate for all."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ingestion.readers.chunk import IntArray


@dataclass(slots=True)
class RowFates:
    """By the number of a row: how many lines of its file it is, and whether it was set aside."""

    _lines: list[IntArray] = field(default_factory=list)
    _count: int = 0
    lines: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    gone: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def add(self, lines: IntArray) -> IntArray:
        """Return the numbers of some rows that are new here."""
        first = self._count
        self._count += len(lines)
        self._lines.append(lines)
        return np.arange(first, self._count)

    def close(self) -> None:
        """Know of all rows: no more are added."""
        self.lines = np.concatenate([self.lines, *self._lines])
        self.gone = np.zeros(self._count, bool)

    def set_aside(self, rows: IntArray) -> IntArray:
        """Return for each row how many lines are set aside with it that were not before."""
        first = np.zeros(len(rows), bool)
        first[np.unique(rows, return_index=True)[1]] = True
        found: IntArray = np.where(first & ~self.gone[rows], self.lines[rows], 0)
        self.gone[rows] = True
        return found
