"""What a firm needs: the published sheet to the cent, and its guards."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.chain.limits.algebras import Plain
from app.chain.limits.leaves import FirmLeaves
from app.chain.limits.need import Need
from app.chain.limits.nodes import Origin
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


def firm(statement: dict[str, int] | None, growth: Decimal | None) -> FirmLeaves:
    return FirmLeaves("F", None, None, None, None, statement, growth, 0, None)


def of(**changes: str) -> FirmLeaves:
    books = {name: int(Decimal(value) * 100) for name, value in (SHEET | changes).items()}
    growth = EXPECTED_SALES / Decimal(SHEET["revenue_fen"]) - 1
    return firm(books, growth.quantize(Decimal(1).scaleb(-12)))


@pytest.fixture
def need() -> Need[Decimal | None]:
    return Need(Plain(POLICY), Origin(1, "run"))


def yuan(amount_fen: Decimal | None) -> Decimal:
    assert amount_fen is not None
    return (amount_fen / 100).quantize(Decimal("0.01"))


def test_the_published_sheet_comes_out_to_the_cent(need: Need[Decimal | None]) -> None:
    with_funds, without = of(), of(own_funds_fen="0")

    # The sheet itself rounds its turns first and is a cent below: 7,188.82 and 4,187.60.
    assert yuan(need.total(without, None, 0)) == Decimal("7188.83")
    assert yuan(need.total(with_funds, None, 0)) == Decimal("4187.61")


def test_a_cycle_that_frees_money_needs_none(need: Need[Decimal | None]) -> None:
    assert need.total(of(payable_fen="9000"), None, 0) == 0
    # Not even where profit is above sales, which would turn the sign.
    assert need.total(of(payable_fen="9000", profit_fen="30000"), None, 0) == 0


def test_own_funds_above_the_capital_leave_no_need(need: Need[Decimal | None]) -> None:
    assert need.total(of(own_funds_fen="7188.84"), None, 0) == 0


def test_without_a_statement_sales_and_documents_tell(need: Need[Decimal | None]) -> None:
    # A cycle of 90 days of 360 is a fourth of the year; documents pay themselves off.
    assert need.total(firm(None, None), 4_000, 123) == 1_123


def test_a_statement_beats_sales(need: Need[Decimal | None]) -> None:
    assert need.total(of(), 10**12, 10**12) == need.total(of(), None, 0)


def test_without_both_it_is_absent(need: Need[Decimal | None]) -> None:
    assert need.total(firm(None, None), None, 123) is None


def test_more_growth_never_lowers_it(need: Need[Decimal | None]) -> None:
    slow, fast = replace(of(), expected_growth=Decimal("0.1")), of()

    assert (need.total(slow, None, 0) or 0) < (need.total(fast, None, 0) or 0)
