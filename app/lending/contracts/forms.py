"""What a contract is made of, in plain values, and the signatures below it."""

from typing import Literal, NamedTuple

from app.lending.loans.fees import FeeTerms

Language = Literal["zh", "en"]
SignerRole = Literal["firm", "bank"]  # In this order they sign.


class Party(NamedTuple):
    """Whom or what a contract names: by its id and by the name that people know."""

    id: str
    name: str


class ContractDocument(NamedTuple):
    """A receivable or voucher that is financed, and its face."""

    kind: str
    number: str
    amount_fen: int


class Instalment(NamedTuple):
    """What becomes due on a day."""

    n: int
    due_on: str
    principal_fen: int
    interest_fen: int
    fees_fen: int = 0


class AgreedTerms(NamedTuple):
    """What is lent, at what price, for how long, and how it is paid back."""

    product: Party
    amount_fen: int
    proceeds_fen: int  # What is paid out: less than the amount where it is discounted.
    rate: str  # Of a year, as a decimal.
    day_base: int  # Days of a year of interest.
    penalty_factor: str  # Of the rate, from a due day on, as a decimal.
    tenor_days: int | None
    tenor_months: int | None
    repayment: str
    purpose: str
    documents: tuple[ContractDocument, ...]
    schedule_from: str  # The day of drawing for which the rows are worked out.
    schedule: tuple[Instalment, ...]
    fees: tuple[FeeTerms, ...] = ()
    draw_fees_fen: int = 0
    total_fees_fen: int = 0  # Of the draw and all rows, drawn whole on that day.
    effective_rate: str | None = None  # With them, of a year; None: beyond any rate.


class ContractFacts(NamedTuple):
    """All that a contract says; the same facts give the same bytes."""

    template: str
    language: Language
    application: str
    decision: str
    bank: Party
    firm: Party
    core: Party | None
    terms: AgreedTerms


class Signature(NamedTuple):
    """Who signed in which role, with which key, when; bytes are written in hexadecimal."""

    role: str
    party: str  # The firm, or the bank.
    person: str
    key: str
    public_key: str
    signed_at: str
    signature: str
