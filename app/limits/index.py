"""Rows of a frame by the value of one column, found without reading the others."""

import numpy as np
import polars as pl


class Groups:
    """A frame that is sorted by a column of whole numbers."""

    def __init__(self, frame: pl.DataFrame, column: str) -> None:
        self._frame = frame
        self._keys = frame[column].to_numpy()

    def of(self, value: int) -> pl.DataFrame:
        """Return the rows with that value, in the frame's order."""
        first = int(np.searchsorted(self._keys, value, side="left"))
        last = int(np.searchsorted(self._keys, value, side="right"))
        return self._frame.slice(first, last - first)


class Sorted(Groups):
    """A frame in another order, sorted once by a column of whole numbers."""

    def __init__(self, frame: pl.DataFrame, column: str) -> None:
        super().__init__(frame.sort(column, maintain_order=True), column)
