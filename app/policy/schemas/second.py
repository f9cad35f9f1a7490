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


class PartOfWhole(Share):
    """A part of a whole, and no more than that."""

    value: PartNumber


class PartsByGrade(first.SharesByGrade):
    """A part of a whole for each grade."""

    value: Annotated[dict[str, PartNumber], keys(*first.GRADES)]


class SecondValues(first.FirstValues):
    """Single values."""

    core_names_tiers: Count
    trade_share_min: PartOfWhole
    cross_age: PartOfWhole
    theta_up: PartOfWhole
    theta_down: PartOfWhole
    phi_confirm: PartOfWhole
    phi_prepay: PartOfWhole
    margin: PartOfWhole
    single_borrower_share: PartOfWhole
    pass_on: PartOfWhole
    sales_share: PartOfWhole
    stress_budget_share: PartOfWhole
    lgd: PartOfWhole
    pd_unrated: PartOfWhole


class SecondTables(first.FirstTables):
    """Values by key."""

    k_by_grade: PartsByGrade
    pd_by_grade: PartsByGrade


class SecondContagion(first.FirstContagion):
    """What the losses of production are computed with."""

    tolerance: PartOfWhole


class SecondPolicyFile(first.Dated):
    """A policy file of the second schema."""

    schema_number: Literal[2] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]  # Part of the version's name.
    values: SecondValues
    tables: SecondTables
    contagion: SecondContagion
