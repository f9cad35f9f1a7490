"""A loan as the book keeps it: the row of a loan that stands so, and the rows of what was done."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.lending.loans.acts import Act, Recovery, Restructuring, WriteOff
from app.lending.loans.advancing import touch_on
from app.lending.loans.grading import grade
from app.lending.loans.loan import Charge, Loan, Payment
from app.lending.loans.rules import LoanRules
from app.lending.loans.schedule import rows_to_come
from app.lending.loans.written import document, loan_of
from app.platform.documents import Document
from app.platform.text import compact

NUMBER_DIGITS = 6
Row = dict[str, Any]


def standing(row: Mapping[str, Any]) -> Loan:
    """Return the loan of a row, as it stood when it was last touched."""
    return loan_of(json.loads(row["standing"]))


def changed(row: Mapping[str, Any], loan: Loan, rules: LoanRules) -> Row:
    """
    Return the row of a loan that stands so now.

    Args:
        row: Its row before.
        loan: The loan.
        rules: Values of the bank.
    """
    graded, touch = grade(loan, loan.day, rules), touch_on(loan, rules)
    return {
        **row,
        "state": graded.state,
        "class": graded.loan_class,
        "stage": graded.stage,
        "outstanding_fen": loan.outstanding_fen,
        "touch_on": None if touch is None else touch.isoformat(),
        "standing": compact(document(loan)),
    }


def last_due_on(loan: Loan, rules: LoanRules) -> dt.date | None:
    """Return the last day on which something of a loan is due; None where nothing is."""
    rows = rows_to_come(loan, rules).rows
    if rows:
        return rows[-1].due_on
    return loan.due[-1].due_on if loan.due else None


def name_of(loan: str, number: int) -> str:
    """
    Return the name of an act of a loan.

    Example:
        >>> name_of("L1", 12)
        'L1/000012'
    """
    return f"{loan}/{number:0{NUMBER_DIGITS}d}"


def written(act: Act) -> tuple[str, Document]:
    """Return the kind of an act, and what is kept of it."""
    kind, _ = _WRITTEN[type(act)]
    told = {name: _plain(getattr(act, name)) for name in type(act).__slots__}
    if not told.get("by_debtor", True):
        del told["by_debtor"]  # Of a firm's own payments nothing is said.
    return kind, told


def act_of(kind: str, kept: Mapping[str, Any]) -> Act:
    """
    Return an act as it was kept.

    Args:
        kind: Its kind.
        kept: What is kept of it.
    """
    made = next(each for each, (name, _) in _WRITTEN.items() if name == kind)
    readers = _WRITTEN[made][1]
    values = {name: readers.get(name, _same)(value) for name, value in kept.items()}
    act: Act = made(**values)
    return act


def _plain(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, frozenset):
        return sorted(value)
    return int(value) if isinstance(value, bool) else value


def _same(value: Any) -> Any:
    return value


_DAY = {"day": dt.date.fromisoformat}
_WRITTEN: dict[type[Any], tuple[str, dict[str, Any]]] = {
    Payment: ("pay", {**_DAY, "prepay": bool, "by_debtor": bool}),
    Charge: ("charge", _DAY),
    Restructuring: (
        "restructure",
        {**_DAY, "rate": Decimal, "capitalise": frozenset, "waive": frozenset},
    ),
    WriteOff: ("write_off", _DAY),
    Recovery: ("recover", _DAY),
}
