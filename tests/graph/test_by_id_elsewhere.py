"""Clearing, ties and banks' losses by id: named firms, tables, and rows that are rows."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest

from graph.clearing import AssetLosses, Debts, clear, clear_many, prepare, stop_paying
from graph.contagion import Economy, Scenarios
from graph.contagion import prepare as prepared
from graph.diffusion import Sources, Ties, Walk, spread, spread_all, spread_strong
from graph.errors import InvalidInput, NotFound
from graph.fsri import Banks, Books, Lending, fsri
from graph.interop.graphs import from_networkx
from graph.rescue import Candidates, Stress, choose
from graph.reverse_stress import Question, find
from graph.scenarios import Groups
from graph.single_points import Supply, around, around_each, region
from graph.testing.networks import toy

IDS = ["mill", "cars", "vans"]


def debts() -> Debts:
    return Debts(
        3,
        ["cars", "vans"],
        ["mill", "cars"],
        [10.0, 8.0],
        [12.0, 1.0, 0.0],
        [0.0] * 3,
        IDS,
    )


def test_payments_are_asked_and_told_by_id() -> None:
    by_row = Debts(3, [1, 2], [0, 1], [10.0, 8.0], [12.0, 1.0, 0.0], [0.0] * 3)

    found = clear(debts().with_losses(["mill"], [6.0]))
    table = clear_many(
        prepare(debts()), AssetLosses.alone(["mill", "cars"], [6.0, 1.0])
    ).to_pandas()
    stopped = stop_paying(debts(), ["mill"])

    assert found.payment.tolist() == clear(by_row.with_losses([0], [6.0])).payment.tolist()
    assert found.to_pandas()["firm"].tolist() == IDS
    assert table["scenario"].tolist() == ["mill", "cars"]
    many = clear_many(prepare(by_row), AssetLosses.alone([0, 1], [6.0, 1.0]))
    assert table["payments"].tolist() == many.payments.tolist()
    assert many.to_pandas()["scenario"].tolist() == [0, 1]
    together = AssetLosses.together(["mill", "cars"], [6.0, 1.0])
    assert clear_many(prepare(debts()), together).to_pandas()["scenario"].tolist() == [0]
    assert stopped.to_pandas()["firm"].tolist() == IDS
    assert stopped.losses.tolist() == stop_paying(by_row, [0]).losses.tolist()


def test_ties_are_asked_and_told_by_id() -> None:
    network = toy({("ore", "mill"): 60, ("mill", "cars"): 90, ("mill", "vans"): 10})
    ties = Ties.of(network)
    walk = Walk.prepare(ties)
    rows = [network.ids.find("cars"), network.ids.find("mill")]

    found = spread_all(walk, Sources.alone(["cars", "mill"]))
    strong = spread_strong(walk, Sources.alone(["cars", "mill"]), least=0.1).to_pandas()
    one = spread(ties, [1, 0, 0, 0])

    assert found.shares.tolist() == spread_all(walk, Sources.alone(rows)).shares.tolist()
    table = found.to_pandas()
    assert set(table["source"]) == {"cars", "mill"}
    assert table["share"].tolist() == found.shares[found.shares > 0].tolist()
    assert strong["firm"].tolist() == ["cars", "mill", "ore", "mill", "ore"]
    assert one.to_pandas()["firm"].tolist() == list(network.ids)
    with pytest.raises(NotFound, match="rows: no firm 'mint' in the network"):
        spread_all(walk, Sources.alone(["mint"]))


def test_losses_of_banks_name_who_closed() -> None:
    production = prepared(Economy(2, [0], [1], [4.0], ids=["mill", "cars"]))
    books = Books([4.0, 9.0], [0.0, 4.0], equity=[9.0, 3.0], liquidity=[9.0, 9.0])
    bank = Banks.build([60.0], banks=[0], firms=[1], amounts=[30.0])

    table = fsri(production, Scenarios.alone(["mill"]), Lending(books, bank)).to_pandas()

    assert table["scenario"].tolist() == ["mill"]
    assert table["fsri"].tolist() == [0.5]
    assert table.columns.tolist() == ["scenario", "fsri", "loss", "defaults"]


def test_single_points_are_asked_and_told_by_id() -> None:
    network = toy({("ore", "mill"): 60, ("mill", "cars"): 90, ("mill", "vans"): 10})
    supply = Supply.of(network)

    found = around(supply, "cars")
    (again,) = around_each(supply, ["cars"])

    assert found.core_row == again.core_row == network.ids.find("cars")
    assert found.articulations.to_pandas()["firm"].tolist() == ["mill", "ore"]
    assert found.trade_cut.core_side.to_pandas().values.tolist() == [["ore", "mill", 60]]
    assert set(found.firm_cut.to_pandas()["firm"]) <= {"mill", "ore"}
    assert found.shared.to_pandas().columns.tolist()[0] == "firm"
    with pytest.raises(NotFound, match="core: no firm 'mint'"):
        region(supply, "mint")
    for core in (1.0, True, None, np.float64(1)):
        with pytest.raises(InvalidInput, match=r"core .* is no whole number"):
            region(supply, core)  # type: ignore[arg-type]  # That is the question.
    with pytest.raises(InvalidInput, match="cores must be whole numbers"):
        around_each(supply, [1.5])  # type: ignore[list-item]
    with pytest.raises(InvalidInput, match="an id stands twice"):
        Supply.build(2, suppliers=[0], buyers=[1], amount_fen=[1], ids=["a", "a"])


def test_rescue_and_reverse_stress_are_asked_and_told_by_id() -> None:
    network = toy({("ore", "mill"): 60, ("mill", "cars"): 90, ("mill", "vans"): 10})
    production = prepared(Economy.of(network, leakage=0.5))
    stress = Stress(production, Scenarios.together(["ore"]), output_fen=1000)

    found = choose(stress, Candidates(["mill", "ore"], [5, 5]), budget_fen=5)
    broken = find(Question(production, ["mill", "ore"], threshold_fen=1, output_fen=1000))

    assert found.to_pandas()["firm"].tolist() == [network.ids[row] for row in found.rows]
    assert found.to_pandas()["gain_fen"].tolist() == [step.gain_fen for step in found.steps]
    assert broken.to_pandas()["firm"].tolist() == [network.ids[row] for row in broken.rows]
    for row in (0.5, True):
        with pytest.raises(InvalidInput, match="rows must be whole numbers"):
            Candidates([row], [5]).checked(4)
        with pytest.raises(InvalidInput, match="rows must be whole numbers"):
            Question(production, [row], threshold_fen=1, output_fen=1000).checked()
    with pytest.raises(InvalidInput, match="group 'mills' must be whole numbers"):
        Groups.build(4, {"mills": [0.5]})


def test_graphs_of_decimals_and_of_parallel_edges_are_taken() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("mill", "cars", paid=Decimal("0.90"))
    graph.add_edge("mill", "cars", paid=Fraction(1, 10))
    graph.add_edge("mill", "mill", paid=np.float32(2))

    network = from_networkx(graph, amount="paid", unit="yuan")

    assert network.sales_fen.sum() == 300
    for wrong in (Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 10**400, None, 1j):
        graph.add_edge("vans", "cars", key=0, paid=wrong)
        with pytest.raises(InvalidInput, match="edge 'vans' to 'cars': paid must be whole fen"):
            from_networkx(graph, amount="paid", unit="yuan")
    with pytest.raises(InvalidInput, match="unit 'euro' is none of fen, yuan"):
        from_networkx(graph, unit="euro")  # type: ignore[arg-type]


@pytest.mark.parametrize("row", [[0.0], [0.5], [True], np.array([1.0]), [None], ["0", 1]])
def test_what_is_no_row_is_refused_by_every_analysis(row: Any) -> None:
    base = debts()

    for refused, name in (
        (lambda: Debts(3, row, [1], [1.0], [0.0] * 3, [0.0] * 3).columns(), "creditors"),
        (lambda: Debts(3, [1], row, [1.0], [0.0] * 3, [0.0] * 3).columns(), "debtors"),
        (lambda: base.with_losses(row, [1.0]), "rows"),
        (lambda: stop_paying(base, row), "rows"),
        (lambda: clear_many(prepare(base), AssetLosses.alone(row, [1.0])), "rows"),
        (lambda: Ties.build(3, suppliers=row, buyers=[1], amounts=[1.0]), "suppliers"),
        (lambda: Ties.build(3, suppliers=[1], buyers=row, amounts=[1.0]), "buyers"),
        (lambda: Sources.alone(row), "rows"),
        (lambda: Banks.build([1.0], banks=row, firms=[0], amounts=[1.0]), "banks"),
        (lambda: Banks.build([1.0], banks=[0], firms=row, amounts=[1.0]), "firms"),
    ):
        with pytest.raises(InvalidInput, match=f"^{name} must be "):
            refused()


@pytest.mark.parametrize("amount", [np.nan, np.inf, -1.0])
def test_what_is_no_amount_is_named_with_its_place(amount: float) -> None:
    with pytest.raises(InvalidInput, match=r"amounts: entry 1 is negative or missing"):
        Ties.build(3, suppliers=[0, 1], buyers=[1, 2], amounts=[1.0, amount])
    with pytest.raises(InvalidInput, match=r"suppliers: entry 1 is no row of a firm"):
        Ties.build(3, suppliers=[0, 3], buyers=[1, 2], amounts=[1.0, 1.0])
    with pytest.raises(InvalidInput, match=r"amounts: entry 0 is negative or missing"):
        Debts(3, [0], [1], [amount], [0.0] * 3, [0.0] * 3).columns()


def test_ids_that_do_not_fit_are_refused() -> None:
    for ids, words in ((["a"], "ids has 1 entries for 3"), (["a", "a", "b"], "stands twice")):
        with pytest.raises(InvalidInput, match=words):
            Debts(3, [0], [1], [1.0], [0.0] * 3, [0.0] * 3, ids).columns()
        with pytest.raises(InvalidInput, match=words):
            Ties.build(3, suppliers=[0], buyers=[1], amounts=[1.0], ids=ids)
