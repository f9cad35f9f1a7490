"""Shapes of accounts in requests and answers."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

AccountState = Literal["open", "frozen", "closed"]
AccountLayer = Literal[
    "bank", "group", "firm", "core", "chain", "relation", "product", "programme", "document"
]
FEN_MAX = 2**63 - 1
REASON_LENGTH_MAX = 500
FenAsked = Annotated[
    int, Field(strict=True, ge=1, le=FEN_MAX, description="Whole fen, at least one")
]
Reason = Annotated[
    str, Field(min_length=1, max_length=REASON_LENGTH_MAX, pattern=r"\S", description="Why")
]


class TotalSource(BaseModel):
    """Where a total comes from: the run, the decision or the product that set it."""

    event: int = Field(description="The event of the book that set it")
    run: str | None = Field(description="The run of limits, where one set it")
    decision: str | None = Field(description="The decision, where one set it")
    product: str | None = Field(description="The version of the product whose budget it is")


class LimitAccount(BaseModel):
    """An account: one cap, and what is taken of it."""

    id: str
    layer: AccountLayer
    core: str | None = Field(description="The core that it is of, where it is of one")
    firm: str | None = Field(description="The firm that it is of, where it is of one")
    state: AccountState
    total_fen: int
    outside_fen: int = Field(description="Taken outside the book: promises that came in files")
    posted_fen: int = Field(description="Used, promises made here among it")
    pending_fen: int = Field(description="Reserved, and not past its time")
    frozen_fen: int
    available_fen: int = Field(description="What a use may take: 0 where over, frozen or closed")
    usable_fen: int | None = Field(
        description="Of a chain: what of it is offered, without the room of documents that are "
        "financed; null of every other account"
    )
    excess_fen: int = Field(description="By how much more is used than the total allows")
    valid_to: dt.date | None = Field(description="The last day on which it may be used")
    source: TotalSource | None = Field(alias="from", description="Where its total comes from")


class LimitAccounts(BaseModel):
    """Accounts in the order of their ids."""

    items: list[LimitAccount]
    next: str | None


class AccountFigures(BaseModel):
    """The figures of an account before or after an event."""

    total_fen: int
    outside_fen: int
    posted_fen: int
    pending_fen: int
    frozen_fen: int
    state: AccountState
    valid_to: dt.date | None


class AccountMove(BaseModel):
    """What one event did to an account."""

    number: int = Field(description="The event's number in the book")
    at: dt.datetime = Field(description="The clock's time")
    day: str = Field(description="The business day")
    actor: str = Field(description="Who did it; `machine` where nobody in person did")
    operation: str
    subject: str = Field(description="What it was about, as `kind:id`")
    reason: str | None = Field(description="In the words of who did it")
    before: AccountFigures
    after: AccountFigures


class AccountMoves(BaseModel):
    """What happened to an account, in the order of the book."""

    items: list[AccountMove]
    next: str | None


class FreezeOrder(BaseModel):
    """What is to be frozen, or released again, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount_fen: FenAsked = Field(
        default_factory=lambda: 0, description="Whole fen; left out: the whole account"
    )
    reason: Reason

    @property
    def asked_fen(self) -> int | None:
        """Return the amount; None for the whole account."""
        return self.amount_fen if "amount_fen" in self.model_fields_set else None


class FrozenAccount(BaseModel):
    """An account after something of it was frozen."""

    id: str
    state: AccountState
    frozen_fen: int


class AskedApproval(BaseModel):
    """What waits for a second person."""

    approval: str = Field(description="The id of the approval")
