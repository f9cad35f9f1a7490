"""
What the bank grants a chain: the facility, and how documents and relations share it.

F_c               = colour factor x min(need, rate cap, cash cap, legal cap)
document factor_c = min(1, F_c / occupied)
chain factor_c    = min(1, room / (kappa_relation U), stress_budget_share F_c / V)
"""

from typing import Generic

from app.chain.limits.leaves import NO_STATEMENT, ChainLeaves, CoreLeaves
from app.chain.limits.nodes import Algebra, Figure, Formula, Origin, V

DAYS_OF_YEAR = 365


class Facility(Generic[V]):
    """The formulas of one chain, read by one algebra."""

    def __init__(self, algebra: Algebra[V], origin: Origin) -> None:
        self._a = algebra
        self._f = Formula(algebra)
        self._o = origin

    def facility(self, core: CoreLeaves) -> V:
        """Return the facility of the chain; absent without a statement of the core."""
        if not core.has_facility:
            return self._a.absent("facility", "fen", NO_STATEMENT)
        smallest = self._f.least(
            "smallest",
            self._need(core),
            self._rate_cap(core),
            self._cash_cap(core),
            self.borrower_cap("legal_cap", core.loans_fen),
        )
        colour = self._a.policy("colour_factor", "colour_factors", key=core.colour)
        return self._f.product("facility", colour, smallest)

    def _need(self, core: CoreLeaves) -> V:
        f, a = self._f, self._a
        days = f.least(
            "tenor",
            a.policy("tenor_days", "tenor_days"),
            a.policy("tenor_days_max", "tenor_days_max"),
            unit="days",
        )
        up = f.product(
            "up_over_year",
            a.policy("theta_up", "theta_up"),
            a.input("purchases", "fen", core.purchases_fen, self._o.table("trades")),
            a.policy("phi_confirm", "phi_confirm"),
            days,
        )
        down = f.product(
            "down_over_year",
            a.policy("theta_down", "theta_down"),
            a.input("sales", "fen", core.sales_fen, self._o.table("trades")),
            a.policy("phi_prepay", "phi_prepay"),
            a.policy("prepay_days", "prepay_days"),
            self.uncovered(),
        )
        return f.sum("need_up_down", self._a_year("need_up", up), self._a_year("need_down", down))

    def _a_year(self, code: str, over_year: V) -> V:
        days = self._f.constant("days_of_year", DAYS_OF_YEAR, "days")
        return self._a.divide(code, "fen", over_year, days)

    def uncovered(self) -> V:
        """Return the part of a prepayment that no margin covers."""
        one = self._f.constant("one", 1, "share")
        return self._f.less("uncovered", one, self._a.policy("margin", "margin"), unit="share")

    def _rate_cap(self, core: CoreLeaves) -> V:
        if core.rating is None or core.tangible_net_worth_fen is None:
            return self._a.absent("rate_cap", "fen", "no rating or no tangible net worth")
        worth = self._a.input(
            "tangible_net_worth", "fen", core.tangible_net_worth_fen, self._o.table("firms")
        )
        share = self._a.policy("grade_share", "k_by_grade", key=core.rating)
        return self._f.product("rate_cap", share, self._f.not_below_zero("worth", worth))

    def _cash_cap(self, core: CoreLeaves) -> V:
        flow, cash, debt = core.operating_cash_flow_fen, core.cash_fen, core.short_debt_fen
        if flow is None or cash is None or debt is None:
            return self._a.absent("cash_cap", "fen", "no cash flow, cash or short debt")
        f, a, firms = self._f, self._a, self._o.table("firms")
        free = f.less(
            "free_cash",
            f.sum(
                "cash_there",
                a.input("operating_cash_flow", "fen", flow, firms),
                a.input("cash", "fen", cash, firms),
            ),
            a.input("short_debt", "fen", debt, firms),
        )
        multiple = a.policy("cash_multiple", "cash_multiple")
        return f.product("cash_cap", multiple, f.not_below_zero("cash_capacity", free))

    def borrower_cap(self, code: str, loans_fen: int | None) -> V:
        """Return the legal share of the bank's capital, less loans, not below zero."""
        a, f = self._a, self._f
        allowed = f.product(
            "legal_share",
            a.policy("single_borrower_share", "single_borrower_share"),
            a.policy("bank_capital", "bank_capital_fen"),
        )
        if loans_fen is None:
            loans = a.absent("loans", "fen", "no loans given")
        else:
            loans = a.input("loans", "fen", loans_fen, self._o.table("firms"))
        return f.not_below_zero(code, f.less("legal_room", allowed, loans))

    def occupied(self, core: CoreLeaves) -> V:
        """Return what confirmed receivables and vouchers occupy of the facility."""
        papers = self._f.sum(
            "papers",
            self._a.input("confirmed", "fen", core.confirmed_fen, self._o.table("receivables")),
            self._a.input("vouchers", "fen", core.vouchers_fen, self._o.table("vouchers")),
        )
        return self._f.product("occupied", self._a.policy("kappa", "kappa"), papers)

    def room(self, core: CoreLeaves, facility: V) -> V:
        """Return what documents and reservations leave of the facility."""
        reserved = self._a.input("reserved", "fen", core.reserved_fen, {"document": "reservations"})
        left = self._f.less("left", facility, self.occupied(core), reserved)
        return self._f.not_below_zero("room", left)

    def document_factor(self, core: CoreLeaves, facility_fen: Figure | None) -> V:
        """Return how far documents shrink where they stand above the facility."""
        if facility_fen is None:
            return self._a.absent("document_factor", "ratio", NO_STATEMENT)
        one = self._f.constant("one", 1, "ratio")
        facility = self._a.input("facility", "fen", facility_fen, self._o.analysis("facility"))
        covered = self._a.divide("covered", "ratio", facility, self.occupied(core))
        return self._f.least("document_factor", one, covered, unit="ratio")

    def chain_factor(self, chain: ChainLeaves | None) -> V:
        """Return how far relations shrink so that the facility and its stress budget hold."""
        if chain is None:
            return self._a.policy("chain_factor", "data_credit_factor")
        a, f, run = self._a, self._f, self._o.analysis("chain")
        room = a.input("room", "fen", chain.room_fen, run)
        total = a.input("relation_total", "fen", chain.relation_total_fen, run)
        loss = a.input("stressed_loss", "fen", chain.stressed_loss_fen, run)
        budget = a.input("stress_budget", "fen", chain.stress_budget_fen, run)
        used = f.product("relation_use", a.policy("kappa_relation", "kappa_relation"), total)
        return f.least(
            "chain_factor",
            f.constant("one", 1, "ratio"),
            a.divide("room_factor", "ratio", room, used),
            a.divide("stress_factor", "ratio", budget, loss),
            unit="ratio",
        )

    def stress_budget(self, facility: V) -> V:
        """Return the part of the facility that may be lost in stress."""
        part = self._a.policy("stress_budget_share", "stress_budget_share")
        return self._f.product("stress_budget", part, facility)
