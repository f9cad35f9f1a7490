"""The fourth schema: connected groups and caps on exposures, and what the book goes by."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.policy.schemas import second, third
from app.policy.schemas.entries import Days, Fen


def _some(number: Decimal) -> Decimal:
    if number == 0:
        raise ValueError("must be above 0")
    return number


class SomeOfWhole(second.PartOfWhole):
    """A part of a whole that is not nothing."""

    value: Annotated[second.PartNumber, AfterValidator(_some)]


class FourthValues(third.ThirdValues):
    """Single values."""

    dependence_share: SomeOfWhole
    identify_from: second.PartOfWhole
    tier1_net_fen: Fen
    group_share: second.PartOfWhole
    book_cap_fen: Fen
    core_exposure_share: second.PartOfWhole
    sector_exposure_share: second.PartOfWhole
    product_exposure_share: second.PartOfWhole
    near_share: second.PartOfWhole
    approval_days: Days
    confirm_days: Days
    confirm_two_from_fen: Fen
    accept_days: Days
    idempotency_days: Days


class FourthPolicyFile(third.ThirdPolicyFile):
    """A policy file of the fourth schema."""

    schema_number: Literal[4] = Field(alias="schema")  # type: ignore[assignment]  # its own number
    values: FourthValues
