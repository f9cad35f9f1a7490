"""
What a loan costs in a year with its fees: the rate at which what is paid is worth what came.

    proceeds - fees of the draw
        = sum over due days of (principal + interest + fees) / (1 + r)^(d / 365)

with d the days since the draw: the internal rate of return, compounded, as Announcement [2021]
No. 3 of the People's Bank of China asks lenders to tell it. Fees that only a prepayment or a delay
costs are in none of it.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from app.lending.loans.advancing import draw
from app.lending.loans.rules import LoanRules
from app.lending.loans.schedule import Schedule, rows_to_come
from app.lending.loans.terms import LoanTerms, proceeds_fen

YEAR_DAYS = 365
POINTS = 10_000  # Basis points of one.
POINTS_MAX = 1_000_000  # A hundred times the money in a year; beyond it there is no figure.
DIGITS = 50


class LoanCost(NamedTuple):
    """What a loan costs if each row is paid on its day."""

    schedule: Schedule
    draw_fees_fen: int
    fees_fen: int  # With those of the draw.
    effective_rate: Decimal | None  # Of a year, in whole basis points; None: beyond any rate.

    @property
    def effective_text(self) -> str | None:
        """Return the rate as it is told."""
        return None if self.effective_rate is None else format(self.effective_rate, "f")


def cost_of(terms: LoanTerms, rules: LoanRules) -> LoanCost:
    """
    Return what a loan costs, drawn whole on the day of its terms and paid on its days.

    Args:
        terms: What is agreed.
        rules: Values of the bank.

    Raises:
        RuleBroken: `loan.terms`: they are no loan.
    """
    loan = draw(terms, rules)
    plan, fees = rows_to_come(loan, rules), loan.fees_fen
    paid = [((each.due_on - terms.drawn_on).days, sum(each.sums_fen)) for each in plan.rows]
    came = proceeds_fen(terms, rules.days_off) - fees
    return LoanCost(plan, fees, fees + plan.fees_fen, effective_rate(came, paid))


def effective_rate(came_fen: int, paid: Sequence[tuple[int, int]]) -> Decimal | None:
    """
    Return the rate of a year at which what is paid is worth what came, half up to basis points.

    Args:
        came_fen: What came on the first day.
        paid: What is paid after how many days, at least as much in all.

    Returns:
        The rate; None where nothing came, or it is beyond `POINTS_MAX`.

    Example:
        >>> effective_rate(1_000_000, [(365, 1_050_000)])
        Decimal('0.0500')
    """
    if came_fen <= 0 or _worth(paid, 2 * POINTS_MAX) >= came_fen:
        return None
    least, most = 0, POINTS_MAX
    while most - least > 1:
        middle = (least + most) // 2
        if _worth(paid, 2 * middle - 1) >= came_fen:
            least = middle
        else:
            most = middle
    return Decimal(least).scaleb(-4)


def _worth(paid: Sequence[tuple[int, int]], half_points: int) -> Decimal:
    """Return what is paid is worth on the first day, at a rate in halves of a basis point."""
    with localcontext() as context:
        context.prec = DIGITS
        grown = 1 + Decimal(half_points) / (2 * POINTS)
        day = (-grown.ln() / YEAR_DAYS).exp()
        return sum((fen * day**days for days, fen in paid), Decimal(0))
