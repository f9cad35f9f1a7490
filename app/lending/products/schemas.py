"""Shapes of products in answers."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from app.lending.loans.fees import FeeOf, FeeWhen
from app.lending.products.forms import (
    Comparison,
    Leaf,
    LendingPath,
    PaperKind,
    Purpose,
    RepaymentKind,
)
from app.policy.schemas.entries import Wording


class ProductNeed(BaseModel):
    """What a firm must have, and what it can do where it has not."""

    rule: str
    leaf: Leaf = Field(
        description="What is looked at, by its code in the derivation of a limit; `verified`: "
        "claims that delivered orders cover"
    )
    op: Comparison
    value: int
    unit: Literal["fen"]
    label: Wording
    fix: Wording


class ProductFee(BaseModel):
    """A fee of a product: when it is charged, and how much."""

    id: str
    zh: str
    en: str
    when: FeeWhen = Field(description="`overdue_once`: on the first day overdue; `due`: each row")
    of: FeeOf = Field(description="Of what its share is")
    fen: int | None = Field(description="How much, where it is fixed")
    share: str | None = Field(description="How much of that, exact, where it is a share")
    floor_fen: int = Field(description="The least that a share comes to")
    cap_fen: int = Field(description="The most")


class LendingProduct(BaseModel):
    """A product in force: for what, how much, how long, how paid back, at what rates."""

    id: str
    version: str = Field(description="Names the product, its first day and its content")
    since: dt.date = Field(alias="from", description="The first day on which it holds")
    until: dt.date | None = Field(alias="to", description="The last day, where there is one")
    labels: Wording
    path: LendingPath = Field(
        description="Which accounts a use takes: of documents, of a relation without any, or of "
        "a firm without a core"
    )
    purpose: list[Purpose]
    amount_floor_fen: int
    amount_cap_fen: int = Field(
        description="The most at once; along chains never above *product_cap_fen* of the policy"
    )
    tenor_floor_days: int
    tenor_cap_days: int
    repayment: list[RepaymentKind]
    rate_floor: str = Field(description="A year, exact")
    rate_cap: str = Field(description="A year, exact")
    straight_through: bool = Field(description="Whether the machine may approve alone")
    documents: list[PaperKind] = Field(description="What carries it; none where nothing does")
    who: list[ProductNeed]
    fees: list[ProductFee] = Field(description="Charged beside interest and penalty; mostly none")
    rate_add: str | None = Field(description="Added to the price; null but to the bank")
    pd_max: str | None = Field(
        description="The largest probability of default; null but to the bank"
    )
    budget_fen: int | None = Field(
        description="The total of `product:ID`; null without one, and but to the bank"
    )
    source: str | None = Field(description="Where it comes from; null but to the bank")


class LendingProducts(BaseModel):
    """The products in force on a day, by their ids."""

    as_of: dt.date = Field(description="The day on which they are in force")
    policy: str = Field(description="The version of the policy that caps them")
    items: list[LendingProduct]
    next: str | None
