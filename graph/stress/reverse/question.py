"""What is sought: who may fail, how likely, and the loss that is to be broken."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import rows_of
from graph.spread.production.cascade import esri
from graph.spread.production.economy import Production
from graph.spread.production.fixed_point import EXACT
from graph.spread.shocks import Scenarios

ROUNDING = 4e-9  # Of a loss: what slow rounds may still add up to.
TINY = 1e-11
EVEN = 0.5
Set = tuple[int, ...]  # Places of candidates, ascending.


@dataclass(frozen=True, slots=True)
class Question:
    """
    Which of some firms must close for production to lose so much is to be found.

    Args:
        production: The prepared economy.
        rows: Firms that may close, by row or id, each at most once.
        threshold_fen: The loss that is to be reached, above 0.
        output_fen: The value of a year's whole production: a loss is its index times this.
        probabilities: Of each closing, independent of the others, above 0 and below one half. The
            likeliest set is sought then: that for which it is likeliest that just these of all
            candidates close. Without them the smallest set is sought.
    """

    production: Production
    rows: npt.ArrayLike
    threshold_fen: int
    output_fen: int
    probabilities: npt.ArrayLike | None = None

    def checked(self) -> "PreparedQuestion":
        """
        Return the columns as arrays, in ascending order of rows.

        Raises:
            InvalidInput: A column or an amount is not what it must be.
        """
        rows = rows_of(np.reshape(self.rows, -1), self.production, "rows")
        for name, amount in (
            ("threshold_fen", self.threshold_fen),
            ("output_fen", self.output_fen),
        ):
            if amount < 1:
                raise InvalidInput(f"{name} {amount} is not above 0")
        if ((rows < 0) | (rows >= len(self.production))).any():
            raise InvalidInput("rows: one is no row of a firm")
        order = np.argsort(rows, kind="stable")
        if (np.diff(rows[order]) == 0).any():
            raise InvalidInput("rows: a firm stands twice")
        if self.probabilities is None:
            return PreparedQuestion(self, rows[order], np.ones(len(rows)))
        given = np.array(self.probabilities, np.float64)
        if given.shape != rows.shape:
            raise InvalidInput(f"{given.size} probabilities for {len(rows)} firms")
        if not ((given > 0.0) & (given < EVEN)).all():
            raise InvalidInput("probabilities: one is not above 0 and below one half")
        return PreparedQuestion(self, rows[order], np.log((1.0 - given) / given)[order])


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """
    A question with its columns as arrays; sets are named by places in them.

    `weights` are 1, or the logarithm of the odds against each firm's closing. A set S closes, and
    nobody else, with probability prod_S p prod_rest (1 - p) = const prod_S p / (1 - p): the
    likeliest set is that of the least sum of weights.
    """

    question: Question
    rows: IntArray
    weights: FloatArray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def counted(self) -> bool:
        """Return whether sets are compared by how many they are."""
        return self.question.probabilities is None

    @property
    def needed(self) -> float:
        """Return the index from which on a loss is rounded up to the threshold."""
        return (self.question.threshold_fen - 0.5) / self.question.output_fen

    def weight(self, chosen: Sequence[int]) -> float:
        """Return what a set weighs, the same bits in any order."""
        return float(np.sum(self.weights[sorted(chosen)]))

    def lost_fen(self, index: float) -> int:
        """Return a loss in money, to the nearest fen."""
        return round(index * self.question.output_fen)

    def breaks(self, index: float) -> bool:
        """Return whether a loss reaches the threshold."""
        return self.lost_fen(index) >= self.question.threshold_fen

    def short(self, bound: FloatArray) -> npt.NDArray[np.bool_]:
        """Return which losses cannot reach the threshold, by their bounds from above."""
        return np.asarray(bound * (1.0 + ROUNDING) + TINY < self.needed)


@dataclass(slots=True)
class Joint:
    """Losses of sets that close together, at the fixed point; counts what it runs."""

    asked: PreparedQuestion
    threads: int = 1
    evaluations: int = 0

    def indices(self, sets: Sequence[Set], production: Production | None = None) -> FloatArray:
        """
        Return the index of each set, in this economy or another one with the same firms.

        Raises:
            NotConverged: Losses still moved at the bound on rounds.
        """
        ends = np.concatenate([[0], np.cumsum([len(each) for each in sets])]).astype(np.int64)
        places = np.array([place for each in sets for place in each], np.int64)
        whole = np.ones(len(places))
        scenarios = Scenarios(ends, self.asked.rows[places], whole, whole)
        chosen = self.asked.question.production if production is None else production
        self.evaluations += len(sets)
        return esri(chosen, scenarios, rules=EXACT, threads=self.threads).total
