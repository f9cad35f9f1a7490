"""The account on file of a firm: an officer approves which, and a draw goes there alone."""

from collections.abc import Mapping
from typing import Self

from app.books.approvals import ActionProposal, EffectLine, TwoPersonAction
from app.books.ledger import Moving, Reply
from app.books.ledger.answering import Asker
from app.lending.servicing.asking import ask
from app.lending.servicing.tables import firm_accounts
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent


class FileAccount:
    """Puts an account of a firm on file."""

    name = "firm_account"

    def __init__(self, resources: Resources) -> None:
        del resources  # All that it needs stands in the book.

    def ready(self) -> Self:
        """Return it as it is."""
        return self

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """Return what it would do now."""
        firm, row = asked["firm"], moving.row(firm_accounts, asked["firm"])
        before = row["account"] if row else None
        line = EffectLine("account", f"firm:{firm}", before, asked["account"], unit="text")
        return ActionProposal([f"firm:{firm}"], [line])

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Put it on file; return it."""
        row = {name: asked[name] for name in ("firm", "account")}
        row["filed_on"] = moving.day_text
        moving.record(
            "firm.account",
            f"firm:{row['firm']}",
            rows=[(firm_accounts, row)],
            detail={"account": row["account"]},
        )
        return dict(row)


def file_account(
    resources: Resources,
    asker: Asker,
    actions: Mapping[str, TwoPersonAction],
    firm: str,
    account: str,
) -> Reply:
    """
    Return the approval by which an officer puts a firm's account on file.

    Raises:
        Absent: It is another firm than the asker's.
        BookRefusal: One is asked for already.
    """
    if not sight_of(asker.who).is_own(firm):
        raise Absent(f"no firm {firm!r}")
    asked = {"firm": firm, "account": account, "reason": ""}
    return ask(resources, asker, actions, FileAccount.name, asked)
