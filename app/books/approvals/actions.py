"""What a domain says of an action that needs two people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from app.books.ledger import Moving
from app.platform.documents import Document


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One line of what an action does: a figure or a state before and after it."""

    code: str  # Its words are the message `effect_CODE`.
    thing: str
    before: int | str | None
    after: int | str | None
    unit: Literal["fen", "text"] = "fen"


@dataclass(frozen=True, slots=True)
class ActionProposal:
    """
    What is asked for, as its maker and its checker see it.

    Args:
        subjects: The things that it is about, `kind:id`: of one thing and action one approval at
            most is open.
        effect: What it does.
        amount_fen: The money that it is about; the table of authority says who may check it.
        core: Whose people check it; None: officers of the bank.
        grade: Of the firm, where the table of authority shall ask for it.
        product: The same.
    """

    subjects: Sequence[str]
    effect: Sequence[EffectLine]
    amount_fen: int = 0
    core: str | None = None
    grade: str | None = None
    product: str | None = None


class TwoPersonAction(Protocol):
    """An action that happens once a second person approves it."""

    @property
    def name(self) -> str:
        """Return what it is called; its words are the message `action_NAME`."""
        ...

    def ready(self) -> Self:
        """Return it with all that it reads outside the book, which is not locked yet."""
        ...

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """
        Return what it would do now, and record nothing; it reads the book alone.

        It is called when the action is asked for, and again when it is approved.

        Raises:
            BookRefusal: It cannot be done now.
            Absent: There is no such thing.
        """
        ...

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Do it in this order; return what is to be told of it: plain values and lists of them."""
        ...
