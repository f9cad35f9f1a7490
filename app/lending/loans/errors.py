"""
Refusals of loans: 409, each with its code.

RuleBroken    rule         terms that are no loan, more paid than is owed, a restructuring unnamed
NothingDue    nothing_due  what is left of a payment is not due, and it is no prepayment
WrongState    wrong_state  the loan has ended
"""

from app.books.errors import BookRefusal, RuleBroken

SOURCE = "The bank's terms of loans"
TERMS, OVERPAID, RESTRUCTURE = "loan.terms", "loan.overpaid", "loan.restructure"


class NothingDue(BookRefusal):
    """More is paid than is due, and it is not said to be a prepayment."""

    def __init__(self, due_fen: int) -> None:
        super().__init__(
            f"{due_fen} fen are due; what is beyond needs prepay",
            code="nothing_due",
            further={"due_fen": due_fen},
        )


def bad_terms(*, zh: str, en: str) -> RuleBroken:
    """Return the refusal of terms that are no loan."""
    return RuleBroken(TERMS, SOURCE, zh=zh, en=en)


def overpaid(owed_fen: int) -> RuleBroken:
    """Return the refusal of more than all that is owed, or was lost."""
    return RuleBroken(
        OVERPAID,
        SOURCE,
        zh=f"超过应付总额 {owed_fen} 分",
        en=f"this is more than all that is owed, {owed_fen} fen",
    )


def unnamed(kind: str) -> RuleBroken:
    """Return the refusal of a restructuring that does not say what becomes of what is unpaid."""
    return RuleBroken(
        RESTRUCTURE,
        SOURCE,
        zh=f"须写明未付的 {kind} 是转本还是免除",
        en=f"unpaid {kind} must be either capitalised or waived, by name",
    )
