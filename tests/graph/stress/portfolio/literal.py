"""The linear program as it is written down, without factors, given to another interface."""

from typing import Any

import numpy as np
from scipy.optimize import linprog

from graph.portfolio import E12, LendingProblem

E6 = 10**6


def loss_shares(problem: LendingProblem) -> Any:
    """Return what a fen lent to each loses in each scenario, written out whole."""
    tail = problem.tail
    found = np.zeros((len(tail.base_fen), len(problem.lendable)))
    np.add.at(found, (tail.alone.row, tail.alone.candidate), tail.alone.weight_e12 / E12)
    singles = len(tail.base_fen) - len(tail.load_e6)
    found[singles:] = tail.load_e6[:, tail.factor] / E6 * (tail.expected_e12 / E12)
    return found


def most_earned(problem: LendingProblem) -> float:
    """Return what can be earned at most a year, in fen, without tickets."""
    lendable, tail, entries = problem.lendable, problem.tail, problem.caps.entries
    count, scenarios = len(lendable), len(tail.base_fen)
    caps = np.zeros((len(problem.caps.room_fen), count))
    np.add.at(caps, (entries.row, entries.candidate), entries.weight_e12 / E12)
    shares, part = loss_shares(problem), tail.worst_e6 / E6 * scenarios
    one, none = np.eye(scenarios), np.zeros((len(caps), scenarios + 1))
    rows = np.block(
        [
            [caps, none],
            [shares, np.zeros((scenarios, scenarios + 1))],
            [shares, -one, -np.ones((scenarios, 1))],
            [np.zeros((1, count)), np.full((1, scenarios), 1 / part), np.ones((1, 1))],
        ]
    )
    base = tail.base_fen / E6
    bounds = [
        problem.caps.room_fen / E6, tail.cap_fen / E6 - base, -base, [tail.tail_cap_fen / E6],
    ]  # fmt: skip
    solved = linprog(
        np.concatenate([-lendable.gain_e12 / E12, np.zeros(scenarios + 1)]),
        A_ub=rows,
        b_ub=np.concatenate(bounds),
        bounds=[
            *((0, most / E6) for most in lendable.most_fen),
            *[(0, None)] * scenarios,
            (None, None),
        ],
        method="highs-ipm",
    )
    assert solved.status == 0
    return float(-solved.fun * E6)
