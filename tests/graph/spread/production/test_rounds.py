"""
Every form of the rounds against the equations written in NumPy.

The plain form, pushes from the few who moved, batches of columns in either precision, and a
cascade that begins with pushes and ends in a batch: the same losses in the same rounds.
"""

import numba
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.contagion import Economy, Production, Scenarios, prepare
from graph.spread.production.kernels import batch, cascades, frontier
from graph.spread.production.kernels import esri as plain
from graph.spread.production.kernels.frontier import Limits
from tests.graph.effort import UNCOMPILED, examples

FloatArray = npt.NDArray[np.float64]
ROUNDS_MAX = 5000


def literal(  # noqa: C901  # It follows the printed equations line by line.
    economy: Economy, psi_down: FloatArray, psi_up: FloatArray, tolerance: float, *, sigma_on: bool
) -> tuple[FloatArray, FloatArray, int]:
    """The published equations on whole matrices, firm by firm and sector by sector."""
    n = economy.firms
    sales = np.zeros((n, n))
    importance = np.zeros((n, n), int)
    for i, j, amount, kind in zip(
        economy.suppliers, economy.buyers, economy.amounts, economy.classes, strict=True
    ):
        sales[i, j] += amount
        importance[i, j] = kind
    sector = np.array(economy.sectors)
    market = np.array(economy.markets if economy.markets is not None else economy.sectors)
    revenue = np.array(economy.revenue if economy.revenue is not None else sales.sum(1))
    cost = np.array(economy.cost if economy.cost is not None else sales.sum(0))
    s = sales.sum(1)
    down, up = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if sales[i, j] > 0:
                same = sales[sector == sector[i], j].sum()
                below = same if importance[i, j] == 2 else sales[:, j].sum()
                down[i, j] = sales[i, j] / below * sales[:, j].sum() / cost[j]
                down[i, j] *= importance[i, j] > 0
                up[i, j] = sales[i, j] / revenue[i]
    hd, hu = psi_down, psi_up
    for used in range(1, ROUNDS_MAX):
        sigma = np.ones(n)
        if sigma_on:
            for i in range(n):
                there = (s * hd)[market == market[i]].sum()
                sigma[i] = 1.0 if there <= s[i] or market[i] < 0 else s[i] / there
        missed = np.zeros(n)
        for j in range(n):
            effect = sigma * down[:, j] * (1 - hd)
            needed = [effect[(sector == k) & (importance[:, j] == 2)].sum() for k in set(sector)]
            missed[j] = max(*needed, effect[importance[:, j] == 1].sum(), 0.0)
        hd1 = np.maximum(0, np.minimum(psi_down, 1 - missed))
        hu1 = np.maximum(0, np.minimum(psi_up, 1 - up @ (1 - hu)))
        moved = max((hd - hd1).max(), (hu - hu1).max())
        hd, hu = hd1, hu1
        if moved <= tolerance:
            return hd, hu, used
    raise AssertionError("the oracle did not settle")


@st.composite
def economies(draw: st.DrawFn, *, firms_max: int = 9) -> Economy:
    n = draw(st.integers(2, firms_max))
    size = draw(st.integers(0, 4 * n))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pairs = np.unique(rng.integers(0, n * n, size))
    sectors = rng.integers(0, draw(st.integers(1, 4)), n)
    table = rng.integers(0, 3, (4, 4))
    suppliers, buyers = pairs // n, pairs % n
    amounts = rng.lognormal(0, 2, len(pairs))
    sales = np.bincount(suppliers, amounts, n)
    bought = np.bincount(buyers, amounts, n)
    open_ended = draw(st.booleans())
    return Economy(
        n,
        suppliers,
        buyers,
        amounts,
        classes=table[sectors[suppliers], sectors[buyers]],
        sectors=sectors,
        markets=rng.integers(-1, 3, n) if draw(st.booleans()) else None,
        revenue=sales * 1.3 + 1 if open_ended else None,
        cost=bought * 1.2 + 1 if open_ended else None,
    )


def pushed(
    production: Production,
    scenarios: Scenarios,
    tolerance: float,
    *,
    budget: int = 1 << 40,
    dtype: npt.DTypeLike = np.float64,
    lone: bool = False,
) -> list[tuple[FloatArray, FloatArray, int]]:
    """
    What is left of every firm in every scenario: pushes up to the budget, then a batch.

    A scenario of which single precision is in doubt has -1 for its rounds.
    """
    structure, n, count = production.structure, len(production), len(scenarios)
    places = np.tile(production.places, count)
    weights = production.weights[production.rows]
    found = cascades.answers(weights, np.arange(count + 1) * n, places)
    state, left = frontier.workspace(structure), cascades.spill(count, n * (count + 1))
    make = batch.lone if lone else batch.workspace
    columns = make(structure, weights, dtype)
    shocks = scenarios.shocks(n)
    shocks = shocks._replace(rows=production.places[shocks.rows])
    limits = Limits(tolerance, ROUNDS_MAX, budget)
    batch.clear(columns)

    assert frontier.advance(structure, state, shocks, 0, limits, found, left) == count
    batch.run(structure, columns, left, limits, found, drain=True)

    assert_at_rest(production, state)
    for matrix in (columns.lost, columns.missed[columns.side[0]]):
        assert not matrix.any()
    return [
        (
            1 - found.down[k * n : k * n + n],
            1 - found.up[k * n : k * n + n],
            -1 if found.doubtful[k] and dtype == np.float32 else int(totals[3]),
        )
        for k, totals in enumerate(found.totals)
    ]


def assert_at_rest(production: Production, state: frontier.State) -> None:
    at_rest = frontier.workspace(production.structure)
    for name in ("node", "slots", "first", "lost", "dirty", "lengths"):
        assert np.array_equal(getattr(state, name), getattr(at_rest, name)), name


def whole(
    production: Production, psi: tuple[FloatArray, FloatArray], tolerance: float
) -> tuple[FloatArray, FloatArray, int]:
    """The plain form, by row."""
    down, up, used, _ = plain.settle(
        production.structure,
        *(each[production.rows] for each in psi),
        tolerance,
        ROUNDS_MAX,
        dead_unit=False,
    )
    return down[production.places], up[production.places], used


@settings(deadline=None, max_examples=examples(80), suppress_health_check=[HealthCheck.too_slow])
@given(economies(), st.data())
def test_all_three_forms_agree_round_for_round(economy: Economy, data: st.DataObject) -> None:
    sigma_on = data.draw(st.booleans())
    tolerance = data.draw(st.sampled_from([1e-2, 1e-4]))
    rows = data.draw(st.sets(st.integers(0, economy.firms - 1), min_size=1, max_size=3))
    share = data.draw(st.sampled_from([1.0, 0.63, 0.017]))
    scenario = Scenarios.together(sorted(rows), down=share, up=share / 3)
    psi_down, psi_up = np.ones(economy.firms), np.ones(economy.firms)
    psi_down[sorted(rows)] -= share
    psi_up[sorted(rows)] -= share / 3

    production = prepare(economy, replaceability=sigma_on)
    wanted = literal(economy, psi_down, psi_up, tolerance, sigma_on=sigma_on)
    double = [
        whole(production, (psi_down, psi_up), tolerance),
        *(pushed(production, scenario, tolerance, budget=budget)[0] for budget in (1 << 40, 5, -1)),
    ]
    single = pushed(production, scenario, tolerance, budget=-1, dtype=np.float32)[0]

    certain = [(single, 1e-5)] if single[2] >= 0 else []
    for found, close in (*((each, 1e-12) for each in double), *certain):
        np.testing.assert_allclose(found[0], wanted[0], rtol=0, atol=close)
        np.testing.assert_allclose(found[1], wanted[1], rtol=0, atol=close)
        assert found[2] == wanted[2]


@pytest.mark.parametrize("revenue", [1.0, 1.25])
def test_pushes_and_columns_agree_on_a_network_large_enough_for_both(revenue: float) -> None:
    rng = np.random.default_rng(5)
    n, size = (100, 400) if numba.config.DISABLE_JIT else (400, 1600)
    suppliers, buyers = rng.integers(0, n, size), rng.integers(0, n, size)
    sectors = rng.integers(0, 12, n)
    amounts = rng.lognormal(0, 1.5, size)
    classes = rng.integers(0, 3, (12, 12))[sectors[suppliers], sectors[buyers]]
    sales = np.bincount(suppliers, amounts, n)
    production = prepare(
        Economy(
            n, suppliers, buyers, amounts, classes, sectors, revenue=np.maximum(sales, 1) * revenue
        )
    )
    rows = np.arange(0, n, 2)
    caps = np.ones((len(rows), n))
    caps[np.arange(len(rows)), rows] = 0.0
    wanted = [whole(production, (cap, cap), 1e-3) for cap in caps]
    scenarios = Scenarios.alone(rows)

    for budget in (1 << 40, 100, -1):
        found = pushed(production, scenarios, 1e-3, budget=budget)
        for few, full in zip(found, wanted, strict=True):
            np.testing.assert_allclose(few[0], full[0], rtol=0, atol=1e-13)
            np.testing.assert_allclose(few[1], full[1], rtol=0, atol=1e-13)
            assert few[2] == full[2]

    assert {full[2] > 3 for full in wanted} == {True, False}


def test_a_column_has_the_same_bits_wherever_it_stands() -> None:
    rng = np.random.default_rng(8)
    n, size = 90, 400
    sectors = rng.integers(0, 6, n)
    suppliers, buyers = rng.integers(0, n, (2, size))
    classes = rng.integers(0, 3, (6, 6))[sectors[suppliers], sectors[buyers]]
    economy = Economy(n, suppliers, buyers, rng.lognormal(0, 1, size), classes, sectors)
    production = prepare(economy)

    many = pushed(production, Scenarios.alone(range(n)), 1e-3, budget=-1, dtype=np.float32)

    for row in (0, 17, 89):
        (one,) = pushed(production, Scenarios.alone([row]), 1e-3, budget=-1, dtype=np.float32)
        assert [one[0].tobytes(), one[1].tobytes()] == [each.tobytes() for each in many[row][:2]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_column_of_its_own_has_the_bits_of_one_among_many(dtype: npt.DTypeLike) -> None:
    rng = np.random.default_rng(9)
    n, size = 300, 9000  # Sums longer than a part, and slots of many inputs.
    sectors = rng.integers(0, 6, n)
    suppliers, buyers = rng.integers(0, n, size), rng.integers(0, 40, size)
    classes = rng.integers(0, 3, (6, 6))[sectors[suppliers], sectors[buyers]]
    economy = Economy(n, suppliers, buyers, rng.lognormal(0, 2, size), classes, sectors)
    closed = Scenarios.alone(range(0, n, 150 if UNCOMPILED else 7))
    production = prepare(economy)

    many = pushed(production, closed, 1e-4, budget=-1, dtype=dtype)
    alone = pushed(production, closed, 1e-4, budget=-1, dtype=dtype, lone=True)

    for one, other in zip(alone, many, strict=True):
        assert [each.tobytes() for each in one[:2]] == [each.tobytes() for each in other[:2]]
        assert one[2] == other[2]


def test_a_market_that_loses_almost_all_keeps_its_digits() -> None:
    # Firm 0 makes all but a millionth of a millionth; firm 1 then has no one to replace it.
    economy = Economy(
        4, [0, 1, 2], [3, 3, 3], [1e12, 0.5, 0.25], sectors=[0, 0, 0, 1], classes=[2, 2, 2]
    )
    production = prepare(economy)
    scenario = Scenarios(np.array([0, 2]), np.array([0, 1]), np.array([1.0, 0.5]), np.zeros(2))

    # Available: 0.5 x 0.5 + 0.25; firm 1 sells 0.5 of it: nobody replaces the half it loses.
    lost = (1e12 + 0.5 * 0.5) / (1e12 + 0.75)
    for budget in (1 << 40, -1):
        ((left_down, _, _),) = pushed(production, scenario, 1e-9, budget=budget)
        assert left_down[3] == pytest.approx(1 - lost, abs=1e-15)
