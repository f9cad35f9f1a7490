"""Sums of a proposal to the last fen: what floating point only comes near."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from graph.arrays.dtypes import IntArray
from graph.stress.portfolio.problem import E6, E12, Entries, LendingProblem, LossTail


@dataclass(frozen=True, slots=True)
class ExactSums:
    """Amounts in whole fen, and what is left of each in 10^-12 fen."""

    fen: IntArray
    rest_e12: IntArray

    def above(self, most_fen: IntArray) -> IntArray:
        """Return where a sum is above an amount."""
        return np.flatnonzero(
            (self.fen > most_fen) | ((self.fen == most_fen) & (self.rest_e12 > 0))
        )

    def e12(self) -> Sequence[int]:
        """Return the sums in 10^-12 fen."""
        both = zip(self.fen.tolist(), self.rest_e12.tolist(), strict=True)
        return [fen * E12 + rest for fen, rest in both]


def sums(entries: Entries, rows: int, amount_fen: IntArray) -> ExactSums:
    """Return the weighted sum of every row, exactly: weights and amounts in two digits each."""
    amounts = amount_fen[entries.candidate]
    counts = np.flatnonzero(amounts)
    row = entries.row[counts]
    lent, lent_rest = np.divmod(amounts[counts], E6)
    weight, weight_rest = np.divmod(entries.weight_e12[counts], E6)
    high, low = (_added(row, rows, part) for part in (weight * lent, weight_rest * lent_rest))
    first, second = (
        np.divmod(_added(row, rows, part), E6) for part in (weight * lent_rest, weight_rest * lent)
    )
    carried, rest = np.divmod((first[1] + second[1]) * E6 + low, E12)
    return ExactSums(high + first[0] + second[0] + carried, rest)


def _added(row: IntArray, rows: int, products: IntArray) -> IntArray:
    found = np.zeros(rows, np.int64)
    np.add.at(found, row, products)
    return found


def losses_e18(tail: LossTail, amount_fen: IntArray) -> Sequence[int]:
    """Return what is lost in every scenario in 10^-18 fen, exactly, what is lent already too."""
    alone = [E6 * each for each in sums(tail.alone, tail.singles, amount_fen).e12()]
    every = np.arange(len(amount_fen), dtype=np.int64)
    expected = Entries(tail.factor, every, tail.expected_e12)
    by_factor = sums(expected, tail.load_e6.shape[1], amount_fen).e12()
    of_factors = [
        sum(load * lost for load, lost in zip(loads, by_factor, strict=True))
        for loads in tail.load_e6.tolist()
    ]
    base = [fen * E6**3 for fen in tail.base_fen.tolist()]
    return [first + more for first, more in zip(base, [*alone, *of_factors], strict=True)]


def tail_mean(losses: Sequence[int], worst_e6: int) -> Fraction:
    """
    Return the average loss over the worst part of scenarios: the last of them counts in part.

    Args:
        losses: By scenario, in any unit; none: nothing is lost.
        worst_e6: How large a part the worst is, in 10^-6.

    Example:
        >>> tail_mean([10, 40, 20, 30], 500_000), tail_mean([10, 40, 20, 30], 375_000)
        (Fraction(35, 1), Fraction(110, 3))
    """
    if not losses:
        return Fraction(0)
    count = Fraction(worst_e6 * len(losses), E6)
    whole = int(count)
    ordered = sorted(losses, reverse=True)
    total = Fraction(sum(ordered[:whole]))
    if whole < len(ordered):
        total += (count - whole) * ordered[whole]
    return total / count


def earned_e12(problem: LendingProblem, amount_fen: IntArray) -> int:
    """Return what is earned a year in 10^-12 fen, exactly."""
    every = np.arange(len(amount_fen), dtype=np.int64)
    gains = Entries(every * 0, every, problem.lendable.gain_e12)
    return sums(gains, 1, amount_fen).e12()[0]
