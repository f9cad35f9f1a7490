"""The fourth schema: connected groups and caps on exposures, and what the book goes by."""

from typing import Literal

from pydantic import Field

from app.policy.schemas import second, third
from app.policy.schemas.entries import Days, Fen


class FourthValues(third.ThirdValues):
    """Single values."""

    dependence_share: second.PartOfWhole
    identify_from: second.PartOfWhole
    tier1_net_fen: Fen
    group_share: second.PartOfWhole
    book_cap_fen: Fen
    loan_single_share: second.PartOfWhole
    single_share: second.PartOfWhole
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
