"""Accounts as the stack of one firm or one core: which caps stand over which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.books.ledger.reading import AccountSeen

BANK, GROUP, CORE, CHAIN, FIRM = "bank", "group", "core", "chain", "firm"
BELOW_A_CHAIN = ("relation", "document")
SHOWN_MAX = 30  # Below one account; the list beneath has all.


@dataclass(slots=True)
class StackNode:
    """An account with those that it stands over, and how many of them are left out."""

    account: AccountSeen
    below: list["StackNode"] = field(default_factory=list)
    left_out: int = 0


def stack_of_firm(accounts: Iterable[AccountSeen]) -> Sequence[StackNode]:
    """
    Return the stack of a firm: the bank, its group, itself, each core with its chain below it.

    Args:
        accounts: The bank, the group where there is one, the firm's own, and those of its cores.
    """
    every = list(accounts)
    cores = {each.identity.core: StackNode(each) for each in every if _layer(each) == CORE}
    tops: list[StackNode] = list(cores.values())
    chains: dict[str | None, StackNode] = {}
    for each in every:
        if _layer(each) == CHAIN:
            chains[each.identity.core] = node = StackNode(each)
            above = cores.get(each.identity.core)
            (tops if above is None else above.below).append(node)
    for each in every:
        if _layer(each) in BELOW_A_CHAIN:
            above = chains.get(each.identity.core) or cores.get(each.identity.core)
            (tops if above is None else above.below).append(StackNode(each))
    for over in reversed([each for each in every if _layer(each) in (BANK, GROUP, FIRM)]):
        tops = [StackNode(over, tops)]
    return [_cut(each) for each in tops]


def stack_of_core(accounts: Iterable[AccountSeen]) -> Sequence[StackNode]:
    """
    Return the stack of a core: the bank, its limit, and below it the chains that use most.

    Args:
        accounts: The bank and the core's.
    """
    every = list(accounts)
    chains = sorted(
        (each for each in every if _layer(each) == CHAIN),
        key=lambda each: (-each.figures.used, -each.figures.total, each.account),
    )
    tops = [StackNode(each) for each in chains]
    for layer in (CORE, BANK):
        tops = next(([StackNode(each, tops)] for each in every if _layer(each) == layer), tops)
    return [_cut(each) for each in tops]


def _layer(account: AccountSeen) -> str:
    return account.identity.layer


def _cut(node: StackNode) -> StackNode:
    shown = [_cut(each) for each in node.below[:SHOWN_MAX]]
    return StackNode(node.account, shown, len(node.below) - len(shown))
