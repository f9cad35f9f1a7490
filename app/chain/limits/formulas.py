"""
The limit of a firm in a chain (docs/limits.md), put together from its terms.

documents_ic = a_confirmed x held_ic x document factor_c
limit_ic     = floor(min(need_i share_ic, documents_ic + relation_ic, caps x share_ic))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

from app.chain.limits.facility import Facility
from app.chain.limits.leaves import NO_NEED, NO_SALES, Amount, ChainLeaves, CoreLeaves, FirmLeaves
from app.chain.limits.need import Need
from app.chain.limits.nodes import Algebra, Figure, Formula, Origin, Others, V
from app.chain.limits.relation import Relation

TERMS = ("need", "funding", "product_cap", "single_borrower_cap")


@dataclass(frozen=True, slots=True)
class FirmTerms(Generic[V]):
    """What all chains of a firm share; None where it is not known."""

    need_total: V | None
    own_total: V | None
    resilience: V
    borrower_total: V


@dataclass(frozen=True, slots=True)
class Holding:
    """What a firm has in one chain, and over all its chains; figures or columns of them."""

    held_fen: Amount
    documents_fen: Figure
    base_total_fen: Figure
    everything_fen: Figure  # Documents and bases over all its chains.


@dataclass(frozen=True, slots=True)
class ChainTerms:
    """What all firms of a chain share; no facility and no figures of the chain: None."""

    core: CoreLeaves
    facility_fen: Figure | None
    chain: ChainLeaves | None


class Limit(Generic[V]):
    """The formulas of a firm in a chain, read by one algebra."""

    def __init__(self, algebra: Algebra[V], origin: Origin) -> None:
        self._a = algebra
        self._f = Formula(algebra)
        self._o = origin
        self.facility = Facility(algebra, origin)
        self.relation = Relation(algebra, origin)
        self.need = Need(algebra, origin)

    def firm(self, firm: FirmLeaves, documents_total: Figure) -> FirmTerms[V]:
        """Return what all chains of a firm share."""
        sales = firm.sales_fen
        return FirmTerms(
            need_total=self.need.total(firm, sales, documents_total) if firm.has_need else None,
            own_total=None if sales is None else self.relation.own_total(firm, sales),
            resilience=self.relation.resilience(firm),
            borrower_total=self.facility.borrower_cap("single_borrower_cap_total", firm.loans_fen),
        )

    def documents(self, terms: ChainTerms, held_fen: Amount) -> V:
        """Return what the core's documents that the firm holds are worth."""
        return self._f.product(
            "documents",
            self._a.policy("advance_rate", "a_confirmed"),
            self._a.input("held", "fen", held_fen, self._o.analysis("documents")),
            self.facility.document_factor(terms.core, terms.facility_fen),
        )

    def unscaled(self, firm: FirmTerms[V], base: V, base_total: Figure) -> V:
        """Return own credit before the chain's factor; absent where sales are unknown."""
        if firm.own_total is None:
            return self._a.absent("unscaled", "fen", NO_SALES)
        own = self.relation.own(firm.own_total, base, base_total)
        return self.relation.unscaled(own, base, firm.resilience)

    def _relation(self, firm: FirmTerms[V], terms: ChainTerms, base: V, base_total: Figure) -> V:
        if firm.own_total is None:
            return self._a.absent("relation", "fen", NO_SALES)
        unscaled = self.unscaled(firm, base, base_total)
        return self._f.product("relation", unscaled, self.facility.chain_factor(terms.chain))

    def share(self, holding: Holding, base: V) -> V:
        """Return the part of what the firm has over its chains that this chain holds."""
        run = self._o.analysis("documents and claims")
        base_fen = self._a.figure(base)
        here = self._f.sum(
            "here",
            self._a.input("documents_here", "fen", holding.documents_fen, run),
            self._a.input("base_here", "fen", 0 if base_fen is None else base_fen, run),
        )
        everywhere = self._a.input("everywhere", "fen", holding.everything_fen, run)
        return self._a.divide("share", "share", here, everywhere)

    def terms(
        self, firm: FirmTerms[V], terms: ChainTerms, holding: Holding, base: V
    ) -> tuple[V, V, V, V]:
        """Return what the limit is the smallest of, in the order of `TERMS`."""
        funding = self._f.sum(
            "funding",
            self.documents(terms, holding.held_fen),
            self._relation(firm, terms, base, holding.base_total_fen),
        )
        share = self.share(holding, base)
        cap = self._a.policy("product_cap_total", "product_cap_fen")
        if firm.need_total is None:
            need = self._a.absent("need", "fen", NO_NEED)
        else:
            need = self._f.product("need", firm.need_total, share)
        return (
            need,
            funding,
            self._f.product("product_cap", cap, share),
            self._f.product("single_borrower_cap", firm.borrower_total, share),
        )

    def limit(self, firm: FirmTerms[V], terms: ChainTerms, holding: Holding, base: V) -> V:
        """Return the limit of the firm in the chain."""
        smallest = self._f.least("smallest", *self.terms(firm, terms, holding, base))
        return self._a.floor("limit", smallest)

    def reachable(
        self, terms: ChainTerms, arrived: Mapping[str, Amount], others: Others | None = None
    ) -> V:
        """Return what the firm could have if those before it passed on what they can."""
        a, f, run = self._a, self._f, self._o.analysis("passing")
        parts = [a.input(f"from:{firm}", "fen", amount, run) for firm, amount in arrived.items()]
        if others is not None:
            source = self._o.others("passing", others.count)
            parts.append(a.input("others", "fen", others.total_fen, source))
        if not parts:
            parts.append(a.input("arrived", "fen", 0, run))
        worth = f.product(
            "reachable_exact",
            a.policy("advance_rate", "a_confirmed"),
            self.facility.document_factor(terms.core, terms.facility_fen),
            f.sum("passable", *parts),
        )
        return a.floor("reachable", worth)
