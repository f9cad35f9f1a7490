"""Shapes of papers."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PaperKind = Literal["statement", "orders", "invoices", "contract", "other"]
PaperForm = Literal["csv", "xlsx", "pdf"]
PaperState = Literal["open", "withdrawn", "taken", "refused"]
REASON_LENGTH_MAX = 500


class Paper(BaseModel):
    """A file that a firm handed in."""

    id: str
    firm: str
    kind: PaperKind = Field(description="What the firm says that it is")
    form: PaperForm = Field(description="What it is by its content")
    name: str
    sha256: str = Field(description="Of its bytes, which are kept as they came")
    size_bytes: int
    state: PaperState = Field(description="`open`: nobody of the bank has taken or refused it")
    application: str | None = Field(description="The application that it is for")
    handed_by: str
    handed_at: dt.datetime
    handed_on: dt.date = Field(description="The business day")
    decided_by: str | None = Field(description="Who took or refused it; null to a firm")
    reason: str | None = Field(description="Why it was refused")


class Papers(BaseModel):
    """Papers, those that were touched last first."""

    items: list[Paper]
    next: str | None


class PaperFault(BaseModel):
    """A row that would not be used."""

    line: int
    column: str
    reason: str
    zh: str
    en: str


class PaperPreview(BaseModel):
    """What the bank's readers make of a paper by itself; an import judges it again."""

    paper: str
    rows: int
    used: int
    set_aside: dict[str, int] = Field(description="Rows by the reason for which they are not used")
    refused: str | None = Field(description="Why an import of it would be refused whole")
    faults: list[PaperFault] = Field(description="The first hundred rows that are not used")


class PaperRefusal(BaseModel):
    """Why a paper is refused, told to its firm."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=REASON_LENGTH_MAX, pattern=r"\S")
