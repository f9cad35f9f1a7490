"""
What a run found, read back: facilities, members and firms, with their derivations.

A run is opened once, kept in memory by column, and never computed again. Trees are built on
demand from the stored leaves, by the same formulas that computed the run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from app.chain.limits.formulas import facility
from app.chain.limits.formulas import limit as limits
from app.chain.limits.formulas.algebra import Algebra, Term
from app.chain.limits.formulas.exact import EXACT, ZERO, exact_sum
from app.chain.limits.formulas.limit import LimitLeaves
from app.chain.limits.partners import AgedClaim, Partners
from app.chain.limits.rows import Places
from app.chain.limits.stored import RunHead, Stored
from app.chain.limits.words import binding, document
from app.platform.documents import Documented
from app.platform.process.kept import Kept
from app.policy import Policy
from graph.errors import Damaged, InvalidInput, NotFound

if TYPE_CHECKING:
    import polars as pl

OPEN_BYTES_MAX = 512 * 2**20  # Of all runs that stay open; the one asked for last always does.
ORDERS_BYTES_MAX = NAMED_BYTES_MAX = 16 * 2**20  # Of each run; made again where missing.
SORTS = ("tier", "id", "name", "limit_fen", "reachable_fen", "binding")
UP = "up"


@dataclass(frozen=True, slots=True)
class MemberResult(Documented):
    """One firm of a chain and its results; without a limit, `absent` says why."""

    id: str
    name: str
    direction: str
    tier: int
    limit_fen: int | None
    reachable_fen: int | None
    binding: str | None
    absent: str | None


@dataclass(frozen=True, slots=True)
class LimitBasis:
    """
    What the limit of a firm in a chain is made of, and what changes of it touch.

    `loss_e12` is what the firm loses of its production when the core fails, `elsewhere_e12` how
    far each of its buyers belongs to other chains of the firm, `arriving` what documents of the
    core can arrive at it, by who passes them on.
    """

    leaves: LimitLeaves
    loss_e12: int
    elsewhere_e12: Mapping[str, int]
    arriving: Mapping[str, int]
    aged: Sequence[AgedClaim] = ()


class Results:
    """The results of one run, in memory."""

    def __init__(self, folder: Path) -> None:
        self._s = Stored(folder)
        self._algebra = Algebra(
            self._s.policy, version=self.head.version, run=self.head.run, book=self._s.book
        )
        self._partners = Partners(self._s, self._algebra)
        self._orders: Kept[Places] = Kept(ORDERS_BYTES_MAX, _array_bytes)
        self._named: Kept[Places] = Kept(NAMED_BYTES_MAX, _array_bytes)
        self._tiers: dict[int, list[dict[str, Any]]] = {}  # At most one entry a core.

    @property
    def stored(self) -> Stored:
        """Return the columns of the run."""
        return self._s

    @property
    def head(self) -> RunHead:
        """Return version, date, policy and run."""
        return self._s.head

    @property
    def policy(self) -> Policy:
        """Return the policy that computed the run; the one in force today may be another."""
        return self._s.policy

    @property
    def bytes(self) -> int:
        """Return what the run takes in memory, about, with all that may be kept of it."""
        return self._s.bytes + self._orders.size_max + self._named.size_max

    @property
    def data_credit_factor(self) -> Decimal:
        """Return what relations count at in a chain that has no facility."""
        return self._s.policy.decimal("data_credit_factor")

    @property
    def cores(self) -> list[str]:
        """Return the ids of the cores of this run, in order."""
        return [self._s.ids[row] for row in self._s.cores]

    def name(self, firm: str) -> str:
        """Return the name of a firm."""
        return self._s.names[self._s.row(firm)]

    def beside(self, name: str) -> pa.Table | None:
        """Return a table of another analysis of the run; None where the run is older than it."""
        return self._s.beside(name)

    def knows(self, firm: str) -> bool:
        """Return whether the run's version has this firm."""
        return firm in self._s.rows

    def facility(self, core: str) -> dict[str, Any] | None:
        """Return the facility of a chain as a document; None where it is absent."""
        tree, figures = self._granted(core)
        return figures and figures | {"derivation": document(tree, self.name)}

    def granted(self, core: str) -> dict[str, Any]:
        """Return the figures of a chain's facility alone, or why it is absent."""
        tree, figures = self._granted(core)
        return figures or {"absent": str(tree.source["reason"])}

    def _granted(self, core: str) -> tuple[Term, dict[str, Any] | None]:
        head, tree = self._s.terms(self._s.core_row(core)).core, self.facility_tree(core)
        if not head.has_facility:
            return tree, None
        return tree, facility.figures(self._algebra, head, tree) | {"binding": binding(tree)}

    def facility_tree(self, core: str) -> Term:
        """Return the tree of a chain's facility."""
        return facility.facility(self._algebra, self._s.terms(self._s.core_row(core)).core)

    def why_no_facility(self, core: str) -> str | None:
        """Return why a chain has no facility; None where it has one."""
        tree = self.facility_tree(core)
        return None if tree.value is not None else str(tree.source["reason"])

    def size(self, core: str) -> int:
        """Return how many firms stand in a chain."""
        return len(self._s.places(self._s.core_row(core)))

    def tiers(self, core: str) -> list[dict[str, Any]]:
        """Return firms and sums by direction and tier, up before down, nearest first."""
        row = self._s.core_row(core)
        if row not in self._tiers:
            self._tiers[row] = self._summed(row)
        return [dict(tier) for tier in self._tiers[row]]

    def _summed(self, row: int) -> list[dict[str, Any]]:
        names = ("direction", "tier", "limit_fen", "reachable_fen")
        sums: dict[tuple[str, int], list[int]] = {}
        for direction, tier, limit, reachable in zip(
            *(self._chain(row, name) for name in names), strict=True
        ):
            found = sums.setdefault((direction, tier), [0, 0, 0])
            found[0] += 1
            found[1] += limit or 0
            found[2] += reachable or 0
        ranked = sorted(sums, key=lambda at: (at[0] != UP, at[1]))
        figures = ("firms", "limit_fen", "reachable_fen")
        return [
            {"direction": at[0], "tier": at[1], **dict(zip(figures, sums[at], strict=True))}
            for at in ranked
        ]

    def order(self, core: str, sort: str = "tier", *, descending: bool = False) -> list[int]:
        """
        Return the places of a chain's members in order; ties by direction, tier and id.

        Args:
            core: The core of the chain.
            sort: One of `SORTS`; `tier` has up before down; firms without a figure come last.
            descending: Largest first.

        Raises:
            NotFound: There is no such core.
            InvalidInput: There is no such order.
        """
        if sort not in SORTS:
            raise InvalidInput(f"firms are sorted by one of {', '.join(SORTS)}, not {sort!r}")
        key = (self._s.core_row(core), sort, descending)
        found = self._orders.made(key, lambda: self._sorted(core, sort, descending=descending))
        places: list[int] = found.tolist()
        return places

    def _sorted(self, core: str, sort: str, *, descending: bool) -> Places:
        row = self._s.core_row(core)
        first, firms = self._s.places(row).start, self._chain(row, "firm")
        side = [word != UP for word in self._chain(row, "direction")]
        tier = self._chain(row, "tier")
        order = sorted(range(len(firms)), key=lambda at: (side[at], tier[at], firms[at]))
        if sort == "tier":  # Sorting is stable, also downwards: ties stay in the order of ids.
            order.sort(key=lambda at: (side[at], tier[at]), reverse=descending)
        else:
            figures = self._column(row, sort)
            known = [at for at in order if figures[at] is not None]
            known.sort(key=lambda at: figures[at], reverse=descending)
            order = known + [at for at in order if figures[at] is None]
        return np.array(order, np.int64) + first

    def _column(self, core_row: int, name: str) -> list[Any]:
        """Return what the members of a chain are sorted by."""
        words = {"id": self._s.ids, "name": self._s.names}.get(name)
        if words is None:
            return self._chain(core_row, name)
        return [words[row] for row in self._chain(core_row, "firm")]

    def _chain(self, core_row: int, name: str) -> list[Any]:
        """Return a column of the members of a chain."""
        inside = self._s.places(core_row)
        found: list[Any] = self._s.members[name].slice(inside.start, len(inside)).to_pylist()
        return found

    def members(self, places: Sequence[int]) -> list[MemberResult]:
        """Return the members at these places."""
        columns = ("firm", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")
        lists = [self._s.members[name].chunk(0) for name in columns] if places else []
        found = []
        for place in places:
            firm, *figures = (each[place].as_py() for each in lists)
            found.append(MemberResult(self._s.ids[firm], self._s.names[firm], *figures))
        return found

    def named(self, core: str) -> Places:
        """
        Return the places of the members whom the core knows by name, in order.

        They stand in its nearest tiers (`core_names_tiers`) or hold its receivables or vouchers.
        """
        row = self._s.core_row(core)
        return self._named.made(row, lambda: self._s.named(row))

    def standings(self) -> "pl.DataFrame":
        """Return every firm of every chain: `core`, `firm`, `direction`, `tier`, `limit_fen`."""
        import polars as pl  # noqa: PLC0415  # Commands that read one chain need not wait for it.

        members = pl.DataFrame(pl.from_arrow(self._s.members))
        ids = pl.Series(self._s.ids, dtype=pl.String)
        return members.select(
            core=ids.gather(members["core"]),
            firm=ids.gather(members["firm"]),
            direction="direction",
            tier="tier",
            limit_fen="limit_fen",
        )

    def chains_of(self, firm: str) -> list[str]:
        """Return the cores in whose chains a firm stands, in order."""
        places = self._s.places_of_firm(self._s.row(firm))
        return [self._s.ids[self._s.core_of(place)] for place in places]

    def losses_of(self, firm: str) -> dict[str, int]:
        """Return what a firm loses of its production where a core fails, in 10^-12, by core."""
        lost = self._s.members["loss_e12"].chunk(0)
        places = self._s.places_of_firm(self._s.row(firm))
        found = {self._s.ids[self._s.core_of(place)]: lost[place].as_py() for place in places}
        return {core: e12 for core, e12 in found.items() if e12}

    def place(self, core: str, firm: str) -> int:
        """
        Return the place of a firm among the members of a chain.

        Raises:
            NotFound: There is no such core or firm, or the firm does not stand in the chain.
        """
        return self._s.place(self._s.core_row(core), self._s.row(firm))

    def member(self, core: str, firm: str) -> MemberResult:
        """
        Return one member of a chain.

        Raises:
            NotFound: There is no such core or firm, or the firm does not stand in the chain.
        """
        return self.members([self.place(core, firm)])[0]

    def firm(self, core: str, firm: str) -> dict[str, Any]:
        """
        Return the limit of a firm in a chain as a document, with its derivations.

        Raises:
            NotFound: There is no such core or firm, or the firm does not stand in the chain.
        """
        member = self.member(core, firm)
        result: dict[str, Any] = {
            "limit_fen": member.limit_fen,
            "reachable_fen": member.reachable_fen,
            "binding": member.binding,
            "absent": member.absent,
        }
        if member.absent is not None:
            return result | {"derivation": None, "reachable": None}
        tree, reachable = self.trees(core, firm)
        return result | {
            "derivation": document(tree, self.name),
            "reachable": document(reachable, self.name),
        }

    def trees(self, core: str, firm: str) -> tuple[Term, Term]:
        """
        Return the trees of the limit and of the reachable amount.

        Raises:
            NotFound: The firm does not stand in the chain, or has no limit in it.
        """
        leaves = self.leaves(core, firm)
        arrived, unlisted = self._partners.arrived(self._s.row(firm), self._s.core_row(core))
        return (
            limits.of_leaves(self._algebra, leaves),
            limits.reachable(self._algebra, leaves.chain, arrived, unlisted),
        )

    def leaves(self, core: str, firm: str) -> LimitLeaves:
        """
        Return all that the limit of a firm in a chain is made of.

        Raises:
            NotFound: The firm does not stand in the chain, or has no limit in it.
        """
        core_row, firm_row = self._s.core_row(core), self._s.row(firm)
        place, chain = self._s.place(core_row, firm_row), self._s.terms(core_row)
        documents, bases = self._everywhere(firm_row)
        position = limits.ChainPosition(
            held=self._s.held(place),
            documents_fen=self._documents(place),
            base_total_fen=bases,
            everything_fen=EXACT.add(documents, bases),
        )
        known = self._s.firm(firm_row)
        parts = self._partners.base(firm_row, core_row)
        return LimitLeaves(known, chain, position, documents, *parts)

    def basis(self, core: str, firm: str) -> LimitBasis:
        """
        Return what the limit of a firm in a chain is made of, and what changes of it touch.

        Raises:
            NotFound: The firm does not stand in the chain, or has no limit in it.
        """
        leaves, own = self.leaves(core, firm), self._s.core_row(core)
        place, row = self.place(core, firm), self._s.row(firm)
        cores = {self._s.core_of(each) for each in self._s.places_of_firm(row)} - {own}
        aged = self._partners.aged(row, own)
        names = [each.buyer for each in (*leaves.claims, *(each.claim for each in aged))]
        buyers = np.array([self._s.row(each) for each in names], np.int64)
        shares = sum((self._s.shares(buyers, each) for each in cores), np.zeros_like(buyers))
        elsewhere = dict(zip(names, shares.tolist(), strict=True))
        arriving, _ = self._partners.arrived(row, own)
        loss = self._s.members["loss_e12"][place].as_py()
        return LimitBasis(leaves, loss, elsewhere, arriving, aged)

    def _everywhere(self, firm_row: int) -> tuple[Decimal, Decimal]:
        """Return what a firm's documents and its bases come to over all its chains."""
        places = self._s.places_of_firm(firm_row)
        documents = exact_sum(self._documents(place) for place in places)
        return documents, self._s.bases_fen(places)

    def _documents(self, place: int) -> Decimal:
        held = self._s.held(place)
        if not held.amounts_fen:
            return ZERO
        chain = self._s.terms(self._s.core_of(place))
        return limits.documents(self._algebra, chain, held).figure or ZERO


def _array_bytes(places: Places) -> int:
    return places.nbytes + 512  # The entry's own.


OPEN: Kept[Results] = Kept(OPEN_BYTES_MAX, lambda run: run.bytes, count_min=1)


def open_results(folder: Path) -> Results:
    """
    Return the results of a run; those read last stay in memory, up to a sum of bytes.

    Raises:
        NotFound: There is no finished run in the folder.
        Damaged: A file was changed, is missing, or was not saved with the others.
    """
    if not folder.is_dir():
        raise NotFound(f"no finished run {folder.name}")
    try:
        return OPEN.made(folder, lambda: Results(folder))
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise Damaged(f"{folder.name} cannot be read: {error}") from error
