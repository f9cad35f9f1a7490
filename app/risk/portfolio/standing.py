"""What the bank could lend and has lent: firms of a run, accounts of the book, live uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from app.books.ledger.figures import DOCUMENTS
from app.books.ledger.paths import path_of
from app.books.ledger.reading import AccountsAsked, AccountSeen, accounts_after, live_uses
from app.chain.groups.service import groups_in
from app.chain.limits.results import Results
from app.chain.limits.shown import Shown
from app.chain.runs.totals import RunFrames
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.risk.portfolio.gains import PayerKnown

LAYERS = ("bank", "group", "firm", "core", "chain", "relation", "product")
E24 = 10**24
UNKNOWN = "-"  # A sector that nobody has told.


class MemberKnown(NamedTuple):
    """What a firm has in a chain, and what it loses of its production where the core fails."""

    held_fen: int
    base_fen: int
    loss_e12: int


@dataclass(frozen=True, slots=True)
class Lent:
    """A live use: what is lent or promised."""

    core: str | None
    firm: str
    product: str
    by_document: bool
    amount_fen: int

    @property
    def payer(self) -> str:
        """Return whose credit carries it."""
        return self.core if self.by_document and self.core is not None else self.firm


class BankStanding:
    """
    What a process has of the bank at one moment, for one run.

    Args:
        resources: What the process has open.
        results: The run.
    """

    def __init__(self, resources: Resources, results: Results) -> None:
        self._resources, self.results = resources, results
        self._frames = RunFrames.open(results.stored.folder, results.stored)
        self._now = resources.now()
        self.groups = groups_in(resources, Shown(results, EVERYTHING))

    @cached_property
    def payers(self) -> Mapping[str, PayerKnown]:
        """Return what is known of each firm; who is a counterparty only is not there."""
        rows = self._frames.firms.select("row", "rating", "sales_fen").rows()
        ids = self.results.stored.ids
        return {ids[row]: PayerKnown(rating, sales) for row, rating, sales in rows}

    @cached_property
    def members(self) -> Mapping[tuple[str, str], MemberKnown]:
        """Return what a run knows of each firm in each chain, by core and firm."""
        columns = ("core", "firm", "held_fen", "base_e24", "loss_e12")
        ids = self.results.stored.ids
        return {
            (ids[core], ids[firm]): MemberKnown(held, int(base or 0) // E24, lost or 0)
            for core, firm, held, base, lost in self._frames.members.select(columns).iter_rows()
        }

    @cached_property
    def rooms(self) -> Mapping[str, Mapping[str, int]]:
        """Return what may be used of every account, by layer and id."""
        return {layer: self._rooms(layer) for layer in LAYERS}

    def _rooms(self, layer: str) -> Mapping[str, int]:
        return {each.account: each.available for each in self._accounts(layer)}

    def _accounts(self, layer: str) -> Sequence[AccountSeen]:
        return accounts_after(self._resources.records, AccountsAsked(layer=layer), self._now)

    @cached_property
    def documents(self) -> Mapping[tuple[str, str], int]:
        """Return what the documents of each core and firm may carry still."""
        found: dict[tuple[str, str], int] = {}
        for each in self._accounts("document"):
            core, firm = each.identity.core, each.identity.firm
            if core is not None and firm is not None and each.available:
                found[core, firm] = found.get((core, firm), 0) + each.available
        return found

    @cached_property
    def lent(self) -> Sequence[Lent]:
        """Return what is lent and promised, a row a use."""
        return [
            Lent(
                use["core"],
                use["firm"],
                use["product"],
                any(each.account.partition(":")[0] in DOCUMENTS for each in path_of(use["path"])),
                use["left_fen"],
            )
            for use in live_uses(self._resources.records, self._now)
        ]

    @cached_property
    def sectors(self) -> Mapping[str, str]:
        """Return the sector of each firm whose sector is told."""
        reader = self._resources.store.reader(self.results.head.version)
        rows = reader.columns("firms", ["firm", "sector"])
        pairs = zip(rows["firm"].to_pylist(), rows["sector"].to_pylist(), strict=True)
        return {firm: sector for firm, sector in pairs if sector}
