"""Party texts as numbers, the same number for the same text wherever it was read."""

import numpy as np
import pyarrow as pa

from ingestion.readers.chunk import IntArray
from ingestion.resolve import beside


class Names:
    """Gives every text a number when it is met first, whatever code stands beside it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def coded(self, values: pa.ChunkedArray) -> IntArray:
        """Return the number of each text; -1 where there is none."""
        whole = values.unify_dictionaries().combine_chunks()
        if isinstance(whole, pa.ChunkedArray):  # Nothing to combine.
            return np.zeros(0, np.int64)
        known = self._numbers
        texts = [beside.written(text) for text in whole.dictionary.to_pylist()]
        numbers = [known.setdefault(text, len(known)) for text in texts]
        table = np.array([*numbers, -1], np.int64)
        found: IntArray = table[np.asarray(whole.indices.fill_null(len(numbers)))]
        return found
