"""Stakes and groups, and what named scenarios cost: against the parts they are made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.chains import find_chains
from graph.clearing import Debts, stop_paying
from graph.contagion import Economy, close, in_fen, prepare
from graph.errors import InvalidInput
from graph.fsri import Books
from graph.scenarios import (
    Credit,
    Groups,
    Hit,
    Scenario,
    Stakes,
    by_chain,
    by_label,
    by_tier,
    read,
    resolve,
    run,
)
from graph.testing.networks import toy

NETWORK = toy(
    {("ore", "mill"): 60, ("mill", "cars"): 90, ("cars", "shop"): 100},
    sector={"cars": "C36", "mill": "C31", "ore": "B08"},
)
PRODUCTION = prepare(Economy.of(NETWORK))
SALES = np.array([1000, 700, 301, 0])
# Cars owe the mill 50 and the mill owes ore 40, nobody has cash.
DEBTS = Debts(4, [1, 2], [0, 1], [50.0, 40.0], np.zeros(4), np.zeros(4))


def test_a_scenario_costs_production_loans_and_payments() -> None:
    groups = Groups.build(4, by_label(NETWORK.column("sector"), "sector "))
    stakes = Stakes.build(SALES, groups=groups, credit=Credit([10, 0, 5, 7], 0.5, threshold=0.8))
    half = Scenario("half", (Hit(firms=("mill",), down=0.5, up=0.25, unpaid=0.4),))
    whole = Scenario("whole", (Hit(firms=("mill",), down=1.0, up=1.0),))
    resolved = resolve(NETWORK, [half, whole])

    found = run(PRODUCTION, resolved, stakes, debts=DEBTS, threads=2)

    assert found.names == ("all", "sector B08", "sector C31", "sector C36")
    assert found.credit_fen is not None
    assert found.payments_fen is not None
    for scenario in range(2):
        alone = resolved.shocks.some(np.array([scenario]))
        loss = close(PRODUCTION, alone).loss
        own = in_fen(loss, SALES)
        wanted = [own.sum(), own[2], own[1], own[0]]
        assert found.production_fen[scenario].tolist() == wanted
        lent = np.rint(0.5 * np.array([10, 0, 5, 7]) * (loss > 0.8)).astype(int)
        assert found.credit_fen[scenario, 0] == lent.sum()
    unpaid = np.rint(stop_paying(DEBTS, [1], recovery=0.6).losses)
    assert found.payments_fen[:, 0].tolist() == [unpaid.sum(), 0]
    assert found.payments_fen[0].tolist() == [16, 16, 0, 0]


def test_without_debts_nothing_is_said_of_payments() -> None:
    closed = resolve(NETWORK, [Scenario("x", (Hit(firms=("ore",), down=1.0),))])
    stops = resolve(NETWORK, [Scenario("x", (Hit(firms=("ore",), unpaid=1.0),))])
    stakes = Stakes.build(SALES)

    found = run(PRODUCTION, closed, stakes)

    assert (found.payments_fen, found.credit_fen) == (None, None)
    with pytest.raises(InvalidInput, match="scenario 'x' stops payments, and no debts are given"):
        run(PRODUCTION, stops, stakes)
    with pytest.raises(InvalidInput, match="debts of 1 firms, stakes of 4"):
        run(PRODUCTION, stops, stakes, debts=Debts(1, [], [], [], [0.0], [0.0]))
    assert run(PRODUCTION, resolve(NETWORK, []), stakes).production_fen.shape == (0, 1)


def test_firms_stop_to_pay_each_its_share() -> None:
    two = Debts(3, [2, 2], [0, 1], [100.0, 10.0], np.zeros(3), np.zeros(3))

    losses = stop_paying(two, [1, 0], recovery=[0.5, 0.9]).losses

    np.testing.assert_allclose(losses, [0, 0, 15], atol=1e-12)
    with pytest.raises(InvalidInput, match="recovery has 2 entries for 1 firms that stop"):
        stop_paying(two, [1], recovery=[0.5, 0.9])
    with pytest.raises(InvalidInput, match="a recovery is not in"):
        stop_paying(two, [1], recovery=1.2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sales_fen": [1.5]}, "sales_fen is no column of whole fen"),
        ({"sales_fen": [5, -1]}, "sales_fen: entry 1 is negative"),
        ({"sales_fen": [2**62, 2**62]}, "sums to more than"),
        ({"sales_fen": [1], "groups": Groups.build(2)}, "groups of 2 firms, sales of 1"),
        ({"sales_fen": [1], "credit": Credit([1, 2])}, "ead_fen has 2 entries for 1 firms"),
        ({"sales_fen": [1], "credit": Credit([1], [0.1, 1])}, "lgd has 2 entries for 1"),
        ({"sales_fen": [1], "credit": Credit([1], 1.5)}, "lgd is not in"),
        (
            {"sales_fen": [1], "credit": Credit([1], books=Books([1], [1]))},
            "equity is needed where default is 'either'",
        ),
    ],
)
def test_wrong_stakes_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Stakes.build(**wrong)


def test_two_rules_for_one_default_are_refused() -> None:
    with pytest.raises(InvalidInput, match="two rules"):
        Credit([1], threshold=0.5, books=Books([1], [1]))
    with pytest.raises(InvalidInput, match="threshold 2 is not in"):
        Credit([1], threshold=2)


def test_wrong_groups_are_refused() -> None:
    with pytest.raises(InvalidInput, match="'all' is the group of every firm"):
        Groups.build(1, {"all": [0]})
    with pytest.raises(InvalidInput, match="group 'x' has a row of no firm"):
        Groups.build(1, {"x": [1]})
    with pytest.raises(InvalidInput, match="group 'x' has a firm twice"):
        Groups.build(2, {"x": [1, 1]})
    assert by_label([None, None]) == {}


def test_chains_overlap_and_tiers_count_from_the_nearest_core() -> None:
    network = toy(
        {("ore", "mill"): 60, ("mill", "cars"): 90, ("ore", "ships"): 50, ("cars", "ships"): 10}
    )
    chains = find_chains(network, network.rows(["cars", "ships"]))

    def named(groups: dict[str, Any]) -> dict[str, list[str]]:
        return {name: [network.ids[row] for row in rows] for name, rows in groups.items()}

    # Ore stands two steps from cars and one from ships; cars supply ships, but are a core.
    assert named(by_tier(chains)) == {"tier 0": ["cars", "ships"], "tier 1 up": ["mill", "ore"]}
    assert named(by_chain(chains, network.ids)) == {
        "chain cars": ["cars", "mill", "ore", "ships"],
        "chain ships": ["cars", "mill", "ore", "ships"],
    }


def test_the_example_of_the_docs_is_read() -> None:
    page = (Path(__file__).parents[4] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    block = page.split("```yaml\n")[1].split("```")[0]

    port, carmaker, both, mill = read(block)

    assert (port.hits[0].down, port.hits[0].up) == (0.5, 0.0)
    assert both.hits == port.hits + carmaker.hits
    assert [hit.firms for hit in mill.hits] == [("F000007",)]


def test_who_loses_everything_at_once_fails_and_who_loses_less_does_not() -> None:
    stakes = Stakes.build(SALES, credit=Credit([1, 10, 100, 1000], 0.5))
    hits = [("mill", 1.0, 0.0), ("ore", 0.0, 1.0), ("shop", 0.99, 0.99)]
    scenario = Scenario("x", tuple(Hit(firms=(firm,), down=down, up=up) for firm, down, up in hits))

    found = run(PRODUCTION, resolve(NETWORK, [scenario]), stakes)

    assert found.credit_fen is not None
    assert found.credit_fen.tolist() == [[55]]
