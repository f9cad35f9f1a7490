"""Whose failing costs how much: parts by brute force, labels, what is refused."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from graph.attribution import Game, causes, hit_rows
from graph.clearing import Debts
from graph.contagion import Economy, Production, Scenarios, prepare
from graph.errors import InvalidInput
from graph.scenarios import Resolved, Stakes, Unpaid, run

FIRMS = 6


def world(seed: int) -> tuple[Production, Stakes, Debts]:
    random = np.random.default_rng(seed)
    suppliers, buyers = random.integers(0, FIRMS, (2, 12))
    amounts, revenue = random.uniform(1, 9, 12), np.full(FIRMS, 60.0)
    economy = Economy(FIRMS, suppliers, buyers, amounts, revenue=revenue)
    creditors = random.integers(0, FIRMS, 9)
    debtors = (creditors + random.integers(1, FIRMS, 9)) % FIRMS
    owed, cash = random.uniform(100, 900, 9), random.uniform(0, 600, FIRMS)
    debts = Debts(FIRMS, creditors, debtors, owed, cash, np.zeros(FIRMS))
    return prepare(economy), Stakes.build(random.integers(0, 10**6, FIRMS)), debts


def hit(shocks: dict[int, float], unpaid: dict[int, float]) -> Resolved:
    rows, shares = np.array([*shocks], np.int64), np.array([*shocks.values()], float)
    stops, parts = np.array([*unpaid], np.int64), np.array([*unpaid.values()], float)
    scenario = Scenarios(np.array([0, len(rows)]), rows, shares, shares / 2)
    return Resolved(("x",), scenario, Unpaid(np.array([0, len(stops)]), stops, parts))


def cost(place: tuple[Production, Stakes, Debts], found: Resolved) -> int:
    production, stakes, debts = place
    if not len(hit_rows(found)):
        return 0
    lost = run(production, found, stakes, debts=debts)
    assert lost.payments_fen is not None
    return int(lost.production_fen[0, 0]) + int(lost.payments_fen[0, 0])


@pytest.mark.parametrize("seed", range(3))
def test_parts_are_means_over_all_orders_and_sum_to_production_and_payments(seed: int) -> None:
    place = world(seed)
    shocks, unpaid = {0: 1.0, 2: 0.5, 4: 0.75}, {2: 1.0, 3: 0.5}
    players = sorted({*shocks, *unpaid})

    def some(chosen: tuple[int, ...]) -> Resolved:
        return hit(*({k: v for k, v in each.items() if k in chosen} for each in (shocks, unpaid)))

    parts = dict.fromkeys(players, Fraction(0))
    orders = list(itertools.permutations(players))
    for order in orders:
        for at, player in enumerate(order):
            added = cost(place, some(order[: at + 1])) - cost(place, some(order[:at]))
            parts[player] += Fraction(added, len(orders))
    found = causes(place[0], hit(shocks, unpaid), place[1], debts=place[2])

    assert found.players == tuple(players)
    assert found.total_fen == sum(found.part_fen.tolist()) == cost(place, hit(shocks, unpaid))
    assert all(
        abs(part - wanted) < 1
        for part, wanted in zip(found.part_fen.tolist(), parts.values(), strict=True)
    )


def test_firms_of_one_label_are_one_player() -> None:
    place = world(7)
    all_hit = hit({0: 1.0, 2: 0.5}, {3: 1.0})

    found = causes(place[0], all_hit, place[1], debts=place[2], game=Game(["a", "b", "a"]))

    assert found.players == ("a", "b")
    assert found.total_fen == cost(place, all_hit)


def test_what_cannot_be_attributed_is_refused() -> None:
    production, stakes, debts = world(1)
    with pytest.raises(InvalidInput, match="no debts are given"):
        causes(production, hit({}, {1: 1.0}), stakes)
    with pytest.raises(InvalidInput, match="2 labels for 1 firms"):
        causes(production, hit({}, {1: 1.0}), stakes, debts=debts, game=Game(["a", "b"]))
