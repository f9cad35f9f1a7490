"""Shapes of loans in requests and answers."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.chain.accounts.schemas import FenAsked, Reason
from app.lending.loans.terms import DAYS_MAX, MONTHS_MAX, PLACES_MAX

State = Literal["active", "overdue", "defaulted", "restructured", "repaid", "written_off"]
LoanClass = Literal["normal", "special_mention", "substandard", "doubtful", "loss"]
Repayment = Literal["bullet", "bullet_monthly", "equal_principal", "equal_instalment", "discount"]
Unpaid = Literal["fees", "penalty", "interest"]
REFERENCE_LENGTH_MAX = 100
RateAsked = Annotated[
    Decimal,
    Field(ge=0, le=1, decimal_places=PLACES_MAX, allow_inf_nan=False, description="A year"),
]
Reference = Annotated[
    str,
    Field(
        max_length=REFERENCE_LENGTH_MAX,
        description="The payer's: the same twice is the same payment; empty: none",
    ),
]
BANK_ALONE = "the bank reads it alone"


class OwedByKind(BaseModel):
    """What is owed on the business day, by kind."""

    fees_fen: int
    penalty_fen: int
    interest_overdue_fen: int
    interest_fen: int = Field(description="Interest that is due and not overdue")
    principal_fen: int = Field(description="Principal that is due")
    interest_to_day_fen: int = Field(description="Interest borne to the day that is not due yet")
    undue_fen: int = Field(description="Principal that is not due yet")
    prepayment_fees_fen: int = Field(description="What it costs to prepay what is not due yet")
    all_fen: int = Field(description="What pays the loan off on the business day")


class BankLoan(BaseModel):
    """A loan as it stands on the business day."""

    id: str
    application: str | None = Field(description="The application that it came of")
    use: str = Field(description="What it occupies of caps")
    firm: str = Field(description="Who borrows")
    core: str | None = Field(description="In the chain of this core; null: in none")
    product: str
    account: str = Field(description="The account that it was paid out to")
    state: State
    amount_fen: int = Field(description="What was drawn; of a discount the face")
    outstanding_fen: int = Field(description="Principal that is not paid back")
    due_fen: int = Field(description="All that is due on the business day")
    overdue_days: int = Field(description="Since the oldest unpaid due day")
    loan_class: LoanClass = Field(alias="class")
    stage: int | None = Field(description=f"Stage 1 to 3 of IFRS 9; {BANK_ALONE}")
    rate: str = Field(description="The contract rate of a year")
    repayment: str
    drawn_on: dt.date
    due_on: dt.date = Field(description="The last due day")
    owed: OwedByKind
    provision_fen: int | None = Field(description=f"Provided by its class; {BANK_ALONE}")
    off_income_fen: int | None = Field(
        description=f"Interest and penalty counted off income; {BANK_ALONE}"
    )
    lost_fen: int | None = Field(description=f"Written off; {BANK_ALONE}")
    recovered_fen: int | None = Field(description=f"Recovered of that; {BANK_ALONE}")


class BankLoans(BaseModel):
    """Loans in the order of their ids."""

    items: list[BankLoan]
    next: str | None


class ClassSum(BaseModel):
    """The loans of one class together."""

    loan_class: LoanClass = Field(alias="class")
    share: str = Field(description="Of the outstanding principal, what is provided")
    loans: int
    outstanding_fen: int
    provision_fen: int = Field(description="Of each loan half up, then together")


class LoanSums(BaseModel):
    """What is outstanding and provided, by class and together."""

    date: dt.date = Field(description="The business day")
    policy: str
    items: list[ClassSum]
    loans: int
    outstanding_fen: int
    provision_fen: int


class LoanRow(BaseModel):
    """A row of a loan's plan."""

    n: int
    due_on: dt.date
    principal_fen: int
    interest_fen: int
    paid_fen: int = Field(description="What of principal and interest of the row is paid")
    fees_fen: int = Field(description="What its contract charges on the due day")


class LoanSchedule(BaseModel):
    """The rows of a loan since its draw or last restructuring."""

    items: list[LoanRow]
    prepaid_principal_fen: int = Field(description="Paid before it was due: in no row")
    prepaid_interest_fen: int = Field(description="The same of interest")
    total_interest_fen: int
    total_fees_fen: int = Field(description="Charged so far, and with the rows to come")


class LoanAllocation(BaseModel):
    """Where the fen of a payment went."""

    fees_fen: int
    penalty_fen: int
    interest_overdue_fen: int
    interest_fen: int
    principal_fen: int


class LoanHappening(BaseModel):
    """What time did to a loan on a day: a row became due, or how it is graded changed."""

    day: dt.date
    what: Literal["due", "state", "class", "stage"]
    before: str | int = Field(description="Of a row that became due empty")
    after: str | int = Field(description="Of a row that became due its number")
    principal_fen: int
    interest_fen: int


class LoanEvent(BaseModel):
    """What happened to a loan."""

    number: int
    at: dt.datetime
    day: dt.date
    actor: str | None = Field(description=f"The person; {BANK_ALONE}")
    operation: str
    reason: str | None
    before: str | None = Field(description="The state before it")
    after: str | None = Field(description="The state after it")
    amount_fen: int | None = Field(
        description="What was drawn, charged, paid, lost or recovered; "
        "below 0 a fee that is taken back"
    )
    n: int | None = Field(description="The number of what was done, by which it can be reversed")
    reference: str | None = Field(description="The payer's")
    allocation: LoanAllocation | None = Field(description="Where the fen of a payment went")
    fee: str | None = Field(description="Which fee of the contract was charged")
    document: str | None = Field(
        description="Of a settlement, what its debtor paid: `receivable:NUMBER`, `voucher:NUMBER`"
    )
    happened: list[LoanHappening] = Field(description="What time did to it")


class LoanEvents(BaseModel):
    """What happened to a loan, the first event first."""

    items: list[LoanEvent]
    next: str | None


class _LoanForm(BaseModel):
    """What is ordered; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RepaymentOrder(_LoanForm):
    """What is paid on a loan."""

    amount_fen: FenAsked
    prepay: Annotated[
        bool, Field(strict=True, description="Whether what is beyond what is due is prepaid")
    ] = False
    mode: Literal["lower", "shorten"] = Field(
        "lower", description="After a prepayment: smaller rows, or fewer"
    )
    reference: Reference = ""


class BookedRepayment(BaseModel):
    """Where the fen of a payment went."""

    n: int = Field(description="The number by which it can be reversed")
    allocation: LoanAllocation
    outstanding_fen: int
    events: list[int] = Field(description="The events of the book that it is")


class _TermsForm(_LoanForm):
    """How a loan is paid back, at what rate, for how long."""

    repayment: Repayment
    rate: RateAsked
    tenor_days: Annotated[int, Field(strict=True, ge=1, le=DAYS_MAX)] | None = Field(
        None, description="For so long"
    )
    tenor_months: Annotated[int, Field(strict=True, ge=1, le=MONTHS_MAX)] | None = Field(
        None, description="Or so long; rows are monthly"
    )

    @model_validator(mode="after")
    def _has_one_tenor(self) -> Self:
        if (self.tenor_days is None) is (self.tenor_months is None):
            raise ValueError("give tenor_days or tenor_months")
        return self

    def asked(self, **further: object) -> dict[str, object]:
        """Return it as an approval keeps it."""
        told = self.model_dump(mode="json", exclude={"rate", "reason"})
        return {**told, "rate": format(self.rate, "f"), **further}


class LoanOpening(_TermsForm):
    """A loan that is paid out of a reservation."""

    reservation: Annotated[str, Field(min_length=1, max_length=200)]
    amount_fen: FenAsked
    account: Annotated[str, Field(min_length=1, max_length=REFERENCE_LENGTH_MAX)] = Field(
        description="To which it is paid out"
    )
    reason: Reason


class LoanRestructuring(_TermsForm):
    """New terms for what is outstanding, and what becomes of what is unpaid."""

    capitalise: list[Unpaid] = Field(
        default_factory=list, max_length=3, description="What is unpaid and becomes principal"
    )
    waive: list[Unpaid] = Field(
        default_factory=list, max_length=3, description="What is unpaid and is waived"
    )
    reason: Reason


class WhyAsked(_LoanForm):
    """Why something is done to a loan."""

    reason: Reason


class LoanRecovery(_LoanForm):
    """Money that came for a loan that was written off."""

    amount_fen: FenAsked
    reference: Reference = ""


AccountText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=REFERENCE_LENGTH_MAX,
        pattern=r"\S",
        description="The account to which the firm is paid out",
    ),
]


class AccountOnFile(_LoanForm):
    """The account to which a firm wants to be paid out."""

    account: AccountText


class DrawOrder(_LoanForm):
    """What is drawn of an offer, to the account on file: on documents the whole of it."""

    amount_fen: FenAsked
    account: AccountText
    payee: Annotated[
        str,
        Field(
            max_length=REFERENCE_LENGTH_MAX,
            description="Whom the firm pays with it; asked for of large draws",
        ),
    ] = ""


class DrawChecked(BaseModel):
    """One check of a draw."""

    code: str
    state: Literal["holds", "fails", "not_known", "not_asked"]
    zh: str
    en: str
    figure: str | None = Field(description="What it is about: fen, a number, a day, a name")


class DrawnApplication(BaseModel):
    """An application after a draw."""

    id: str
    state: str = Field(
        description="`active`; `signed`: drawn in part; `drawing`: no answer yet; `draw_failed`"
    )
    loan: str | None = Field(description="The loan that came of it")
    drawn_fen: int = Field(description="Of the offer, with this draw once it is paid")
    left_fen: int = Field(description="What may still be drawn")
    checks: list[DrawChecked] = Field(description="All of them, as they were when it began")
