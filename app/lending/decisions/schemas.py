"""Shapes of what is asked, decisions and quotes."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.chain.limits.schemas import Node
from app.chain.uses.schemas import DOCUMENTS_MAX, DocumentNamed, Fen, Id
from app.lending.decisions.forms import Asked, DocumentRef
from app.lending.loans.terms import MONTHS_MAX
from app.lending.pricing.schemas import PlanRow
from app.lending.products.forms import DAYS_MAX, OtherUse, Purpose, RepaymentKind
from app.lending.products.schemas import ProductFee

OWN = "own"


class LoanAsked(BaseModel):
    """What a firm asks for; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    core: Id | None = Field(
        None, description="In the chain of this core; null or `own`: without a core"
    )
    firm: Id | None = Field(None, description="For whom an officer asks; a firm asks for itself")
    product: Id = Field(description="By which product")
    programme: Id | None = Field(None, description="From which programme")
    amount_fen: Fen
    tenor_days: Annotated[int, Field(ge=1, le=DAYS_MAX)] | None = Field(
        None, description="For so many days"
    )
    tenor_months: Annotated[int, Field(ge=1, le=MONTHS_MAX)] | None = Field(
        None, description="Or for so many months: of rows that are monthly, their number"
    )
    repayment: RepaymentKind
    documents: list[DocumentNamed] = Field(
        default_factory=list,
        max_length=DOCUMENTS_MAX,
        description="They carry the whole amount, in this order; none: data credit",
    )
    purpose: Purpose | OtherUse | None = None

    @model_validator(mode="after")
    def _has_one_tenor(self) -> Self:
        """Return it, or raise `ValueError`."""
        if (self.tenor_days is None) == (self.tenor_months is None):
            raise ValueError("tenor_days or tenor_months: give one of them")
        named = [each.account for each in self.documents]
        if len(set(named)) < len(named):
            raise ValueError("documents: one is named twice")
        return self

    def asked(self, firm: str) -> Asked:
        """Return what is asked for a firm."""
        return Asked(
            *(None if self.core == OWN else self.core, firm, self.product, self.amount_fen),
            *(self.tenor_days, self.tenor_months, self.repayment),
            documents=tuple(DocumentRef(each.kind, each.number) for each in self.documents),
            purpose=self.purpose or "",
            programme=self.programme,
        )


class DecisionReason(BaseModel):
    """Why a decision is as it is."""

    code: str = Field(description="Stays as it is, whatever the words")
    zh: str
    en: str


class PathEntry(BaseModel):
    """One change that leads to the amount asked for, proved by working the limit out anew."""

    model_config = ConfigDict(populate_by_name=True)

    leaf: str = Field(description="The codes from the root of the limit to what changes")
    was: int | str | None = Field(alias="from")
    to: int | str | None
    unit: str
    zh: str
    en: str
    amount_fen: int = Field(description="What could be lent then")
    set: int = Field(description="Entries with the same number do together only")
    documents: list[DocumentNamed] = Field(description="To be named when asking again")


class _DecisionTold(BaseModel):
    """What is told of a decision and of a quote."""

    outcome: Literal["approved", "referred", "declined"]
    amount_fen: int = Field(description="What is offered; 0 where it is declined")
    rate: str | None = Field(description="A year, in whole basis points")
    tenor_days: int
    reasons: list[DecisionReason]
    path_to_yes: list[PathEntry]
    authority: Literal["machine", "one", "two", "committee"] = Field(
        description="Whose decision it is"
    )
    level: str | None = Field(description="Where people decide, the level of their unit")
    version: int
    run: str
    book: int = Field(description="The last event of the book that the limits have seen")
    policy: str
    models: list[str]
    inputs_hash: str = Field(description="SHA-256 of what it is recomputed from")


class AskedAgain(BaseModel):
    """What was asked, as it was read."""

    core: str | None
    firm: str
    product: str
    amount_fen: int
    tenor_days: int | None
    tenor_months: int | None
    repayment: RepaymentKind
    documents: list[DocumentNamed]
    purpose: str
    programme: str | None


class QuoteSchedule(BaseModel):
    """When what is offered would be paid back, drawn on the business day."""

    drawn_on: dt.date
    proceeds_fen: int = Field(description="What is paid out: of a discount less than the face")
    items: list[PlanRow]
    total_interest_fen: int
    fees: list[ProductFee] = Field(description="What is charged when; mostly none")
    draw_fees_fen: int = Field(description="Charged at the draw, in no row")
    total_fees_fen: int = Field(description="Of the draw and of all rows")
    effective_rate: str | None = Field(
        description="A year, with all fees of draw and rows, compounded; null beyond any rate"
    )


class LoanQuote(_DecisionTold):
    """What would be decided now; nothing of it is kept."""

    id: None = Field(description="A quote has none: ask for a decision by an application")
    asked: AskedAgain
    schedule: QuoteSchedule | None


class LoanDecided(_DecisionTold):
    """A decision that was kept, with what it was made from."""

    id: str
    application: str | None = Field(description="On what it is")
    event: int = Field(description="The event of the book that kept it")
    asked: AskedAgain
    derivation: Node | None = Field(description="The limit; to the firm what is its own of it")
    price: Node | None = Field(description="The rate; the bank's to read")
    inputs: str | None = Field(
        description="All that it is decided from again, as canonical JSON; the bank's to read"
    )


class ReplayDifference(BaseModel):
    """An input, a figure or a part of the decision that comes out otherwise."""

    input: str = Field(description="Its name; of a tree the codes on the way")
    was: Any
    now: Any = Field(alias="is")

    model_config = ConfigDict(populate_by_name=True)


class ReplayVersions(BaseModel):
    """Of which version something was, and is."""

    was: int | str | None
    now: int | str = Field(alias="is")

    model_config = ConfigDict(populate_by_name=True)


class DecisionReplay(BaseModel):
    """Whether a decision comes out the same, to the byte."""

    same: bool
    decision: str
    differs: list[ReplayDifference]
    formula: ReplayVersions = Field(description="Of decisions: what decided then, what decides now")
    code: ReplayVersions = Field(description="Of the release")
