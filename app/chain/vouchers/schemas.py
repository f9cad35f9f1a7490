"""Shapes of vouchers in requests and answers."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.chain.receivables.schemas import DocumentNumber
from app.platform.http.days import Day

FEN_MAX = 10**16  # As much as all there is to lend: sums of it stay whole numbers of a column.
FIRM_LENGTH_MAX = 400
RECEIVABLES_MAX = 1_000
PARTS_MAX = 200
State = Literal[
    "draft",
    "issued",
    "held",
    "split",
    "passed",
    "financing",
    "financed",
    "matured",
    "paid",
    "settled",
    "rejected",
    "cancelled",
    "disputed",
    "dishonoured",
    "recourse",
]
AmountFen = Annotated[int, Field(ge=1, le=FEN_MAX, strict=True)]
FirmId = Annotated[str, Field(min_length=1, max_length=FIRM_LENGTH_MAX, strict=True)]


class ShownVoucher(BaseModel):
    """A voucher, or a part of one, as the reader may see it."""

    id: str = Field(description="Its number")
    issuer: str
    holder: str | None = Field(description="Null where the reader does not learn who it is")
    giver: str | None = Field(description="Who issued or passed it to its holder")
    amount_fen: int
    held_fen: int = Field(description="What is neither passed on nor financed of it")
    financed_fen: int
    state: State = Field(description="`issued`: it waits for its holder to accept")
    issued_on: dt.date
    due_on: dt.date
    accept_by: dt.date | None = Field(description="The last day to accept it, while it waits")
    parent: str | None = Field(description="What it is a part of, where the reader sees that")
    tier: int = Field(description="How often the holder has changed, from the issuer on")
    recourse: bool = Field(description="Whether holders fall back on who passed it, if unpaid")
    receivables: list[str] = Field(description="What it replaced")


class Vouchers(BaseModel):
    """Vouchers in order of their numbers, a page at a time."""

    items: list[ShownVoucher]
    next: str | None


class VoucherWithChildren(ShownVoucher):
    """A voucher and its children: amount = children + financed + held."""

    children: list[ShownVoucher] = Field(
        description="Those made just now last, as asked; rejected ones do not count"
    )


class VoucherTree(ShownVoucher):
    """A voucher with all below it."""

    children: list["VoucherTree"] = Field(description="Parts of it, each with its own")


class TenorWarning(BaseModel):
    """What was done and is told: a rule that does not refuse."""

    rule: str
    zh: str
    en: str


class IssuedVoucher(ShownVoucher):
    """A voucher that was issued, and what is told of it."""

    warnings: list[TenorWarning]


class _VoucherRequest(BaseModel):
    """A request; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class _AmountLeftOut(_VoucherRequest):
    """A request whose amount may be left out; null is none, and is refused."""

    amount_fen: AmountFen = Field(default_factory=lambda: 0)

    @property
    def asked_fen(self) -> int | None:
        """Return the amount; None where it was left out."""
        return self.amount_fen if "amount_fen" in self.model_fields_set else None


class VoucherIssue(_AmountLeftOut):
    """A voucher that is to be issued."""

    holder: FirmId
    amount_fen: AmountFen = Field(
        default_factory=lambda: 0,
        description="May be left out where it is the sum of the receivables",
    )
    due_on: Day
    receivables: list[DocumentNumber] = Field(
        default_factory=list, max_length=RECEIVABLES_MAX, description="What it is to replace"
    )
    recourse: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Whether holders fall back on who passed it, if it is not paid"
    )


class VoucherParts(_VoucherRequest):
    """The parts into which a voucher is split: all of what is held."""

    parts: list[AmountFen] = Field(min_length=2, max_length=PARTS_MAX)


class VoucherPass(_AmountLeftOut):
    """To whom a voucher is passed on, and how much of it."""

    holder: FirmId
    amount_fen: AmountFen = Field(
        default_factory=lambda: 0, description="All that is held by default"
    )
