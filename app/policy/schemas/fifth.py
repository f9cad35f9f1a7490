"""The fifth schema: what a price is made of, what applications and all loans go by."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.policy.schemas import fourth, second
from app.policy.schemas.entries import (
    TEXTS_MAX,
    Count,
    Days,
    Entry,
    Fen,
    Flag,
    Ratio,
    Text,
    TextList,
    keys,
)

BUCKETS = ("to_30_days", "to_90_days", "to_180_days", "to_360_days", "to_1080_days", "longer")
PATHS = ("documents", "relation", "own")
CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
KINDS = ("fees", "penalty", "interest_overdue", "interest", "principal")  # Where a payment goes.


def _each_kind_once(order: list[str]) -> list[str]:
    if sorted(order) != sorted(KINDS):
        raise ValueError(f"must name each of {list(KINDS)} once")
    return order


def _days_of_a_calendar(days: list[str]) -> list[str]:
    wrong = [day for day in days if not _is_day(day)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not a day as YYYY-MM-DD")
    return days


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class PartRate(Entry):
    """A part of an amount a year, and no more than all of it."""

    value: second.PartNumber
    unit: Literal["rate"]


class RatesByTenor(Entry):
    """A part of an amount a year for each bucket of tenors."""

    value: Annotated[dict[str, second.PartNumber], keys(*BUCKETS)]
    unit: Literal["rate"]


class PartsByPath(Entry):
    """A part of a whole for each path of a product."""

    value: Annotated[dict[str, second.PartNumber], keys(*PATHS)]
    unit: Literal["share"]


class PartsByClass(Entry):
    """A part of a whole for each class of loans."""

    value: Annotated[dict[str, second.PartNumber], keys(*CLASSES)]
    unit: Literal["share"]


class PaymentOrder(TextList):
    """The kinds of what is due, in the order in which a payment goes to them."""

    value: Annotated[list[Text], AfterValidator(_each_kind_once)]


class CalendarDays(TextList):
    """Days, which may be none."""

    value: Annotated[list[Text], Field(max_length=TEXTS_MAX), AfterValidator(_days_of_a_calendar)]


class FifthValues(fourth.FourthValues):
    """Single values."""

    opex: PartRate
    hurdle: PartRate
    price_add: PartRate
    operations_add: PartRate
    pd_floor: second.PartOfWhole
    sme_sales_floor_fen: Fen
    sme_sales_cap_fen: Fen
    day_base: Days
    penalty_factor: Ratio
    grace_days: Days
    payment_order: PaymentOrder
    payment_order_in_default: PaymentOrder
    days_off: CalendarDays
    stage_two_days: Days
    stage_three_days: Days
    cure_two_months: Count
    cure_three_months: Count
    watch_days: Days
    offer_days: Days
    open_applications: Count
    draw_day_firm_fen: Fen
    draw_day_core_fen: Fen
    draw_day_bank_fen: Fen
    draw_overdue_loans: Count
    draw_colour_required: Flag
    portfolio_loss_share: second.PartOfWhole
    portfolio_scenario_share: second.PartOfWhole
    portfolio_tail_share: second.PartOfWhole
    portfolio_tail_part: second.PartOfWhole
    portfolio_capital_share: second.PartOfWhole
    sector_stress: Ratio
    sector_stress_elsewhere: Ratio


class FifthTables(second.SecondTables):
    """Values by key."""

    ftp: RatesByTenor
    liquidity: RatesByTenor
    price_lgd: PartsByPath
    provisions: PartsByClass


class FifthPolicyFile(fourth.FourthPolicyFile):
    """A policy file of the fifth schema."""

    schema_number: Literal[5] = Field(alias="schema")  # type: ignore[assignment]  # its own number
    values: FifthValues
    tables: FifthTables
