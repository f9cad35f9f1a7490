"""
A run as one reader may see it: the only way from a stored run to a route or a page.

The bank sees all of it. A core sees the sums of its own chain, names and rows of the firms that
it knows, and of their trees and its facility's what is its own. A firm sees itself. Whatever else
somebody asks for is answered as if it were not there, word for word.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from app.chain.limits.allowed import OWN_FACILITY, OWN_LIMIT, Allowed, limit_in_own_chain
from app.chain.limits.formulas.algebra import Term
from app.chain.limits.formulas.leaves import FirmLeaves
from app.chain.limits.results import LimitBasis, MemberResult, Results
from app.chain.limits.stored import RunHead
from app.chain.limits.withheld import seen
from app.chain.limits.words import document
from app.platform.auth.sight import Sight
from app.policy import Policy
from graph.errors import NotFound

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

UNSEEN = "there is no such firm in this chain"
__all__ = ["UNSEEN", "MemberResult", "Shown"]


class Shown:
    """The results of one run, as far as one reader may see them."""

    def __init__(self, results: Results, sight: Sight) -> None:
        self._results = results
        self._sight = sight

    @property
    def sight(self) -> Sight:
        """Return what the reader may see."""
        return self._sight

    @property
    def head(self) -> RunHead:
        """Return version, date, policy and run."""
        return self._results.head

    @property
    def policy(self) -> Policy:
        """Return the policy that computed the run; the one in force today may be another."""
        return self._results.policy

    @property
    def book(self) -> int:
        """Return the last event of the book that the run has seen; 0 where it saw none."""
        return self._results.stored.book

    @property
    def cores(self) -> list[str]:
        """Return the ids of the cores whose chains the reader sees, in order."""
        cores = self._results.cores
        return [c for c in cores if self._sight.is_whole or self._sight.is_own_chain(c)]

    def beside(self, name: str) -> "pa.Table | None":
        """Return a table of another analysis of the run, to the bank alone; None without it."""
        return self._results.beside(name) if self._sight.is_whole else None

    def knows(self, firm: str) -> bool:
        """Return whether the run's version has this firm."""
        return self._results.knows(firm)

    def name(self, firm: str) -> str:
        """Return the name of a firm that the reader has come upon."""
        return self._results.name(firm)

    def facility(self, core: str) -> dict[str, Any] | None:
        """
        Return the facility of a chain as a document; None where it is absent.

        Raises:
            NotFound: There is no such core, or it is not the reader's.
        """
        self._require_chain(core)
        whole = self._results.facility(core)
        if self._sight.is_whole or whole is None:
            return whole
        return whole | self._tree(self._results.facility_tree(core), OWN_FACILITY)

    def why_no_facility(self, core: str) -> str | None:
        """
        Return why a chain has no facility; None where it has one.

        Raises:
            NotFound: There is no such core, or it is not the reader's.
        """
        self._require_chain(core)
        return self._results.why_no_facility(core)

    @property
    def data_credit_factor(self) -> Decimal | None:
        """Return what relations count at in a chain without facility; None but to the bank."""
        return self._results.data_credit_factor if self._sight.is_whole else None

    def size(self, core: str) -> int:
        """
        Return how many firms stand in a chain.

        Raises:
            NotFound: There is no such core, or it is not the reader's.
        """
        self._require_chain(core)
        return self._results.size(core)

    def tiers(self, core: str) -> list[dict[str, Any]]:
        """
        Return firms and sums by direction and tier: of all firms, also those without a name here.

        Raises:
            NotFound: There is no such core, or it is not the reader's.
        """
        self._require_chain(core)
        return self._results.tiers(core)

    def members(
        self,
        core: str,
        sort: str = "tier",
        *,
        descending: bool = False,
        start: int = 0,
        size: int | None = None,
    ) -> tuple[list[MemberResult], int | None]:
        """
        Return the members whom the reader sees, in order, and where the next ones begin.

        Args:
            core: The core of the chain.
            sort: One of `app.chain.limits.results.SORTS`.
            descending: Largest first.
            start: Place of the first among those seen.
            size: At most so many; all by default.

        Raises:
            NotFound: There is no such core, or it is not the reader's.
            InvalidInput: There is no such order.
        """
        self._require_chain(core)
        order: Sequence[int] = self._results.order(core, sort, descending=descending)
        if not self._sight.is_whole:
            named = set(self._results.named(core).tolist())
            order = [place for place in order if place in named]
        stop = len(order) if size is None else start + size
        found = self._results.members(order[start:stop])
        return found, stop if stop < len(order) else None

    def standings(self) -> "pl.DataFrame":
        """
        Return every firm of every chain: `core`, `firm`, `direction`, `tier`, `limit_fen`.

        Raises:
            NotFound: The reader may not see all of them.
        """
        if not self._sight.is_whole:
            raise NotFound(UNSEEN)
        return self._results.standings()

    def leaves_of(self, firm: str) -> FirmLeaves | None:
        """
        Return what the bank knows of a firm; None where it is known as a counterparty only.

        Raises:
            NotFound: There is no such firm, or the reader may not see all of it.
        """
        if not self._sight.is_whole:
            raise NotFound(UNSEEN)
        row = self._results.stored.row(firm)
        try:
            return self._results.stored.firm(row)
        except NotFound:
            return None

    def basis(self, core: str, firm: str) -> LimitBasis | None:
        """
        Return what a limit is made of, to the bank alone; None where the firm has none there.

        Raises:
            NotFound: There is no such core or firm, or the reader may not see all of it.
        """
        if not self._sight.is_whole:
            raise NotFound(UNSEEN)
        self._results.stored.core_row(core)
        self._results.stored.row(firm)
        try:
            return self._results.basis(core, firm)
        except NotFound:
            return None

    def losses_of(self, firm: str) -> dict[str, int]:
        """
        Return what a firm loses of its production where each core fails, to the bank alone.

        Raises:
            NotFound: There is no such firm, or the reader may not see all of it.
        """
        if not self._sight.is_whole:
            raise NotFound(UNSEEN)
        return self._results.losses_of(firm)

    def chains_of(self, firm: str) -> list[str]:
        """
        Return the cores in whose chains a firm stands, in order.

        Raises:
            NotFound: There is no such firm, or it is not the reader.
        """
        if not self._sight.is_whole and not self._sight.is_own(firm):
            raise NotFound(UNSEEN)
        return self._results.chains_of(firm)

    def member(self, core: str, firm: str) -> MemberResult:
        """
        Return one member of a chain.

        Raises:
            NotFound: It does not stand in the chain, or the reader may not know.
        """
        self._list_for(core, firm)
        return self._results.member(core, firm)

    def firm(self, core: str, firm: str) -> dict[str, Any]:
        """
        Return the limit of a firm in a chain as a document, with its derivations.

        Raises:
            NotFound: It does not stand in the chain, or the reader may not know.
        """
        allowed = self._list_for(core, firm)
        if allowed is None:
            return self._results.firm(core, firm)
        member = self._results.member(core, firm)
        head = {
            "limit_fen": member.limit_fen,
            "reachable_fen": member.reachable_fen,
            "binding": member.binding,
            "absent": member.absent,
        }
        if member.absent is not None:
            return head | {"derivation": None, "reachable": None, "own": []}
        tree, reachable = self._results.trees(core, firm)
        told = self._tree(tree, allowed)
        return head | {
            "derivation": told["derivation"],
            "reachable": self._tree(reachable, allowed)["derivation"],
            "own": told["own"],
        }

    def _tree(self, tree: Term, allowed: Allowed) -> dict[str, Any]:
        found = seen(tree, allowed, self.head.run)
        return {
            "derivation": document(found.tree, self._results.name),
            "own": [document(node, self._results.name) for node in found.own],
        }

    def _require_chain(self, core: str) -> None:
        if not self._sight.is_whole and not self._sight.is_own_chain(core):
            raise NotFound(UNSEEN)

    def _list_for(self, core: str, firm: str) -> Allowed | None:
        """Return the list that a limit is read by; None where nothing is withheld."""
        if self._sight.is_whole:
            return None
        own = self._sight.is_own(firm)
        if not own and not self._sight.is_own_chain(core):
            raise NotFound(UNSEEN)
        try:
            place = self._results.place(core, firm)
        except NotFound:
            raise NotFound(UNSEEN) from None
        if own:
            return OWN_LIMIT
        named = self._results.named(core)
        if not np.isin(place, named, assume_unique=True):
            raise NotFound(UNSEEN)
        return limit_in_own_chain(core)
