"""
What a firm needs: working capital by its statement, else by its sales.

WC   = sales x (1 - margin) x (1 + growth) / turns
need = WC - own funds - existing working-capital loans, not below zero

1 / turns is a share of the year: receivables and advances on sales, inventory, payables and
prepayments on cost, with average balances.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Generic

from app.limits.facility import Facility, Origin
from app.limits.leaves import FirmLeaves
from app.limits.nodes import Algebra, Formula, V

DAYS_OF_TURNOVER = 360


class Need(Generic[V]):
    """The formulas of need, read by one algebra."""

    def __init__(self, algebra: Algebra[V], origin: Origin) -> None:
        self._a = algebra
        self._f = Formula(algebra)
        self._o = origin
        self._facility = Facility(algebra, origin)

    def total(self, firm: FirmLeaves, documents_total: Decimal) -> V:
        """Return the need of the firm as a whole; the sum of its documents pays itself off."""
        if firm.statement is not None and firm.expected_growth is not None:
            return self.by_statement(firm.statement, firm.expected_growth)
        a = self._a
        sales = a.input("sales", "fen", firm.sales_fen, self._o.table("trades"))
        turned = self._f.product("sales_of_cycle", sales, a.policy("cycle_days", "cycle_days"))
        days = self._f.constant("days_of_turnover", DAYS_OF_TURNOVER, "days")
        cycle = a.divide("cycle_need", "fen", turned, days)
        papers = a.input("documents_total", "fen", documents_total, self._o.analysis("documents"))
        return self._f.sum("need_total", cycle, papers)

    def by_statement(self, statement: Mapping[str, int], growth: Decimal) -> V:
        """Return the working capital the statement asks for, less what there is."""
        a, f = self._a, self._f
        margin = a.subtract(
            "cost_of_sales",
            "fen",
            [self._leaf(statement, "revenue"), self._leaf(statement, "profit")],
        )
        grown = a.combine(
            "sum",
            "growth_factor",
            "ratio",
            [
                f.constant("one", 1, "ratio"),
                a.input("expected_growth", "ratio", growth, self._from),
            ],
        )
        capital = f.product("working_capital", margin, grown, self.cycle(statement))
        left = a.subtract(
            "capital_left",
            "fen",
            [
                capital,
                self._leaf(statement, "own_funds"),
                self._leaf(statement, "working_capital_loans"),
            ],
        )
        return self._facility.not_below_zero("need_total", left)

    def cycle(self, statement: Mapping[str, int]) -> V:
        """Return 1 / turns, a share of the year, not below zero."""
        a = self._a
        tied = [
            self._turnover(statement, "inventory", "cost"),
            self._turnover(statement, "receivable", "revenue"),
            self._turnover(statement, "prepaid", "cost"),
        ]
        freed = [
            self._turnover(statement, "payable", "cost"),
            self._turnover(statement, "advances", "revenue"),
        ]
        whole = a.combine("sum", "tied", "ratio", tied)
        left = a.subtract("cycle_left", "ratio", [whole, *freed])
        return self._f.most("cycle", self._f.constant("zero", 0, "ratio"), left, unit="ratio")

    def _turnover(self, statement: Mapping[str, int], balance: str, flow: str) -> V:
        return self._a.divide(
            f"{balance}_turn", "ratio", self._leaf(statement, balance), self._leaf(statement, flow)
        )

    def _leaf(self, statement: Mapping[str, int], name: str) -> V:
        return self._a.input(name, "fen", statement[f"{name}_fen"], self._from)

    @property
    def _from(self) -> Mapping[str, object]:
        return self._o.table("firms")
