"""Amounts held to every cap to the last fen, where floating point went past it."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from graph.arrays.dtypes import IntArray
from graph.errors import NotConverged
from graph.stress.portfolio.exact import losses_e18, sums, tail_mean
from graph.stress.portfolio.problem import E6, E12, NO_CAP, Entries, LendingProblem, LossTail

ROUNDS_MAX = 100
E18 = E6 * E12


def trimmed(problem: LendingProblem, amount_fen: IntArray) -> IntArray:
    """
    Return amounts within every cap: a little less here and there, tickets kept or given up whole.

    Raises:
        NotConverged: A cap was broken still after all rounds.
    """
    found = amount_fen.copy()
    for _ in range(ROUNDS_MAX):
        broken = next(over(problem, found), None)
        if broken is None:
            return found
        _cut(found, problem.lendable.ticket_fen, *broken)
    raise NotConverged(f"a cap was broken still after {ROUNDS_MAX} rounds")


def over(problem: LendingProblem, amount_fen: IntArray) -> Iterator[tuple[Entries, Fraction]]:
    """Yield every cap that is broken: the entries that count in it, and by how much, in fen."""
    caps = problem.caps
    found = sums(caps.entries, len(caps.room_fen), amount_fen)
    for row in found.above(caps.room_fen).tolist():
        excess = int(found.fen[row] - caps.room_fen[row]) + Fraction(int(found.rest_e12[row]), E12)
        yield _of_row(caps.entries, row), excess
    yield from _lost(problem.tail, amount_fen)


def _lost(tail: LossTail, amount_fen: IntArray) -> Iterator[tuple[Entries, Fraction]]:
    losses = losses_e18(tail, amount_fen)
    caps = zip(losses, tail.cap_fen.tolist(), tail.base_fen.tolist(), strict=True)
    for scenario, (lost, cap, base) in enumerate(caps):
        if cap != NO_CAP and lost > max(cap, base) * E18:
            yield _of_scenario(tail, scenario), Fraction(lost, E18) - max(cap, base)
    if tail.tail_cap_fen == NO_CAP:
        return
    most = max(tail_mean(tail.base_fen.tolist(), tail.worst_e6), Fraction(tail.tail_cap_fen))
    excess = tail_mean(losses, tail.worst_e6) / E18 - most
    if excess > 0:
        worst = max(range(len(losses)), key=lambda each: losses[each])
        count = Fraction(tail.worst_e6 * len(losses), E6)
        yield _of_scenario(tail, worst), excess * max(count, Fraction(1))


def _of_row(entries: Entries, row: int) -> Entries:
    at = np.flatnonzero(entries.row == row)
    return Entries(entries.row[at], entries.candidate[at], entries.weight_e12[at])


def _of_scenario(tail: LossTail, scenario: int) -> Entries:
    if scenario < tail.singles:
        return _of_row(tail.alone, scenario)
    loads = tail.load_e6[scenario - tail.singles][tail.factor]
    every = np.arange(len(tail.factor), dtype=np.int64)
    weight = [
        load * lost // E6
        for load, lost in zip(loads.tolist(), tail.expected_e12.tolist(), strict=True)
    ]
    return Entries(every * 0, every, np.array(weight, np.int64))


def _cut(amount_fen: IntArray, ticket_fen: IntArray, entries: Entries, excess: Fraction) -> None:
    """Take what is too much from those with most above their tickets, then from the smallest."""
    weights = dict(zip(entries.candidate.tolist(), entries.weight_e12.tolist(), strict=True))
    lent = [at for at, weight in weights.items() if weight and amount_fen[at]]
    lent.sort(key=lambda at: (int(ticket_fen[at] - amount_fen[at]), at))
    for at in lent:
        spare = int(amount_fen[at] - ticket_fen[at])
        part = min(spare, -(-excess * E12 // weights[at]))
        amount_fen[at] -= part
        excess -= Fraction(part * weights[at], E12)
        if excess <= 0:
            return
    for at in sorted(lent, key=lambda at: (int(amount_fen[at]), at)):
        excess -= Fraction(int(amount_fen[at]) * weights[at], E12)
        amount_fen[at] = 0
        if excess <= 0:
            return
