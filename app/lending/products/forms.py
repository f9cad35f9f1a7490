"""A product as it is written: to whom, for what, how much, how long, at what rates."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool, ValidationInfo, field_validator

from app.lending.loans.fees import FEES_MAX
from app.lending.products.fees import FeeEntry
from app.policy.schemas.entries import Number, Strict, Text, Whole, Wording
from app.policy.schemas.second import PartNumber

# Which accounts a use takes: of documents; of data credit on a chain; of a firm without a core.
LendingPath = Literal["documents", "relation", "own"]
RepaymentKind = Literal[
    "bullet", "bullet_monthly", "equal_principal", "equal_instalment", "discount"
]
Purpose = Literal["working_capital", "procurement", "equipment", "research", "acquisition"]
# What a firm may tell beside these, so that a rule refuses it by name and not as malformed.
OtherUse = Literal["dividends", "financial_assets", "fixed_assets", "equity"]
PaperKind = Literal["receivable", "voucher"]
Comparison = Literal[">=", ">", "<=", "<", "="]
# What requirements may ask, in fen: what stands in the limit's derivation under these codes, and
# `verified`: claims that delivered orders cover.
Leaf = Literal["held", "base", "verified", "own_total", "need_total"]
WHO_MAX = 100
DAYS_MAX = 36_600
RATE_PLACES = 4  # Whole basis points.
ProductId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
DaysOfTenor = Annotated[Whole, Field(ge=1, le=DAYS_MAX)]


def _once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("says something twice")
    return names


def _in_basis_points(rate: Decimal) -> Decimal:
    exponent = rate.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -RATE_PLACES:
        raise ValueError("must be in whole basis points: at most 4 places")
    return rate


BasisPoints = Annotated[PartNumber, AfterValidator(_in_basis_points)]
Repayments = Annotated[list[RepaymentKind], Field(min_length=1), AfterValidator(_once)]
Purposes = Annotated[list[Purpose], Field(min_length=1), AfterValidator(_once)]
Papers = Annotated[list[PaperKind], AfterValidator(_once)]


class WhoEntry(Strict):
    """What a firm must have, and what it can do where it has not."""

    rule: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,63}$")]
    leaf: Leaf
    op: Comparison
    value: Whole
    label: Wording
    fix: Wording


class ProductFile(Strict):
    """One product from a day on; bounds that belong together are checked where the later stands."""

    schema_number: Literal[1] = Field(alias="schema")
    id: ProductId
    valid_from: dt.date = Field(alias="from")
    valid_to: dt.date | None = Field(alias="to")
    source: Text
    labels: Wording
    path: LendingPath
    purpose: Purposes
    amount_floor_fen: Annotated[Whole, Field(ge=1)]
    amount_cap_fen: Whole | None
    tenor_floor_days: DaysOfTenor
    tenor_cap_days: DaysOfTenor
    repayment: Repayments
    rate_floor: BasisPoints
    rate_cap: BasisPoints
    rate_add: Number
    budget_fen: Whole | None
    pd_max: PartNumber
    straight_through: StrictBool
    documents: Papers
    who: Annotated[list[WhoEntry], Field(max_length=WHO_MAX)]
    fees: Annotated[list[FeeEntry], Field(max_length=FEES_MAX)] = Field(default_factory=list)

    @field_validator("valid_to", "amount_cap_fen", "tenor_cap_days", "rate_cap")
    @classmethod
    def _not_below(cls, value: object, info: ValidationInfo) -> object:
        """Return a bound, or raise `ValueError` where it is below the one before it."""
        lower = LOWER[str(info.field_name)]
        least = info.data.get(lower)
        if value is not None and least is not None and value < least:
            raise ValueError(f"must not be below {_key(lower)}, which is {least}")
        return value

    @field_validator("amount_cap_fen", "budget_fen")
    @classmethod
    def _stated_without_a_core(cls, value: int | None, info: ValidationInfo) -> int | None:
        """Return an amount, or raise `ValueError` where no chain bounds the product instead."""
        if value is None and info.data.get("path") == "own":
            raise ValueError("must be stated: without a core nothing else bounds it")
        return value

    @field_validator("repayment")
    @classmethod
    def _discounts_documents(cls, kinds: list[str], info: ValidationInfo) -> list[str]:
        """Return the kinds, or raise `ValueError` where there is nothing to be discounted."""
        if "discount" in kinds and info.data.get("path", "documents") != "documents":
            raise ValueError("discount is for products on documents alone")
        return kinds

    @field_validator("documents")
    @classmethod
    def _as_the_path(cls, kinds: list[str], info: ValidationInfo) -> list[str]:
        """Return the kinds, or raise `ValueError` where they are not what the path asks for."""
        path = info.data.get("path")
        if path is not None and (path == "documents") != bool(kinds):
            raise ValueError("is for products on documents alone, which must name some")
        return kinds

    @field_validator("who")
    @classmethod
    def _named_once(cls, entries: list[WhoEntry]) -> list[WhoEntry]:
        """Return the requirements, or raise `ValueError` where two have one name."""
        _once([each.rule for each in entries])
        return entries

    @field_validator("fees")
    @classmethod
    def _charged_once(cls, fees: list[FeeEntry]) -> list[FeeEntry]:
        """Return the fees, or raise `ValueError` where two have one name."""
        _once([each.id for each in fees])
        return fees


# A bound, and the one that it is not below.
LOWER: Mapping[str, str] = {
    "valid_to": "valid_from",
    "amount_cap_fen": "amount_floor_fen",
    "tenor_cap_days": "tenor_floor_days",
    "rate_cap": "rate_floor",
}


def _key(field: str) -> str:
    """Return what a field is called in the file."""
    return ProductFile.model_fields[field].alias or field
