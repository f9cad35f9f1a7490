"""
Fees as a contract says them: when each is charged, of what, how much.

A fee is fixed, or a share of an amount: rounded half up once, then held to its floor and cap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from app.lending.loans.exact import half_up

FeeWhen = Literal["draw", "due", "prepayment", "overdue_once"]
FeeOf = Literal["amount", "instalment", "prepaid"]
# Of what the share of a fee may be, the first where nothing is said.
SHARED: Mapping[FeeWhen, Sequence[FeeOf]] = {
    "draw": ("amount",),
    "due": ("instalment", "amount"),
    "prepayment": ("prepaid",),
    "overdue_once": ("instalment", "amount"),
}
FEES_MAX = 20
FEE_FEN_MAX = 10**12


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """
    One fee of a contract.

    Args:
        id: Its name in data.
        zh: What it is called.
        en: What it is called.
        when: `draw`, `due` (each row), `prepayment`, or `overdue_once`: on the first day overdue.
        of: Of what its share is: `amount` (of the terms), `instalment` (the row that is due or
            overdue), `prepaid` (principal that was not due yet).
        fen: How much, where it is fixed.
        share: How much of that, where it is a share.
        floor_fen: The least that a share comes to.
        cap_fen: The most.
    """

    id: str
    zh: str
    en: str
    when: FeeWhen
    of: FeeOf
    fen: int | None
    share: Decimal | None
    floor_fen: int = 0
    cap_fen: int = FEE_FEN_MAX

    def comes_to(self, base_fen: int) -> int:
        """
        Return what is charged of an amount; of nothing, nothing.

        Args:
            base_fen: The amount that it is of.
        """
        if base_fen <= 0:
            return 0
        if self.share is None:
            return self.fen or 0
        exact = Fraction(self.share) * base_fen
        whole = half_up(exact.numerator, exact.denominator)
        return min(max(whole, self.floor_fen), self.cap_fen)

    def document(self) -> dict[str, Any]:
        """Return it as it is kept, its keys in order."""
        return {
            "cap_fen": self.cap_fen,
            "en": self.en,
            "fen": self.fen,
            "floor_fen": self.floor_fen,
            "id": self.id,
            "of": self.of,
            "share": None if self.share is None else format(self.share, "f"),
            "when": self.when,
            "zh": self.zh,
        }


def fees_of(kept: Sequence[Mapping[str, Any]]) -> tuple[FeeTerms, ...]:
    """
    Return the fees of documents.

    Args:
        kept: What `document` gave of each, or its JSON read again.
    """
    return tuple(
        FeeTerms(**{**each, "share": None if each["share"] is None else Decimal(each["share"])})
        for each in kept
    )
