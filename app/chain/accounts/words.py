"""Accounts, their figures and what moved them in words, for pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.books.ledger.history import AccountEvent
from app.books.ledger.reading import EXCESS, AccountSeen, accounts_of
from app.platform.deps import Resources
from app.platform.web.charts import LimitBar, limit_bar
from app.platform.web.money import Amount, amount
from app.platform.web.texts import Texts

FIGURES = ("total", "outside", "posted", "pending", "frozen")
TAKEN = FIGURES[1:]
OWN = "own"
TONES = {"frozen": "warn", EXCESS: "bad"}
Named = Callable[[str], str]


def layer_words(account: AccountSeen, t: Texts) -> str:
    """Return what kind of cap an account is."""
    return t.coded("layer", account.identity.layer)


def name_words(account: AccountSeen, named: Named, t: Texts) -> str:
    """Return whose cap an account is: firm and core by their names, else by its id."""
    layer, core, firm, thing = account.identity
    if layer == "bank":
        return t("layer_bank")
    parts = [
        *([named(firm)] if firm else []),
        *([named(core)] if core and core != OWN else []),
        *([t("layer_own")] if core == OWN or (layer == "chain" and not core) else []),
        *([named(thing)] if layer == "group" and thing else []),
    ]
    if layer == "document" or not parts:
        parts.insert(0, account.account.partition(":")[2])
    return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class AccountWords:
    """An account by whose cap it is and of what kind; its id is told beside."""

    name: str
    layer: str


def words_of(
    resources: Resources, accounts: Iterable[str], named: Named, t: Texts
) -> Mapping[str, AccountWords]:
    """Return those accounts that there are in words, by their ids."""
    found = accounts_of(resources.records, dict.fromkeys(accounts), resources.now())
    return {
        each.account: AccountWords(name_words(each, named, t), layer_words(each, t))
        for each in found
    }


def state_of(account: AccountSeen) -> str:
    """Return the state of an account as lists tell it: an open one may be over its total."""
    return EXCESS if account.state == "open" and account.excess else account.state


@dataclass(frozen=True, slots=True)
class AccountBar:
    """The bar of an account, and its money by part."""

    drawn: LimitBar
    amounts: Mapping[str, Amount]


def bar_of(account: AccountSeen, t: Texts) -> AccountBar:
    """Return what is taken of an account as a bar, the parts of nothing left out."""
    figures = account.figures
    taken = {name: getattr(figures, name) for name in TAKEN}
    told = {name: fen for name, fen in taken.items() if fen}
    told |= {"over": account.excess} if account.excess else {"left": account.available}
    return AccountBar(
        limit_bar(figures.total, taken),
        {name: amount(fen, t.language) for name, fen in told.items()},
    )


def changes_of(event: AccountEvent, t: Texts) -> Sequence[str]:
    """Return what an event changed of an account, figure by figure."""
    told = []
    for name in FIGURES:
        by = getattr(event.after, name) - getattr(event.before, name)
        if by:
            sign = "+" if by > 0 else "−"
            told.append(f"{t(f'account_{name}')} {sign}{amount(abs(by), t.language)}")
    if event.after.state != event.before.state:
        told.append(t(f"account_state_{('open', 'frozen', 'closed')[event.after.state]}"))
    return told
