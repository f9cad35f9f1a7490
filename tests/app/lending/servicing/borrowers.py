"""What borrowers and officers do to a loan: by the loan's name, and by how it stands."""

import datetime as dt
import random
from decimal import Decimal

from app.lending.loans.acts import Act, Recovery, Restructuring, WriteOff
from app.lending.loans.fees import FeeTerms
from app.lending.loans.grading import overdue_days
from app.lending.loans.loan import Charge, Loan, Payment
from app.lending.loans.owing import owed
from app.lending.loans.terms import LoanTerms

KINDS = ("bullet", "bullet_monthly", "equal_principal", "equal_instalment")
BORROWERS = ("punctual", "punctual", "punctual", "ahead", "late", "partial", "bad")
RESTRUCTURED_DAYS, LOST_DAYS = 30, 90  # Overdue, beyond which officers act.
CHARGED, AHEAD, RESTRUCTURED, LOST = 0.05, 0.3, 0.4, 0.7
SMALL_FEN = 5_000  # It is not worth to pay less in parts.
CHARGING = 0.5  # Of all contracts, those with fees.
FEES = (
    FeeTerms("arranging", "手续费", "Arrangement fee", "draw", "amount", None, Decimal("0.001")),
    FeeTerms("service", "服务费", "Service fee", "due", "instalment", None, Decimal("0.0007"), 99),
    FeeTerms(
        "early", "提前还款费", "Prepayment fee", "prepayment", "prepaid", None, Decimal("0.013")
    ),
    FeeTerms("late", "催收费", "Collection fee", "overdue_once", "instalment", 5_000, None),
)
NAMES = frozenset({"fees", "penalty", "interest"})


def borrower(loan: str, seed: int) -> str:
    """Return how whoever has drawn a loan pays."""
    return random.Random(f"{seed} {loan}").choice(BORROWERS)


def terms_of(loan: str, seed: int, drawn_on: dt.date) -> LoanTerms:
    """Return the terms of a loan of this name."""
    draws = random.Random(f"terms {seed} {loan}")
    kind = draws.choice(KINDS)
    return LoanTerms(
        amount_fen=draws.randint(100_000, 30_000_000),
        rate=Decimal(draws.randint(0, 1500)) / 10_000,
        repayment=kind,
        drawn_on=drawn_on,
        days=draws.randint(1, 360) if kind == "bullet" else None,
        months=None if kind == "bullet" else draws.randint(1, 18),
        settle_day=None,
        day_base=360,
        penalty_factor=Decimal("1.5"),
        grace_days=draws.choice((0, 0, 0, 3)),
        fees=FEES if draws.random() < CHARGING else (),
    )


def act_of(loan: Loan, what: str, how: str, rng: random.Random) -> Act | None:
    """
    Return what is done to a loan on its day; None where nothing is.

    Args:
        loan: The loan, with all that it bears to the day.
        what: Whether it was `touched` by the day, is to be paid (`pay`), or money comes for what
            was lost (`recover`).
        how: How its borrower pays.
        rng: What chance decides.
    """
    if loan.ended:
        left = loan.totals.lost.total - loan.totals.recovered.total
        return Recovery(loan.day, rng.randint(1, left)) if what == "recover" and left else None
    return (_by_officers(loan, rng) if what == "touched" else None) or _paid(loan, what, how, rng)


def _by_officers(loan: Loan, rng: random.Random) -> Act | None:
    """Return what officers do to a loan that is late."""
    days = overdue_days(loan, loan.day)
    if days > LOST_DAYS and rng.random() < LOST:
        return WriteOff(loan.day)
    if days > RESTRUCTURED_DAYS and rng.random() < RESTRUCTURED:
        return _restructured(loan, rng)
    return Charge(loan.day, rng.randint(1, 5000)) if days and rng.random() < CHARGED else None


def _paid(loan: Loan, what: str, how: str, rng: random.Random) -> Payment | None:
    """Return what its borrower pays."""
    debt = owed(loan)
    if how == "ahead" and rng.random() < AHEAD:
        mode, amount = rng.choice(("lower", "shorten")), rng.randint(1, max(1, debt.all_fen))
        return Payment(loan.day, max(amount, debt.due_fen), prepay=True, mode=mode)
    if not debt.due_fen or how == "bad" or (how == "late" and what == "touched"):
        return None
    is_part = how == "partial" and debt.due_fen > SMALL_FEN
    return Payment(loan.day, rng.randint(1, debt.due_fen) if is_part else debt.due_fen)


def _restructured(loan: Loan, rng: random.Random) -> Restructuring:
    kind = rng.choice(KINDS)
    named = rng.choice((NAMES, frozenset({"interest"}), frozenset[str]()))
    days, months = (rng.randint(30, 200), None) if kind == "bullet" else (None, rng.randint(2, 9))
    return Restructuring(loan.day, kind, loan.terms.rate, days, months, None, named, NAMES - named)
