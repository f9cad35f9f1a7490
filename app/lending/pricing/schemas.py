"""Shapes of prices in answers."""

import datetime as dt

from pydantic import BaseModel, Field

from app.chain.limits.schemas import Node
from app.lending.products.forms import RepaymentKind
from app.lending.products.schemas import ProductFee


class ProductPrice(BaseModel):
    """What a product costs a firm, and why."""

    product: str
    product_version: str = Field(description="Names the product, its first day and its content")
    firm: str
    core: str | None = Field(description="Whose documents carry it, where some do")
    tenor_days: int
    version: int = Field(description="The version whose firms it is of")
    as_of: dt.date = Field(description="The business day")
    policy: str = Field(description="The policy of that day")
    rate: str | None = Field(description="A year, in whole basis points; null where absent")
    absent: str | None = Field(description="Why there is no price")
    derivation: Node | None


class PlanRow(BaseModel):
    """What becomes due on a day."""

    n: int
    due_on: dt.date
    principal_fen: int
    interest_fen: int
    fees_fen: int = Field(description="Charged on the due day")


class LoanPlan(BaseModel):
    """What a loan by a product would be, drawn on the business day and paid on its days."""

    product: str
    product_version: str = Field(description="Names the product, its first day and its content")
    policy: str = Field(description="The policy of the business day")
    drawn_on: dt.date = Field(description="The business day")
    amount_fen: int = Field(description="The principal; of a discount the face")
    proceeds_fen: int = Field(description="What is paid out: of a discount less than the face")
    rate: str = Field(description="A year")
    repayment: RepaymentKind
    items: list[PlanRow]
    total_interest_fen: int
    fees: list[ProductFee] = Field(description="What is charged when; mostly none")
    draw_fees_fen: int = Field(description="Charged at the draw, in no row")
    total_fees_fen: int = Field(description="Of the draw and of all rows")
    effective_rate: str | None = Field(
        description="A year, with all fees of draw and rows, compounded, in whole basis points: "
        "the rate at which all that is paid is worth what came; null beyond any rate"
    )
