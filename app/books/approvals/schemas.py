"""Shapes of approvals in requests and answers."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.books.approvals.states import State

REASON_LENGTH_MAX = 500
Told = dict[str, int | str | bool | list[int | str] | None]


class ApprovalVerdict(BaseModel):
    """What who decides says of it; nothing need be said."""

    model_config = ConfigDict(strict=True, extra="forbid")

    reason: str = Field("", max_length=REASON_LENGTH_MAX)


class ApprovalChange(BaseModel):
    """One line of what an action does, as its maker saw it."""

    code: str
    thing: str
    before: int | str | None
    after: int | str | None
    unit: Literal["fen", "text"]


class Approval(BaseModel):
    """What one person asked for and another one decides."""

    id: str
    state: State
    action: str
    core: str | None = Field(description="The core whose people check it; null: officers do")
    amount_fen: int = Field(description="The money that it is about")
    level: str | None = Field(description="Of a unit whose officers may check it; null: any")
    maker: str
    reason: str = Field(description="Why it was asked for")
    made_on: dt.date = Field(description="The business day on which it was asked for")
    expires_on: dt.date = Field(description="The last business day on which it is open")
    subjects: list[str] = Field(description="The things that it is about")
    asked: Told = Field(description="What was asked for")
    effect: list[ApprovalChange]
    created_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    decision: str = Field(description="What who decided said of it")


class DecidedApproval(Approval):
    """An approval that is decided now, and what came of it."""

    result: Told | None = Field(description="What the action tells; null: not done")


class Approvals(BaseModel):
    """Approvals, the latest first."""

    items: list[Approval]
    next: str | None
