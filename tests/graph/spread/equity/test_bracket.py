"""Equity losses from below and from above: never outside, and exact where asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.contagion import Exposures, Scenarios, bracket_equity, spread_equity
from graph.errors import InvalidInput
from tests.graph.effort import examples

FIRMS = 9


def drawn(seed: int, leverage: float) -> tuple[Exposures, Scenarios]:
    """Return exposures, some firms without equity, and every default alone and a mixed shock."""
    random = np.random.default_rng(seed)
    ends = random.integers(0, FIRMS, (2, 25))
    ends = ends[:, ends[0] != ends[1]]
    equity = random.uniform(1, 9, FIRMS) * (random.random(FIRMS) > 0.1)
    exposures = Exposures.build(
        equity,
        creditors=ends[0],
        debtors=ends[1],
        amounts=random.uniform(0, 4 * leverage, ends.shape[1]),
    )
    rows = np.array([*range(FIRMS), 2, 5])
    shares = np.array([1.0] * FIRMS + [0.3, 0.05])
    offsets = np.array([*range(FIRMS + 1), FIRMS + 2])
    return exposures, Scenarios(offsets, rows, shares, shares)


@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    leverage=st.sampled_from([0.1, 0.5, 2.0]),
    width=st.sampled_from([1.0, 0.2, 1e-6]),
)
def test_the_value_never_lies_outside(seed: int, leverage: float, width: float) -> None:
    exposures, scenarios = drawn(seed, leverage)

    found = bracket_equity(exposures, scenarios, width=width)

    wanted = [
        spread_equity(exposures, scenarios.some(np.array([k])), tolerance=1e-14)
        for k in range(len(scenarios))
    ]
    totals = np.array([each.total for each in wanted])
    assert (found.lower <= totals + 1e-12).all()
    assert (found.upper >= totals - 1e-12).all()
    assert (found.width <= max(width, 2e-9)).all()
    np.testing.assert_allclose(
        found.total - found.debtrank, [each.total - each.debtrank for each in wanted], atol=1e-14
    )


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_threads_and_company_change_no_bit(seed: int) -> None:
    exposures, scenarios = drawn(seed, 0.5)

    together = bracket_equity(exposures, scenarios, width=1e-3, threads=2)
    alone = [
        bracket_equity(exposures, scenarios.some(np.array([k])), width=1e-3)
        for k in range(len(scenarios))
    ]

    assert together.lower.tolist() == [float(each.lower[0]) for each in alone]
    assert together.upper.tolist() == [float(each.upper[0]) for each in alone]


def test_debtors_that_owe_more_than_there_is_are_pushed_to_the_end() -> None:
    exposures = Exposures.build(
        [1.0, 1.0, 8.0], creditors=[0, 1, 2], debtors=[1, 0, 1], amounts=[2.0, 2.0, 2.0]
    )

    found = bracket_equity(exposures, Scenarios.together([0], down=0.2))

    # The two lose all they have by each other's losses, the third a quarter of its equity.
    assert found.lower[0] == pytest.approx((1 + 1 + 2) / 10, abs=1e-12)
    assert found.width[0] < 1e-9


def test_a_loss_too_small_for_a_float_is_no_loss() -> None:
    exposures = Exposures.build([1.0, 1e300], creditors=[1], debtors=[0], amounts=[1e-20])

    assert bracket_equity(exposures, Scenarios.together([0], down=1e-5)).upper[0] < 1e-5


def test_nobody_and_nothing_cost_nothing() -> None:
    nobody = Exposures.build([], creditors=[], debtors=[], amounts=[])
    poor = Exposures.build([0.0, 0.0], creditors=[], debtors=[], amounts=[])

    assert len(bracket_equity(nobody, Scenarios.alone([])).total) == 0
    assert bracket_equity(poor, Scenarios.alone([0]), width=1e-3).upper.tolist() == [0.0]


def test_wrong_arguments_are_refused() -> None:
    exposures = Exposures.build([1.0], creditors=[], debtors=[], amounts=[])

    with pytest.raises(InvalidInput, match="width 0 is not in"):
        bracket_equity(exposures, Scenarios.alone([0]), width=0)
    with pytest.raises(InvalidInput, match="threads 0"):
        bracket_equity(exposures, Scenarios.alone([0]), threads=0)
