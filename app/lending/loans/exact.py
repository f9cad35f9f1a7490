"""
Exact sums of interest: whole numbers of a unit so small that a day's interest has no remainder.

With the contract rate r = a / b, the penalty rate f r with f = c / d, and a year of B days, a day
of P fen at the contract rate is P a d, at the penalty rate P a c, in units of 1 / (b d B) fen.
"""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

SCALES_MAX = 4096  # Rates that are in use at a time.


class RateUnits(NamedTuple):
    """What a fen weighs: `unit` small units are a fen; a fen bears the others in a day."""

    unit: int
    contract: int
    penal: int


@lru_cache(maxsize=SCALES_MAX)
def scale_of(rate: Decimal, penalty_factor: Decimal, day_base: int) -> RateUnits:
    """
    Return the units of a rate, a penalty factor and a year's days.

    Example:
        >>> scale_of(Decimal("0.05"), Decimal("1.5"), 360)
        RateUnits(unit=14400, contract=2, penal=3)
    """
    yearly, factor = Fraction(rate), Fraction(penalty_factor)
    unit = yearly.denominator * factor.denominator * day_base
    contract = yearly.numerator * factor.denominator
    return RateUnits(unit, contract, yearly.numerator * factor.numerator)


def half_up(numerator: int, denominator: int) -> int:
    """
    Return a quotient of numbers not below 0 as a whole number, a half upwards.

    Example:
        >>> half_up(5, 2), half_up(7, 3)
        (3, 2)
    """
    return (2 * numerator + denominator) // (2 * denominator)


def instalment_fen(amount_fen: int, rate: Decimal, rows: int) -> int:
    """
    Return P m / (1 - (1 + m)^-n) with m = rate / 12, half up; without interest P / n.

    Example:
        >>> instalment_fen(50_000_000, Decimal("0.05"), 12)
        4280374
    """
    monthly = Fraction(rate) / 12
    if not monthly:
        return half_up(amount_fen, rows)
    grown = (monthly.denominator + monthly.numerator) ** rows
    shrunk = grown - monthly.denominator**rows
    return half_up(amount_fen * monthly.numerator * grown, monthly.denominator * shrunk)
