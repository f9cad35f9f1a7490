"""Shapes of reservations and uses in requests and answers."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.chain.accounts.schemas import FEN_MAX

ID_LENGTH_MAX = 200
DOCUMENTS_MAX = 500
SECONDS_MAX = 366 * 24 * 3600
Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH_MAX)]
Fen = Annotated[int, Field(ge=1, le=FEN_MAX, description="Whole fen, at least one")]


class _OrderForm(BaseModel):
    """What is ordered; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DocumentNamed(_OrderForm):
    """A document that carries a use."""

    kind: Literal["receivable", "voucher"]
    number: Id

    @property
    def account(self) -> str:
        """Return the id of its account."""
        return f"{self.kind}:{self.number}"


class ReservationOrder(_OrderForm):
    """What is to be held, for whom, on what, and for how long."""

    core: Id | None = Field(
        None, description="In the chain of this core; null or `own`: without a core"
    )
    firm: Id = Field(description="Who is to use it")
    product: Id = Field(description="By which product")
    amount_fen: Fen
    documents: list[DocumentNamed] = Field(
        default_factory=list,
        max_length=DOCUMENTS_MAX,
        description="They carry it in this order, each up to what it has; none: data credit",
    )
    seconds: Annotated[int, Field(ge=1, le=SECONDS_MAX)] = Field(
        description="How long it is held by the clock"
    )


class UseAmount(_OrderForm):
    """An amount of a reservation or use."""

    amount_fen: Fen


class PathPart(BaseModel):
    """One account of a path: what is taken of it, and what it has left."""

    account: str
    occupied_fen: int
    available_fen: int


class AccountUse(BaseModel):
    """A use of caps, reserved or posted."""

    id: str
    state: Literal["reserved", "posted", "void", "expired", "released"]
    core: str | None
    firm: str
    product: str
    amount_fen: int = Field(description="What was asked for")
    left_fen: int = Field(description="What of it is pending or used now")
    path: list[PathPart] = Field(description="The accounts that it takes, the bank first")
    expires_at: dt.datetime | None = Field(description="When a reservation ends by itself")
