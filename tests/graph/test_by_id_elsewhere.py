"""Clearing, ties and banks' losses by id: named firms, tables, and rows that are rows."""

from typing import Any

import numpy as np
import pytest

from graph.clearing import AssetLosses, Debts, clear, clear_many, prepare, stop_paying
from graph.contagion import Economy, Scenarios
from graph.contagion import prepare as prepared
from graph.diffusion import Sources, Ties, Walk, spread, spread_all, spread_strong
from graph.errors import InvalidInput, NotFound
from graph.fsri import Banks, Books, Lending, fsri
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
