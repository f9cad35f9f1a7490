"""Smallest sets that break: every set tried, certificates, bounds firm by firm, refusals."""

from dataclasses import replace
from itertools import combinations
from math import log, prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.contagion import EXACT, Economy, Scenarios, esri, prepare
from graph.errors import InvalidInput
from graph.reverse_stress import Question, ReverseStress, find
from graph.stress.reverse.ceilings import ceiling
from graph.stress.reverse.question import Joint
from tests.graph.effort import UNCOMPILED, examples

OUTPUT_FEN = 10**12
# Without the compiler, for coverage, a few small economies are enough.
FIRMS = 5 if UNCOMPILED else 10
FEW = settings(max_examples=examples(25), deadline=None)
seeds = st.integers(0, 2**32 - 1)


def economy(seed: int, firms: int = FIRMS) -> Economy:
    """A small economy with markets of several firms and all classes of inputs."""
    random = np.random.default_rng(seed)
    sectors = random.integers(0, 3, firms)
    suppliers, buyers = random.integers(0, firms, (2, 3 * firms))
    table = random.choice([0, 1, 2], (3, 3), p=[0.1, 0.5, 0.4])
    return Economy(
        firms,
        suppliers,
        buyers,
        random.lognormal(0, 1.0, 3 * firms),
        table[sectors[suppliers], sectors[buyers]],
        sectors,
        leakage=float(random.uniform(0.4, 2.0)),
    )


def every(asked: Question) -> dict[tuple[int, ...], int]:
    """What all sets of the candidates cost, in fen."""
    rows = sorted(np.asarray(asked.rows).tolist())
    sets = [each for k in range(len(rows) + 1) for each in combinations(rows, k)]
    ends = np.concatenate([[0], np.cumsum([len(each) for each in sets])])
    flat = np.array([row for each in sets for row in each], np.int64)
    whole = np.ones(len(flat))
    found = esri(asked.production, Scenarios(ends, flat, whole, whole), rules=EXACT).total
    return dict(zip(sets, np.rint(found * asked.output_fen).astype(int).tolist(), strict=True))


def assert_true(found: ReverseStress, costs: dict[tuple[int, ...], int]) -> None:
    """What is said of the set found, and of all that it excludes, holds."""
    threshold = found.question.threshold_fen
    if not found.breaks:
        assert max(costs.values()) < threshold
        assert (found.rows, found.proven, found.loss_fen) == ((), True, costs[max(costs, key=len)])
        return
    assert costs[found.rows] == found.loss_fen >= threshold
    for row in found.rows:
        assert costs[tuple(other for other in found.rows if other != row)] < threshold
    assert found.proven == (found.weight_min == found.weight)
    if found.question.probabilities is None:
        assert found.size_excluded is not None
        assert all(costs[s] < threshold for s in costs if len(s) <= found.size_excluded)
        assert found.weight == len(found.rows)


@FEW
@given(seeds, st.floats(0.05, 0.99), st.sampled_from([0, 25, 10_000]))
def test_the_count_is_that_of_all_sets_tried_and_the_certificate_holds(
    seed: int, share: float, evaluations_max: int
) -> None:
    asked = Question(prepare(economy(seed)), range(FIRMS), int(share * OUTPUT_FEN), OUTPUT_FEN)
    costs = every(asked)

    found = find(asked, evaluations_max=evaluations_max)

    assert_true(found, costs)
    if found.breaks:
        least = min(len(each) for each, cost in costs.items() if cost >= asked.threshold_fen)
        assert found.size_excluded < least <= len(found.rows)  # type: ignore[operator]
        if evaluations_max == 10_000:
            assert (found.proven, found.open) == (True, 0)
        if found.proven:
            assert len(found.rows) == least


@FEW
@given(seeds, st.floats(0.05, 0.9), st.sampled_from([0, 25, 10_000]))
def test_the_likeliest_set_is_that_of_all_sets_tried(
    seed: int, share: float, evaluations_max: int
) -> None:
    random = np.random.default_rng(seed)
    likely = random.uniform(0.001, 0.4, FIRMS)
    asked = Question(
        prepare(economy(seed)), range(FIRMS), int(share * OUTPUT_FEN), OUTPUT_FEN, likely
    )
    costs = every(asked)

    def probability(rows: tuple[int, ...]) -> float:
        return prod(p if row in rows else 1 - p for row, p in enumerate(likely))

    found = find(asked, evaluations_max=evaluations_max)

    assert_true(found, costs)
    if found.breaks:
        best = max(probability(s) for s, cost in costs.items() if cost >= asked.threshold_fen)
        assert found.probability == pytest.approx(probability(found.rows))
        assert found.probability <= best * (1 + 1e-9)
        nobody = probability(())
        assert log(best / nobody) <= -found.weight_min * (1 - 1e-8) + 1e-12
        if evaluations_max == 10_000:
            assert found.proven
            assert found.probability == pytest.approx(best)


@FEW
@given(seeds, st.integers(1, 4), st.booleans())
def test_no_set_costs_more_than_its_ceiling_says(seed: int, size: int, replaceable: Any) -> None:
    production = prepare(economy(seed), replaceability=replaceable)
    asked = Question(production, range(FIRMS), 1, OUTPUT_FEN)
    costs = every(asked)
    joint = Joint(asked.checked())

    above = ceiling(joint, size)

    sets = [each for each in costs if len(each) <= size]
    fixed = joint.indices(sets, above.production)
    for each, whole in zip(sets, fixed.tolist(), strict=True):
        assert costs[each] <= whole * (1 + 1e-8) * OUTPUT_FEN + 1
        assert whole <= above.alone[list(each)].sum() * (1 + 1e-8) + 1e-12
    if not replaceable:  # Nothing is replaced: the ceiling of one firm is what it costs.
        alone = [costs[(row,)] for row in range(FIRMS)]
        np.testing.assert_allclose(above.alone * OUTPUT_FEN, alone, rtol=1e-8, atol=1)


@FEW
@given(seeds, st.floats(0.05, 0.6))
def test_a_higher_threshold_never_takes_fewer(seed: int, share: float) -> None:
    production = prepare(economy(seed))

    low, high = (
        find(Question(production, range(FIRMS), int(part * OUTPUT_FEN), OUTPUT_FEN))
        for part in (share, 1.3 * share)
    )

    assert low.weight <= high.weight


@FEW
@given(seeds, st.floats(0.1, 0.8))
def test_names_do_not_matter_and_threads_change_nothing(seed: int, share: float) -> None:
    given_economy, threshold = economy(seed), int(share * OUTPUT_FEN)
    order = np.random.default_rng(seed).permutation(FIRMS)
    inverse = np.argsort(order)
    renamed = replace(
        given_economy,
        suppliers=inverse[given_economy.suppliers],
        buyers=inverse[given_economy.buyers],
        sectors=np.asarray(given_economy.sectors)[order],
    )
    asked = Question(prepare(given_economy), range(FIRMS), threshold, OUTPUT_FEN)

    one, three = find(asked), find(asked, threads=3)
    other = find(Question(prepare(renamed), order, threshold, OUTPUT_FEN))

    assert one == three
    assert (other.breaks, len(other.rows)) == (one.breaks, len(one.rows))


def test_many_firms_alike_are_excluded_by_what_each_costs_alone() -> None:
    """Forty islands of one firm: none but the ceiling is needed to exclude nineteen of them."""
    islands = prepare(Economy(40, [], [], [], weights=np.ones(40)))

    found = find(Question(islands, range(40), threshold_fen=500, output_fen=1000))

    assert (len(found.rows), found.proven, found.size_excluded) == (20, True, 19)
    assert (found.cut_by_ceiling, found.open, found.loss_fen) == (40, 0, 500)
    assert found.certificate.startswith("no set of at most 19 of the 40 candidates breaks it (")


def test_what_is_not_searched_is_not_excluded() -> None:
    # Firm 6 needs two essential inputs: half of each comes from one firm, the rest from two.
    needs = Economy(
        7,
        range(6),
        [6] * 6,
        [2.0, 1.0, 1.0, 2.0, 1.0, 1.0],
        [2] * 6,
        sectors=[0, 0, 0, 1, 1, 1, 2],
        markets=[-1] * 7,
        weights=[0] * 6 + [1],
    )
    asked = Question(prepare(needs), range(6), threshold_fen=90, output_fen=100)

    searched, unsearched = find(asked), find(asked, evaluations_max=0)

    # The halves of both inputs may cost everything as far as ceilings know; they cost one half.
    assert searched.rows == unsearched.rows == (0, 1, 2)
    assert (searched.proven, searched.size_excluded, searched.open) == (True, 2, 0)
    assert (unsearched.proven, unsearched.size_excluded, unsearched.open) == (False, 1, 1)
    assert unsearched.certificate.endswith("1 left open)")


def test_nobody_and_all_together_too_little_break_nothing() -> None:
    islands = prepare(Economy(3, [], [], [], weights=[1, 1, 2]))
    for rows, lost in (([], 0), ([0, 1], 50)):
        found = find(Question(islands, rows, threshold_fen=51, output_fen=100))

        assert (found.breaks, found.rows, found.proven, found.loss_fen) == (False, (), True, lost)
        assert found.size_excluded == len(rows)
        assert found.certificate.startswith(f"all of the {len(rows)} candidates together do not")


def test_the_likeliest_need_not_be_the_fewest() -> None:
    islands = prepare(Economy(3, [], [], [], weights=[50, 25, 25]))
    asked = Question(islands, [0, 1, 2], threshold_fen=50, output_fen=100)

    fewest = find(asked)
    likeliest = find(replace(asked, probabilities=[0.001, 0.3, 0.4]))

    assert (fewest.rows, fewest.probability) == ((0,), None)
    assert (likeliest.rows, likeliest.size_excluded) == ((1, 2), None)
    assert likeliest.probability == pytest.approx(0.999 * 0.3 * 0.4)
    assert "no set of the 3 candidates with odds above 0.285714 breaks it" in likeliest.certificate


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rows": [3]}, "rows: one is no row of a firm"),
        ({"rows": [1, 1]}, "rows: a firm stands twice"),
        ({"threshold_fen": 0}, "threshold_fen 0 is not above 0"),
        ({"output_fen": 0}, "output_fen 0 is not above 0"),
        ({"probabilities": [0.1]}, "1 probabilities for 2 firms"),
        ({"probabilities": [0.1, 0.5]}, "one is not above 0 and below one half"),
        ({"probabilities": [0.1, float("nan")]}, "one is not above 0 and below one half"),
    ],
)
def test_wrong_questions_are_refused(wrong: dict[str, Any], said: str) -> None:
    islands = prepare(Economy(3, [], [], []))
    asked = Question(islands, [0, 1], threshold_fen=1, output_fen=100)
    with pytest.raises(InvalidInput, match=said):
        find(replace(asked, **wrong))


def test_wrong_efforts_are_refused() -> None:
    asked = Question(prepare(Economy(1, [], [], [])), [0], threshold_fen=1, output_fen=1)

    with pytest.raises(InvalidInput, match="evaluations_max -1 is negative"):
        find(asked, evaluations_max=-1)
    with pytest.raises(InvalidInput, match="threads 0 is not at least 1"):
        find(asked, threads=0)
