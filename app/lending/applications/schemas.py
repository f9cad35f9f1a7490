"""Shapes of applications in requests and answers."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.chain.uses.schemas import Fen
from app.lending.applications.states import State
from app.lending.decisions.schemas import DecisionReason, PathEntry
from app.lending.products.forms import Purpose, RepaymentKind

REASON_LENGTH_MAX = 2_000
Hands = Literal["machine", "one", "two", "committee"]
Outcome = Literal["approved", "declined", "referred"]


class ApplicationForm(BaseModel):
    """What is ordered; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ApplicationReason(ApplicationForm):
    """Why somebody does what they do."""

    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX)] = ""


class ApplicationComment(ApplicationForm):
    """What an officer says of what they do."""

    comment: Annotated[str, Field(max_length=REASON_LENGTH_MAX)] = ""


class ApplicationVerdict(ApplicationComment):
    """What an officer decides."""

    outcome: Literal["approved", "declined"]


class ApplicationView(ApplicationVerdict):
    """What an officer recommends to those who decide."""

    amount_fen: Fen | None = Field(None, description="By default what is offered, or was found")
    rate: Annotated[str, Field(pattern=r"^0\.[0-9]{1,4}$")] | None = Field(
        None, description="A year, in whole basis points; by default as priced"
    )


class ApplicationDocument(BaseModel):
    """A document that carries an application."""

    kind: Literal["receivable", "voucher"]
    number: str


class ApplicationDecision(BaseModel):
    """What the machine decided on an application, and why."""

    id: str
    outcome: Outcome
    amount_fen: int
    rate: str | None
    tenor_days: int
    reasons: list[DecisionReason]
    path_to_yes: list[PathEntry]
    authority: Hands
    level: str | None
    version: int
    run: str
    book: int
    policy: str
    models: list[str]
    inputs_hash: str


class Offer(BaseModel):
    """What the bank offers, or has offered."""

    amount_fen: int
    rate: str = Field(description="A year")
    until: dt.date | None = Field(
        description="The last business day on which it can be drawn; null: no more of it can"
    )
    drawn_fen: int


class Recommendation(BaseModel):
    """What one officer recommends to those who decide."""

    by: str
    outcome: Outcome
    amount_fen: int
    rate: str
    comment: str


class Vote(BaseModel):
    """What one officer decided."""

    by: str
    outcome: Outcome
    comment: str


class Application(BaseModel):
    """What a firm asked for, and where it stands."""

    id: str
    state: State
    firm: str
    core: str | None
    product: str
    programme: str | None
    purpose: Purpose | None
    amount_fen: int = Field(description="What was asked for")
    tenor_days: int | None
    tenor_months: int | None
    repayment: RepaymentKind
    documents: list[ApplicationDocument]
    decision: ApplicationDecision | None = Field(description="The machine's, whole")
    offer: Offer | None
    hands: Hands = Field(description="Who decides")
    level: str | None = Field(description="In a unit of which level, or above")
    recommended: Recommendation | None
    votes: list[Vote]
    use: str | None = Field(description="The reservation of the offer, by its id")
    made_on: dt.date = Field(description="The business day on which it was made")
    created_at: dt.datetime


class Applications(BaseModel):
    """Applications, the latest first."""

    items: list[Application]
    next: str | None


class ApplicationEvent(BaseModel):
    """One event of an application."""

    number: int
    at: dt.datetime
    day: dt.date
    actor: str
    operation: str
    before: State
    after: State
    reason: str | None


class ApplicationEvents(BaseModel):
    """What happened to an application, the first event first."""

    items: list[ApplicationEvent]
    next: str | None


class ApplicationClaim(BaseModel):
    """Who works on an application; it holds nobody from recommending or deciding."""

    application: str
    officer: str | None = Field(description="None: nobody does")
    since: dt.datetime | None
    until: dt.datetime | None = Field(description="From then on somebody else may take it over")
