"""
What a reader may see inside an answer: everything, its own chain, or itself alone.

Rules (`rules.py`) say which routes somebody may use; a `Sight` says what of the answer is theirs.
Every reading that ends at a route or a page takes one, and it is part of the key of whatever is
kept for the next reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.platform.auth.principals import Principal
from app.platform.errors import Forbidden

Kind = Literal["bank", "core", "firm", "nobody"]
OF_THE_BANK = frozenset({"rating"})  # Attributes that a firm does not read of itself.


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees: the bank all of it, a core its chain and itself, a firm itself."""

    kind: Kind
    firm: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether nothing is withheld."""
        return self.kind == "bank"

    def is_own(self, firm: str) -> bool:
        """Return whether a firm is the reader itself."""
        return self.kind in ("core", "firm") and self.firm == firm

    def is_own_chain(self, core: str) -> bool:
        """Return whether a chain is the reader's own."""
        return self.kind == "core" and self.firm == core

    def attributes(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return a firm's attributes; what the bank thinks of the firm is null to the firm itself.

        Example:
            >>> Sight("firm", "F1").attributes({"sector": "C36", "rating": "R3"})
            {'sector': 'C36', 'rating': None}
        """
        if self.is_whole:
            return dict(known)
        return {name: None if name in OF_THE_BANK else value for name, value in known.items()}


EVERYTHING = Sight("bank")
NOTHING = Sight("nobody")


def sight_of(who: Principal) -> Sight:
    """
    Return what somebody may see.

    Raises:
        Forbidden: A core or supplier that is tied to no firm.

    Example:
        >>> sight_of(Principal("Lin", "supplier", "F1")), sight_of(Principal("Mo", "risk"))
        (Sight(kind='firm', firm='F1'), Sight(kind='bank', firm=''))
    """
    if who.is_bank:
        return EVERYTHING
    if not who.firm:
        raise Forbidden(f"role {who.role} is tied to no firm")
    return Sight("core" if who.role == "core" else "firm", who.firm)
