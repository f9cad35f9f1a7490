"""
What a firm could be lent as things stand, or as they would stand after a change.

A change is a position: the firm, its claims, and documents that it would hold beside.
All that hangs on it is put together anew by the formulas of limits: base and documents over all
chains, the facility's room, and what the chain's factor sums over its firms.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.books.ledger import available
from app.chain.limits.formulas import facility, relation
from app.chain.limits.formulas import limit as limits
from app.chain.limits.formulas.algebra import Term
from app.chain.limits.formulas.exact import EXACT, ZERO
from app.chain.limits.formulas.leaves import (
    ChainLeaves,
    ClaimLeaves,
    FirmLeaves,
    HeldLeaves,
    Others,
)
from app.chain.limits.formulas.limit import ChainPosition, ChainTerms, FirmTerms, LimitLeaves
from app.lending.decisions.case import Case, OpenPaper, Requirement

DOCUMENTS, VERIFIED = "documents", "verified"
HELD = {">=": int.__ge__, ">": int.__gt__, "<=": int.__le__, "<": int.__lt__, "=": int.__eq__}


class Position(NamedTuple):
    """
    What a firm has, and documents that it would hold beside.

    `confirmed` are receivables, which occupy the core's account then; `arrived` are vouchers, which
    do so already, whoever holds them. `others_fen` is the most that the change adds to others'
    own credit in the chain.
    """

    firm: FirmLeaves
    claims: tuple[ClaimLeaves, ...]
    confirmed: tuple[OpenPaper, ...] = ()
    arrived: tuple[OpenPaper, ...] = ()
    others_fen: int = 0

    @property
    def papers(self) -> tuple[OpenPaper, ...]:
        """Return the documents that it would hold beside."""
        return self.confirmed + self.arrived


class Room(NamedTuple):
    """The most that a use may be as far as one account goes."""

    account: str
    fen: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    What the bank could lend.

    `room_fen` is the most, whatever is asked: 0 where a requirement is not met, or where it is
    less than the product's floor.
    """

    limit: Term | None
    rooms: Sequence[Room]
    unmet: Sequence[Requirement]
    room_fen: int

    @property
    def narrowest(self) -> Room:
        """Return the account with the least room; of equal ones the last, which says most."""
        return min(reversed(self.rooms), key=lambda each: each.fen)


def position_of(leaves: LimitLeaves) -> Position:
    """Return what a firm has."""
    return Position(leaves.firm, tuple(leaves.claims))


def summed(case: Case, leaves: LimitLeaves, buyers: Collection[str]) -> LimitLeaves:
    """
    Return the same leaves, of claims and prepayments only those listed that a change touches.

    Args:
        case: The case.
        leaves: The leaves.
        buyers: On whom claims change; those on the core, and those that a product asks for, stay.
    """
    verified = any(each.leaf == VERIFIED for each in case.product.who)
    stays = {*buyers, case.asked.core}
    listed = [c for c in leaves.claims if c.buyer in stays or (verified and c.kind.verified)]
    rest = [each for each in leaves.claims if each not in listed]
    base = relation.base(case.limits, rest, leaves.prepaid, leaves.others)
    count = len(rest) + len(leaves.prepaid) + (0 if leaves.others is None else leaves.others.count)
    return replace(
        leaves, claims=tuple(listed), prepaid=(), others=Others(count, base.figure or ZERO)
    )


class Baseline(NamedTuple):
    """How things stand, from which changes are told: the limit, and what its chain sums of it."""

    case: Case
    leaves: LimitLeaves
    limit: Term
    taken: tuple[Decimal, Decimal]


def baseline(case: Case) -> Baseline | None:
    """Return how things stand; None where there is no limit."""
    if case.leaves is None:
        return None
    firm, base = _parts(case, case.leaves)
    limit = _limit(case, case.leaves, firm, base)
    return Baseline(case, case.leaves, limit, _taken(case, case.leaves, firm, base))


def outlook(case: Case) -> Outlook:
    """Return what the bank could lend as things stand."""
    base, rooms = baseline(case), _rooms(case, {}, ())
    if base is None:
        return _judged(case, rooms, _unmet(case, None, None), None)
    return _judged(case, rooms, _unmet(case, base.leaves, base.limit), base.limit)


def outlook_after(was: Baseline, position: Position) -> Outlook:
    """Return what the bank could lend after a change."""
    case = was.case
    leaves, limit = moved(was, position)
    more = _more(case, (was.limit, limit), (was.leaves, leaves))
    rooms = _rooms(case, more, _papers(case, leaves, position))
    # Documents are lent on by a product of documents, whatever this one requires.
    switched = bool(position.papers) and case.product.path != DOCUMENTS
    return _judged(case, rooms, () if switched else _unmet(case, leaves, limit), limit)


def moved(base: Baseline, position: Position) -> tuple[LimitLeaves, Term]:
    """Return the leaves of a limit after a change, with all that hangs on it, and its tree."""
    case, was = base.case, base.leaves
    confirmed = sum(each.face_fen for each in position.confirmed)
    claims = _less_confirmed(position.claims, case.asked.core, confirmed)
    held = was.position.held
    more = sum(each.face_fen for each in position.papers)
    held = replace(held, amounts_fen=_whole(held.amounts_fen) + more)
    core = was.chain.core
    core = replace(core, confirmed_here_fen=core.confirmed_here_fen + confirmed)
    chain = replace(was.chain, core=core)
    documents = limits.documents(case.limits, chain, held).figure or ZERO
    documents_total = EXACT.add(_plus(was.documents_total_fen, -_exact(was)), documents)
    base_total = _plus(was.position.base_total_fen, _base_added(case, was, claims))
    everything = EXACT.add(documents_total, base_total)
    leaves = replace(
        was,
        firm=position.firm,
        chain=chain,
        position=ChainPosition(held, documents, base_total, everything),
        documents_total_fen=documents_total,
        claims=claims,
    )
    parts = _parts(case, leaves)
    sums = _chain(base, leaves, _taken(case, leaves, *parts), Decimal(position.others_fen))
    leaves = replace(leaves, chain=replace(chain, chain=sums))
    return leaves, _limit(case, leaves, *parts)


def _parts(case: Case, leaves: LimitLeaves) -> tuple[FirmTerms, Term]:
    """Return what all chains of the firm share, and its base in this one."""
    return (
        limits.firm_terms(case.limits, leaves.firm, leaves.documents_total_fen),
        relation.base(case.limits, leaves.claims, leaves.prepaid, leaves.others),
    )


def _limit(case: Case, leaves: LimitLeaves, firm: FirmTerms, base: Term) -> Term:
    return limits.limit(case.limits, firm, leaves.chain, leaves.position, base)


def _exact(leaves: LimitLeaves) -> Decimal:
    return Decimal(str(leaves.position.documents_fen))


def _whole(amount: object) -> int:
    return int(str(amount))


def _plus(first: object, second: Decimal) -> Decimal:
    return EXACT.add(Decimal(str(first)), second)


def _less_confirmed(
    claims: Sequence[ClaimLeaves], core: str | None, confirmed: int
) -> tuple[ClaimLeaves, ...]:
    """Return claims without what the core has confirmed of them: it is a document then."""
    return tuple(
        replace(each, rows_fen=max(0, _whole(each.rows_fen) - confirmed))
        if confirmed and each.buyer == core
        else each
        for each in claims
    )


def _base_added(case: Case, was: LimitLeaves, claims: Sequence[ClaimLeaves]) -> Decimal:
    """Return what a change adds to the firm's bases over all its chains."""
    old = {each.buyer: each for each in was.claims}
    added = ZERO
    for claim in claims:
        before = old.get(claim.buyer)
        if claim == before:
            continue
        everywhere = _whole(claim.belonging_e12) + case.elsewhere_e12(claim.buyer)
        parts = (_part(case, each, everywhere) for each in (claim, before) if each is not None)
        added = EXACT.add(added, EXACT.subtract(next(parts), next(parts, ZERO)))
    return added


def _part(case: Case, claim: ClaimLeaves, belonging_e12: int) -> Decimal:
    whole = relation.claim_part(case.limits, replace(claim, belonging_e12=belonging_e12))
    return whole.figure or ZERO


def _chain(
    base: Baseline, leaves: LimitLeaves, taken: tuple[Decimal, Decimal], others: Decimal
) -> ChainLeaves | None:
    """Return what the chain's factor reads: its room, and its sums with what a change adds."""
    algebra, was = base.case.limits, base.leaves.chain
    chain = was.chain
    if chain is None or was.facility_fen is None:
        return chain
    granted = algebra.computed("facility", "fen", was.facility_fen, "facility")
    room = facility.headroom(algebra, leaves.chain.core, granted).figure or ZERO
    own, loss = (EXACT.subtract(now, then) for now, then in zip(taken, base.taken, strict=True))
    lost = EXACT.multiply(others, algebra.policy("lgd", "lgd").figure or ZERO)
    return replace(
        chain,
        room_fen=room,
        relation_total_fen=EXACT.add(_plus(chain.relation_total_fen, own), others),
        stressed_loss_fen=EXACT.add(_plus(chain.stressed_loss_fen, loss), lost),
    )


def _taken(case: Case, leaves: LimitLeaves, firm: FirmTerms, base: Term) -> tuple[Decimal, Decimal]:
    """Return what the firm brings into the sums of its chain: own credit, and its loss."""
    algebra = case.limits
    own = limits.unscaled(algebra, firm, base, leaves.position.base_total_fen)
    if own.figure is None:
        return ZERO, ZERO
    lost = relation.stressed_loss(algebra, firm.default_chance, case.loss_e12, own)
    return own.figure, lost.figure or ZERO


def _more(
    case: Case, limit: tuple[Term, Term], leaves: tuple[LimitLeaves, LimitLeaves]
) -> dict[str, int]:
    """Return by how much a change raises totals of accounts; below nothing where it lowers them."""
    firm, core = case.asked.firm, case.asked.core
    chain = _fen(limit[1]) - _fen(limit[0])
    own = [_fen(node(each, "relation")) for each in limit]
    promised = [each.chain.core.confirmed_here_fen for each in leaves]
    return {
        f"firm:{firm}": _more_of_firm(case, chain, limit[1]),
        f"chain:{core}:{firm}": chain,
        f"relation:{core}:{firm}": own[1] - own[0],
        f"core:{core}": promised[0] - promised[1],
    }


def _more_of_firm(case: Case, chain: int, limit: Term) -> int:
    """Return by how much the firm's total rises with its limit in a chain, up to its cap."""
    figures = case.accounts.get(f"firm:{case.asked.firm}")
    cap = node(limit, "single_borrower_cap_total")
    if figures is None or cap is None or chain <= 0:
        return chain
    return max(0, min(chain, _fen(cap) - figures.total))


def _papers(case: Case, leaves: LimitLeaves, position: Position) -> list[int]:
    """Return what the accounts of documents would give that the firm has not got yet."""
    return [_worth(case, leaves.chain, each.face_fen) for each in position.papers]


def _worth(case: Case, chain: ChainTerms, face_fen: int) -> int:
    """Return the total of a document's account."""
    return _fen(limits.documents(case.limits, chain, HeldLeaves(face_fen)))


def _rooms(case: Case, more: Mapping[str, int], papers: Sequence[int]) -> list[Room]:
    """
    Return how large a use each account of the path allows, documents together as the last.

    Where the firm would hold more documents they carry it: relation is not taken then.
    """
    carried = sum(papers)
    found = []
    on_documents = bool(papers) or case.product.path == DOCUMENTS
    for each in case.path:
        room = _available(case, each.account, more.get(each.account, 0))
        if each.part >= 0:
            carried += room
        elif on_documents and each.account.startswith(("relation:", "core:")):
            continue
        elif each.numerator:
            share = Fraction(each.denominator, each.numerator)
            found.append(Room(each.account, int(room * share)))
    return [*found, Room(DOCUMENTS, carried)] if on_documents else found


def _available(case: Case, account: str, more: int) -> int:
    figures = case.accounts.get(account)
    if figures is None or account in case.financed:
        return 0
    return available(figures._replace(total=max(0, figures.total + more)), case.day)


def _judged(
    case: Case, rooms: Sequence[Room], unmet: Sequence[Requirement], limit: Term | None
) -> Outlook:
    found = Outlook(limit, rooms, unmet, 0)
    room = min(found.narrowest.fen, case.product.amount_cap_fen)
    if unmet or room < case.product.amount_floor_fen:
        return found
    return replace(found, room_fen=room)


def _unmet(case: Case, leaves: LimitLeaves | None, limit: Term | None) -> list[Requirement]:
    return [each for each in case.product.who if not _is_met(case, each, leaves, limit)]


def _is_met(case: Case, asked: Requirement, leaves: LimitLeaves | None, limit: Term | None) -> bool:
    has = 0 if leaves is None or limit is None else _has(case, asked.leaf, leaves, limit)
    return bool(HELD[asked.op](has, asked.value))


def _has(case: Case, leaf: str, leaves: LimitLeaves, limit: Term) -> int:
    """Return what a firm has of what a product requires, in whole fen."""
    if leaf == VERIFIED:
        parts = [relation.claim_part(case.limits, c) for c in leaves.claims if c.kind.verified]
        return sum(_fen(node(each, "claim")) for each in parts)
    if leaf == "base":
        return _fen(relation.base(case.limits, leaves.claims, leaves.prepaid, leaves.others))
    return _fen(node(limit, leaf))


def _fen(term: Term | None) -> int:
    """Return a figure in whole fen, cut down; 0 where it is absent."""
    return 0 if term is None or term.figure is None else int(term.figure)


def node(tree: Term, code: str) -> Term | None:
    """Return the first node of a tree with a code; None where there is none."""
    if tree.code == code:
        return tree
    return next((found for each in tree.children if (found := node(each, code))), None)
