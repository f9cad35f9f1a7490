"""Exact decimal arithmetic: nothing is rounded but where a quotient or a share is cut."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal, Inexact

PLACES_OF_SHARES = 12
BASE_PLACES = 2 * PLACES_OF_SHARES  # A base is rates times absorption shares.
PLACES = Decimal(1).scaleb(-PLACES_OF_SHARES)
ZERO = Decimal(0)
ONE = Decimal(1)
SHARES = ("share", "ratio", "rate")
DIGITS = 200

EXACT = Context(prec=DIGITS, traps=[Inexact])
CUTTING = Context(prec=DIGITS, rounding=ROUND_DOWN)

SKIPPING = ("sum", "product", "min", "max")  # Of the figures that are known.
CUT = ("sum", "product", "subtract")  # At 12 places, where the result is a share.


def evaluate(op: str, unit: str, values: Sequence[Decimal | None]) -> Decimal | None:
    """
    Return what an operation of the algebra comes to; None where it has no value.

    Args:
        op: One of `sum product min max subtract divide floor clip`.
        unit: The unit of the result.
        values: The children's figures in order, None for those that are absent.

    Example:
        >>> evaluate("divide", "fen", [Decimal(2), Decimal(3)])
        Decimal('0.666666666666')
    """
    known = [value for value in values if value is not None]
    if not known or (len(known) < len(values) and not _may_miss(op, values)):
        return None
    result = _OPERATIONS[op](known)
    return cut(result) if result is not None and unit in SHARES and op in CUT else result


def _may_miss(op: str, values: Sequence[Decimal | None]) -> bool:
    """Return whether a step has a value although some of its children have none."""
    return op in SKIPPING or (op == "subtract" and values[0] is not None)


def cut(value: Decimal) -> Decimal:
    """
    Return the figure cut towards zero at 12 places.

    Example:
        >>> cut(Decimal("0.66666666666666"))
        Decimal('0.666666666666')
    """
    return value.quantize(PLACES, rounding=ROUND_DOWN, context=CUTTING)


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the sum of figures, every digit kept."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


def _product(values: Sequence[Decimal]) -> Decimal:
    result = ONE
    for value in values:
        result = EXACT.multiply(result, value)
    return result


def _less(values: Sequence[Decimal]) -> Decimal:
    return EXACT.subtract(values[0], exact_sum(values[1:]))


def _quotient(values: Sequence[Decimal]) -> Decimal | None:
    first, second = values
    return None if second == 0 else cut(CUTTING.divide(first, second))


def _floor(values: Sequence[Decimal]) -> Decimal:
    return values[0].to_integral_value(ROUND_FLOOR)


def _clip(values: Sequence[Decimal]) -> Decimal:
    value, low, high = values
    return min(max(value, low), high)


_OPERATIONS: Mapping[str, Callable[[Sequence[Decimal]], Decimal | None]] = {
    "sum": exact_sum,
    "product": _product,
    "min": min,
    "max": max,
    "subtract": _less,
    "divide": _quotient,
    "floor": _floor,
    "clip": _clip,
}


def written(value: Decimal) -> str:
    """
    Return an exact figure as text: no exponent, no zeros at the end.

    Example:
        >>> written(Decimal("1.500")), written(Decimal("2E+3")), written(Decimal("-0.0"))
        ('1.5', '2000', '0')
    """
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
