"""Exact decimal arithmetic: nothing is rounded but where a quotient or a share is cut."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal, Inexact

PLACES_OF_SHARES = 12
BASE_PLACES = 2 * PLACES_OF_SHARES  # A base is rates times belonging.
PLACES = Decimal(1).scaleb(-PLACES_OF_SHARES)
ZERO = Decimal(0)
ONE = Decimal(1)
SHARES = ("share", "ratio", "rate")
DIGITS = 200

EXACT = Context(prec=DIGITS, traps=[Inexact])
CUTTING = Context(prec=DIGITS, rounding=ROUND_DOWN)


def cut(value: Decimal) -> Decimal:
    """
    Return the figure cut towards zero at 12 places.

    Example:
        >>> cut(Decimal("0.66666666666666"))
        Decimal('0.666666666666')
    """
    return value.quantize(PLACES, rounding=ROUND_DOWN, context=CUTTING)


def combined(op: str, unit: str, values: Sequence[Decimal | None]) -> Decimal | None:
    """Return the sum, product, min or max of the figures there are; None where there is none."""
    there = [value for value in values if value is not None]
    if not there:
        return None
    result = OPERATIONS[op](there)
    return cut(result) if unit in SHARES and op in ("sum", "product") else result


def subtracted(unit: str, values: Sequence[Decimal | None]) -> Decimal | None:
    """Return the first figure less the rest; None where the first is missing."""
    if values[0] is None:
        return None
    taken = exact_sum([value for value in values[1:] if value is not None])
    result = EXACT.subtract(values[0], taken)
    return cut(result) if unit in SHARES else result


def quotient(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """Return the first by the second, cut towards zero at 12 places; None for nothing or zero."""
    if first is None or second is None or second == 0:
        return None
    return cut(CUTTING.divide(first, second))


def clipped(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> Decimal | None:
    """Return the figure held between two bounds."""
    if value is None or low is None or high is None:
        return None
    return min(max(value, low), high)


def floored(value: Decimal | None) -> Decimal | None:
    """Return the figure cut down to a whole one."""
    return None if value is None else value.to_integral_value(ROUND_FLOOR)


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the sum of figures, every digit kept."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


def exact_product(values: Iterable[Decimal]) -> Decimal:
    """Return the product of figures, every digit kept."""
    result = ONE
    for value in values:
        result = EXACT.multiply(result, value)
    return result


def written(value: Decimal) -> str:
    """
    Return an exact figure as text: no exponent, no noughts at the end.

    Example:
        >>> written(Decimal("1.500")), written(Decimal("2E+3")), written(Decimal("-0.0"))
        ('1.5', '2000', '0')
    """
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


OPERATIONS: Mapping[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "sum": exact_sum,
    "product": exact_product,
    "min": min,
    "max": max,
}
