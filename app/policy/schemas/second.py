"""The second schema: who sees whom in a chain; shares are parts of a whole, names are plain."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.policy.schemas import first
from app.policy.schemas.entries import Count, Number, Share, keys


def _part(number: Decimal) -> Decimal:
    if number > 1:
        raise ValueError("a share is at most 1")
    return number


PartNumber = Annotated[Number, AfterValidator(_part)]


class Part(Share):
    """A part of a whole, and no more than that."""

    value: PartNumber


class PartsByGrade(first.SharesByGrade):
    """A part of a whole for each grade."""

    value: Annotated[dict[str, PartNumber], keys(*first.GRADES)]


class Values(first.Values):
    """Single values."""

    core_names_tiers: Count
    trade_share_min: Part
    cross_age: Part
    theta_up: Part
    theta_down: Part
    phi_confirm: Part
    phi_prepay: Part
    margin: Part
    single_borrower_share: Part
    pass_on: Part
    sales_share: Part
    stress_budget_share: Part
    lgd: Part
    pd_unrated: Part


class Tables(first.Tables):
    """Values by key."""

    k_by_grade: PartsByGrade
    pd_by_grade: PartsByGrade


class Contagion(first.Contagion):
    """What the losses of production are computed with."""

    tolerance: Part


class PolicyFile(first.Dated):
    """A policy file of the second schema."""

    schema_number: Literal[2] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]  # Part of the version's name.
    values: Values
    tables: Tables
    contagion: Contagion
