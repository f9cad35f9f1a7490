"""The terms of one loan, and on which days what becomes due."""

import calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from app.lending.loans.errors import bad_terms
from app.lending.loans.exact import RateUnits, half_up, instalment_fen, scale_of
from app.lending.loans.fees import FeeTerms

SINGLE = ("bullet", "discount")  # One due day.
MONTHLY = ("bullet_monthly", "equal_principal", "equal_instalment")
AMOUNT_FEN_MAX = 2**63 - 1
DAYS_MAX, MONTHS_MAX = 10_980, 360  # Thirty years.
PLACES_MAX = 12
MOVED_DAYS_MAX = 366
SETTLE_DAY_MAX = 31
LONGEST_MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """
    What was agreed for one loan.

    Args:
        amount_fen: The principal; of a `discount` the face to be paid at the due day.
        rate: The contract rate of a year.
        repayment: `bullet | bullet_monthly | equal_principal | equal_instalment | discount`.
        drawn_on: The day of the draw.
        days: Days until it is due, or None.
        months: Months until it is due, the number of rows where rows are monthly; or None.
        settle_day: Day of the month on which rows are due; None: that of the draw.
        day_base: Days of a year.
        penalty_factor: Times the contract rate that what is overdue bears.
        grace_days: Days after a due day within which it may be paid as if in time.
        fees: What is charged beside interest and penalty.
    """

    amount_fen: int
    rate: Decimal
    repayment: str
    drawn_on: dt.date
    days: int | None
    months: int | None
    settle_day: int | None
    day_base: int
    penalty_factor: Decimal
    grace_days: int
    fees: tuple[FeeTerms, ...] = ()

    @property
    def rows(self) -> int:
        """Return how many due days there are."""
        return 1 if self.repayment in SINGLE else self.months or 0

    @property
    def scale(self) -> RateUnits:
        """Return the units of its exact sums."""
        return scale_of(self.rate, self.penalty_factor, self.day_base)

    @property
    def bears(self) -> bool:
        """Return whether what is not due yet bears interest."""
        return self.repayment != "discount"


def check_terms(terms: LoanTerms, days_off: frozenset[dt.date]) -> None:
    """
    Raise where terms are no loan.

    Args:
        terms: The terms.
        days_off: Days without work.

    Raises:
        RuleBroken: `loan.terms`, in words that name the field.
    """
    for name, holds in _CHECKS.items():
        if not holds(terms):
            raise bad_terms(zh=f"贷款条件 {name} 不可用", en=f"{name} cannot be that of a loan")
    try:
        last_on = due_on(terms, terms.rows, days_off)
    except (OverflowError, ValueError) as error:
        raise bad_terms(zh="到期日超出历法", en="the due day lies beyond the calendar") from error
    if terms.repayment == "discount" and discount_fen(terms, last_on) >= terms.amount_fen:
        raise bad_terms(zh="贴现后无可付款项", en="the discount leaves nothing to be paid out")
    if terms.repayment == "equal_instalment":
        scale, part = (
            terms.scale,
            part_fen(terms.repayment, terms.amount_fen, terms.rate, terms.rows),
        )
        if part * scale.unit < terms.amount_fen * scale.contract * LONGEST_MONTH_DAYS:
            raise bad_terms(
                zh=f"每期 {part} 分不足以支付31天利息",
                en=f"an instalment of {part} fen does not cover the interest of 31 days",
            )


def part_fen(repayment: str, amount_fen: int, rate: Decimal, rows: int) -> int:
    """Return what each row has: its principal, or the whole instalment; 0 where neither."""
    if repayment == "equal_principal":
        return amount_fen // rows
    return instalment_fen(amount_fen, rate, rows) if repayment == "equal_instalment" else 0


def discount_fen(terms: LoanTerms, last_on: dt.date) -> int:
    """
    Return what a discount keeps back of its face: the interest to the due day.

    Args:
        terms: The terms.
        last_on: The due day.
    """
    days = (last_on - terms.drawn_on).days
    return half_up(terms.amount_fen * terms.scale.contract * days, terms.scale.unit)


def proceeds_fen(terms: LoanTerms, days_off: frozenset[dt.date]) -> int:
    """
    Return what is paid out at the draw: the amount, of a discount less what it keeps back.

    Args:
        terms: The terms.
        days_off: Days without work.
    """
    if terms.bears:
        return terms.amount_fen
    return terms.amount_fen - discount_fen(terms, due_on(terms, 1, days_off))


def due_on(terms: LoanTerms, row: int, days_off: frozenset[dt.date]) -> dt.date:
    """
    Return the due day of a row, always counted from the draw, never from the row before.

    Args:
        terms: The terms.
        row: The number of the row, from 1.
        days_off: Days without work.

    Raises:
        OverflowError, ValueError: The day lies beyond the calendar.
    """
    drawn = terms.drawn_on
    if terms.repayment in SINGLE and terms.days is not None:
        day = drawn + dt.timedelta(days=terms.days)
    elif terms.repayment in SINGLE:
        day = months_later(drawn, terms.months or 0, drawn.day)
    elif terms.settle_day is None:
        day = months_later(drawn, row, drawn.day)
    else:
        this_month = months_later(drawn, 0, terms.settle_day)
        day = months_later(drawn, row - (this_month > drawn), terms.settle_day)
    return working_day(day, days_off) if days_off else day


def months_later(day: dt.date, months: int, day_of_month: int) -> dt.date:
    """
    Return a day of the month so many months after a day's; the last one of a shorter month.

    Example:
        >>> [str(months_later(dt.date(2026, 1, 31), months, 31)) for months in (1, 2)]
        ['2026-02-28', '2026-03-31']
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return dt.date(year, month, min(day_of_month, calendar.monthrange(year, month)[1]))


def working_day(day: dt.date, days_off: frozenset[dt.date]) -> dt.date:
    """
    Return the first day from a day on that is worked.

    Raises:
        ValueError: There is none within a year.
    """
    for further in range(MOVED_DAYS_MAX):
        moved = day + dt.timedelta(days=further)
        if moved not in days_off:
            return moved
    raise ValueError(f"no day is worked within {MOVED_DAYS_MAX} days of {day}")


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _number(value: object, least: int, most: int) -> bool:
    if not isinstance(value, Decimal) or not value.is_finite() or not least <= value <= most:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -PLACES_MAX


def _has_time(terms: LoanTerms) -> bool:
    if terms.repayment in MONTHLY or terms.days is None:
        return terms.days is None and _whole(terms.months, 1, MONTHS_MAX)
    return terms.months is None and _whole(terms.days, 1, DAYS_MAX)


def _has_settle_day(terms: LoanTerms) -> bool:
    if terms.settle_day is None:
        return True
    return terms.repayment in MONTHLY and _whole(terms.settle_day, 1, SETTLE_DAY_MAX)


_CHECKS: dict[str, Callable[[LoanTerms], bool]] = {
    "amount_fen": lambda terms: _whole(terms.amount_fen, 1, AMOUNT_FEN_MAX),
    "rate": lambda terms: _number(terms.rate, 0, 1),
    "repayment": lambda terms: terms.repayment in (*SINGLE, *MONTHLY),
    "tenor": _has_time,
    "settle_day": _has_settle_day,
    "day_base": lambda terms: _whole(terms.day_base, 360, 366),
    "penalty_factor": lambda terms: _number(terms.penalty_factor, 1, 10),
    "grace_days": lambda terms: _whole(terms.grace_days, 0, 90),
}
