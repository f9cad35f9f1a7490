"""
The capital that a loan ties up, by the formula of Basel's internal ratings (CRE31).

    R = 0.12 f + 0.24 (1 - f) - 0.04 (1 - s),  f = (1 - e^-50 PD) / (1 - e^-50)
    b = (0.11852 - 0.05478 ln PD)^2
    K = LGD (N((G(PD) + sqrt(R) G(0.999)) / sqrt(1 - R)) - PD) (1 + (M - 2.5) b) / (1 - 1.5 b)

s says where a firm's sales lie between those from which the correlation is not lowered (1) and
those below which it is lowered most (0).
"""

from decimal import Decimal
from functools import lru_cache

from app.chain.limits.formulas.exact import cut
from app.lending.pricing.normal import CONTEXT, distribution, quantile

CONFIDENCE = Decimal("0.999")
KEPT = 4_096
ONE = Decimal(1)


@lru_cache(maxsize=KEPT)
def capital(chance: Decimal, lgd: Decimal, sales: Decimal, years: Decimal) -> Decimal:
    """
    Return the capital for each unit lent, cut at 12 places; the same bits everywhere.

    Args:
        chance: Of default, above 0 and below 1.
        lgd: Loss given default.
        sales: Where the firm's sales lie between the bounds: 0 to 1.
        years: Effective maturity.

    Example:
        >>> capital(Decimal("0.01"), Decimal("0.4"), Decimal(0), Decimal(1))
        Decimal('0.040863872633')
    """
    c = CONTEXT
    part = _correlation(chance, sales)
    numerator = c.add(quantile(chance), c.multiply(c.sqrt(part), _at_confidence()))
    stressed = distribution(c.divide(numerator, c.sqrt(c.subtract(ONE, part))))
    loss = c.multiply(lgd, c.subtract(stressed, chance))
    return max(cut(c.multiply(loss, _maturity(chance, years))), Decimal(0))


def _correlation(chance: Decimal, sales: Decimal) -> Decimal:
    """Return how much of a firm's fate is everybody's."""
    c = CONTEXT
    falling = c.subtract(ONE, c.exp(c.multiply(-50, chance)))
    share = c.divide(falling, c.subtract(ONE, c.exp(Decimal(-50))))
    mixed = c.subtract(Decimal("0.24"), c.multiply(Decimal("0.12"), share))
    return c.subtract(mixed, c.multiply(Decimal("0.04"), c.subtract(ONE, sales)))


def _maturity(chance: Decimal, years: Decimal) -> Decimal:
    """Return the factor by which longer loans tie up more; 1 for a year."""
    c = CONTEXT
    root = c.subtract(Decimal("0.11852"), c.multiply(Decimal("0.05478"), c.ln(chance)))
    slope = c.multiply(root, root)
    above = c.multiply(c.subtract(years, Decimal("2.5")), slope)
    return c.divide(c.add(ONE, above), c.subtract(ONE, c.multiply(Decimal("1.5"), slope)))


@lru_cache(maxsize=1)
def _at_confidence() -> Decimal:
    return quantile(CONFIDENCE)
