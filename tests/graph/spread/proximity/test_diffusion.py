"""Ties to a source: against the matrix equation, laws, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.diffusion import Ties, spread
from graph.errors import InvalidInput


@st.composite
def trades(draw: st.DrawFn) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 9))
    size = draw(st.integers(0, 3 * n))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    amounts = rng.lognormal(0, 1, size) * (rng.random(size) < 0.9)
    return n, rng.integers(0, n, size), rng.integers(0, n, size), amounts


def solved(n: int, step: np.ndarray, source: np.ndarray, damping: float) -> np.ndarray:
    return (1 - damping) * np.linalg.solve(np.eye(n) - damping * step, source / source.sum())


@settings(deadline=None)
@given(trades(), st.sampled_from([0.0, 0.5, 0.85]), st.booleans())
def test_ties_solve_the_equation_they_stand_for(
    drawn: tuple[int, np.ndarray, np.ndarray, np.ndarray],
    damping: float,
    back: bool,  # noqa: FBT001  # Drawn.
) -> None:
    n, suppliers, buyers, amounts = drawn
    bought = np.bincount(buyers, amounts, n)
    step = np.zeros((n, n))
    np.add.at(step, (suppliers, buyers), amounts / np.where(bought > 0, bought, 1)[buyers])
    source = np.arange(1.0, n + 1)
    if back:
        step[:, bought == 0] = (source / source.sum())[:, None]
    ties = Ties.build(n, suppliers=suppliers, buyers=buyers, amounts=amounts)

    found = spread(ties, source, damping=damping, dangling="sources" if back else "lost")

    np.testing.assert_allclose(found.shares, solved(n, step, source, damping), atol=2e-10)
    assert np.abs(found.shares - solved(n, step, source, damping)).sum() <= 1e-10 + 1e-14
    assert found.residual <= 1e-10
    assert found.shares.sum() <= 1 + 1e-12


def test_nothing_is_lost_in_a_closed_circle() -> None:
    ties = Ties.build(3, suppliers=[1, 2, 0], buyers=[0, 1, 2], amounts=[5, 7, 2])

    assert spread(ties, [1, 0, 0]).shares.sum() == pytest.approx(1, abs=2e-10)


def test_the_unit_of_the_source_does_not_matter() -> None:
    ties = Ties.build(3, suppliers=[1, 2], buyers=[0, 0], amounts=[5, 7])

    assert spread(ties, [3, 1, 0]).shares.tolist() == spread(ties, [0.75, 0.25, 0]).shares.tolist()


def test_the_same_question_has_the_same_bits() -> None:
    ties = Ties.build(3, suppliers=[1, 2, 0], buyers=[0, 1, 2], amounts=[5, 7, 2])

    assert spread(ties, [1, 2, 0]).shares.tobytes() == spread(ties, [1, 2, 0]).shares.tobytes()


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        ([1, 0], {}, "2 entries for 3 firms"),
        ([0, 0, 0], {}, "weighs nothing"),
        ([1, -1, 3], {}, "negative"),
        ([1, 0, 0], {"damping": 1.0}, "damping"),
        ([1, 0, 0], {"tolerance": 0.0}, "tolerance"),
        ([1, 0, 0], {"dangling": "kept"}, "dangling"),
    ],
)
def test_what_does_not_fit_is_refused(
    source: list[float], options: dict[str, object], words: str
) -> None:
    ties = Ties.build(3, suppliers=[1], buyers=[0], amounts=[5])

    with pytest.raises(InvalidInput, match=words):
        spread(ties, source, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (([1], [0], []), "differ in length"),
        (([1], [3], [2.0]), "no row of a firm"),
        (([1], [0], [-2.0]), "negative or missing"),
    ],
)
def test_trades_that_do_not_fit_are_refused(columns: tuple[list[float], ...], words: str) -> None:
    suppliers, buyers, amounts = columns

    with pytest.raises(InvalidInput, match=words):
        Ties.build(3, suppliers=suppliers, buyers=buyers, amounts=amounts)
