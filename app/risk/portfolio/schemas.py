"""Shapes of proposals of what to lend."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

BUDGET_FEN_MAX = 10**16


class PortfolioOrder(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    budget_fen: Annotated[int, Field(ge=0, le=BUDGET_FEN_MAX)] | None = Field(
        default=None, description="What to lend at most in all; null: what the caps allow"
    )


class CapWords(BaseModel):
    """What more of a cap would earn, in words."""

    zh: str
    en: str


class PricedCap(BaseModel):
    """One cap that is used up, and what one more fen of it would earn a year."""

    kind: Literal[
        "bank",
        "group",
        "firm",
        "chain",
        "core",
        "relation",
        "document",
        "product",
        "sector",
        "budget",
        "expected_loss",
        "capital",
        "scenario",
        "tail",
    ]
    id: str = Field(description="The account, or what the bank caps beside accounts")
    room_fen: int = Field(description="What is left of it before anything is lent")
    used_fen: int = Field(description="What the proposal takes of it")
    price: str = Field(description="What one more fen earns a year, at most")
    earns_fen: int = Field(description="What 1,000,000 yuan more earn a year")
    words: CapWords


class ProposedLoan(BaseModel):
    """What would be lent to one firm by one product on one core's chain."""

    core: str
    firm: str
    product: str
    most_fen: int = Field(description="What its own accounts and the product leave")
    proposed_fen: int
    gain: str = Field(
        description="What a fen earns a year before the return that its capital must earn"
    )
    expected_loss: str = Field(description="What is expected to be lost of a fen in a year")
    capital: str = Field(description="What a fen ties up")


class Portfolio(BaseModel):
    """A proposal of what to lend under all caps at once; it changes none of them."""

    id: str
    version: int
    as_of: dt.date = Field(description="The business day")
    policy: str
    run: str
    budget_fen: int | None
    candidates: int = Field(description="How many could be lent something")
    proposed: int = Field(description="To how many of them something is proposed")
    proposed_fen: int
    earned_fen: int = Field(description="What it earns a year")
    bound_fen: int = Field(description="What no choice under these caps earns more than")
    expected_loss_fen: int
    capital_fen: int
    tail_fen: int = Field(description="Average loss over the worst scenarios, with what is lent")
    scenarios: int
    left_out: list[str] = Field(description="Products that ask for what a run does not have")
    caps: list[PricedCap] = Field(description="Those of which more would earn, the dearest first")
    caps_left_out: int
    items: list[ProposedLoan] = Field(description="By core, firm and product")
    next: str | None
