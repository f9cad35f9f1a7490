"""What comes in as columns: made one chunk, checked, and refused in words."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrays import csr
from graph.arrays.dtypes import IntArray, RowArray
from graph.errors import InvalidInput

FIRMS_MAX = 2**31 - 1  # Rows are kept as 32-bit integers.


def required(table: pa.Table, name: str, place: str) -> Any:
    """Return the column; it must be there and have no missing value."""
    if name not in table.column_names:
        raise InvalidInput(f"table {place} has no column {name!r}")
    column = table.column(name)
    if column.null_count:
        at = int(pc.index(pc.is_null(column), value=True).as_py())
        raise InvalidInput(f"table {place}, column {name!r}, row {at}: the value is missing")
    return column


def one_chunk(column: Any) -> Any:
    """Return the column as one chunk of memory."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def to_numpy(column: Any) -> npt.NDArray[Any]:
    """Return the column as a NumPy array."""
    values: npt.NDArray[Any] = one_chunk(column).to_numpy(zero_copy_only=False)
    return values


def texts(ids: Any, place: str) -> Any:
    """Return the ids as one text array without missing values."""
    texts = one_chunk(
        ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids, pa.string())
    )
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        raise InvalidInput(f"{place} must be text, not {texts.type}")
    if texts.null_count:
        raise InvalidInput(f"{place} has a missing id")
    if len(texts) > FIRMS_MAX:
        raise InvalidInput(f"{place} has {len(texts)} firms, more than {FIRMS_MAX}")
    return texts.cast(pa.string())


def refuse_doubles(ids: Any) -> None:
    """Raise unless the ids rise in code point order."""
    if len(ids) < 2:  # noqa: PLR2004  # One id has no neighbour.
        return
    rising = pc.less(ids[:-1], ids[1:])
    if not pc.all(rising).as_py():
        at = int(pc.index(rising, value=False).as_py())
        said = "stands twice" if ids[at] == ids[at + 1] else "is out of order"
        raise InvalidInput(f"firm id {ids[at + 1].as_py()!r} {said}")


def with_invoices(trades: pa.Table) -> pa.Table:
    """Return the trades without rows that have neither invoices nor amount."""
    if "count" not in trades.column_names or "amount_fen" not in trades.column_names:
        return trades
    empty = pc.and_(pc.equal(trades["count"], 0), pc.equal(trades["amount_fen"], 0))
    return trades.filter(pc.invert(empty)) if pc.any(empty).as_py() else trades


def rows_of(texts: Any, known: Any, name: str) -> npt.NDArray[Any]:
    """Return the row of each firm named, or raise naming the one that is not known."""
    found = pc.index_in(texts.cast(pa.string()), value_set=known)
    if found.null_count:
        at = int(pc.index(pc.is_null(found), value=True).as_py())
        raise InvalidInput(f"trades, column {name!r}: {texts[at].as_py()!r} is not in firms")
    return to_numpy(found)


def whole_fen(column: Any) -> npt.NDArray[Any]:
    """Return a money column as integers."""
    if not pa.types.is_integer(column.type):
        raise InvalidInput(f"trades, column 'amount_fen' must be whole fen, not {column.type}")
    return to_numpy(column)


def amounts(amounts: npt.NDArray[Any]) -> IntArray:
    """Return amounts as int64 whose sums cannot overflow."""
    if not np.issubdtype(amounts.dtype, np.integer):
        raise InvalidInput(f"amounts must be whole fen, not {amounts.dtype}")
    if amounts.dtype == np.uint64 and amounts.size and int(amounts.max()) > csr.LARGEST:
        raise InvalidInput("an amount does not fit into 64 bits")
    whole = np.ascontiguousarray(amounts, dtype=np.int64)
    if not csr.total_fits(whole):
        raise InvalidInput("the amounts' sizes sum past 64 bits")
    return whole


def untyped(values: npt.ArrayLike) -> npt.NDArray[np.integer]:
    """Return a column as an array; one without entries has no type of its own."""
    column = np.asarray(values)
    return column if column.size else column.astype(np.int64)


def row_numbers(rows: npt.NDArray[Any], firms: int, name: str) -> RowArray:
    """Return row numbers as int32, each a firm's."""
    if not np.issubdtype(rows.dtype, np.integer):
        raise InvalidInput(f"{name} must be integers, not {rows.dtype}")
    if rows.size and not 0 <= int(rows.min()) <= int(rows.max()) < firms:
        at = int(np.argmax((rows < 0) | (rows >= firms)))
        raise InvalidInput(
            f"{name} must be rows of {firms} firms, from 0: entry {at} is {rows[at]}"
        )
    return np.ascontiguousarray(rows, dtype=np.int32)
