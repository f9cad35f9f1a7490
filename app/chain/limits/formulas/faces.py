"""
The faces of papers: amounts, less what is paid, less what others have as security.

What is nought of these is not told, so that a tree without part payments has no leaf for them.
"""

from app.chain.limits.formulas.algebra import Algebra, Amount, Term
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.leaves import ClaimLeaves, HeldLeaves

REGISTERED = "registrations"


def held(algebra: Algebra, papers: HeldLeaves) -> Term:
    """Return the eligible documents that a firm holds, and what of their amounts does not count."""
    less = not_counted(algebra, papers)
    amounts = algebra.computed("amounts", "fen", papers.amounts_fen, "documents")
    return algebra.less("held", amounts, *less) if less else amounts._replace(code="held")


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
