"""Shapes of prices in answers."""

import datetime as dt

from pydantic import BaseModel, Field

from app.chain.limits.schemas import Node


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
