"""Shapes of requests."""

import datetime as dt
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.chain.receivables.schemas import DocumentNumber
from app.chain.vouchers.schemas import AmountFen, FirmId

RequestKind = Literal["confirm", "pass"]


class RequestAsked(BaseModel):
    """What is asked: of the core of a receivable, or of a buyer."""

    model_config = ConfigDict(extra="forbid")

    kind: RequestKind = Field(description="`confirm` a receivable, or `pass` a voucher on")
    receivable: DocumentNumber | None = Field(default=None, description="To be confirmed")
    of: FirmId | None = Field(default=None, description="The buyer that is to pass a voucher on")
    core: FirmId | None = Field(default=None, description="Whose voucher")
    amount_fen: AmountFen | None = Field(default=None, description="Of how much")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        passed = (self.of, self.core, self.amount_fen)
        if self.kind == "confirm" and (self.receivable is None or any(passed)):
            raise ValueError("to confirm takes the receivable alone")
        if self.kind == "pass" and (None in passed or self.receivable is not None):
            raise ValueError("to pass takes of, core and amount_fen alone")
        return self


class FirmRequest(BaseModel):
    """What a firm asks of another."""

    id: str
    kind: RequestKind
    firm: str = Field(description="Who asks")
    of: str = Field(description="Who is asked")
    core: str
    receivable: str | None
    amount_fen: int
    made_on: dt.date = Field(description="The business day of the last step")
    state: Literal["open", "met", "withdrawn", "declined", "lapsed"] = Field(
        description="`met`: the receivable is open no more, or a voucher has been passed; "
        "`lapsed`: a party or the receivable is not there any more"
    )


class FirmRequests(BaseModel):
    """Requests, those that were touched last first."""

    items: list[FirmRequest]
    next: str | None
