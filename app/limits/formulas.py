"""
The limit of a firm in a chain (docs/limits.md), put together from its terms.

documents_ic = a_confirmed x held_ic x document factor_c
limit_ic     = floor(min(need_i share_ic, documents_ic + relation_ic, caps x share_ic))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic

from app.limits.facility import Facility, Origin
from app.limits.leaves import (
    NO_SALES,
    NO_STATEMENT,
    ChainLeaves,
    CoreLeaves,
    FirmLeaves,
    MemberLeaves,
)
from app.limits.need import Need
from app.limits.nodes import Algebra, Formula, V, exact_sum
from app.limits.relation import Relation


@dataclass(frozen=True, slots=True)
class Everywhere:
    """What a firm has over all its chains."""

    documents: Mapping[str, Decimal]
    base: Mapping[str, Decimal]

    @property
    def documents_total(self) -> Decimal:
        """Return the sum of its documents."""
        return exact_sum(self.documents.values())

    @property
    def base_total(self) -> Decimal:
        """Return the sum of its bases."""
        return exact_sum(self.base.values())


@dataclass(frozen=True, slots=True)
class Case:
    """One firm in one chain, with everything that its limit reads."""

    firm: FirmLeaves
    member: MemberLeaves
    core: CoreLeaves
    chain: ChainLeaves

    @property
    def absent(self) -> str | None:
        """Return why there is no limit; None where there is one."""
        if not self.core.has_facility and self.firm.sales_fen is None:
            return f"{NO_STATEMENT}, and {NO_SALES}"
        return None


class Limit(Generic[V]):
    """The formulas of a firm in a chain, read by one algebra."""

    def __init__(self, algebra: Algebra[V], origin: Origin) -> None:
        self._a = algebra
        self._f = Formula(algebra)
        self._o = origin
        self._facility = Facility(algebra, origin)
        self._relation = Relation(algebra, origin)
        self._need = Need(algebra, origin)

    def documents(self, core: CoreLeaves, member: MemberLeaves, facility_fen: Decimal | None) -> V:
        """Return what the core's documents that the firm holds are worth."""
        if not core.has_facility:
            return self._a.absent("documents", "fen", NO_STATEMENT)
        return self._f.product(
            "documents",
            self._a.policy("advance_rate", "a_confirmed"),
            self._a.input("held", "fen", member.held_fen, self._o.analysis("documents")),
            self._document_factor(core, facility_fen),
        )

    def _document_factor(self, core: CoreLeaves, facility_fen: Decimal | None) -> V:
        facility = self._a.input("facility", "fen", facility_fen, self._o.analysis("facility"))
        return self._facility.document_factor(core, facility)

    def relation(self, case: Case, base: V, base_total: Decimal) -> V:
        """Return own credit on trade with the chain; absent where sales are unknown."""
        if case.firm.sales_fen is None:
            return self._a.absent("relation", "fen", NO_SALES)
        unscaled = self._relation.unscaled(case.firm, base, base_total)
        factor = self._facility.chain_factor(case.core, case.chain)
        return self._f.product("relation", unscaled, factor)

    def share(self, member: MemberLeaves, everywhere: Everywhere) -> V:
        """Return the part of what the firm has over its chains that this chain holds."""
        run = self._o.analysis("documents and claims")
        documents = everywhere.documents.get(member.core, Decimal(0))
        here = self._f.sum(
            "here",
            self._a.input("documents_here", "fen", documents, run),
            self._a.input("base_here", "fen", everywhere.base.get(member.core, Decimal(0)), run),
        )
        total = exact_sum([everywhere.documents_total, everywhere.base_total])
        return self._a.divide(
            "share", "share", here, self._a.input("everywhere", "fen", total, run)
        )

    def need(self, firm: FirmLeaves, everywhere: Everywhere, share: V) -> V:
        """Return the part of the firm's need that falls to this chain."""
        if firm.statement is None and firm.sales_fen is None:
            return self._a.absent("need", "fen", "neither statement nor sales")
        total = self._need.total(firm, everywhere.documents_total)
        return self._f.product("need", total, share)

    def terms(
        self, case: Case, everywhere: Everywhere, base: V, facility_fen: Decimal | None
    ) -> tuple[V, V, V, V]:
        """Return what the limit is the smallest of, given the base (a figure or a tree)."""
        funding = self._f.sum(
            "funding",
            self.documents(case.core, case.member, facility_fen),
            self.relation(case, base, everywhere.base_total),
        )
        share = self.share(case.member, everywhere)
        borrower = self._facility.borrower_cap("single_borrower_total", case.firm.loans_fen)
        product = self._a.policy("product_cap_total", "product_cap_fen")
        return (
            self.need(case.firm, everywhere, share),
            funding,
            self._f.product("product_cap", product, share),
            self._f.product("single_borrower", borrower, share),
        )

    def limit(self, case: Case, everywhere: Everywhere, base: V, facility_fen: Decimal | None) -> V:
        """Return the limit of the firm in the chain."""
        terms = self.terms(case, everywhere, base, facility_fen)
        return self._a.floor("limit", self._f.least("smallest", *terms))

    def reachable(self, core: CoreLeaves, member: MemberLeaves, facility_fen: Decimal | None) -> V:
        """Return what the firm could have if those before it passed on what they can."""
        run = self._o.analysis("passing")
        parts = [
            self._a.input(f"from:{firm}", "fen", amount, run)
            for firm, amount in member.arrived.items()
        ]
        if parts:
            passable = self._a.largest("passable", "fen", parts)
        else:
            passable = self._a.input("passable", "fen", 0, run)
        terms = [self._a.policy("advance_rate", "a_confirmed")]
        if core.has_facility:
            terms.append(self._document_factor(core, facility_fen))
        return self._a.floor("reachable", self._f.product("reachable_exact", *terms, passable))
