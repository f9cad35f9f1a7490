"""What a firm needs: the published sheet to the cent, and its guards."""

from dataclasses import replace
from decimal import Decimal

from app.chain.limits.formulas import need
from app.chain.limits.formulas.algebra import Algebra
from app.chain.limits.formulas.leaves import FirmLeaves
from tests.app.chain.limits.test_second_reading import POLICY

SHEET = {  # In yuan, from a published working-capital sheet.
    "revenue_fen": "20315.74",
    "cost_fen": "19178.09",
    "profit_fen": "903.12",
    "inventory_fen": "1029.66",
    "receivable_fen": "1222.43",
    "payable_fen": "1.00",
    "prepaid_fen": "1845.39",
    "advances_fen": "79.55",
    "own_funds_fen": "3001.22",
    "working_capital_loans_fen": "0",
}
EXPECTED_SALES = Decimal(36500)


def firm(
    statement: dict[str, int] | None, growth: Decimal | None, sales_fen: int | None = None
) -> FirmLeaves:
    return FirmLeaves(None, None, None, sales_fen, statement, growth, 0)


def of(**changes: str) -> FirmLeaves:
    books = {name: int(Decimal(value) * 100) for name, value in (SHEET | changes).items()}
    growth = EXPECTED_SALES / Decimal(SHEET["revenue_fen"]) - 1
    return firm(books, growth.quantize(Decimal(1).scaleb(-12)))


def total(firm: FirmLeaves, documents_fen: int = 0) -> Decimal | None:
    algebra = Algebra(POLICY, version=1, run="run")
    return need.total(algebra, firm, documents_fen).figure


def yuan(amount_fen: Decimal | None) -> Decimal:
    assert amount_fen is not None
    return (amount_fen / 100).quantize(Decimal("0.01"))


def test_the_published_sheet_comes_out_to_the_cent() -> None:
    with_funds, without = of(), of(own_funds_fen="0")

    # The sheet itself rounds its turns first and is a cent below: 7,188.82 and 4,187.60.
    assert yuan(total(without)) == Decimal("7188.83")
    assert yuan(total(with_funds)) == Decimal("4187.61")


def test_a_cycle_that_frees_money_needs_none() -> None:
    assert total(of(payable_fen="9000")) == 0
    # Not even where profit is above sales, which would turn the sign.
    assert total(of(payable_fen="9000", profit_fen="30000")) == 0


def test_own_funds_above_the_capital_leave_no_need() -> None:
    assert total(of(own_funds_fen="7188.84")) == 0


def test_without_a_statement_sales_and_documents_tell() -> None:
    # A cycle of 90 days of 360 is a fourth of the year; documents pay themselves off.
    assert total(firm(None, None, 4_000), 123) == 1_123


def test_a_statement_beats_sales() -> None:
    assert total(replace(of(), sales_fen=10**12), 10**12) == total(of())


def test_without_both_it_is_absent() -> None:
    assert total(firm(None, None), 123) is None


def test_more_growth_never_lowers_it() -> None:
    slow, fast = replace(of(), expected_growth=Decimal("0.1")), of()

    assert (total(slow) or 0) < (total(fast) or 0)
