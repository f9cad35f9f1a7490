"""The fifth schema: what a price is made of."""

from typing import Annotated, Literal

from pydantic import Field

from app.policy.schemas import fourth, second
from app.policy.schemas.entries import Entry, Fen, keys

BUCKETS = ("to_30_days", "to_90_days", "to_180_days", "to_360_days", "to_1080_days", "longer")
PATHS = ("documents", "relation", "own")


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


class FifthValues(fourth.FourthValues):
    """Single values."""

    opex: PartRate
    hurdle: PartRate
    price_add: PartRate
    operations_add: PartRate
    pd_floor: second.PartOfWhole
    sme_sales_floor_fen: Fen
    sme_sales_cap_fen: Fen


class FifthTables(second.SecondTables):
    """Values by key."""

    ftp: RatesByTenor
    liquidity: RatesByTenor
    price_lgd: PartsByPath


class FifthPolicyFile(fourth.FourthPolicyFile):
    """A policy file of the fifth schema."""

    schema_number: Literal[5] = Field(alias="schema")  # type: ignore[assignment]  # its own number
    values: FifthValues
    tables: FifthTables
