"""What cores and firms are told of accounts: figures of their own, of others the layer alone."""

from collections.abc import Mapping
from typing import Any

from app.books.errors import BookRefusal, LimitExceeded
from app.books.ledger.reading import AccountSeen, accounts_of
from app.platform.auth.principals import Principal
from app.platform.auth.sight import Sight, sight_of
from app.platform.deps import Resources

OF_A_FIRM = frozenset({"firm", "chain", "document"})  # Layers that a firm reads of itself.
DOCUMENTS = frozenset({"receivable", "voucher"})


def is_seen(account: AccountSeen, sight: Sight) -> bool:
    """
    Return whether an account is the reader's own, or the reader the bank.

    A core reads its own limit; like any firm what it may borrow itself, and its documents. What
    the bank lends others on its credit is theirs.
    """
    if sight.is_whole:
        return True
    layer, core, firm, _ = account.identity
    if layer == "core":
        return core is not None and sight.is_own_chain(core)
    return layer in OF_A_FIRM and firm is not None and sight.is_own(firm)


def withheld(refused: BookRefusal, resources: Resources, who: Principal) -> BookRefusal:
    """Return a refusal as somebody may read it: accounts of others are layers without figures."""
    lacking = refused.further.get("accounts")
    if who.is_bank or refused.code != "limit_exceeded" or not isinstance(lacking, list):
        return refused
    sight, names = sight_of(who), [each["account"] for each in lacking]
    found = accounts_of(resources.records, names, resources.now())
    own = {each.account for each in found if is_seen(each, sight)} | {f"firm:{who.firm}"}
    if who.role == "core":
        own.add(f"core:{who.firm}")
    told = LimitExceeded([each if each["account"] in own else _layer(each) for each in lacking])
    told.further = {**refused.further, **told.further}
    told.replayed = refused.replayed
    return told


def _layer(lacking: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(lacking["account"]).partition(":")[0]
    return {"layer": "document" if kind in DOCUMENTS else kind}
