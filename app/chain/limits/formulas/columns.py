"""
Columns of exact figures: whole numbers of any size at one decimal scale.

A column stands for `values / 10**scale`, with whole numbers of Python, so nothing ever
overflows or is rounded; a column of equal figures is kept as one number. `there` says which
places have a figure: the same True or False for all, or one a place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from app.chain.limits.formulas.exact import CUT, EXACT, PLACES_OF_SHARES, SHARES

Whole = Any  # A whole number, or an array of them (dtype object).
Mask = bool | npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ExactColumn:
    """Exact figures, one a place: `values / 10**scale` where `there`."""

    values: Whole
    scale: int = 0
    there: Mask = True

    @classmethod
    def of(cls, figures: Sequence[Decimal | None]) -> "ExactColumn":
        """
        Return a column of these figures.

        Example:
            >>> found = ExactColumn.of([Decimal("1.5"), None, Decimal(2)])
            >>> found.values.tolist(), found.scale, found.there.tolist()
            ([15, 0, 20], 1, [True, False, True])
        """
        there = np.array([figure is not None for figure in figures], np.bool_)
        known = [Decimal(0) if figure is None else figure for figure in figures]
        scale = max([0, *(places(figure) for figure in known)])
        values = np.empty(len(known), object)
        values[:] = [int(figure.scaleb(scale, EXACT)) for figure in known]
        return cls(values, scale, True if bool(there.all()) else there)

    @classmethod
    def whole(cls, numbers: npt.ArrayLike, scale: int = 0) -> "ExactColumn":
        """Return a column of whole numbers that stand for figures at a scale."""
        return cls(np.asarray(numbers).astype(object), scale)

    @classmethod
    def single(cls, figure: Decimal | int | None) -> "ExactColumn":
        """Return a column of one figure, the same at every place, or missing at every place."""
        if figure is None:
            return cls(0, 0, there=False)
        exact = Decimal(figure)
        scale = places(exact)
        return cls(int(exact.scaleb(scale, EXACT)), scale)

    def take(self, places_wanted: npt.NDArray[Any]) -> "ExactColumn":
        """Return the figures at some places."""
        many = isinstance(self.values, np.ndarray)
        values = self.values[places_wanted] if many else self.values
        there = self.there[places_wanted] if isinstance(self.there, np.ndarray) else self.there
        return ExactColumn(values, self.scale, there)

    def at(self, scale: int) -> Whole:
        """Return the whole numbers that stand for the figures at a larger scale."""
        return self.values if scale == self.scale else self.values * 10 ** (scale - self.scale)


def places(figure: Decimal) -> int:
    """
    Return how many decimal places a figure needs.

    Example:
        >>> places(Decimal("0.250")), places(Decimal("3E+2")), places(Decimal(0))
        (2, 0, 0)
    """
    exponent = figure.normalize(EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def evaluate(op: str, unit: str, columns: Sequence[ExactColumn]) -> ExactColumn:
    """
    Return what an operation of the algebra comes to at every place.

    Args:
        op: One of `sum product min max subtract divide floor clip`.
        unit: The unit of the result.
        columns: The children's figures in order.
    """
    if op in _PAIRWISE:
        known = [column for column in columns if column.there is not False]
        result = reduce(_PAIRWISE[op], known) if known else ExactColumn.single(None)
    elif op == "subtract":
        result = reduce(_less, columns)
    else:
        result = _OPERATIONS[op](*columns)
    return _cut(result) if unit in SHARES and op in CUT else result


def _cut(column: ExactColumn) -> ExactColumn:
    """Return the column cut towards zero at 12 places."""
    if column.scale <= PLACES_OF_SHARES:
        return column
    part = 10 ** (column.scale - PLACES_OF_SHARES)
    return ExactColumn(_towards_zero(column.values, part), PLACES_OF_SHARES, column.there)


def _less(first: ExactColumn, second: ExactColumn) -> ExactColumn:
    if second.there is False:  # What is missing in the rest counts as nothing.
        return first
    scale = max(first.scale, second.scale)
    taken = _where(second.there, second.at(scale), 0)
    return ExactColumn(first.at(scale) - taken, scale, first.there)


def _quotient(first: ExactColumn, second: ExactColumn) -> ExactColumn:
    divides = second.values != 0
    divisor = _where(divides, second.values, 1) * 10**first.scale
    parts = first.values * 10 ** (PLACES_OF_SHARES + second.scale)
    there = first.there & second.there & divides
    return ExactColumn(_towards_zero(parts, divisor), PLACES_OF_SHARES, there)


def _floor(column: ExactColumn) -> ExactColumn:
    return ExactColumn(column.values // 10**column.scale, 0, column.there)


def _clip(column: ExactColumn, low: ExactColumn, high: ExactColumn) -> ExactColumn:
    scale = max(column.scale, low.scale, high.scale)
    held = _least(_most(column.at(scale), low.at(scale)), high.at(scale))
    return ExactColumn(held, scale, column.there & low.there & high.there)


def _sum(first: ExactColumn, second: ExactColumn) -> ExactColumn:
    scale = max(first.scale, second.scale)
    a = _where(first.there, first.at(scale), 0)
    b = _where(second.there, second.at(scale), 0)
    return ExactColumn(a + b, scale, _either(first, second))


def _product(first: ExactColumn, second: ExactColumn) -> ExactColumn:
    a = _where(first.there, first.values, 10**first.scale)
    b = _where(second.there, second.values, 10**second.scale)
    return ExactColumn(a * b, first.scale + second.scale, _either(first, second))


def _chosen(
    choose: Callable[[Whole, Whole], Whole], first: ExactColumn, second: ExactColumn
) -> ExactColumn:
    scale = max(first.scale, second.scale)
    a, b = first.at(scale), second.at(scale)
    both = choose(_where(first.there, a, b), _where(second.there, b, a))
    return ExactColumn(both, scale, _either(first, second))


def _where(there: Any, values: Whole, other: Whole) -> Whole:
    if np.ndim(there):  # As objects: whole numbers here know no bound.
        return np.where(there, np.asarray(values, object), other)
    return values if there else other


def _least(first: Whole, second: Whole) -> Whole:
    return _where(first <= second, first, second)


def _most(first: Whole, second: Whole) -> Whole:
    return _where(first >= second, first, second)


def _towards_zero(values: Whole, part: Whole) -> Whole:
    quotients = abs(values) // abs(part)
    return _where((values < 0) == (part < 0), quotients, -quotients)


def _either(first: ExactColumn, second: ExactColumn) -> Mask:
    if first.there is True or second.there is True:
        return True
    return first.there | second.there


_PAIRWISE: Mapping[str, Callable[[ExactColumn, ExactColumn], ExactColumn]] = {
    "sum": _sum,
    "product": _product,
    "min": partial(_chosen, _least),
    "max": partial(_chosen, _most),
}
_OPERATIONS: Mapping[str, Callable[..., ExactColumn]] = {
    "divide": _quotient,
    "floor": _floor,
    "clip": _clip,
}
