"""
Expected loss, value at risk and expected shortfall of simulated losses, with their errors.

With the losses of N draws in ascending order, L_(1) <= ... <= L_(N), m = ceil(q N) and v = L_(m):

    EL    = sum_k L_k / N
    VaR_q = v                                          the smallest loss that q of all draws reach
    ES_q  = [sum_(k > m) L_(k) + (m - q N) v] / (N (1 - q))

so ES is the mean of the worst share 1 - q of all draws, a part of the m-th among them. q is taken
as the decimal that it is written as and the sums are exact; each figure is rounded to a fen once.

Errors: of EL, s / sqrt(N). Of ES, the same of Y_k = v + max(0, L_k - v) / (1 - q), which is
sqrt((s_tail^2 + q (ES - v)^2) / (N (1 - q))) [1]. Of VaR, an interval between two order statistics:
how many draws lie below the true quantile is binomial. Where draws depend on each other (antithetic
pairs, strata of a block) s is that of the means of such clusters, and so is the variance of the
number of draws below, taken as normal.

[1] B. J. Manistre, G. H. Hancock, Variance of the CTE estimator, North American Actuarial
    Journal 9(2) (2005).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, frame
from graph.stress.scenarios.monte_carlo import Simulation

LEVEL = 0.99
CONFIDENCE = 0.95
Loss = Literal["production", "credit"]
HALF = 32  # Bits of the lower half of a sum.


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """
    Figures by group, in the order of `names`, in fen.

    Attributes:
        names: Of the groups.
        el_fen: Expected loss.
        el_error_fen: Its standard error.
        var_fen: Value at risk.
        var_low_fen: Lower end of its interval.
        var_high_fen: Upper end; all that can be lost where the draws give none.
        es_fen: Expected shortfall.
        es_error_fen: Its standard error.
        loss: Lost production, or lost loans.
        level: The q of VaR and ES.
        confidence: With which the interval holds the true VaR.
        draws: How many there were.
    """

    names: tuple[str, ...]
    el_fen: IntArray
    el_error_fen: FloatArray
    var_fen: IntArray
    var_low_fen: IntArray
    var_high_fen: IntArray
    es_fen: IntArray
    es_error_fen: FloatArray
    loss: Loss
    level: float
    confidence: float
    draws: int

    def to_pandas(self) -> Frame:
        """Return a row a group: group, and its figures in fen with their errors."""
        figures = ("el", "el_error", "var", "var_low", "var_high", "es", "es_error")
        columns = {f"{name}_fen": getattr(self, f"{name}_fen") for name in figures}
        return frame({"group": list(self.names), **columns})


class Tail(NamedTuple):
    """
    The worst share of some losses, with the part of those at its edge that counts.

    A draw above the edge weighs `above` / `whole` and each at the edge `at` / `whole`: all that lie
    there share alike in what is left of the tail.
    """

    edge: int  # The value at risk.
    above: int
    at: int
    whole: int


def measure(
    simulation: Simulation,
    *,
    level: float = LEVEL,
    loss: Loss = "production",
    confidence: float = CONFIDENCE,
) -> Measures:
    """
    Return what simulated losses come to, group by group.

    Args:
        simulation: The draws.
        level: Of VaR and ES, in (0, 1); the worst 1 - level of all draws are one draw at least.
        loss: Which loss.
        confidence: Of the interval around VaR, in (0, 1).

    Raises:
        InvalidInput: An argument is out of its range, or no credit losses were simulated.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> from graph.scenarios import Failures, MonteCarlo, Stakes, simulate
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> model = MonteCarlo(Failures.build([1.0, 0.0]), draws=100, seed=1)
        >>> found = measure(simulate(production, Stakes.build([400, 900]), model))
        >>> found.el_fen.tolist(), found.es_fen.tolist(), found.es_error_fen.tolist()
        ([1300], [1300], [0.0])
    """
    losses, most_fen = losses_of(simulation, loss)
    cluster = simulation.model.cluster
    exact = check_level(level, len(losses))
    if not 0.0 < confidence < 1.0:
        raise InvalidInput(f"confidence {confidence} is not in (0, 1)")
    rows = []
    for place in range(losses.shape[1]):
        column = losses[:, place].copy()
        edge, shortfall = tail(column, exact).edge, expected_shortfall(column, exact)
        beyond = edge + np.maximum(0, column - edge) / float(1 - exact)
        low, high = _interval(column, edge, float(exact), confidence, cluster)
        rows.append(
            (
                round(Fraction(exact_sum(column), len(column))),
                edge,
                low,
                int(most_fen[place]) if high is None else high,
                round(shortfall),
                _error(column, cluster),
                _error(beyond, cluster),
            )
        )
    el, var, var_low, var_high, es = (
        np.array([row[at] for row in rows], np.int64) for at in range(5)
    )
    el_error, es_error = (np.array([row[at] for row in rows], np.float64) for at in (5, 6))
    figures = (el, el_error, var, var_low, var_high, es, es_error)
    return Measures(simulation.names, *figures, loss, level, confidence, len(losses))


def losses_of(simulation: Simulation, loss: Loss) -> tuple[IntArray, IntArray]:
    """Return losses by draw and group and all that each group can lose, or raise `InvalidInput`."""
    if loss not in ("production", "credit"):
        raise InvalidInput(f"loss {loss!r} is neither 'production' nor 'credit'")
    if loss == "production":
        return simulation.production_fen, simulation.most_fen[0]
    if simulation.credit_fen is None:
        raise InvalidInput("no credit losses were simulated: the stakes have no exposures")
    return simulation.credit_fen, simulation.most_fen[1]


def check_level(level: float, draws: int) -> Fraction:
    """
    Return a level as the decimal it is written as.

    Raises:
        InvalidInput: It is not in (0, 1), or the tail is less than one draw.

    Example:
        >>> check_level(0.99, 100)
        Fraction(99, 100)
    """
    if not 0.0 < level < 1.0:
        raise InvalidInput(f"level {level} is not in (0, 1)")
    exact = Fraction(str(float(level)))
    if (1 - exact) * draws < 1:
        raise InvalidInput(f"level {level} needs {-(-1 // (1 - exact))} draws, there are {draws}")
    return exact


def tail(losses: IntArray, level: Fraction) -> Tail:
    """
    Return the worst share of losses.

    Example:
        The worst three of eight draws: the nine, and two of the three sevens.

        >>> tail(np.array([7, 1, 9, 7, 0, 2, 7, 1]), Fraction(5, 8))
        Tail(edge=7, above=24, at=16, whole=72)
    """
    size = len(losses)
    place = -(-level.numerator * size // level.denominator) - 1
    edge = int(np.partition(losses, place)[place])
    above, at = int((losses > edge).sum()), int((losses == edge).sum())
    share = level.denominator - level.numerator
    left = size * share - above * level.denominator
    return Tail(edge, level.denominator * at, left, size * share * at)


def expected_shortfall(losses: IntArray, level: Fraction) -> Fraction:
    """
    Return the mean of the worst share of losses.

    Example:
        >>> expected_shortfall(np.array([7, 1, 9, 7, 0, 2, 7, 1]), Fraction(5, 8))
        Fraction(23, 3)
    """
    found = tail(losses, level)
    above = exact_sum(losses[losses > found.edge]) * found.above
    return Fraction(above + found.edge * int((losses == found.edge).sum()) * found.at, found.whole)


def exact_sum(amounts: IntArray) -> int:
    """
    Return the sum of amounts that are not negative, also one past 64 bits.

    Example:
        >>> exact_sum(np.full(8, 2**62)) == 2**65
        True
    """
    upper, lower = amounts >> HALF, amounts & ((1 << HALF) - 1)
    return (int(upper.sum()) << HALF) + int(lower.sum())


def _error(values: IntArray | FloatArray, cluster: int) -> float:
    """Return the standard error of the mean."""
    means = values.reshape(-1, cluster).mean(axis=1, dtype=np.float64)
    return float(means.std(ddof=1) / np.sqrt(len(means)))


def _interval(
    losses: IntArray, edge: int, level: float, confidence: float, cluster: int
) -> tuple[int, int | None]:
    """Return the two order statistics around VaR; 0 and None where there are too few draws."""
    size, half = len(losses), (1.0 - confidence) / 2.0
    if cluster == 1:
        low = _binomial_quantile(half, size, level)
        high = _binomial_quantile(1.0 - half, size, level) + 1
    else:
        wide = special.ndtri(1.0 - half) * _error((losses <= edge).astype(np.int64), cluster)
        low = int(np.floor((level - wide) * size))
        high = int(np.ceil((level + wide) * size)) + 1
    ordered = np.sort(losses)
    return int(ordered[low - 1]) if low > 0 else 0, int(ordered[high - 1]) if high <= size else None


def _binomial_quantile(share: float, draws: int, chance: float) -> int:
    """Return the least number of hits that at least a share of all trials stays at or below."""
    above = int(np.ceil(special.bdtrik(share, draws, chance)))
    below = max(above - 1, 0)  # The inverse is rounded: it may be one too many.
    return below if special.bdtr(below, draws, chance) >= share else above
