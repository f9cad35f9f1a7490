"""Shapes of the routes of contracts."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.lending.contracts.forms import Language
from app.lending.products.schemas import ProductFee

Hexadecimal = Annotated[str, Field(pattern=r"^[0-9a-f]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ContractSigning(BaseModel):
    """What is signed: the text in a language; where it is told, that with this digest alone."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None
    sha256: Sha256 | None = None


class ContractSignature(BaseModel):
    """Who signed, in which role, with which key."""

    role: Literal["firm", "bank"]
    party: str
    person: str
    key: str
    public_key: Hexadecimal
    signed_at: str
    signature: Hexadecimal


class ContractParty(BaseModel):
    """Whom or what a contract names."""

    id: str
    name: str


class ContractedDocument(BaseModel):
    """A document that is financed, and its face."""

    kind: Literal["receivable", "voucher"]
    number: str
    amount_fen: int


class ContractInstalment(BaseModel):
    """What becomes due on a day, drawn whole on `schedule_from`."""

    n: int
    due_on: str
    principal_fen: int
    interest_fen: int
    fees_fen: int = Field(0, description="Where the contract has fees")


class ContractTerms(BaseModel):
    """What firm and bank sign."""

    template: str
    language: Language
    application: str
    decision: str
    bank: ContractParty
    firm: ContractParty
    core: ContractParty | None
    product: ContractParty
    amount_fen: int
    proceeds_fen: int
    rate: str
    day_base: int
    penalty_factor: str
    tenor_days: int | None
    tenor_months: int | None
    repayment: str
    purpose: str
    documents: list[ContractedDocument]
    schedule_from: str
    schedule: list[ContractInstalment]
    fees: list[ProductFee] = Field(default=[], description="Absent where there are none")
    draw_fees_fen: int = Field(0, description="Of these at the draw, in no row")
    total_fees_fen: int = Field(0, description="Of the draw and of all rows")
    effective_rate: str | None = Field(None, description="A year, with these fees; compounded")
    text: str = Field(description="What people read, a paragraph a line")


class SignedContract(BaseModel):
    """A contract as canonical JSON; without signatures as long as it is not signed."""

    form: Literal[1]
    contract: ContractTerms
    sha256: Sha256
    signatures: list[ContractSignature]
