"""Losses of equity passed on from debtors to their creditors (DebtRank)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput, NotConverged
from graph.network.firms import (
    FirmRows,
    Frame,
    checked_ids,
    doubles,
    firm_frame,
    pairs_of,
    refuse,
    refuse_amounts,
    refuse_size,
)
from graph.spread.equity.kernels import debtrank as kernel
from graph.spread.equity.kernels.bracket import Owing
from graph.spread.shocks import Scenarios

Kind = Literal["linear", "single-hit", "nonlinear"]
KINDS: dict[str, int] = {
    "linear": kernel.LINEAR,
    "single-hit": kernel.SINGLE_HIT,
    "nonlinear": kernel.NONLINEAR,
}
TOLERANCE = 1e-12
ROUNDS_MAX = 10_000
ETA = 2.0  # The published setting: linear losses are unrealistically large.


@dataclass(frozen=True, slots=True)
class Exposures:
    """What each firm is owed by whom, as shares of its equity, and what it weighs."""

    indptr: IntArray
    debtors: IntArray
    shares: FloatArray
    weights: FloatArray
    owing: Owing  # The same by debtor.
    ids: Sequence[str] | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.weights)

    @classmethod
    def build(
        cls,
        equity: npt.ArrayLike,
        *,
        creditors: npt.ArrayLike,
        debtors: npt.ArrayLike,
        amounts: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
        ids: Sequence[str] | None = None,
    ) -> Self:
        """
        Return the exposures of firms with this equity; equal pairs are added up.

        Args:
            equity: Of every firm, not negative; a firm with none loses all by any loss.
            creditors: Row or id of the firm that is owed, by claim.
            debtors: Row or id of the firm that owes, another one.
            amounts: What it owes, not negative.
            weights: What a firm counts in the index; by default its equity.
            ids: What the firms are called, in row order.

        Raises:
            InvalidInput: A column is not what it must be.
        """
        buffers = doubles(equity, "equity").copy()
        known = FirmRows(len(buffers), checked_ids(ids, len(buffers)))
        counts = buffers if weights is None else doubles(weights, "weights").copy()
        for name, values in (("equity", buffers), ("weights", counts)):
            refuse_amounts(values, name)
            refuse_size(values, len(buffers), name)
        ends = {"creditors": creditors, "debtors": debtors}
        owed, owing, sums = pairs_of(known, amounts, ends)
        refuse(owed == owing, "creditors", "has a claim on itself")
        total, firms = counts.sum(), len(buffers)
        claims = sparse.coo_array((sums, (owed, owing)), shape=(firms, firms)).tocsr()
        claims.eliminate_zeros()
        # A claim above all equity there can be is that of a firm without equity.
        with np.errstate(divide="ignore", over="ignore"):
            claims.data /= np.repeat(buffers, np.diff(claims.indptr))
        by_debtor = claims.tocsc()
        return cls(
            claims.indptr.astype(np.int64),
            claims.indices.astype(np.int64),
            claims.data,
            counts / total if total > 0 else np.zeros(firms),
            Owing(
                by_debtor.indptr.astype(np.int64),
                by_debtor.indices.astype(np.int32),
                by_debtor.data,
            ),
            known.ids,
        )


@dataclass(frozen=True, slots=True)
class DebtRank:
    """What one scenario costs: shares of equity by firm, and their weighted sums."""

    losses: FloatArray
    debtrank: float  # Without the first losses.
    total: float
    rounds: int
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, loss."""
        return firm_frame(self.ids, loss=self.losses)


def spread_equity(
    exposures: Exposures,
    scenario: Scenarios,
    *,
    kind: Kind = "linear",
    eta: float = ETA,
    tolerance: float = TOLERANCE,
) -> DebtRank:
    """
    Pass the first losses of one scenario on to creditors until nothing more moves.

    Args:
        exposures: Who is owed what share of its equity by whom.
        scenario: One scenario; `down` is the share of equity that a firm loses at the start.
        kind: What a firm passes on: all it loses, once only, or the less the less it has lost.
        eta: How steep `nonlinear` is: 0 is linear.
        tolerance: Largest change of a round that counts as still.

    Raises:
        InvalidInput: An argument is not what it must be.
        NotConverged: Losses still moved when the bound on rounds was reached.

    Example:
        Firm 0 owes firm 1 forty, 1 has equity of 100.

        >>> from graph.contagion import Scenarios
        >>> exposures = Exposures.build([50, 100], creditors=[1], debtors=[0], amounts=[40])
        >>> spread_equity(exposures, Scenarios.together([0])).losses.tolist()
        [1.0, 0.4]
    """
    if kind not in KINDS:
        raise InvalidInput(f"kind {kind!r} is none of {', '.join(KINDS)}")
    if not (eta >= 0.0 and 0.0 <= tolerance < 1.0):
        raise InvalidInput("eta is negative or the tolerance not in [0, 1)")
    scenario.refuse_many()
    shocks = scenario.shocks(exposures)
    start = np.zeros(len(exposures))
    start[shocks.rows] = shocks.down
    shares = np.minimum(exposures.shares, 1.0) if kind == "single-hit" else exposures.shares
    losses, rounds, largest = kernel.spread(
        exposures.indptr, exposures.debtors, shares, start, KINDS[kind], eta, tolerance, ROUNDS_MAX
    )
    if largest > tolerance:
        raise NotConverged(f"losses still moved by {largest:.2e} after {rounds} rounds")
    total = float(exposures.weights @ losses)
    first = float(exposures.weights @ start)
    return DebtRank(losses, total - first, total, rounds, exposures.ids)
