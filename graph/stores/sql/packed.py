"""
Integer columns out of SQLite, few numbers a row.

Most of the time of a bulk read goes into one Python number for each value. Two columns of 32 bits
(firms' numbers, days, flags) therefore travel as one number of 64, and are parted in columns:
`first * 2**32 + (second + 2**31)`, where the second part is never negative.
"""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

IntArray = npt.NDArray[np.int64]
CHUNK = 20_000  # Rows that are turned into columns together, while they are in the cache.
BITS = 32
MIDDLE = 2 ** (BITS - 1)
LOW = 2**BITS - 1


def packs(schema: pa.Schema) -> bool:
    """Return whether every column holds integers and no null."""
    return all(pa.types.is_integer(field.type) and not field.nullable for field in schema)


def pairs_of(schema: pa.Schema) -> list[tuple[int, ...]]:
    """
    Return which columns travel together, by their places.

    Example:
        >>> schema = pa.schema([("a", pa.int32()), ("b", pa.int64()), ("c", pa.int32())])
        >>> pairs_of(schema)
        [(0, 2), (1,)]
    """
    narrow = [at for at, field in enumerate(schema) if field.type.bit_width <= BITS]
    wide = [at for at, field in enumerate(schema) if field.type.bit_width > BITS]
    pairs: list[tuple[int, ...]] = [tuple(narrow[k : k + 2]) for k in range(0, len(narrow), 2)]
    return pairs + [(at,) for at in wide]


def packed(
    select: sa.Select[tuple[object, ...]], pairs: list[tuple[int, ...]]
) -> sa.Select[tuple[object, ...]]:
    """Return the query with the columns of a pair as one."""
    columns = list(select.selected_columns)
    together = [
        columns[pair[0]]
        if len(pair) == 1
        else columns[pair[0]].bitwise_lshift(BITS) + columns[pair[1]] + MIDDLE
        for pair in pairs
    ]
    return select.with_only_columns(*together, maintain_column_froms=True)


def unpacked(rows: Iterator[tuple[int, ...]], pairs: list[tuple[int, ...]]) -> list[IntArray]:
    """Return the columns in their own places; none where there is no row."""
    parts: list[IntArray] = []
    while len(part := _flat(itertools.islice(rows, CHUNK))):
        parts.append(np.ascontiguousarray(part.reshape(-1, len(pairs)).T))
    if not parts:
        return []
    columns: dict[int, IntArray] = {}
    for at, pair in enumerate(pairs):
        numbers = np.concatenate([part[at] for part in parts])
        if len(pair) == 1:
            columns[pair[0]] = numbers
        else:
            columns[pair[0]], columns[pair[1]] = numbers >> BITS, (numbers & LOW) - MIDDLE
    return [columns[at] for at in sorted(columns)]


def _flat(rows: Iterable[tuple[int, ...]]) -> IntArray:
    return np.fromiter(itertools.chain.from_iterable(rows), dtype=np.int64)
