"""First failures: marginal and joint chances, streams that depend on the draw alone, refusals."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graph.errors import InvalidInput
from graph.scenarios import BLOCK, Factor, Failures, MonteCarlo
from graph.stress.scenarios.monte_carlo import sets

DRAWS = 40_000


def marks(model: MonteCarlo) -> np.ndarray[Any, Any]:
    """Return whether each firm (columns) fails in each draw."""
    found = np.zeros((model.draws, len(model.failures)), np.bool_)
    for numbers, drawn in sets(model, np.arange(model.draws)):
        found[np.repeat(numbers, np.diff(drawn.offsets)), drawn.rows] = True
    return found


def joint(one: float, other: float, correlation: float) -> float:
    """Return the chance that both of two firms fail."""
    edges = stats.norm.ppf([one, other])
    cov = [[1.0, correlation], [correlation, 1.0]]
    return float(stats.multivariate_normal([0.0, 0.0], cov).cdf(edges))


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
def test_chances_alone_and_together_are_those_of_the_copula(sampling: Any) -> None:
    pd = [0.3, 0.1, 0.2, 0.02, 0.0, 1.0]
    sectors = ["x", "x", "y", None, "y", "y"]
    linked = Failures.correlated(pd, common=0.15, sectors=sectors, sector=0.25)
    model = MonteCarlo(linked, draws=DRAWS // BLOCK * BLOCK, seed=11, sampling=sampling)

    fails = marks(model)

    error = np.sqrt(0.25 / DRAWS)
    np.testing.assert_allclose(fails.mean(axis=0), pd, rtol=0, atol=4 * error)
    assert not fails[:, 4].any()
    assert fails[:, 5].all()
    for one, other, correlation in ((0, 1, 0.4), (0, 2, 0.15), (1, 2, 0.15), (0, 3, 0.15)):
        together = (fails[:, one] & fails[:, other]).mean()
        wanted = joint(pd[one], pd[other], correlation)
        assert together == pytest.approx(wanted, abs=4 * np.sqrt(wanted / DRAWS))


def test_loadings_of_their_own_correlate_firms_by_the_root_of_both() -> None:
    shares = np.array([0.6, 0.3, 0.0])
    linked = Failures.build([0.2, 0.2, 0.2], [Factor([0, 0, 0], shares)])

    fails = marks(MonteCarlo(linked, draws=DRAWS, seed=3))

    wanted = joint(0.2, 0.2, float(np.sqrt(0.18)))
    assert (fails[:, 0] & fails[:, 1]).mean() == pytest.approx(wanted, abs=0.008)
    assert (fails[:, 0] & fails[:, 2]).mean() == pytest.approx(0.04, abs=0.005)


def test_a_factor_that_explains_all_lets_equals_fail_together() -> None:
    linked = Failures.correlated([0.4] * 4, common=1.0)

    fails = marks(MonteCarlo(linked, draws=200, seed=5))

    assert set(fails.sum(axis=1).tolist()) == {0, 4}


@given(
    seed=st.integers(0, 2**63 - 1),
    draws=st.integers(1, 3 * BLOCK),
    sampling=st.sampled_from(["plain", "antithetic", "stratified"]),
)
def test_a_draw_is_the_same_whatever_is_drawn_with_it(seed: int, draws: int, sampling: Any) -> None:
    linked = Failures.correlated([0.3, 0.2, 0.5], common=0.2)
    whole = marks(MonteCarlo(linked, draws=4 * BLOCK, seed=seed, sampling=sampling))
    model = MonteCarlo(linked, draws=4 * BLOCK, seed=seed, sampling=sampling)

    first = [sets(model, np.arange(draws), threads=threads) for threads in (1, 2)]
    for waves in first:
        for numbers, drawn in waves:
            fails = np.zeros((len(numbers), 3), np.bool_)
            fails[np.repeat(np.arange(len(numbers)), np.diff(drawn.offsets)), drawn.rows] = True
            assert (fails == whole[numbers]).all()


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.integers(0, 99))
def test_a_larger_chance_adds_failures_and_takes_none_away(more: list[float], seed: int) -> None:
    pd = np.array([0.1, 0.02, 0.3, 0.0, 0.6])
    larger = np.maximum(pd, more)

    few = marks(MonteCarlo(Failures.correlated(pd, common=0.3), draws=64, seed=seed))
    many = marks(MonteCarlo(Failures.correlated(larger, common=0.3), draws=64, seed=seed))

    assert (few <= many).all()


def test_pairs_turn_every_sign_and_strata_each_come_once() -> None:
    even = Failures.correlated([0.5] * 6, common=0.4)
    pairs = marks(MonteCarlo(even, draws=256, seed=2, sampling="antithetic"))
    driven = Failures.correlated([0.25], common=1.0)
    strata = marks(MonteCarlo(driven, draws=256, seed=2, sampling="stratified"))

    assert (pairs[0::2] == ~pairs[1::2]).all()
    assert strata.reshape(-1, BLOCK).sum(axis=1).tolist() == [BLOCK // 4] * 4


@pytest.mark.parametrize("sampling", ["plain", "antithetic"])
def test_draws_are_the_streams_of_their_block_read_literally(sampling: Any) -> None:
    firms = 5000  # A block is drawn in several parts.
    linked = Failures.correlated(np.linspace(0, 0.1, firms), common=0.2)
    stream = np.random.default_rng(np.random.SeedSequence(9, spawn_key=(3,)))
    normal = stream.standard_normal((BLOCK, firms + 1))
    if sampling == "antithetic":
        normal = np.repeat(normal[: BLOCK // 2], 2, axis=0)
        normal[1::2] *= -1
    latent = np.sqrt(0.2) * normal[:, :1] + np.sqrt(0.8) * normal[:, 1:]
    wanted = [np.flatnonzero(stats.norm.cdf(row) < linked.pd).tolist() for row in latent]

    drawn = linked.draw(seed=9, block=3, sampling=sampling)

    assert [each.tolist() for each in np.split(drawn.rows, drawn.offsets[1:-1])] == wanted


def test_nobody_fails_among_nobody() -> None:
    drawn = Failures.build([]).draw(seed=1, block=0)

    assert (len(drawn), len(drawn.rows)) == (BLOCK, 0)


@pytest.mark.parametrize(
    ("pd", "factors", "said"),
    [
        ([0.1, 1.2], [], "pd: entry 1 is not in"),
        ([float("nan")], [], "pd: entry 0 is not in"),
        ([[0.1]], [], "pd is no column"),
        ([0.1], [Factor([0, 0], 0.1)], r"factors\[0\]: groups has 2 entries for 1 firms"),
        ([0.1], [Factor([-2], 0.1)], r"factors\[0\]: groups: entry 0 is below -1"),
        ([0.1], [Factor([0], [0.1, 0.2])], "share has 2 entries for 1 firms"),
        ([0.1], [Factor([0], 1.1)], "share: entry 0 is not in"),
        ([0.1], [Factor([0], 0.6), Factor([0], 0.5)], "entry 0 has shares that sum to more than 1"),
    ],
)
def test_wrong_columns_are_refused(pd: Any, factors: list[Factor], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Failures.build(pd, factors)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seed": -1}, "seed -1 or block 0 is negative"),
        ({"block": -1}, "block -1 is negative"),
        ({"size": BLOCK + 1}, "size 65 is not in"),
        ({"sampling": "quasi"}, "sampling 'quasi' is none of plain"),
        ({"sampling": "stratified"}, "need a factor"),
    ],
)
def test_wrong_draws_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Failures.build([0.5]).draw(**({"seed": 0, "block": 0} | wrong))
