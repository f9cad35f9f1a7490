"""
Firms by row or by id, and results as tables.

An analysis works on rows. Where a network says what its firms are called, scenarios may name them
by id and results say who is who; where it does not, rows are all there is.
"""

import operator
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.errors import InvalidInput, NotFound
from graph.network.ids import Ids

if TYPE_CHECKING:
    import pandas as pd

FEW = 1000  # Ids up to which searching a sorted column beats hashing it.
WHOLE, NUMBERS, TEXT, OBJECT = "iu", "iuf", "UOT", "O"  # Kinds of NumPy types.
REAL = (int, float, Decimal, Fraction, np.integer, np.floating)


class KnownFirms(Protocol):
    """A network of firms by row, which may know their ids."""

    @property
    def ids(self) -> Sequence[str] | None:
        """Return the ids in row order; None where there are none."""
        ...

    def __len__(self) -> int: ...


def whole(values: npt.ArrayLike, name: str) -> IntArray:
    """
    Return whole numbers as they are; nothing is cut down to one.

    Raises:
        InvalidInput: They are of another type, or one is past 64 bits.

    Example:
        >>> whole([3, 1], "rows").tolist(), whole([], "rows").tolist()
        ([3, 1], [])
    """
    given = _column(values, name)
    if given.size == 0:
        return given.astype(np.int64)
    if given.dtype.kind == OBJECT:
        return _whole_objects(given, name)
    if given.dtype.kind not in WHOLE:
        first = given[0].item()
        raise InvalidInput(f"{name} must be whole numbers, not {given.dtype}: entry 0 is {first!r}")
    if given.dtype == np.uint64:
        refuse(given > np.iinfo(np.int64).max, name, "is past 64 bits with a sign")
    return given.astype(np.int64)


def _column(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    given = np.asarray(values)
    if given.ndim != 1:
        raise InvalidInput(f"{name} must be one column, not of {given.ndim} dimensions")
    return given


def _whole_objects(given: npt.NDArray[Any], name: str) -> IntArray:
    """Return Python's whole numbers that stand in a column of anything."""
    for place, each in enumerate(given.tolist()):
        if isinstance(each, bool) or not isinstance(each, int) or abs(each) >= 2**63:
            raise InvalidInput(f"{name} must be whole numbers: entry {place} is {each!r}")
    return given.astype(np.int64)


def doubles(values: npt.ArrayLike, name: str) -> FloatArray:
    """
    Return amounts, shares or weights in doubles; text is no number, and what is missing is NaN.

    Raises:
        InvalidInput: An entry is no number.

    Example:
        >>> doubles([1, None, 2.5], "amounts").tolist()
        [1.0, nan, 2.5]
    """
    given = np.asarray(values)
    if given.dtype.kind in NUMBERS:
        return given.astype(np.float64, copy=False)
    for place, each in enumerate(np.ravel(np.asarray(values, object)).tolist()):
        if each is not None and (isinstance(each, bool) or not isinstance(each, REAL)):
            raise InvalidInput(f"{name}: entry {place} is no number: {each!r}")
    return np.asarray(values, object).astype(np.float64)


def numbers(values: npt.ArrayLike, name: str) -> IntArray:
    """
    Return numbers of classes, sectors or groups: whole ones, of any numeric type.

    Raises:
        InvalidInput: One is not whole, or missing.

    Example:
        >>> numbers([2.0, -1.0], "sectors").tolist()
        [2, -1]
    """
    given = np.asarray(values)
    if given.dtype.kind != "f":
        return whole(given, name)
    wrong = ~np.isfinite(given) | (given != np.trunc(given))
    if wrong.any():
        at = int(np.argmax(wrong.ravel()))
        raise InvalidInput(f"{name}: entry {at} is no whole number: {given.ravel()[at]}")
    return given.astype(np.int64)


def named_or_whole(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    """
    Return rows as whole numbers, or ids as they are.

    Raises:
        InvalidInput: They are neither.
    """
    given = _column(values, name)
    if given.dtype.kind not in TEXT or given.size == 0:
        return whole(given, name)
    each = values if isinstance(values, list | tuple) else given.tolist()
    if not any(isinstance(one, str) for one in each):
        return _whole_objects(given, name)
    for place, one in enumerate(each):
        if not isinstance(one, str):
            raise InvalidInput(f"{name} must be rows or ids, not both: entry {place} is {one!r}")
    return given.astype(object)


def rows_of(values: npt.ArrayLike, network: KnownFirms | int, name: str) -> IntArray:
    """
    Return the rows of firms that are given by row or by id.

    Args:
        values: Rows, or ids.
        network: Who knows the ids, or the number of firms.
        name: What the column is called in messages.

    Raises:
        InvalidInput: They are neither rows nor ids, or the network knows no ids.
        NotFound: It has no such firm.
    """
    given = named_or_whole(values, name)
    if given.dtype.kind in WHOLE:
        return given
    ids = None if isinstance(network, int) else network.ids
    if ids is None:
        raise InvalidInput(f"{name} are ids, but the network knows its firms by row only")
    asked = given.tolist()
    if len(asked) <= FEW and isinstance(ids, Ids):
        found = [ids.find(firm) for firm in asked]
    else:
        places = {firm: row for row, firm in enumerate(ids)}
        found = [places.get(firm) for firm in asked]
    if None in found:
        raise NotFound(f"{name}: no firm {asked[found.index(None)]!r} in the network")
    return np.array(found, np.int64)


class FirmRows:
    """How many firms there are, and which row each id has."""

    __slots__ = ("_places", "count", "ids")

    def __init__(self, count: int, ids: Sequence[str] | None) -> None:
        self.count = count
        self.ids = ids
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        return self.count

    def row(self, name: str, given: int | str) -> int:
        """
        Return the row of a firm that is given by row or by id.

        Raises:
            InvalidInput: It is neither, or no row of a firm.
            NotFound: No firm has that id.
        """
        found = self._places.get(given) if type(given) is str else given
        if type(found) is not int:
            found = self._look_up(name, given)
        if not 0 <= found < self.count:
            raise InvalidInput(f"{name} {given} is no row of a firm")
        return found

    def _look_up(self, name: str, given: Any) -> int:
        if isinstance(given, str):
            if self.ids is not None and not self._places:
                self._places = {firm: place for place, firm in enumerate(self.ids)}
            return int(rows_of([given], self, name)[0])
        return whole_number(name, given)


def row_of(given: int | str, network: KnownFirms, name: str) -> int:
    """
    Return the row of one firm that is given by row or by id.

    Raises:
        InvalidInput: It is neither, or no row of a firm, or the network knows no ids.
        NotFound: It has no such firm.

    Example:
        >>> row_of("cars", FirmRows(2, ["mill", "cars"]), "firm")
        1
    """
    if isinstance(given, str):
        return int(rows_of([given], network, name)[0])
    found = whole_number(name, given)
    if not 0 <= found < len(network):
        raise InvalidInput(f"{name} {given} is no row of a firm")
    return found


def whole_number(name: str, given: Any) -> int:
    """Return a whole number, or raise `InvalidInput`: nothing is cut down to one."""
    if isinstance(given, bool):
        raise InvalidInput(f"{name} {given} is no whole number")
    try:
        return operator.index(given)
    except TypeError as error:
        raise InvalidInput(f"{name} {given!r} is no whole number") from error


def refuse(wrong: npt.NDArray[np.bool_], name: str, why: str) -> None:
    """Raise `InvalidInput` for the first wrong entry of a column."""
    if wrong.any():
        raise InvalidInput(f"{name}: entry {int(np.argmax(wrong))} {why}")


def refuse_outside(rows: IntArray, firms: int, name: str) -> None:
    """Raise `InvalidInput` for the first entry that is no row of a firm."""
    refuse((rows < 0) | (rows >= firms), name, "is no row of a firm")


def checked_count(name: str, given: int) -> int:
    """Return a number of firms, or raise `InvalidInput`."""
    found = whole_number(name, given)
    if found < 0:
        raise InvalidInput(f"{name} {given} is negative")
    return found


def called(ids: Sequence[str] | None, row: int) -> str:
    """
    Return what a firm is called in a message.

    Example:
        >>> called(["mill"], 0), called(None, 7)
        ("firm 'mill'", 'firm 7')
    """
    return f"firm {row}" if ids is None else f"firm {ids[row]!r}"


def checked_ids(ids: Sequence[str] | None, firms: int) -> Sequence[str] | None:
    """
    Return the ids of as many firms, each another.

    Raises:
        InvalidInput: There are more or fewer, one is no text, or one stands twice.
    """
    if ids is None:
        return None
    if len(ids) != firms:
        raise InvalidInput(f"ids has {len(ids)} entries for {firms} firms")
    if isinstance(ids, str):
        raise InvalidInput("ids is one text, not a list of them")
    if isinstance(ids, Ids):
        return ids
    texts = list(ids)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidInput(f"ids: entry {place} is no text: {text!r}")
    if len(set(texts)) != len(texts):
        raise InvalidInput("ids: an id stands twice")
    return ids


def frame(columns: Mapping[str, Any]) -> "pd.DataFrame":
    """Return columns as a pandas frame; whole numbers stay whole where some are missing."""
    made: pd.DataFrame = pa.table(dict(columns)).to_pandas(integer_object_nulls=True)
    return made


def firm_column(ids: Sequence[str] | None, rows: IntArray | RowArray) -> Any:
    """Return what a column of firms holds: ids where they are known, else rows."""
    if ids is None:
        return rows
    known = ids.arrow if isinstance(ids, Ids) else pa.array(list(ids), pa.string())
    return known.take(pa.array(rows))
