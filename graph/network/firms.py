"""
Firms by row or by id, and results as tables.

An analysis works on rows. Where a network says what its firms are called, scenarios may name them
by id and results say who is who; where it does not, rows are all there is.
"""

import operator
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.arrays.sums import SUM_MAX, sum_fits
from graph.errors import InvalidInput, NotFound
from graph.network.ids import Ids

if TYPE_CHECKING:
    import pandas as pd

FEW = 1000  # Ids up to which searching a sorted column beats hashing it.
WHOLE, NUMBERS, TEXT, OBJECT = "iu", "iuf", "UOT", "O"  # Kinds of NumPy types.
Frame: TypeAlias = "pd.DataFrame"  # Named, not loaded: who asks for one has pandas.
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


def refuse_size(values: npt.NDArray[Any], firms: int, name: str) -> None:
    """Raise `InvalidInput` unless a column has an entry for every firm."""
    if values.shape != (firms,):
        raise InvalidInput(f"{name} has {values.size} entries for {firms} firms")


def refuse_endless(amounts: FloatArray, name: str) -> None:
    """Raise `InvalidInput` where sums of the amounts would not be finite."""
    if not sum_fits(amounts):
        raise InvalidInput(f"{name} sum to more than {SUM_MAX:g}")


def refuse_amounts(amounts: FloatArray, name: str) -> None:
    """Raise `InvalidInput` unless all amounts are there, not negative, and their sum is finite."""
    refuse(~np.isfinite(amounts) | (amounts < 0), name, "is negative or missing")
    refuse_endless(amounts, name)


def refuse_outside(rows: IntArray, firms: int, name: str) -> None:
    """Raise `InvalidInput` for the first entry that is no row of a firm."""
    refuse((rows < 0) | (rows >= firms), name, "is no row of a firm")


class PairColumns(NamedTuple):
    """Amounts between two firms each, as arrays."""

    first: IntArray
    second: IntArray
    amounts: FloatArray


def pairs_of(
    network: KnownFirms, amounts: npt.ArrayLike, ends: Mapping[str, npt.ArrayLike]
) -> PairColumns:
    """
    Return amounts between firms that are given by row or by id.

    Args:
        network: Who knows the ids, and how many firms there are.
        amounts: Not negative.
        ends: What both columns of firms are called, and what they hold.

    Raises:
        InvalidInput: The columns differ in length, one names no firm, or an amount is negative.
        NotFound: No firm has that id.

    Example:
        >>> pairs_of(FirmRows(2, ["mill", "cars"]), [5], {"suppliers": ["mill"], "buyers": [1]})
        PairColumns(first=array([0]), second=array([1]), amounts=array([5.]))
    """
    first, second = (rows_of(given, network, name) for name, given in ends.items())
    given = doubles(amounts, "amounts")
    if not len(first) == len(second) == len(given):
        raise InvalidInput(f"{', '.join(ends)} and amounts differ in length")
    for name, rows in zip(ends, (first, second), strict=True):
        refuse_outside(rows, len(network), name)
    refuse_amounts(given, "amounts")
    return PairColumns(first, second, given)


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


def frame(columns: Mapping[str, Any]) -> Frame:
    """Return columns as a pandas frame; whole numbers stay whole where some are missing."""
    made: Frame = pa.table(dict(columns)).to_pandas(integer_object_nulls=True)
    return made


def firm_frame(
    ids: Sequence[str] | None, rows: IntArray | RowArray | None = None, /, **columns: Any
) -> Frame:
    """Return a row a firm, by default a row for every firm: what each is called, the columns."""
    every = np.arange(_length(columns)) if rows is None else rows
    return frame({"firm": firm_column(ids, every), **columns})


def scenario_frame(names: Any, **columns: Any) -> Frame:
    """Return a row a scenario: what each is called, by its number where there is no name."""
    called = np.arange(_length(columns)) if names is None else names
    return frame({"scenario": called, **columns})


def _length(columns: Mapping[str, Any]) -> int:
    return len(next(iter(columns.values())))


def firm_column(ids: Sequence[str] | None, rows: IntArray | RowArray) -> Any:
    """Return what a column of firms holds: ids where they are known, else rows."""
    if ids is None:
        return rows
    known = ids.arrow if isinstance(ids, Ids) else pa.array(list(ids), pa.string())
    return known.take(pa.array(rows))
