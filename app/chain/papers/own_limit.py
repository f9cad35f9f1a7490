"""A core's limit as it reads it on its own pages: what is occupied, reserved and left."""

from dataclasses import dataclass
from typing import Any

from app.books.ledger.reading import one_account
from app.chain.accounts.words import AccountBar
from app.platform.deps import Resources
from app.platform.web.charts import limit_bar
from app.platform.web.money import amount
from app.platform.web.texts import Texts


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """The account of a core: what is frozen counts as reserved."""

    limit_fen: int
    occupied_fen: int
    reserved_fen: int
    available_fen: int
    over_fen: int
    state: str

    def bar(self, t: Texts) -> AccountBar:
        """Return it as a bar, with the money of its parts."""
        taken = {"occupied": self.occupied_fen, "reserved": self.reserved_fen}
        ends = {"over": self.over_fen} if self.over_fen else {"left": self.available_fen}
        told = {name: amount(fen, t.language) for name, fen in (taken | ends).items()}
        return AccountBar(limit_bar(self.limit_fen, taken), told)


def own_limit_of(resources: Resources, core: str) -> OwnLimit | None:
    """Return the limit of a core; None where the bank has set none."""
    found = one_account(resources.records, f"core:{core}", resources.now())
    if found is None:
        return None
    figures = found.figures
    return OwnLimit(
        limit_fen=figures.total,
        occupied_fen=figures.posted + figures.outside,
        reserved_fen=figures.pending + figures.frozen,
        available_fen=found.available,
        over_fen=found.excess,
        state=found.state,
    )


def limit_of(resources: Resources, core: str, t: Texts) -> dict[str, Any]:
    """Return a core's limit as the bar above its lists; none where the bank has set none."""
    found = own_limit_of(resources, core)
    return {"limit": found, "bar": found and found.bar(t)}
