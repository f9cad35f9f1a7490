"""
What the bank grants a chain: the facility, and how documents and relations share it.

F_c               = colour factor x min(need, rate cap, cash cap, legal cap)
document factor_c = min(1, F_c / occupied)
chain factor_c    = min(1, headroom / (kappa_relation U), stress_budget_share F_c / V)
"""

from collections.abc import Iterator
from typing import Any

from app.chain.limits.formulas.algebra import Algebra, Amount, Term
from app.chain.limits.formulas.leaves import NO_STATEMENT, ChainLeaves, CoreLeaves

DAYS_OF_YEAR = 365


def facility(algebra: Algebra, core: CoreLeaves) -> Term:
    """Return the facility of the chain; absent without a statement of the core."""
    if not core.has_facility:
        return algebra.absent("facility", "fen", NO_STATEMENT)
    smallest = algebra.least(
        "smallest",
        _need(algebra, core),
        _rate_cap(algebra, core),
        _cash_cap(algebra, core),
        borrower_cap(algebra, "legal_cap", core.loans_fen),
    )
    colour = algebra.policy("colour_factor", "colour_factors", key=core.colour)
    return algebra.product("facility", colour, smallest)


def figures(algebra: Algebra, core: CoreLeaves, granted: Term) -> dict[str, Any]:
    """Return what a facility comes to, in whole fen: granted, occupied, reserved, available."""
    return {
        "limit_fen": int(granted.figure or 0),
        "occupied_fen": int(occupied(algebra, core).figure or 0),
        "reserved_fen": core.reserved_fen,
        "available_fen": int(headroom(algebra, core, granted).figure or 0),
    }


def _need(algebra: Algebra, core: CoreLeaves) -> Term:
    days = algebra.least(
        "tenor",
        algebra.policy("tenor_days", "tenor_days"),
        algebra.policy("tenor_days_max", "tenor_days_max"),
        unit="days",
    )
    up = algebra.product(
        "up_over_year",
        algebra.policy("theta_up", "theta_up"),
        algebra.stored("purchases", "fen", core.purchases_fen, "trades"),
        algebra.policy("phi_confirm", "phi_confirm"),
        days,
    )
    down = algebra.product(
        "down_over_year",
        algebra.policy("theta_down", "theta_down"),
        algebra.stored("sales", "fen", core.sales_fen, "trades"),
        algebra.policy("phi_prepay", "phi_prepay"),
        algebra.policy("prepay_days", "prepay_days"),
        uncovered(algebra),
    )
    year = algebra.constant("days_of_year", DAYS_OF_YEAR, "days")
    return algebra.sum(
        "need_up_down",
        algebra.divide("need_up", up, year),
        algebra.divide("need_down", down, year),
    )


def uncovered(algebra: Algebra) -> Term:
    """Return the part of a prepayment that no margin covers."""
    one = algebra.constant("one", 1, "share")
    return algebra.less("uncovered", one, algebra.policy("margin", "margin"), unit="share")


def _rate_cap(algebra: Algebra, core: CoreLeaves) -> Term:
    if core.rating is None or core.tangible_net_worth_fen is None:
        return algebra.absent("rate_cap", "fen", "no rating or no tangible net worth")
    worth = algebra.stored("tangible_net_worth", "fen", core.tangible_net_worth_fen, "firms")
    share = algebra.policy("grade_share", "k_by_grade", key=core.rating)
    return algebra.product("rate_cap", share, algebra.not_below_zero("worth", worth))


def _cash_cap(algebra: Algebra, core: CoreLeaves) -> Term:
    flow, cash, debt = core.operating_cash_flow_fen, core.cash_fen, core.short_debt_fen
    if flow is None or cash is None or debt is None:
        return algebra.absent("cash_cap", "fen", "no cash flow, cash or short debt")
    there = algebra.sum(
        "cash_there",
        algebra.stored("operating_cash_flow", "fen", flow, "firms"),
        algebra.stored("cash", "fen", cash, "firms"),
    )
    free = algebra.less("free_cash", there, algebra.stored("short_debt", "fen", debt, "firms"))
    multiple = algebra.policy("cash_multiple", "cash_multiple")
    return algebra.product("cash_cap", multiple, algebra.not_below_zero("cash_capacity", free))


def borrower_cap(algebra: Algebra, code: str, loans_fen: Amount | None) -> Term:
    """Return the legal share of the bank's capital, less loans, not below zero."""
    allowed = algebra.product(
        "legal_share",
        algebra.policy("single_borrower_share", "single_borrower_share"),
        algebra.policy("bank_capital", "bank_capital_fen"),
    )
    if loans_fen is None:
        loans = algebra.absent("loans", "fen", "no loans given")
    else:
        loans = algebra.stored("loans", "fen", loans_fen, "firms")
    return algebra.not_below_zero(code, algebra.less("legal_room", allowed, loans))


def occupied(algebra: Algebra, core: CoreLeaves) -> Term:
    """Return what confirmed receivables and vouchers occupy of the facility."""
    documents = algebra.sum(
        "papers",
        _confirmed(algebra, core),
        algebra.stored("vouchers", "fen", core.vouchers_fen, "vouchers"),
        *_promised_here(algebra, core),
    )
    return algebra.product("occupied", algebra.policy("kappa", "kappa"), documents)


def _promised_here(algebra: Algebra, core: CoreLeaves) -> Iterator[Term]:
    """Yield what was confirmed and issued on the platform, accepted or not; nothing for nought."""
    if core.confirmed_here_fen:
        fen, event = core.confirmed_here_fen, core.confirmed_event
        yield algebra.booked("confirmed_here", "fen", fen, event)
    if core.issued_here_fen:
        yield algebra.booked("issued_here", "fen", core.issued_here_fen, core.issued_event)


def _confirmed(algebra: Algebra, core: CoreLeaves) -> Term:
    """Return the faces of confirmed receivables: their amounts, less what is paid of them."""
    paid = core.confirmed_paid_fen
    if not paid:
        return algebra.stored("confirmed", "fen", core.confirmed_fen, "receivables")
    amounts = algebra.stored("amounts", "fen", core.confirmed_fen + paid, "receivables")
    return algebra.less("confirmed", amounts, algebra.stored("paid", "fen", paid, "receivables"))


def headroom(algebra: Algebra, core: CoreLeaves, granted: Term) -> Term:
    """Return what documents and reservations leave of the facility."""
    if core.reserved_event:
        reserved = algebra.booked("reserved", "fen", core.reserved_fen, core.reserved_event)
    else:
        source = {"document": "reservations"}
        reserved = algebra.input("reserved", "fen", core.reserved_fen, source)
    left = algebra.less("left", granted, occupied(algebra, core), reserved)
    return algebra.not_below_zero("room", left)


def stress_budget(algebra: Algebra, granted: Term) -> Term:
    """Return the part of the facility that may be lost in stress."""
    part = algebra.policy("stress_budget_share", "stress_budget_share")
    return algebra.product("stress_budget", part, granted)


def document_factor(algebra: Algebra, core: CoreLeaves, facility_fen: Amount | None) -> Term:
    """Return how far documents shrink where they stand above the facility."""
    if facility_fen is None:
        return algebra.absent("document_factor", "ratio", NO_STATEMENT)
    one = algebra.constant("one", 1, "ratio")
    granted = algebra.computed("facility", "fen", facility_fen, "facility")
    covered = algebra.divide("covered", granted, occupied(algebra, core), unit="ratio")
    return algebra.least("document_factor", one, covered, unit="ratio")


def chain_factor(algebra: Algebra, chain: ChainLeaves | None) -> Term:
    """Return how far relations shrink so that the facility and its stress budget hold."""
    if chain is None:
        return algebra.policy("chain_factor", "data_credit_factor")
    left = algebra.computed("room", "fen", chain.room_fen, "chain")
    total = algebra.computed("relation_total", "fen", chain.relation_total_fen, "chain")
    loss = algebra.computed("stressed_loss", "fen", chain.stressed_loss_fen, "chain")
    budget = algebra.computed("stress_budget", "fen", chain.stress_budget_fen, "chain")
    share = algebra.policy("kappa_relation", "kappa_relation")
    return algebra.least(
        "chain_factor",
        algebra.constant("one", 1, "ratio"),
        algebra.divide(
            "room_factor", left, algebra.product("relation_use", share, total), unit="ratio"
        ),
        algebra.divide("stress_factor", budget, loss, unit="ratio"),
        unit="ratio",
    )
