"""
What a firm needs: working capital by its statement, else by its sales.

    WC   = sales x (1 - margin) x (1 + growth) / turns
    need = WC - own funds - existing working-capital loans of others, not below zero

1 / turns is a share of the year: receivables and advances on sales, inventory, payables and
prepayments on cost, with average balances. Multiplied out, so that products come first:

    WC   = ((inventory + prepaid - payable) / cost + (receivable - advances) / sales)
           x (sales - profit) x (1 + growth), not below zero
"""

from collections.abc import Mapping

from app.chain.limits.formulas.algebra import Algebra, Amount, Term
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.leaves import NO_NEED, FirmLeaves

DAYS_OF_TURNOVER = 360


def total(algebra: Algebra, firm: FirmLeaves, documents_total: Amount) -> Term:
    """Return the need of the firm as a whole; the sum of its documents pays itself off."""
    if firm.statement is not None:
        return _by_statement(algebra, firm, firm.statement)
    if firm.sales_fen is None:
        return algebra.absent("need_total", "fen", NO_NEED)
    sales = algebra.stored("sales", "fen", firm.sales_fen, "trades")
    turned = algebra.product("sales_of_cycle", sales, algebra.policy("cycle_days", "cycle_days"))
    days = algebra.constant("days_of_turnover", DAYS_OF_TURNOVER, "days")
    cycle = algebra.divide("cycle_need", turned, days)
    documents = algebra.computed("documents_total", "fen", documents_total, "documents")
    return algebra.sum("need_total", cycle, documents)


def _by_statement(algebra: Algebra, firm: FirmLeaves, statement: Mapping[str, Amount]) -> Term:
    """Return the working capital the statement asks for, less what there is."""

    def leaf(name: str) -> Term:
        """Return one figure of the statement."""
        return algebra.stored(name, "fen", statement[f"{name}_fen"], "firms")

    def tied(code: str, balance: Term, flow: str) -> Term:
        """Return what a balance ties up at next year's cost: its share of this year's flow."""
        grown = algebra.product("balance_grown", balance, cost_of_sales, growth)
        return algebra.divide(code, grown, leaf(flow))

    less_profit = algebra.less("less_profit", leaf("revenue"), leaf("profit"))
    cost_of_sales = algebra.not_below_zero("cost_of_sales", less_profit)
    growth = _growth(algebra, firm)
    goods = algebra.sum("goods", leaf("inventory"), leaf("prepaid"))
    stock = algebra.less("stock", goods, leaf("payable"))
    owed = algebra.less("owed", leaf("receivable"), leaf("advances"))
    capital = algebra.sum(
        "working_capital",
        tied("stock_capital", stock, "cost"),
        tied("owed_capital", owed, "revenue"),
    )
    needed = algebra.not_below_zero("capital_needed", capital)
    left = algebra.less("capital_left", needed, leaf("own_funds"), _loans(algebra, firm, statement))
    return algebra.not_below_zero("need_total", left)


def _loans(algebra: Algebra, firm: FirmLeaves, statement: Mapping[str, Amount]) -> Term:
    """Return the working-capital loans of others: what we lent ourselves is no loan here."""
    code, told = "working_capital_loans", statement["working_capital_loans_fen"]
    if not isinstance(firm.lent_fen, ExactColumn) and not firm.lent_fen:
        return algebra.stored(code, "fen", told, "firms")
    stated = algebra.stored("loans_in_statement", "fen", told, "firms")
    ours = algebra.booked("lent_by_us", "fen", firm.lent_fen, firm.lent_event)
    return algebra.not_below_zero(code, algebra.less("loans_of_others", stated, ours))


def _growth(algebra: Algebra, firm: FirmLeaves) -> Term:
    rate = firm.expected_growth
    if rate is None:
        growth = algebra.absent("expected_growth", "ratio", "no growth given")
    else:
        growth = algebra.stored("expected_growth", "ratio", rate, "firms")
    grown = algebra.sum("grown", algebra.constant("one", 1, "ratio"), growth, unit="ratio")
    return algebra.not_below_zero("growth_factor", grown, unit="ratio")
