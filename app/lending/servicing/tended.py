"""What an officer types about a loan, what it asks for, and what that would do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.books.approvals import EffectLine
from app.lending.applications.judging import rate_of
from app.lending.loans.terms import DAYS_MAX, MONTHS_MAX
from app.lending.servicing import repository
from app.lending.servicing.acting import absent
from app.lending.servicing.actions import (
    RecoverLoan,
    RestructureLoan,
    ReverseRepayment,
    WriteOffLoan,
)
from app.lending.servicing.schemas import LoanRecovery, LoanRestructuring, WhyAsked
from app.lending.servicing.values import values_today
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.web.money import fen_of, whole_of
from app.platform.web.unfit import UnfitField

LoanAct = Literal["restructure", "write-off", "recover", "reverse"]
ACTS: Sequence[LoanAct] = get_args(LoanAct)
ACTIONS: Mapping[
    LoanAct,
    type[RestructureLoan] | type[WriteOffLoan] | type[RecoverLoan] | type[ReverseRepayment],
] = {
    "restructure": RestructureLoan,
    "write-off": WriteOffLoan,
    "recover": RecoverLoan,
    "reverse": ReverseRepayment,
}
MANY = ("capitalise", "waive")
REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class TendedLoan:
    """The fields of the forms of a loan; the amount is of yuan, the rate of a year."""

    reason: str = ""
    repayment: str = ""
    rate: str = ""
    tenor_days: str = ""
    tenor_months: str = ""
    amount: str = ""
    reference: str = ""
    n: str = ""
    capitalise: tuple[str, ...] = ()
    waive: tuple[str, ...] = ()

    def hidden(self) -> Sequence[tuple[str, str]]:
        """Return it as hidden fields, each with its name."""
        texts = [(name, value) for name, value in asdict(self).items() if name not in MANY]
        return [*texts, *((name, each) for name in MANY for each in getattr(self, name))]

    def asked(self, loan: str, act: LoanAct) -> Document:
        """
        Return what is asked for, as an approval keeps it.

        Raises:
            UnfitField: A field is not what it must be.
        """
        try:
            asked = self._asked(loan, act)
        except ValidationError as error:
            raise _unfit(error) from error
        return {**asked, "reason": self.reason.strip()}

    def _asked(self, loan: str, act: LoanAct) -> Document:
        if act == "recover":
            body = LoanRecovery(amount_fen=fen_of(self.amount) or 0, reference=self.reference)
            return {"loan": loan, "amount_fen": body.amount_fen, "reference": body.reference}
        WhyAsked(reason=self.reason.strip())
        if act == "restructure":
            return self._terms().asked(loan=loan)
        if act == "reverse":
            return {"loan": loan, "n": whole_of(self.n) or 0}
        return {"loan": loan}

    def _terms(self) -> LoanRestructuring:
        given: Mapping[str, Any] = {
            "repayment": self.repayment,
            "rate": rate_of(self.rate) or Decimal(-1),
            "tenor_days": whole_of(self.tenor_days),
            "tenor_months": whole_of(self.tenor_months),
            "capitalise": [*self.capitalise],
            "waive": [*self.waive],
            "reason": self.reason.strip(),
        }
        return LoanRestructuring.model_validate(given)


def tended_in(form: FormData) -> TendedLoan:
    """Return what a form holds."""
    one = [each.name for each in fields(TendedLoan) if each.name not in MANY]
    texts: dict[str, Any] = {name: str(form.get(name, "")) for name in one}
    many: dict[str, Any] = {name: tuple(str(each) for each in form.getlist(name)) for name in MANY}
    return TendedLoan(**texts, **many)


def foreseen(
    resources: Resources, loan: str, act: LoanAct, asked: Document
) -> Sequence[EffectLine]:
    """
    Return what an act would do to a loan as it stands on the business day; nothing is recorded.

    Raises:
        Absent: There is no such loan, or no such repayment.
        BookRefusal: It cannot be done as the loan stands.
    """
    values = values_today(resources)
    with resources.records.reading() as connection:
        row = repository.one(connection, loan)
        acts = [] if row is None else repository.acts_of(connection, loan)
    if row is None:
        raise absent(loan)
    return ACTIONS[act](resources).foreseen(values, row, acts, asked).effect


def _unfit(error: ValidationError) -> UnfitField:
    """Return the refusal of the first field that is not what it must be."""
    place = error.errors()[0]["loc"]
    name = str(place[0]) if place else "tenor"
    if name == "reason":
        return UnfitField("reason", most=REASON_MAX)
    if name.startswith("tenor"):
        return UnfitField("tenor", days=DAYS_MAX, months=MONTHS_MAX)
    if name == "amount_fen":
        return UnfitField("amount")
    return UnfitField("rate") if name == "rate" else UnfitField("loan_field", name=name)
