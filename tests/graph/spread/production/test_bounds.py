"""Losses that rise in columns: below the fixed point, then above it, in either precision."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.arrays.dtypes import FloatArray
from graph.contagion import EXACT, Economy, Production, Scenarios, esri, prepare
from graph.spread.production.kernels import bounds as kernel
from graph.spread.production.kernels import bracket
from graph.spread.production.kernels.bounds import Aims
from tests.graph.effort import UNCOMPILED, examples
from tests.graph.spread.production.test_fixed_point import SLACK, random_economy

large = pytest.mark.skipif(UNCOMPILED, reason="many firms take minutes without the compiler")
FEW = settings(max_examples=examples(100))
SINGLE, DOUBLE = np.float32, np.float64
AIMS = Aims(1e-4, 1e-4, 1e-5, 200)


def bounds(
    production: Production,
    scenarios: Scenarios,
    dtype: npt.DTypeLike,
    aims: Aims = AIMS,
) -> FloatArray:
    weights = production.weights[production.rows]
    columns = kernel.workspace(production.structure, weights, dtype)
    shocks = scenarios.shocks(len(production))
    shocks = shocks._replace(rows=production.places[shocks.rows])
    found = np.zeros((len(scenarios), bracket.LEVEL + 1))
    kernel.run(production.structure, columns, shocks, aims, found)
    assert not columns.lost.any()
    assert not columns.missed.any()
    return found


def assert_bounds(production: Production, scenarios: Scenarios, found: FloatArray) -> None:
    settled = esri(production, scenarios, rules=EXACT)
    for lower, upper, wanted in (
        (bracket.LOWER, bracket.UPPER, settled.total),
        (bracket.DOWN, bracket.DOWN_UPPER, settled.down),
        (bracket.UP, bracket.UP_UPPER, settled.up),
    ):
        assert (found[:, lower] <= wanted + SLACK).all()
        assert (found[:, upper] >= wanted - SLACK).all()
    assert (found[:, bracket.LOWER] <= found[:, bracket.GUESS]).all()
    assert (found[:, bracket.GUESS] <= found[:, bracket.UPPER]).all()


@FEW
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([6, 25, 70]),
    st.sampled_from([1, 2, 7, 40]),
    st.sampled_from([0.05, 0.3, 2.0]),
    st.sampled_from([SINGLE, DOUBLE]),
)
def test_the_fixed_point_is_between_both(
    seed: int, firms: int, sectors: int, leakage: float, dtype: npt.DTypeLike
) -> None:
    production = prepare(random_economy(seed, firms=firms, sectors=sectors, leakage=leakage))
    everybody = Scenarios.alone(range(firms))

    found = bounds(production, everybody, dtype)

    assert (found[:, bracket.LEVEL] >= 0).all()
    assert_bounds(production, everybody, found)


@FEW
@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1.0), st.sampled_from([SINGLE, DOUBLE]))
def test_shocks_to_many_firms_and_in_part_are_between_both_too(
    seed: int, share: float, dtype: npt.DTypeLike
) -> None:
    production = prepare(random_economy(seed, firms=60, sectors=5, leakage=0.2))
    rng = np.random.default_rng(seed)
    rows = rng.choice(60, 8, replace=False)
    down, up = rng.random(8) * share, rng.random(8)
    scenarios = Scenarios(np.array([0, 3, 8]), rows, down, up)

    assert_bounds(production, scenarios, bounds(production, scenarios, dtype))


@large
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def test_both_lie_close(dtype: npt.DTypeLike) -> None:
    production = prepare(random_economy(3, firms=1000, sectors=20, leakage=0.25))
    everybody = Scenarios.alone(range(1000))

    found = bounds(production, everybody, dtype)

    lower, upper = found[:, bracket.LOWER], found[:, bracket.UPPER]
    np.testing.assert_allclose(lower, upper, rtol=2e-3, atol=1e-20)
    assert_bounds(production, everybody, found)


@pytest.mark.parametrize("product", [1, 2])  # Its class: not essential, essential.
def test_sums_of_thousands_are_between_both_in_single_precision(product: int) -> None:
    count = 300 if UNCOMPILED else 20_000
    rng = np.random.default_rng(1)
    suppliers, buyers = np.arange(1, count + 1), np.zeros(count, np.int64)
    economy = Economy(
        count + 2,
        np.append(suppliers, np.full(count, count + 1)),
        np.append(buyers, suppliers),
        np.concatenate([rng.lognormal(0, 3, count), np.ones(count)]),
        np.full(2 * count, product),
        np.zeros(count + 2, np.int64),
        leakage=0.25,
    )
    production = prepare(economy)
    scenarios = Scenarios(
        np.array([0, 1, 2]), np.array([count + 1, 0]), np.full(2, 0.3), np.ones(2)
    )

    found = bounds(production, scenarios, SINGLE)

    assert_bounds(production, scenarios, found)


@large
def test_a_scenario_has_the_same_bits_wherever_it_stands() -> None:
    production = prepare(random_economy(5, firms=300, sectors=9, leakage=0.25))

    many = bounds(production, Scenarios.alone(range(100)), SINGLE)

    for row in (0, 31, 32, 64, 99):
        (one,) = bounds(production, Scenarios.alone([row]), SINGLE)
        assert one.tobytes() == many[row].tobytes()


@pytest.mark.slow
def test_a_scenario_that_does_not_come_to_rest_says_so() -> None:
    production = prepare(random_economy(2, firms=25, sectors=7, leakage=0.05))
    everybody = Scenarios.alone(range(25))

    found = bounds(production, everybody, DOUBLE, AIMS._replace(rounds_max=2))

    failed = found[:, bracket.LEVEL] < 0
    assert failed.any()
    assert (found[failed][:, bracket.UPPER] == 1.0).all()
    assert_bounds(production, everybody, found)
