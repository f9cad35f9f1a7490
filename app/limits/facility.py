"""
What the bank grants a chain: the facility, and how documents and relations share it.

F_c               = colour factor x min(need, rate cap, cash cap, legal cap)
document factor_c = min(1, F_c / occupied)
chain factor_c    = min(1, room / (kappa_relation U), stress_budget_share F_c / V)
"""

from dataclasses import dataclass
from typing import Generic

from app.limits.leaves import NO_STATEMENT, ChainLeaves, CoreLeaves
from app.limits.nodes import Algebra, Formula, Source, V

DAYS_OF_YEAR = 365


@dataclass(frozen=True, slots=True)
class Origin:
    """Where leaves come from: the version's tables, and the run's analyses."""

    version: int
    run: str

    def table(self, name: str) -> Source:
        """Return the source of a leaf that a table of the version holds."""
        return {"version": self.version, "table": name}

    def analysis(self, name: str) -> Source:
        """Return the source of a leaf that the run computed."""
        return {"run": self.run, "analysis": name}


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
            self.legal_cap(core),
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
        return self._a.subtract("uncovered", "share", [one, self._a.policy("margin", "margin")])

    def _rate_cap(self, core: CoreLeaves) -> V:
        if core.rating is None or core.tangible_net_worth_fen is None:
            return self._a.absent("rate_cap", "fen", "no rating or no tangible net worth")
        worth = self._a.input(
            "tangible_net_worth", "fen", core.tangible_net_worth_fen, self._o.table("firms")
        )
        share = self._a.policy("grade_share", "k_by_grade", key=core.rating)
        return self._f.product("rate_cap", share, self.not_below_zero("worth", worth))

    def _cash_cap(self, core: CoreLeaves) -> V:
        if not core.knows_cash:
            return self._a.absent("cash_cap", "fen", "no cash flow, cash or short debt")
        firms = self._o.table("firms")
        free = self._a.subtract(
            "free_cash",
            "fen",
            [
                self._f.sum(
                    "cash_there",
                    self._a.input(
                        "operating_cash_flow", "fen", core.operating_cash_flow_fen, firms
                    ),
                    self._a.input("cash", "fen", core.cash_fen, firms),
                ),
                self._a.input("short_debt", "fen", core.short_debt_fen, firms),
            ],
        )
        multiple = self._a.policy("cash_multiple", "cash_multiple")
        return self._f.product("cash_cap", multiple, self.not_below_zero("cash_capacity", free))

    def legal_cap(self, core: CoreLeaves) -> V:
        """Return what the law lets the bank lend the core, less its loans."""
        return self.borrower_cap("legal_cap", core.loans_fen)

    def borrower_cap(self, code: str, loans_fen: int | None) -> V:
        """Return the legal share of the bank's capital, less loans, not below zero."""
        a = self._a
        allowed = self._f.product(
            "legal_share",
            a.policy("single_borrower_share", "single_borrower_share"),
            a.policy("bank_capital", "bank_capital_fen"),
        )
        if loans_fen is None:
            loans = a.absent("loans", "fen", "not given")
        else:
            loans = a.input("loans", "fen", loans_fen, self._o.table("firms"))
        return self.not_below_zero(code, a.subtract("legal_room", "fen", [allowed, loans]))

    def not_below_zero(self, code: str, term: V) -> V:
        """Return the larger of nothing and the term."""
        return self._f.most(code, self._f.constant("zero", 0, "fen"), term)

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
        left = self._a.subtract("left", "fen", [facility, self.occupied(core), reserved])
        return self.not_below_zero("room", left)

    def document_factor(self, core: CoreLeaves, facility: V) -> V:
        """Return how far documents shrink where they stand above the facility."""
        one = self._f.constant("one", 1, "ratio")
        covered = self._a.divide("covered", "ratio", facility, self.occupied(core))
        return self._f.least("document_factor", one, covered, unit="ratio")

    def chain_factor(self, core: CoreLeaves, chain: ChainLeaves) -> V:
        """Return how far relations shrink so that the facility and its stress budget hold."""
        if not core.has_facility:
            return self._a.policy("chain_factor", "data_credit_factor")
        run = self._o.analysis("chain")
        room = self._a.input("room", "fen", chain.room_fen, run)
        total = self._a.input("relation_total", "fen", chain.relation_total_fen, run)
        loss = self._a.input("stressed_loss", "fen", chain.stressed_loss_fen, run)
        budget = self._a.input("stress_budget", "fen", chain.stress_budget_fen, run)
        used = self._f.product(
            "relation_use", self._a.policy("kappa_relation", "kappa_relation"), total
        )
        return self._f.least(
            "chain_factor",
            self._f.constant("one", 1, "ratio"),
            self._a.divide("room_factor", "ratio", room, used),
            self._a.divide("stress_factor", "ratio", budget, loss),
            unit="ratio",
        )

    def stress_budget(self, facility: V) -> V:
        """Return the part of the facility that may be lost in stress."""
        part = self._a.policy("stress_budget_share", "stress_budget_share")
        return self._f.product("stress_budget", part, facility)
