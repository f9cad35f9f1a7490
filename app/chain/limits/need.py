"""
What a firm needs: working capital by its statement, else by its sales.

    WC   = sales x (1 - margin) x (1 + growth) / turns
    need = WC - own funds - existing working-capital loans, not below zero

1 / turns is a share of the year: receivables and advances on sales, inventory, payables and
prepayments on cost, with average balances. Multiplied out, so that products come first:

    WC   = ((inventory + prepaid - payable) / cost + (receivable - advances) / sales)
           x (sales - profit) x (1 + growth), not below zero
"""

from collections.abc import Mapping
from typing import Generic

from app.chain.limits.facility import Facility
from app.chain.limits.leaves import FirmLeaves
from app.chain.limits.nodes import Algebra, Figure, Formula, Origin, V

DAYS_OF_TURNOVER = 360


class Need(Generic[V]):
    """The formulas of need, read by one algebra."""

    def __init__(self, algebra: Algebra[V], origin: Origin) -> None:
        self._a = algebra
        self._f = Formula(algebra)
        self._o = origin
        self._facility = Facility(algebra, origin)

    def total(self, firm: FirmLeaves, sales_fen: int | None, documents_total: Figure) -> V:
        """Return the need of the firm as a whole; the sum of its documents pays itself off."""
        if firm.statement is not None:
            return self.by_statement(firm, firm.statement)
        if sales_fen is None:
            return self._a.absent("need_total", "fen", "neither statement nor sales")
        a, f = self._a, self._f
        sales = a.input("sales", "fen", sales_fen, self._o.table("trades"))
        turned = f.product("sales_of_cycle", sales, a.policy("cycle_days", "cycle_days"))
        days = f.constant("days_of_turnover", DAYS_OF_TURNOVER, "days")
        cycle = a.divide("cycle_need", "fen", turned, days)
        papers = a.input("documents_total", "fen", documents_total, self._o.analysis("documents"))
        return f.sum("need_total", cycle, papers)

    def by_statement(self, firm: FirmLeaves, statement: Mapping[str, int]) -> V:
        """Return the working capital the statement asks for, less what there is."""
        f, leaf = self._f, self._leaf
        goods = f.sum("goods", leaf(statement, "inventory"), leaf(statement, "prepaid"))
        stock = f.less("stock", goods, leaf(statement, "payable"))
        owed = f.less("owed", leaf(statement, "receivable"), leaf(statement, "advances"))
        capital = f.sum(
            "working_capital",
            self._tied("stock_capital", stock, firm, statement, flow="cost"),
            self._tied("owed_capital", owed, firm, statement, flow="revenue"),
        )
        left = f.less(
            "capital_left",
            f.not_below_zero("capital_needed", capital),
            leaf(statement, "own_funds"),
            leaf(statement, "working_capital_loans"),
        )
        return f.not_below_zero("need_total", left)

    def _tied(
        self, code: str, balance: V, firm: FirmLeaves, statement: Mapping[str, int], *, flow: str
    ) -> V:
        """Return what a balance ties up at next year's cost: its share of a flow of this year."""
        grown = self._f.product(
            "balance_grown", balance, self._cost_of_sales(statement), self._growth(firm)
        )
        return self._a.divide(code, "fen", grown, self._leaf(statement, flow))

    def _cost_of_sales(self, statement: Mapping[str, int]) -> V:
        less_profit = self._f.less(
            "less_profit", self._leaf(statement, "revenue"), self._leaf(statement, "profit")
        )
        return self._f.not_below_zero("cost_of_sales", less_profit)

    def _growth(self, firm: FirmLeaves) -> V:
        a, f = self._a, self._f
        rate = firm.expected_growth
        if rate is None:
            growth = a.absent("expected_growth", "ratio", "no growth given")
        else:
            growth = a.input("expected_growth", "ratio", rate, self._o.table("firms"))
        grown = f.sum("grown", f.constant("one", 1, "ratio"), growth, unit="ratio")
        return f.not_below_zero("growth_factor", grown, unit="ratio")

    def _leaf(self, statement: Mapping[str, int], name: str) -> V:
        return self._a.input(name, "fen", statement[f"{name}_fen"], self._o.table("firms"))
