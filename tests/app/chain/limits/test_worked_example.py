"""The worked example of docs/limits.md, with its figures written out."""

import datetime as dt
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.chain.limits.compute import compute
from app.chain.limits.results import Results
from app.chain.limits.storage import save
from app.policy import in_force, shipped
from tests.oracles.inputs import through_graph
from tests.oracles.limits import Economy, Oracle

YUAN = 100
T = dt.date(2026, 6, 30)
POLICY = in_force(shipped(), T)
LOSSES = {("S1", "C"): "0.4", ("S2", "C"): "0.4", ("X1", "C"): "0.4", ("X2", "C"): "0.4"} | {
    ("S2", "S1"): "0.7"
}


def invoice(number: int, seller: str, buyer: str, yuan: int) -> dict[str, Any]:
    day = T - dt.timedelta(days=200)
    return {
        "number": str(number),
        "issued_on": day,
        "seller": seller,
        "buyer": buyer,
        "amount": yuan * YUAN,
        "tax": 0,
        "total": yuan * YUAN,
        "status": "valid",
    }


def receivable(
    number: int, seller: str, buyer: str, yuan: int, *, confirmed: bool = False
) -> dict[str, Any]:
    return {
        "number": str(number),
        "seller": seller,
        "buyer": buyer,
        "amount": yuan * YUAN,
        "issued_on": T - dt.timedelta(days=30),
        "due_on": T + dt.timedelta(days=60),
        "confirmed_on": T - dt.timedelta(days=10) if confirmed else None,
        "status": "confirmed" if confirmed else "open",
    }


def statement(need_yuan: int) -> dict[str, Any]:
    """Return books whose working-capital need is this: a fourth of sales is tied all year."""
    zero = ("profit", "inventory", "payable", "prepaid", "advances")
    return dict.fromkeys((*zero, "own_funds", "working_capital_loans"), 0) | {
        "revenue": 4 * need_yuan * YUAN,
        "cost": 3 * need_yuan * YUAN,
        "receivable": need_yuan * YUAN,
        "expected_growth": 0.0,
    }


ECONOMY = Economy(
    as_of=T,
    firms=[
        {
            "firm": "C",
            "core": True,
            "rating": "R2",
            "tangible_net_worth": 2_000_000_000 * YUAN,
            "operating_cash_flow": 300_000_000 * YUAN,
            "cash": 500_000_000 * YUAN,
            "short_debt": 400_000_000 * YUAN,
            "loans": 1_000_000_000 * YUAN,
        },
        {"firm": "D", "core": True},
        {"firm": "S1", **statement(12_000_000)},
        {"firm": "S2"},
        {"firm": "X1"},
        {"firm": "X2"},
    ],
    invoices=[
        invoice(1, "S1", "C", 20_000_000),
        invoice(2, "S1", "D", 20_000_000),
        invoice(3, "S2", "S1", 6_000_000),
        invoice(4, "Y", "S1", 9_000_000),
        invoice(5, "X1", "C", 1_427_937_500),
        invoice(6, "X2", "C", 12_062_500),
    ],
    receivables=[
        receivable(1, "S1", "C", 8_000_000, confirmed=True),
        receivable(2, "S1", "C", 3_000_000),
        receivable(3, "S1", "D", 3_000_000),
        receivable(4, "S2", "S1", 2_000_000),
        receivable(5, "Y", "S1", 3_000_000),
        receivable(6, "X1", "C", 88_000_000, confirmed=True),
        receivable(7, "X1", "C", 100_000_000),
        receivable(8, "X2", "C", 10_000_000),
    ],
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    def loss(firm: str, closed: str) -> Fraction:
        return Fraction(LOSSES.get((firm, closed), "0"))

    handed = through_graph(ECONOMY, Oracle(ECONOMY, loss))
    folder: Path = tmp_path_factory.mktemp("runs") / "run"
    save(compute(handed, POLICY), handed, POLICY, folder, {})
    return Results(folder)


def at(tree: dict[str, Any], *codes: str) -> str:
    """Return the figure of the node that these codes lead to."""
    for code in codes:
        tree = next(child for child in tree["children"] if child["code"] == code)
    return str(tree["value"])


def yuan(text: str) -> Decimal:
    return Decimal(text) / YUAN


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def test_the_facility_is_what_the_chain_needs(results: Results) -> None:
    facility = results.facility("C")

    assert facility is not None
    assert facility["limit_fen"] == 144_000_000 * YUAN
    assert facility["occupied_fen"] == 96_000_000 * YUAN
    assert facility["available_fen"] == 48_000_000 * YUAN
    assert facility["binding"] == "need_up_down"
    caps = {code: yuan(at(facility["derivation"], "smallest", code)) for code in CAPS}
    assert caps == CAPS


CAPS = {
    "need_up_down": 144_000_000,
    "rate_cap": 1_200_000_000,
    "cash_cap": 200_000_000,
    "legal_cap": 4_000_000_000,
}


def test_the_chain_factor_is_one(results: Results) -> None:
    tree = results.firm("C", "S1")["derivation"]
    factor = ("smallest", "funding", "relation", "chain_factor")

    assert at(tree, *factor) == "1"
    assert at(tree, *factor, "room_factor") == "1.6"
    assert yuan(at(tree, *factor, "room_factor", "relation_use", "relation_total")) == 60_000_000
    assert yuan(at(tree, *factor, "stress_factor", "stressed_loss")) == 9_000_000
    assert yuan(at(tree, *factor, "stress_factor", "stress_budget")) == 14_400_000
    assert at(tree, "smallest", "funding", "documents", "document_factor") == "1"


def test_a_supplier_of_two_cores(results: Results) -> None:
    document = results.firm("C", "S1")
    tree = document["derivation"]
    relation = ("smallest", "funding", "relation", "unscaled")

    assert (document["limit_fen"], document["binding"]) == (9_280_000 * YUAN, "funding")
    assert yuan(at(tree, "smallest", "funding", "documents")) == 7_600_000
    assert yuan(at(tree, *relation, "capacity", "base")) == 2_100_000
    assert yuan(at(tree, *relation, "capacity", "own")) == 4_000_000
    assert at(tree, *relation, "resilience") == "0.8"
    assert yuan(at(tree, "smallest", "funding", "relation")) == 1_680_000
    assert at(tree, "smallest", "need", "share") == "0.822033898305"
    assert yuan(at(tree, "smallest", "need", "need_total")) == 12_000_000
    assert cents(yuan(at(tree, "smallest", "need"))) == Decimal("9864406.77")
    assert cents(yuan(at(tree, "smallest", "product_cap"))) == Decimal("16440677.96")
    assert results.member("C", "S1").tier == results.member("D", "S1").tier == 1


def test_a_supplier_of_the_supplier(results: Results) -> None:
    document = results.firm("C", "S2")
    tree = document["derivation"]
    relation = ("smallest", "funding", "relation", "unscaled")

    assert (document["limit_fen"], document["binding"]) == (390_000 * YUAN, "funding")
    assert at(tree, *relation, "capacity", "base", "claim:S1", "belonging") == "0.5"
    assert yuan(at(tree, *relation, "capacity", "base")) == 700_000
    assert yuan(at(tree, *relation, "capacity", "own")) == 600_000
    assert at(tree, *relation, "resilience") == "0.65"
    assert yuan(at(tree, "smallest", "funding", "documents")) == 0
    assert yuan(at(tree, "smallest", "need")) == 750_000
    assert document["reachable_fen"] == 1_900_000 * YUAN
    passable = ("reachable_exact", "passable", "from:S1")
    assert yuan(at(document["reachable"], *passable)) == 2_000_000
    assert results.member("C", "S2").tier == 2


def test_the_same_supplier_in_the_other_chain(results: Results) -> None:
    document = results.firm("D", "S1")
    tree = document["derivation"]
    relation = ("smallest", "funding", "relation")

    assert results.why_no_facility("D") == "no statement of the core"
    assert at(tree, *relation, "chain_factor") == "0.5"
    assert document["limit_fen"] == 840_000 * YUAN
    assert at(tree, "smallest", "funding", "documents") == "0"
    assert yuan(at(tree, *relation, "unscaled", "capacity", "base", "claim:D")) == 2_100_000
