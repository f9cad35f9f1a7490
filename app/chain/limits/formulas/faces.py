"""
The faces of papers: amounts, less what is paid, less what others have as security.

What is nought of these is not told, so that a tree without part payments has no leaf for them.
"""

from app.chain.limits.formulas.algebra import Algebra, Amount, Term
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.leaves import ClaimLeaves, HeldLeaves

LARGEST = 20  # Parts that a tree lists; the rest stands as one sum.
REGISTERED = "registrations"


def held(algebra: Algebra, papers: HeldLeaves) -> Term:
    """Return the eligible documents that a firm holds, and what of their amounts does not count."""
    less = not_counted(algebra, papers)
    amounts = _amounts(algebra, papers)
    return algebra.less("held", amounts, *less) if less else amounts._replace(code="held")


def _amounts(algebra: Algebra, papers: HeldLeaves) -> Term:
    """Return what documents come to: those of files in one sum, those of the book one by one."""
    if not papers.papers or isinstance(papers.amounts_fen, ExactColumn):
        return algebra.computed("amounts", "fen", papers.amounts_fen, "documents")
    ranked = sorted(papers.papers, key=lambda each: (-each.amount_fen, each.kind, each.number))
    size = LARGEST - 1 if len(ranked) >= LARGEST else len(ranked)  # Files are one of them.
    listed, rest = ranked[:size], ranked[size:]
    parts = [
        algebra.booked(f"{each.kind}_document:{each.number}", "fen", each.amount_fen, each.event)
        for each in listed
    ]
    if rest:
        total = sum(each.amount_fen for each in rest)
        more = algebra.booked("others", "fen", total, max(each.event for each in rest))
        parts.append(more._replace(source={**more.source, "count": len(rest)}))
    files = papers.amounts_fen - sum(each.amount_fen for each in papers.papers)
    return algebra.sum("amounts", algebra.computed("from_files", "fen", files, "documents"), *parts)


def not_counted(algebra: Algebra, papers: HeldLeaves | ClaimLeaves) -> tuple[Term, ...]:
    """Return what is paid of papers, and what others have of them as security."""
    found = []
    if _is_any(papers.paid_fen):
        found.append(algebra.stored("paid", "fen", papers.paid_fen, "receivables"))
    if _is_any(papers.pledged_fen):
        leaf = algebra.stored("pledged_elsewhere", "fen", papers.pledged_fen, REGISTERED)
        count = papers.pledged_count
        more = {} if isinstance(count, ExactColumn) else {"count": int(count)}
        found.append(leaf._replace(source={**leaf.source, **more}))
    return tuple(found)


def _is_any(amount: Amount) -> bool:
    return bool(amount.values.any()) if isinstance(amount, ExactColumn) else bool(amount)
