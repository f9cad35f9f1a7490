"""Shapes of receivables in requests and answers."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.data.versions.schemas import VersionHead

NUMBERS_MAX = 5_000
NUMBER_LENGTH_MAX = 1000
REASON_LENGTH_MAX = 1000
State = Literal[
    "open",
    "disputed",
    "confirmed",
    "financing",
    "financed",
    "elsewhere",
    "replaced",
    "paid",
    "void",
]
DocumentNumber = Annotated[str, Field(min_length=1, max_length=NUMBER_LENGTH_MAX)]


class Receivable(BaseModel):
    """What a debtor owes a creditor, as it stands: by the platform, else by the files."""

    number: str = Field(
        description="Its number; all but the first of one number: `number~creditor~debtor`"
    )
    debtor: str
    creditor: str
    amount_fen: int
    face_fen: int = Field(description="Less what a file says is paid of it")
    issued_on: dt.date
    due_on: dt.date
    confirm_by: dt.date | None = Field(
        description="The last day on which it is confirmed in time; null once it is confirmed"
    )
    state: State = Field(
        description="`financing`, `financed`: with us; `elsewhere`: by somebody else; `replaced`: "
        "by a voucher"
    )
    voucher: str | None = Field(description="The voucher that replaced it")


class Receivables(BaseModel):
    """Receivables in order of their numbers, a page at a time."""

    items: list[Receivable]
    next: str | None


class ReceivableDifference(BaseModel):
    """Where a file says otherwise than the platform, whose word counts."""

    field: str
    file: str
    platform: str


class ReceivableRead(VersionHead, Receivable):
    """A receivable, of the files of which version, and where these say otherwise."""

    differences: list[ReceivableDifference]


class LateWarning(BaseModel):
    """What was done and is told: a rule that does not refuse."""

    rule: str
    numbers: list[str]
    zh: str
    en: str


class ConfirmedReceivable(Receivable):
    """A receivable that was confirmed, and what is told of it."""

    warnings: list[LateWarning]


class ConfirmedReceivables(BaseModel):
    """Receivables that were confirmed together, all of them."""

    items: list[Receivable]
    amount_fen: int = Field(description="The sum of their faces")
    warnings: list[LateWarning]


class _ReceivableRequest(BaseModel):
    """A request; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReceivableNumbers(_ReceivableRequest):
    """Receivables by their numbers, each once."""

    numbers: list[DocumentNumber] = Field(min_length=1, max_length=NUMBERS_MAX)


class DisputeReason(_ReceivableRequest):
    """Why it is disputed."""

    reason: str = Field(min_length=1, max_length=REASON_LENGTH_MAX, pattern=r"\S")
