"""Shapley parts of a scenario: all orders by brute force, axioms, drawn orders, refusals."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.attribution import EXACT_MAX, Game, shapley
from graph.contagion import Economy, Production, Rules, Scenarios, prepare
from graph.errors import InvalidInput
from graph.scenarios import Credit, Stakes, count
from tests.graph.effort import examples

FIRMS = 7
TIGHT = Rules(1e-12)


def drawn(seed: int) -> tuple[Production, Stakes]:
    """Return a random economy and what it can lose."""
    random = np.random.default_rng(seed)
    ends = random.integers(0, FIRMS, (2, 14))
    amounts, classes = random.uniform(1, 9, 14), random.integers(0, 3, 14)
    sectors, revenue = random.integers(0, 3, FIRMS), np.full(FIRMS, 99.0)
    economy = Economy(FIRMS, *ends, amounts, classes, sectors=sectors, revenue=revenue)
    credit = Credit(random.integers(0, 10**5, FIRMS), 0.6, threshold=0.4)
    return prepare(economy), Stakes.build(random.integers(0, 10**6, FIRMS), credit=credit)


def cost(production: Production, stakes: Stakes, scenario: Scenarios, loss: str) -> int:
    """Return what one scenario costs; nothing where nobody is hit."""
    if not len(scenario.rows):
        return 0
    return int(getattr(next(count(production, scenario, stakes, rules=TIGHT)), f"{loss}_fen").sum())


def shock(rows: Any, shares: Any) -> Scenarios:
    """Return one scenario."""
    losses = np.array(shares, float)
    return Scenarios(np.array([0, len(losses)]), np.array(rows, np.int64), losses, losses)


def brute(
    production: Production, stakes: Stakes, rows: list[int], shares: list[float], loss: str
) -> list[Fraction]:
    """Return the mean of what each firm adds, over all orders."""
    parts = [Fraction(0)] * len(rows)
    orders = list(itertools.permutations(range(len(rows))))
    values: dict[frozenset[int], int] = {}
    for order in orders:
        for place, player in enumerate(order):
            for held in (frozenset(order[:place]), frozenset(order[: place + 1])):
                if held not in values:
                    chosen = sorted(held)
                    scenario = shock([rows[k] for k in chosen], [shares[k] for k in chosen])
                    values[held] = cost(production, stakes, scenario, loss)
            added = values[frozenset(order[: place + 1])] - values[frozenset(order[:place])]
            parts[player] += Fraction(added, len(orders))
    return parts


@settings(max_examples=examples(8), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    hit=st.dictionaries(
        st.integers(0, FIRMS - 1), st.sampled_from([1.0, 0.6, 0.25]), min_size=1, max_size=4
    ),
    loss=st.sampled_from(["production", "credit"]),
)
def test_parts_are_the_mean_over_all_orders(seed: int, hit: dict[int, float], loss: Any) -> None:
    production, stakes = drawn(seed)
    rows, shares = list(hit), list(hit.values())

    found = shapley(production, shock(rows, shares), stakes, game=Game(loss=loss), rules=TIGHT)

    wanted = brute(production, stakes, rows, shares, loss)
    assert found.exact
    assert found.players == tuple(rows)
    assert found.error_fen.tolist() == [0.0] * len(rows)
    assert found.cascades == 2 ** len(rows) - 1
    assert found.total_fen == found.part_fen.sum()
    assert found.total_fen == cost(production, stakes, shock(rows, shares), loss)
    assert max(abs(a - b) for a, b in zip(found.part_fen.tolist(), wanted, strict=True)) < 1


def many(suppliers: int) -> tuple[Production, Stakes]:
    """Return a buyer (the last firm) who stands still without any one of its suppliers."""
    ends = (np.arange(suppliers), np.full(suppliers, suppliers))
    economy = Economy(
        suppliers + 1,
        *ends,
        np.ones(suppliers),
        np.full(suppliers, 2),
        sectors=np.arange(suppliers + 1),
        revenue=np.full(suppliers + 1, 1e9),
    )
    return prepare(economy), Stakes.build([*range(100, 100 + suppliers), 10_000])


def test_equals_bear_equal_parts_and_who_adds_nothing_bears_nothing() -> None:
    production, stakes = many(3)
    # The last firm buys from the first three; hit with them it adds nothing to their first.
    idle = Economy(4, [], [], [])

    parts = shapley(production, Scenarios.together([0, 1, 2]), stakes)
    alone = shapley(prepare(idle), Scenarios.together([3, 1]), Stakes.build([7, 0, 5, 9]))

    assert parts.total_fen == 10_303
    assert (parts.part_fen - [100, 101, 102]).tolist() == [3334, 3333, 3333]
    assert dict(zip(alone.players, alone.part_fen.tolist(), strict=True)) == {3: 9, 1: 0}


@settings(max_examples=examples(5), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_shocks_of_one_label_are_one_player(seed: int) -> None:
    production, stakes = drawn(seed)
    scenario = Scenarios.together([0, 3, 5])

    found = shapley(production, scenario, stakes, game=Game(["x", "y", "x"]), rules=TIGHT)

    value = {
        held: cost(production, stakes, Scenarios.together(list(held)), "production")
        for held in ((0, 5), (3,), (0, 3, 5))
    }
    twice = value[0, 3, 5] + value[0, 5] - value[3,]
    assert found.players == ("x", "y")
    assert abs(found.part_fen[0] - Fraction(twice, 2)) <= Fraction(1, 2)
    assert found.total_fen == value[0, 3, 5]


@pytest.mark.parametrize("threads", [1, 2])
def test_drawn_orders_sum_to_the_loss_and_lie_within_their_errors(threads: int) -> None:
    size = EXACT_MAX + 2
    production, stakes = many(size)

    found = shapley(
        production,
        Scenarios.together(range(size)),
        stakes,
        game=Game(pairs=30, seed=4),
        threads=threads,
    )

    wanted = 100 + np.arange(size) + 10_000 / size
    assert not found.exact
    assert found.total_fen == found.part_fen.sum() == 10_000 + sum(range(100, 100 + size))
    assert (np.abs(found.part_fen - wanted) <= 4 * found.error_fen + 1).mean() > 0.8
    assert found.error_fen.max() < 1500
    again = shapley(
        production, Scenarios.together(range(size)), stakes, game=Game(pairs=30, seed=4)
    )
    assert again.part_fen.tolist() == found.part_fen.tolist()


def test_without_contagion_any_orders_give_everyone_its_own() -> None:
    size = EXACT_MAX + 1
    sales = np.arange(1, size + 1)

    found = shapley(
        prepare(Economy(size, [], [], [])),
        Scenarios.together(range(size)),
        Stakes.build(sales),
        game=Game(pairs=2),
    )

    assert found.part_fen.tolist() == sales.tolist()
    assert found.error_fen.tolist() == [0.0] * size


def test_nobody_hit_shares_nothing() -> None:
    production, stakes = drawn(0)

    found = shapley(production, Scenarios.together([]), stakes)

    assert (found.players, found.part_fen.tolist(), found.total_fen, found.cascades) == (
        (),
        [],
        0,
        0,
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"loss": "all"}, "loss 'all' is neither"),
        ({"pairs": 1}, "pairs 1 is not in 2 to"),
        ({"seed": -1}, "seed -1 is negative"),
    ],
)
def test_a_wrong_game_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Game(**wrong)


def test_parts_that_do_not_fit_are_refused() -> None:
    production, stakes = drawn(0)
    bare = Stakes.build(np.ones(FIRMS, np.int64))

    with pytest.raises(InvalidInput, match="2 scenarios where one is wanted"):
        shapley(production, Scenarios.alone([0, 1]), stakes)
    with pytest.raises(InvalidInput, match="1 labels for 2 shocks"):
        shapley(production, Scenarios.together([0, 1]), stakes, game=Game(["x"]))
    with pytest.raises(InvalidInput, match="no exposures to share the loss of"):
        shapley(production, Scenarios.together([0]), bare, game=Game(loss="credit"))
