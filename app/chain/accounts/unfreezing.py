"""Releasing what is frozen of an account: an officer asks for it, another one approves it."""

from collections.abc import Mapping
from typing import Self

from app.books.approvals import (
    ActionProposal,
    ApprovalRequest,
    EffectLine,
    Opening,
    TwoPersonAction,
    desk_of,
    new_name,
)
from app.books.errors import WrongState
from app.books.ledger import Moving, Reply, ask_prepared, ledger_of, operations
from app.books.ledger.answering import Asker
from app.books.ledger.figures import FROZEN, STATES
from app.books.ledger.operations.checks import check_amount, figures_of
from app.chain.accounts.stopping import stopping_of
from app.platform.deps import Resources
from app.platform.documents import Document


class Unfreeze:
    """Takes back the freezing of an amount of an account, or of the whole account."""

    name = "unfreeze"

    def __init__(self, resources: Resources) -> None:
        self._stops = stopping_of(resources)

    def ready(self) -> Self:
        """Return it as it is."""
        return self

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """
        Return what it would do now.

        Raises:
            Absent: There is no such account.
            WrongState: The whole account is to be released, and it is not frozen whole.
            RuleBroken: Less than this amount is frozen.
        """
        account, fen = asked["account"], asked["amount_fen"]
        now = figures_of(moving, account)
        if fen is None:
            if now.state != FROZEN:
                raise WrongState(f"account {account}", STATES[now.state], ["frozen"])
            line = EffectLine("state", account, "frozen", "open", unit="text")
        else:
            check_amount(fen, now.frozen)
            line = EffectLine("frozen", account, now.frozen, now.frozen - fen)
        return ActionProposal([f"account:{account}"], [line], now.total if fen is None else fen)

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Release it; return the account."""
        account, fen = asked["account"], asked["amount_fen"]
        after = operations.unfreeze(moving, account, fen, reason=asked["reason"])
        if fen is None:
            self._stops.resume(moving, account, asked["reason"])
        return {
            "account": account,
            "state": STATES[after.state],
            "frozen_fen": after.frozen,
        }


def ask_to_unfreeze(
    resources: Resources,
    asker: Asker,
    actions: Mapping[str, TwoPersonAction],
    asked: tuple[str, int | None, str],
) -> Reply:
    """
    Return the approval by which another officer releases it.

    Args:
        resources: What the process has open.
        asker: Who asks, and their key.
        actions: What may be asked for, by name.
        asked: The account, the fen (None: the whole account), and why.

    Raises:
        Absent: There is no such account.
        BookRefusal: So much is not frozen, or its release is asked for already.
    """
    account, fen, reason = asked
    wanted = {"account": account, "amount_fen": fen, "reason": reason}
    name = new_name(resources)

    def prepare() -> Opening:
        """Return the order, at the desk of the business day."""
        action = actions[Unfreeze.name].ready()
        request = ApprovalRequest(action, wanted, asker.who, reason)
        return Opening(desk_of(resources, {}), name, request, asker.key)

    return ask_prepared(ledger_of(resources).ask, prepare)
