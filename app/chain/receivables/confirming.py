"""Confirming what needs two people: two of the core from an amount on, two officers for a core."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from app.books.approvals import ActionProposal, EffectLine
from app.books.ledger import Moving
from app.chain.receivables import acts
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import FileReceivables, of_version
from app.platform.deps import Resources
from app.platform.documents import Document

NAME = "receivable_confirm"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The action: `asked` has `numbers` and `core` (null: officers confirm for whoever owes)."""

    resources: Resources
    files: FileReceivables | None = None

    @property
    def name(self) -> str:
        """Return what it is called."""
        return NAME

    def ready(self) -> Self:
        """Return it with the receivables of the files of the current version."""
        return replace(self, files=of_version(self.resources, self.resources.version()))

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """
        Return what it would do now.

        Raises:
            BookRefusal: It cannot be done now.
            Absent: There is no such receivable.
        """
        numbers: Sequence[str] = asked["numbers"]
        rows = acts.confirmable(self._debt(moving, asked), numbers)
        needed: dict[str, int] = {}
        for row in rows:
            account = f"core:{row['debtor']}"
            needed[account] = needed.get(account, 0) + acts.face(row)
        effect = [
            EffectLine("left", account, left := moving.available(account), left - fen)
            for account, fen in needed.items()
        ]
        subjects = [f"receivable:{number}" for number in numbers]
        return ActionProposal(subjects, effect, sum(needed.values()), core=asked["core"])

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Confirm them; return their numbers and the sum of their faces."""
        rows = acts.confirm(self._debt(moving, asked), asked["numbers"])
        return {"numbers": asked["numbers"], "amount_fen": sum(map(acts.face, rows))}

    def _debt(self, moving: Moving, asked: Document) -> Debt:
        if self.files is None:
            raise RuntimeError("files are read before the book is locked: see `ready`")
        return Debt(moving, self.files, asked["core"])
