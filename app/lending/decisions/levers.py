"""
What a firm or its buyer can change of a limit: a document, a claim, an order, a statement, sales.

Each lever goes from where things stand, step 0, to the most that it could be, in whole steps, and
never lowers what the bank could lend on the way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from app.books.ledger import available
from app.chain.limits.formulas import relation
from app.chain.limits.formulas.algebra import Algebra, Term
from app.chain.limits.formulas.exact import written
from app.chain.limits.formulas.leaves import STATEMENT, ClaimLeaves, share
from app.chain.limits.formulas.limit import LimitLeaves
from app.lending.decisions.case import AgedBuyer, Case, OpenPaper
from app.lending.decisions.forms import (
    CAPACITY,
    DISPUTED_OF,
    FROM_BUYERS,
    HELD,
    ON_BUYERS,
    DocumentRef,
    Figure,
)
from app.lending.decisions.outlook import Position, node

TIMES_SALES = 9  # So many times its sales a firm could show beside them.
TIMES_ASKED = 100  # Where none are known, so many times what it asks for.
MILLIONTH_E12 = 10**6  # A step of a share.
CLAIMS_TRIED = 3  # Buyers of one kind of change that are tried, the largest first.
PAPERS = {"accept": (f"{HELD}/accepted", "voucher"), "confirm": (HELD, "receivable")}


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing that can be changed, by up to `most` steps; `is_money` where a step is a fen."""

    kind: str
    leaf: str
    unit: str
    most: int
    place: Callable[[Position, int], Position]
    told: Callable[[int], Figure]  # What the leaf is after so many steps.
    documents: Callable[[int], tuple[DocumentRef, ...]] = lambda _: ()
    is_money: bool = True
    buyer: str = ""  # On whom the claim changes, where one does.


def levers(case: Case, limit: Term) -> list[Lever]:
    """
    Return what can be changed, by kind.

    Args:
        case: The case.
        limit: The tree of the limit as it stands.
    """
    leaves = case.leaves
    if leaves is None:
        return []
    found = [
        *_accepted(case, leaves),
        *_confirmed(case, leaves),
        *_passed(case),
        *_claims(case, leaves),
        *_overdue(case),
        *_statement(leaves, limit),
        *_sales(case, leaves),
        *_buyers(leaves),
    ]
    return [each for each in found if each.most > 0]


def _confirmed(case: Case, leaves: LimitLeaves) -> Iterator[Lever]:
    """Yield receivables that the core confirms: the smallest alone first, then the largest."""
    core = case.accounts.get(f"core:{case.asked.core}")
    if leaves.chain.facility_fen is None or core is None:
        return
    room = available(core, case.day)
    fitting = [each for each in _options(case.open_papers) if _face(each) <= room]

    def place(position: Position, step: int) -> Position:
        """Return the position with the receivables of a step confirmed."""
        return position._replace(confirmed=fitting[step - 1] if step else ())

    yield _papers("confirm", case, int(str(leaves.position.held.amounts_fen)), fitting, place)


def _accepted(case: Case, leaves: LimitLeaves) -> Iterator[Lever]:
    """Yield vouchers that the firm accepts: the smallest alone first, then the largest."""
    if leaves.chain.facility_fen is None:
        return
    options = _options(case.waiting)

    def place(position: Position, step: int) -> Position:
        """Return the position with the vouchers of a step accepted."""
        return position._replace(arrived=options[step - 1] if step else ())

    yield _papers("accept", case, 0, options, place)


def _options(papers: Sequence[OpenPaper]) -> list[tuple[OpenPaper, ...]]:
    """Return which papers to have, of those in order of their faces."""
    together = [tuple(papers[-count:]) for count in range(2, len(papers) + 1)]
    return [*((each,) for each in papers), *together]


def _papers(
    kind: str,
    case: Case,
    held: int,
    options: Sequence[Sequence[OpenPaper]],
    place: Callable[[Position, int], Position],
) -> Lever:
    """Return the lever of papers, one option a step, beside what is `held` of their leaf."""
    leaf, paper = PAPERS[kind]

    def named(step: int) -> tuple[DocumentRef, ...]:
        """Return what is to be named when the firm asks again."""
        more = (DocumentRef(paper, each.number) for each in options[step - 1])
        return (*case.asked.documents, *more) if step else ()

    return Lever(
        kind=kind,
        leaf=leaf,
        unit="fen",
        most=len(options),
        place=place,
        told=lambda step: held + (_face(options[step - 1]) if step else 0),
        documents=named,
        is_money=False,
    )


def _passed(case: Case) -> Iterator[Lever]:
    """Yield a voucher that a buyer passes on: at most what can arrive, or what it owes the firm."""
    for giver in case.givers:
        yield Lever(
            kind="pass",
            leaf=f"{FROM_BUYERS}{giver.firm}",
            unit="fen",
            most=giver.fen,
            place=_arrived,
            told=lambda step: step,
            documents=lambda _: case.asked.documents,
        )


def _arrived(position: Position, step: int) -> Position:
    """Return the position with a voucher of so many fen; its number is not known yet."""
    return position._replace(arrived=(OpenPaper("", step, ""),) if step else ())


def _face(papers: Sequence[OpenPaper]) -> int:
    return sum(each.face_fen for each in papers)


def _claims(case: Case, leaves: LimitLeaves) -> Iterator[Lever]:
    """Yield what can be changed of claims on buyers, the buyers that bring most first."""
    ranked = sorted(leaves.claims, key=lambda each: (-_weight(case.limits, each), each.buyer))
    for claim in ranked[:CLAIMS_TRIED]:
        yield _claim(claim)
    worth = sorted(leaves.claims, key=lambda each: (-_worth(case.limits, each), each.buyer))
    for claim in [each for each in worth if not each.kind.verified][:CLAIMS_TRIED]:
        yield _order(case, claim)
    for claim in [each for each in worth if each.disputed_fen][:CLAIMS_TRIED]:
        yield _dispute(claim)


def _weight(algebra: Algebra, claim: ClaimLeaves) -> Decimal:
    """Return what a fen more of a claim brings into the base."""
    rate = relation.rate(algebra, claim).figure or Decimal(0)
    return rate * int(str(claim.belonging_e12))


def _worth(algebra: Algebra, claim: ClaimLeaves) -> Decimal:
    return relation.claim_part(algebra, claim).figure or Decimal(0)


def _changed(
    buyer: str, change: Callable[[ClaimLeaves, int], ClaimLeaves]
) -> Callable[[Position, int], Position]:
    """Return what changes the claim on one buyer."""

    def place(position: Position, step: int) -> Position:
        """Return the position with the claim changed."""
        claims = (change(c, step) if c.buyer == buyer and step else c for c in position.claims)
        return position._replace(claims=tuple(claims))

    return place


def _claim(claim: ClaimLeaves) -> Lever:
    """Return more claims on a buyer: up to what was sold to it and counts nowhere yet."""
    rows, blue, estimated = (
        int(str(each)) for each in (claim.rows_fen, claim.blue_fen, claim.estimated_fen)
    )
    return Lever(
        kind="claim",
        leaf=f"{ON_BUYERS}{claim.buyer}/claim/gross/receivables",
        unit="fen",
        most=max(0, blue - rows - estimated),
        place=_changed(claim.buyer, lambda each, step: replace(each, rows_fen=rows + step)),
        told=lambda step: rows + step,
        buyer=claim.buyer,
    )


def _order(case: Case, claim: ClaimLeaves) -> Lever:
    """Return delivered orders that cover the claim on a buyer."""

    def change(each: ClaimLeaves, _: int) -> ClaimLeaves:
        """Return the claim covered."""
        return replace(each, kind=replace(each.kind, verified=True))

    def told(step: int) -> Figure:
        """Return what the advance rate starts from."""
        rule = "a_verified" if step else "a_unverified"
        return written(case.limits.policy("rate_top", rule).figure or Decimal(0))

    leaf = f"{ON_BUYERS}{claim.buyer}/rate/rate_top"
    place = _changed(claim.buyer, change)
    return Lever("order", leaf, "rate", 1, place, told, is_money=False, buyer=claim.buyer)


def _dispute(claim: ClaimLeaves) -> Lever:
    """Return what a buyer disputes, settled."""
    disputed = int(str(claim.disputed_fen))

    def change(each: ClaimLeaves, _: int) -> ClaimLeaves:
        """Return the claim without disputes."""
        kind = replace(each.kind, troubled=bool(each.red_fen))
        return replace(each, disputed_fen=0, kind=kind)

    return Lever(
        kind="dispute",
        leaf=f"{ON_BUYERS}{claim.buyer}/{DISPUTED_OF}",
        unit="fen",
        most=1,
        place=_changed(claim.buyer, change),
        told=lambda step: 0 if step else disputed,
        is_money=False,
        buyer=claim.buyer,
    )


def _overdue(case: Case) -> Iterator[Lever]:
    """Yield what buyers owe the firm past due, settled, where claims on them count again then."""
    for aged in case.aged:
        settled = next((each for each in _options(aged.rows) if _counts(case, aged, each)), None)
        if settled is not None:
            yield _settled(aged, settled)


def _counts(case: Case, aged: AgedBuyer, settled: Sequence[OpenPaper]) -> bool:
    """Return whether claims on a buyer count once it has settled some rows."""
    paid = _face(settled)
    unpaid, overdue = aged.unpaid_fen - paid, aged.overdue_fen - paid
    share_max = Fraction(case.limits.policy("cross_age", "cross_age").figure or 0)
    return unpaid <= 0 or Fraction(overdue, unpaid) < share_max


def _settled(aged: AgedBuyer, settled: Sequence[OpenPaper]) -> Lever:
    """Return rows settled: what is left of the claim counts, as if all others gained at most."""
    claim, owed = aged.claim, _face(aged.rows)
    rows, contra = int(str(claim.rows_fen)), int(str(claim.contra_fen))
    gone = sum(each.face_fen for each in settled if each.number in aged.counted)
    less = (claim.paid_fen, claim.pledged_fen)
    left = rows - gone + int(str(claim.estimated_fen)) - sum(int(str(each)) for each in less)
    after = replace(claim, rows_fen=rows - gone, contra_fen=min(contra, max(0, left)))

    def place(position: Position, step: int) -> Position:
        """Return the position in which the claim counts."""
        if not step or left <= 0:
            return position
        more = position.others_fen + aged.more_fen
        return position._replace(claims=(*position.claims, after), others_fen=more)

    return Lever(
        kind="overdue",
        leaf=f"{ON_BUYERS}{claim.buyer}/overdue",
        unit="fen",
        most=1,
        place=place,
        told=lambda step: owed - (_face(settled) if step else 0),
        is_money=False,
        buyer=claim.buyer,
    )


def _statement(leaves: LimitLeaves, limit: Term) -> Iterator[Lever]:
    """Yield a statement that shows a larger need, up to the sales of a year."""
    firm, need = leaves.firm, node(limit, "need_total")
    if firm.statement is not None or not firm.sales_fen or need is None or need.figure is None:
        return
    sales, now = int(str(firm.sales_fen)), int(need.figure)

    def place(position: Position, step: int) -> Position:
        """Return the position with a statement whose goods tie up so much."""
        if not step:
            return position
        nothing = dict.fromkeys(STATEMENT, 0)
        told = nothing | {"revenue_fen": sales, "cost_fen": sales, "inventory_fen": now + step}
        changed = replace(position.firm, statement=told, expected_growth=Decimal(0))
        return position._replace(firm=changed)

    yield Lever(
        kind="statement",
        leaf="limit/smallest/need/need_total",
        unit="fen",
        most=sales - now,
        place=place,
        told=lambda step: now + step,
    )


def _sales(case: Case, leaves: LimitLeaves) -> Iterator[Lever]:
    """Yield more sales."""
    known = leaves.firm.sales_fen
    sales = 0 if known is None else int(str(known))
    micro = "sales_capacity/" if leaves.firm.size == relation.MICRO else ""
    yield Lever(
        kind="sales",
        leaf=f"{CAPACITY}/own/own_total/{micro}share_of_sales/sales",
        unit="fen",
        most=TIMES_SALES * sales or TIMES_ASKED * case.asked.amount_fen,
        place=lambda position, step: (
            position._replace(firm=replace(position.firm, sales_fen=sales + step))
            if step
            else position
        ),
        told=lambda step: sales + step if step else (None if known is None else sales),
    )


def _buyers(leaves: LimitLeaves) -> Iterator[Lever]:
    """Yield less of the production lost with the worst partner: a second buyer or supplier."""
    worst = int(str(leaves.firm.worst_e12))

    def left(step: int) -> int:
        """Return the share after so many steps, in whole millionths after the first."""
        return max(0, -(-worst // MILLIONTH_E12) - step) * MILLIONTH_E12 if step else worst

    yield Lever(
        kind="buyer",
        leaf="limit/smallest/funding/relation/unscaled/resilience/after_worst/taken/worst",
        unit="share",
        most=-(-worst // MILLIONTH_E12),
        place=lambda position, step: position._replace(
            firm=replace(position.firm, worst_e12=left(step))
        ),
        told=lambda step: written(Decimal(str(share(left(step))))),
        is_money=False,
    )
