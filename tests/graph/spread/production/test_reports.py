"""Losses by sector and market: literal sums, totals that are the index, the shock set apart."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.contagion import (
    Economy,
    Production,
    Rules,
    Scenarios,
    close,
    esri,
    losses_by,
    markets_of,
    prepare,
)
from graph.errors import InvalidInput, NotConverged
from tests.graph.effort import examples

FIRMS = 9
CHAIN = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])


def drawn(seed: int) -> tuple[Production, Scenarios, np.ndarray[Any, Any]]:
    """Return a network, all closures and a partial shock to two, and sectors, some unknown."""
    random = np.random.default_rng(seed)
    ends = random.integers(0, FIRMS, (2, 24))
    sectors = random.integers(-1, 3, FIRMS)
    economy = Economy(FIRMS, *ends, random.lognormal(0, 1, 24), sectors=sectors, leakage=0.2)
    offsets = np.array([*range(FIRMS + 1), FIRMS + 2])
    rows = np.array([*range(FIRMS), 2, 5])
    down = np.array([1.0] * FIRMS + [0.3, 0.05])
    up = np.array([1.0] * FIRMS + [0.1, 0.6])
    return prepare(economy), Scenarios(offsets, rows, down, up), sectors


@settings(max_examples=examples(15))
@given(seed=st.integers(0, 10**6))
def test_sums_are_those_of_the_firms_and_come_to_the_index(seed: int) -> None:
    production, scenarios, sectors = drawn(seed)

    found = losses_by(production, scenarios, sectors)

    index = esri(production, scenarios)
    np.testing.assert_allclose(found.total(), index.total, atol=1e-14)
    np.testing.assert_allclose(found.total("down"), index.down, atol=1e-14)
    np.testing.assert_allclose(found.total("up"), index.up, atol=1e-14)
    assert found.groups.tolist() == sorted(set(sectors.tolist()))
    weights = production.weights
    for number in range(len(scenarios)):
        one = scenarios.some(np.array([number]))
        state = close(production, one)
        shocked = np.zeros(FIRMS)
        shocked[one.rows] = np.maximum(one.down, one.up)
        for place, group in enumerate(found.groups.tolist()):
            own = sectors == group
            lost = (weights * state.loss)[own].sum()
            at_first = (weights * shocked)[own].sum()
            assert found.loss[number, place] == pytest.approx(lost, abs=1e-14)
            assert found.down[number, place] == pytest.approx((weights * state.down)[own].sum())
            assert found.up[number, place] == pytest.approx((weights * state.up)[own].sum())
            assert found.spread()[number, place] == pytest.approx(lost - at_first, abs=1e-14)
            assert found.share_of_group()[number, place] * found.weights[place] == pytest.approx(
                lost, abs=1e-14
            )


@settings(max_examples=examples(10))
@given(seed=st.integers(0, 10**6))
def test_threads_and_company_change_no_bit(seed: int) -> None:
    production, scenarios, sectors = drawn(seed)

    together = losses_by(production, scenarios, sectors, threads=2)
    alone = [
        losses_by(production, scenarios.some(np.array([k])), sectors) for k in range(len(scenarios))
    ]

    for name in ("loss", "down", "up", "shock", "shock_down", "shock_up"):
        each = np.concatenate([getattr(one, name) for one in alone])
        assert getattr(together, name).tobytes() == each.tobytes(), name


def test_shares_of_a_scenario_sum_to_one_and_are_nothing_where_nothing_is_lost() -> None:
    production = prepare(CHAIN)
    scenarios = Scenarios(np.array([0, 1, 1]), np.array([0]), np.array([1.0]), np.array([1.0]))

    found = losses_by(production, scenarios, [4, 2, 4])

    assert found.groups.tolist() == [2, 4]
    assert found.weights.tolist() == [0.6, 0.4]
    assert found.share_of_total().tolist() == [[0.6, 0.4], [0.0, 0.0]]
    assert found.share_of_total("up").tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert found.spread("down").tolist() == [[0.6, 0.0], [0.0, 0.0]]
    assert found.table().to_pylist() == [
        {
            "scenario": 0,
            "group": group,
            "loss": share,
            "down": share,
            "up": up,
            "shock": shock,
            "spread": share - shock,
            "share_of_group": 1.0,
            "share_of_total": share,
        }
        for group, share, up, shock in ((2, 0.6, 0.0, 0.0), (4, 0.4, 0.4, 0.4))
    ]


def test_a_group_that_weighs_nothing_has_no_share() -> None:
    found = losses_by(prepare(CHAIN), Scenarios.together([0]), [0, 0, 1])

    assert found.weights.tolist() == [1.0, 0.0]
    assert found.share_of_group().tolist() == [[1.0, 0.0]]


@settings(max_examples=examples(10))
@given(seed=st.integers(0, 10**6))
def test_markets_are_the_sectors_and_unknown_ones_stay_unknown(seed: int) -> None:
    production, _, sectors = drawn(seed)

    markets = markets_of(production)

    assert (markets < 0).tolist() == (sectors < 0).tolist()
    for market in set(markets[markets >= 0].tolist()):
        assert len(set(sectors[markets == market].tolist())) == 1


def test_no_scenario_and_no_firm_give_no_loss() -> None:
    production = prepare(CHAIN)
    nobody = prepare(Economy(0, [], [], []))

    assert losses_by(production, Scenarios.alone([]), [0, 0, 0]).loss.shape == (0, 1)
    assert losses_by(nobody, Scenarios.together([]), []).total().tolist() == [0.0]


def test_wrong_arguments_are_refused() -> None:
    production = prepare(CHAIN)
    found = losses_by(production, Scenarios.together([0]), [0, 0, 1])

    with pytest.raises(InvalidInput, match="groups has 2 entries for 3 firms"):
        losses_by(production, Scenarios.alone([0]), [0, 1])
    with pytest.raises(InvalidInput, match="entry 1 is below -1"):
        losses_by(production, Scenarios.alone([0]), [0, -2, 1])
    with pytest.raises(InvalidInput, match="side 'both' is none of loss, down, up"):
        found.total("both")  # type: ignore[arg-type]
    with pytest.raises(NotConverged, match="scenario 0"):
        losses_by(production, Scenarios.alone([0]), [0, 1, 1], rules=Rules(rounds_max=1))
