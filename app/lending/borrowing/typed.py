"""What a firm types when it asks for a loan, and what that means."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.datastructures import FormData, QueryParams

from app.lending.decisions.forms import Asked
from app.lending.decisions.schemas import LoanAsked
from app.lending.loans.terms import MONTHS_MAX
from app.lending.products.forms import DAYS_MAX
from app.platform.web.money import fen_of, whole_of
from app.platform.web.unfit import UnfitField

MANY = "documents"


@dataclass(frozen=True, slots=True)
class TypedLoan:
    """The fields of the form; the amount is of yuan, a document is its kind and number."""

    product: str = ""
    core: str = ""
    amount: str = ""
    tenor_days: str = ""
    tenor_months: str = ""
    repayment: str = ""
    purpose: str = ""
    documents: tuple[str, ...] = ()

    def query(self) -> str:
        """Return it as the address of the form holds it."""
        given = [(name, value) for name, value in asdict(self).items() if name != MANY and value]
        return urlencode([*given, *((MANY, each) for each in self.documents)])

    def asked(self, firm: str) -> Asked:
        """
        Return what is asked for a firm.

        Raises:
            UnfitField: A field is not what it must be.
        """
        body: dict[str, Any] = {
            "product": self.product,
            "core": self.core.strip() or None,
            "amount_fen": fen_of(self.amount),
            "repayment": self.repayment,
            "purpose": self.purpose or None,
            "documents": [_document(each) for each in self.documents],
            "tenor_days": whole_of(self.tenor_days),
            "tenor_months": whole_of(self.tenor_months),
        }
        try:
            return LoanAsked(**body).asked(firm)
        except ValidationError as error:
            raise _unfit(error) from error


def typed_in(given: FormData | QueryParams) -> TypedLoan:
    """Return what a form or an address holds."""
    texts = {each.name: str(given.get(each.name, "")) for each in fields(TypedLoan)}
    many = tuple(each for each in given.getlist(MANY) if isinstance(each, str) and each)
    return TypedLoan(**{**texts, MANY: many})  # type: ignore[arg-type]  # all others are texts


def _document(named: str) -> Mapping[str, str]:
    kind, _, number = named.partition(":")
    return {"kind": kind, "number": number}


def _unfit(error: ValidationError) -> UnfitField:
    """Return the refusal of the first field that is not what it must be."""
    place = error.errors()[0]["loc"]
    field = str(place[0]) if place else "tenor_days"
    if field == "amount_fen":
        return UnfitField("amount")
    if field.startswith("tenor"):
        return UnfitField("tenor", days=f"{DAYS_MAX:,}", months=f"{MONTHS_MAX:,}")
    return UnfitField("loan_field", name=field)
