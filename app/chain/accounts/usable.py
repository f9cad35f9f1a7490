"""What of the accounts of chains is offered: room on documents that are financed is not lent on."""

from collections.abc import Sequence

from app.books.ledger.reading import AccountSeen, accounts_of_firms
from app.platform.deps import Resources

BELOW = ("relation", "document")
OWN = "chain:own:"  # How the accounts of those begin that borrow without a core.


def usable(resources: Resources, accounts: Sequence[AccountSeen]) -> dict[str, int]:
    """
    Return what the account of each chain among these offers, in fen, by its id.

    A chain with a core offers at most what its relation and its documents do; a document on which a
    use stands offers nothing any more. Without a core all that is available is offered.
    """
    chains = [each for each in accounts if each.identity.layer == "chain"]
    firms = [each.identity.firm or "" for each in chains if _has_core(each)]
    room: dict[tuple[str | None, str | None], int] = {}
    if firms:
        for each in accounts_of_firms(resources.records, firms, BELOW, resources.now()):
            pair = each.identity.core, each.identity.firm
            free = 0 if each.identity.layer == "document" and each.carries else each.available
            room[pair] = room.get(pair, 0) + free
    return {
        each.account: min(each.available, room.get((each.identity.core, each.identity.firm), 0))
        if _has_core(each)
        else each.available
        for each in chains
    }


def _has_core(chain: AccountSeen) -> bool:
    return not chain.account.startswith(OWN)
