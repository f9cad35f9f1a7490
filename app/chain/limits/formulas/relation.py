"""
A firm's own credit on its trade with a chain.

base_ic      = sum_j a_ij claims_ij w_jc + prepayments
own_i        = sales_share x sales of 12 months x grade factor
resilience_i = clip(1 - omega x worst_i, 0.3, 1)
unscaled_ic  = min(own_ic, base_ic) x resilience_i
"""

from collections.abc import Sequence
from decimal import Decimal

from app.chain.limits.formulas.algebra import Algebra, Amount, Term
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.faces import not_counted
from app.chain.limits.formulas.facility import DAYS_OF_YEAR, uncovered
from app.chain.limits.formulas.leaves import (
    NO_SALES,
    ClaimLeaves,
    FirmLeaves,
    Others,
    PrepaidLeaves,
    share,
)

MONTHS_OF_YEAR = 12
MICRO = "micro"
UNRATED = "none"


def rate(algebra: Algebra, claim: ClaimLeaves) -> Term:
    """Return the advance rate of a claim: what it starts from, less its dilution."""
    top = algebra.policy("rate_top", "a_verified" if claim.kind.verified else "a_unverified")
    free = algebra.policy("dilution_free", "dilution_free")
    above = algebra.less("above_free", _dilution(algebra, claim), free, unit="rate")
    excess = algebra.not_below_zero("excess", above, unit="rate")
    left = algebra.less("rate_less_dilution", top, excess, unit="rate")
    return algebra.clip("rate", left, algebra.constant("zero", 0, "rate"), top, unit="rate")


def _dilution(algebra: Algebra, claim: ClaimLeaves) -> Term:
    if not claim.kind.sold:
        return algebra.stored("dilution", "rate", int(claim.kind.troubled), "trades")
    returned = algebra.sum(
        "returned",
        algebra.stored("red_letters", "fen", claim.red_fen, "trades"),
        algebra.stored("disputed", "fen", claim.disputed_fen, "receivables"),
    )
    sold = algebra.stored("blue_sales", "fen", claim.blue_fen, "trades")
    one = algebra.constant("one", 1, "rate")
    part = algebra.divide("returned_share", returned, sold, unit="rate")
    return algebra.least("dilution", one, part, unit="rate")


def claim_part(algebra: Algebra, claim: ClaimLeaves) -> Term:
    """Return what a claim on one buyer brings into the base."""
    estimated = algebra.stored("estimated", "fen", claim.estimated_fen, "invoices")
    gross = algebra.sum(
        "gross",
        algebra.stored("receivables", "fen", claim.rows_fen, "receivables"),
        estimated._replace(source={**estimated.source, "estimated": True}),
    )
    contra = algebra.stored("contra", "fen", claim.contra_fen, "receivables")
    return algebra.product(
        f"claim:{claim.buyer}",
        rate(algebra, claim),
        algebra.less("claim", gross, *not_counted(algebra, claim), contra),
        algebra.computed("belonging", "share", share(claim.belonging_e12), "belonging"),
    )


def prepaid_part(algebra: Algebra, prepaid: PrepaidLeaves) -> Term:
    """Return what purchases from one seller a tier nearer bring into the base."""
    over_year = algebra.product(
        "over_year",
        algebra.stored("purchases", "fen", prepaid.purchases_fen, "trades"),
        uncovered(algebra),
        algebra.policy("prepay_days", "prepay_days"),
    )
    divisor = algebra.product(
        "year_and_chains",
        algebra.constant("days_of_year", DAYS_OF_YEAR, "count"),
        algebra.computed("chains", "count", prepaid.chains, "chains"),
        unit="count",
    )
    return algebra.divide(f"prepaid:{prepaid.seller}", over_year, divisor)


def base(
    algebra: Algebra,
    claims: Sequence[ClaimLeaves],
    prepaid: Sequence[PrepaidLeaves],
    others: Others | None = None,
) -> Term:
    """Return the base: claims part and prepayment part, and what is not listed of them."""
    parts = [claim_part(algebra, claim) for claim in claims]
    parts += [prepaid_part(algebra, entry) for entry in prepaid]
    if others is not None:
        total = others.total_fen
        parts.append(algebra.computed("others", "fen", total, "claims", count=others.count))
    if not parts:
        parts.append(algebra.computed("claims", "fen", 0, "claims"))
    return algebra.sum("base", *parts)


def own_total(algebra: Algebra, firm: FirmLeaves) -> Term:
    """Return what the firm as a whole may borrow on its sales; absent where they are unknown."""
    if firm.sales_fen is None:
        return algebra.absent("own_total", "fen", NO_SALES)
    sales = algebra.stored("sales", "fen", firm.sales_fen, "trades")
    capacity = algebra.product(
        "share_of_sales", algebra.policy("sales_share", "sales_share"), sales
    )
    if firm.size == MICRO:
        months = algebra.policy("micro_months", "micro_months")
        year = algebra.constant("months_of_year", MONTHS_OF_YEAR, "count")
        monthly = algebra.divide(
            "months_of_sales", algebra.product("micro_sales", months, sales), year
        )
        capacity = algebra.least("sales_capacity", capacity, monthly)
    grade = algebra.policy("grade_factor", "grade_factors", key=firm.rating or UNRATED)
    return algebra.product("own_total", capacity, grade)


def resilience(algebra: Algebra, firm: FirmLeaves) -> Term:
    """Return how much of its own credit the worst single failure leaves a firm."""
    more: dict[str, object] = {} if firm.worst_firm is None else {"firm": firm.worst_firm}
    if firm.understated:
        more["understated"] = list(firm.understated)
    worst = algebra.computed("worst", "share", share(firm.worst_e12), "contagion", **more)
    taken = algebra.product("taken", algebra.policy("omega", "omega"), worst, unit="ratio")
    one = algebra.constant("one", 1, "ratio")
    left = algebra.less("after_worst", one, taken, unit="ratio")
    low = algebra.policy("resilience_min", "resilience_min")
    return algebra.clip("resilience", left, low, one, unit="ratio")


def unscaled(
    algebra: Algebra, own_total: Term, resilience: Term, *, base: Term, base_total: Amount
) -> Term:
    """
    Return own credit before the chain's factor; absent where sales are unknown.

    Args:
        algebra: What the formula is written in.
        own_total: What the firm as a whole may borrow on its sales.
        resilience: How much of it the worst single failure leaves.
        base: The firm's base in this chain.
        base_total: Its bases over all its chains.
    """
    if own_total.value is None:
        return algebra.absent("unscaled", "fen", NO_SALES)
    whole = algebra.computed("base_total", "fen", base_total, "claims")
    mine = algebra.computed("base_here", "fen", here(base), "claims")
    part = algebra.divide("own_share", mine, whole, unit="share")
    capacity = algebra.least("capacity", algebra.product("own", own_total, part), base)
    return algebra.product("unscaled", capacity, resilience)


def here(base: Term) -> Decimal | ExactColumn:
    """Return what a base comes to; zero where it is absent."""
    return Decimal(0) if base.value is None else base.value


def default_chance(algebra: Algebra, rating: str | None) -> Term:
    """Return a firm's own probability of default; the unrated one where it has no grade."""
    if rating is None:
        return algebra.policy("pd", "pd_unrated")
    return algebra.policy("pd", "pd_by_grade", key=rating)


def stressed_loss(
    algebra: Algebra, chance: Term, loss_e12: int | ExactColumn, unscaled: Term
) -> Term:
    """Return what is lost on own credit when the core fails."""
    loss = algebra.computed("loss", "share", share(loss_e12), "contagion")
    added = algebra.product("added", algebra.policy("delta", "delta"), loss, unit="share")
    one = algebra.constant("one", 1, "share")
    together = algebra.sum("chance", chance, added, unit="share")
    stressed = algebra.least("stressed_pd", one, together, unit="share")
    return algebra.product("stressed_loss", unscaled, stressed, algebra.policy("lgd", "lgd"))
