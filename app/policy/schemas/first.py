"""The first schema: the values that limits and contagion have read from the beginning."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from app.policy.schemas.entries import (
    Count,
    Days,
    Entry,
    Fen,
    Flag,
    Rate,
    Ratio,
    Section,
    Share,
    Strict,
    Table,
    Text,
    Word,
    Wording,
    keys,
)

GRADES = (*(f"R{number}" for number in range(1, 16)), "D")
COLOURS = ("blue", "yellow", "orange", "red")


class FirstValues(Section):
    """Single values."""

    tiers_max: Count
    trade_share_min: Share
    past_due_days_document: Days
    tenor_days_max: Days
    registry_required: Flag
    past_due_days_max: Days
    age_days_max: Days
    cross_age: Share
    open_days: Days
    dilution_free: Rate
    a_verified: Rate
    a_unverified: Rate
    a_confirmed: Rate
    theta_up: Share
    theta_down: Share
    phi_confirm: Share
    phi_prepay: Share
    tenor_days: Days
    prepay_days: Days
    margin: Share
    kappa: Ratio
    kappa_relation: Ratio
    bank_capital_fen: Fen
    single_borrower_share: Share
    cash_multiple: Ratio
    data_credit_factor: Ratio
    pass_on: Share
    cut_off_fen: Fen
    sales_share: Share
    micro_months: Count
    omega: Ratio
    resilience_min: Ratio
    stress_budget_share: Share
    delta: Ratio
    lgd: Share
    pd_unrated: Share
    cycle_days: Days
    product_cap_fen: Fen


class RatiosByColour(Entry):
    """A factor for each warning colour."""

    value: Annotated[Table, keys(*COLOURS)]
    unit: Literal["ratio"]


class SharesByGrade(Entry):
    """A share for each grade."""

    value: Annotated[Table, keys(*GRADES)]
    unit: Literal["share"]


class RatiosByGrade(Entry):
    """A factor for each grade, and one for firms without a grade."""

    value: Annotated[Table, keys(*GRADES, "none")]
    unit: Literal["ratio"]


class FirstTables(Section):
    """Values by key."""

    colour_factors: RatiosByColour
    k_by_grade: SharesByGrade
    grade_factors: RatiosByGrade
    pd_by_grade: SharesByGrade


class FirstContagion(Section):
    """What the losses of production are computed with."""

    method: Word
    tolerance: Share
    rounds_max: Count
    replaceability: Flag
    statement_denominators: Flag
    partners: Count


class Dated(Strict):
    """What every policy file says first."""

    name: Text
    valid_from: dt.date = Field(alias="from")
    label: Wording


class FirstPolicyFile(Dated):
    """A policy file of the first schema; before schemas had numbers none was written."""

    schema_number: Literal[1] = Field(default=1, alias="schema")
    values: FirstValues
    tables: FirstTables
    contagion: FirstContagion
