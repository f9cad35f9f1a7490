"""
The limit of a firm in a chain (docs/limits.md), put together from its terms.

documents_ic = a_confirmed x held_ic x document factor_c
limit_ic     = floor(min(need_i share_ic, documents_ic + relation_ic, caps x share_ic))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.chain.limits.formulas import faces, facility, need, relation
from app.chain.limits.formulas.algebra import Algebra, Amount, Term
from app.chain.limits.formulas.leaves import (
    NO_NEED,
    NO_SALES,
    ChainLeaves,
    ClaimLeaves,
    CoreLeaves,
    FirmLeaves,
    HeldLeaves,
    Others,
    PrepaidLeaves,
)

TERMS = ("need", "funding", "product_cap", "single_borrower_cap")


class FirmTerms(NamedTuple):
    """What all chains of a firm share."""

    need_total: Term
    own_total: Term
    resilience: Term
    borrower_total: Term
    default_chance: Term


@dataclass(frozen=True, slots=True)
class ChainPosition:
    """What a firm has in one chain, and over all its chains; figures or columns of them."""

    held: HeldLeaves
    documents_fen: Amount
    base_total_fen: Amount
    everything_fen: Amount  # Documents and bases over all its chains.


@dataclass(frozen=True, slots=True)
class ChainTerms:
    """What all firms of a chain share; no facility and no figures of the chain: None."""

    core: CoreLeaves
    facility_fen: Amount | None
    chain: ChainLeaves | None


@dataclass(frozen=True, slots=True)
class LimitLeaves:
    """All that the limit of one firm in one chain is made of."""

    firm: FirmLeaves
    chain: ChainTerms
    position: ChainPosition
    documents_total_fen: Amount  # Over all its chains.
    claims: Sequence[ClaimLeaves]
    prepaid: Sequence[PrepaidLeaves]
    others: Others | None  # What is not listed of claims and prepayments.


def of_leaves(algebra: Algebra, leaves: LimitLeaves) -> Term:
    """Return the limit of one firm in one chain from its leaves."""
    return limit(
        algebra,
        firm_terms(algebra, leaves.firm, leaves.documents_total_fen),
        leaves.chain,
        leaves.position,
        relation.base(algebra, leaves.claims, leaves.prepaid, leaves.others),
    )


def firm_terms(algebra: Algebra, firm: FirmLeaves, documents_total: Amount) -> FirmTerms:
    """Return what all chains of a firm share."""
    return FirmTerms(
        need_total=need.total(algebra, firm, documents_total),
        own_total=relation.own_total(algebra, firm),
        resilience=relation.resilience(algebra, firm),
        borrower_total=facility.borrower_cap(algebra, "single_borrower_cap_total", firm.loans_fen),
        default_chance=relation.default_chance(algebra, firm.rating),
    )


def documents(algebra: Algebra, chain: ChainTerms, held: HeldLeaves) -> Term:
    """Return what the core's documents that the firm holds are worth."""
    return algebra.product(
        "documents",
        algebra.policy("advance_rate", "a_confirmed"),
        faces.held(algebra, held),
        facility.document_factor(algebra, chain.core, chain.facility_fen),
    )


def unscaled(algebra: Algebra, firm: FirmTerms, base: Term, base_total: Amount) -> Term:
    """Return own credit before the chain's factor; absent where sales are unknown."""
    return relation.unscaled(
        algebra, firm.own_total, firm.resilience, base=base, base_total=base_total
    )


def _share(algebra: Algebra, holding: ChainPosition, base: Term) -> Term:
    """Return the part of what the firm has over its chains that this chain holds."""
    run = "documents and claims"
    here = algebra.sum(
        "here",
        algebra.computed("documents_here", "fen", holding.documents_fen, run),
        algebra.computed("base_here", "fen", relation.here(base), run),
    )
    everywhere = algebra.computed("everywhere", "fen", holding.everything_fen, run)
    return algebra.divide("share", here, everywhere, unit="share")


def limit(
    algebra: Algebra, firm: FirmTerms, chain: ChainTerms, holding: ChainPosition, base: Term
) -> Term:
    """Return the limit of the firm in the chain: the smallest of `TERMS`, cut down."""
    own = unscaled(algebra, firm, base, holding.base_total_fen)
    if own.value is None:
        credit = algebra.absent("relation", "fen", NO_SALES)
    else:
        credit = algebra.product("relation", own, facility.chain_factor(algebra, chain.chain))
    funding = algebra.sum("funding", documents(algebra, chain, holding.held), credit)
    share = _share(algebra, holding, base)
    cap = algebra.policy("product_cap_total", "product_cap_fen")
    if firm.need_total.value is None:
        wanted = algebra.absent("need", "fen", NO_NEED)
    else:
        wanted = algebra.product("need", firm.need_total, share)
    smallest = algebra.least(
        "smallest",
        wanted,
        funding,
        algebra.product("product_cap", cap, share),
        algebra.product("single_borrower_cap", firm.borrower_total, share),
    )
    return algebra.floor("limit", smallest)


def reachable(
    algebra: Algebra,
    chain: ChainTerms,
    arrived: Mapping[str, Amount],
    others: Others | None = None,
) -> Term:
    """Return what the firm could have if those before it passed on what they can."""
    parts = [
        algebra.computed(f"from:{firm}", "fen", amount, "passing")
        for firm, amount in arrived.items()
    ]
    if others is not None:
        total = others.total_fen
        parts.append(algebra.computed("others", "fen", total, "passing", count=others.count))
    if not parts:
        parts.append(algebra.computed("arrived", "fen", 0, "passing"))
    exact = algebra.product(
        "reachable_exact",
        algebra.policy("advance_rate", "a_confirmed"),
        facility.document_factor(algebra, chain.core, chain.facility_fen),
        algebra.sum("passable", *parts),
    )
    return algebra.floor("reachable", exact)
