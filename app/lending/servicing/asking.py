"""Asking for what two officers do to a loan: the approval by which another one does it."""

from collections.abc import Mapping

from app.books.approvals import ApprovalRequest, Opening, TwoPersonAction, desk_of, new_name
from app.books.ledger import Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.platform.deps import Resources
from app.platform.documents import Document


def ask(
    resources: Resources,
    asker: Asker,
    actions: Mapping[str, TwoPersonAction],
    name: str,
    asked: Document,
) -> Reply:
    """
    Return the approval by which another officer does it.

    Args:
        resources: What the process has open.
        asker: Who asks, and their key.
        actions: What may be asked for, by name.
        name: The action.
        asked: What it is asked with.

    Raises:
        Absent: There is no such thing.
        BookRefusal: It cannot be done now, or is asked for already.
    """
    approval = new_name(resources)

    def prepare() -> Opening:
        """Return the order, at the desk of the business day."""
        request = ApprovalRequest(actions[name].ready(), asked, asker.who, asked["reason"])
        return Opening(desk_of(resources, {}), approval, request, asker.key)

    return ask_prepared(ledger_of(resources).ask, prepare)
