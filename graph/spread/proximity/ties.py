"""Who sells what share of whose purchases, and proximity to one source by plain steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log
from typing import Any, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.sums import SUM_MAX, sum_fits
from graph.errors import InvalidInput, NotConverged
from graph.network.firms import (
    FirmRows,
    Frame,
    checked_count,
    checked_ids,
    doubles,
    firm_frame,
    pairs_of,
    refuse,
    refuse_size,
)
from graph.spread.proximity.kernels import pagerank as kernel

Dangling = Literal["lost", "sources"]
DAMPING = 0.85
TOLERANCE = 1e-10
# A bound on time where damping is near 1: visits of firms and trades, of some seconds, but
# never so few steps that a damping of 0.999 does not settle on a large network.
VISITS_MAX = 20_000_000
STEPS_MIN = 30_000


def steps_max(needed: float, size: int) -> int:
    """
    Return how many steps may be taken: what theory says is enough, within a bound on time.

    Args:
        needed: Steps that are enough by the damping alone.
        size: Firms and trades that a step visits.

    Example:
        >>> steps_max(120.5, 1_000), steps_max(2e10, 100), steps_max(2e10, 1_000_000)
        (121, 200000, 30000)
    """
    return ceil(min(needed, max(STEPS_MIN, VISITS_MAX // max(1, size))))


class Traded(Protocol):
    """What ties are read from in a `graph.network.Network`."""

    @property
    def out_indptr(self) -> npt.NDArray[Any]:
        """Return where each supplier's trades begin."""
        ...

    @property
    def out_indices(self) -> npt.NDArray[Any]:
        """Return the buyers' rows."""
        ...

    @property
    def out_amount_fen(self) -> npt.NDArray[Any]:
        """Return what each buyer bought."""
        ...

    @property
    def ids(self) -> Sequence[str] | None:
        """Return what the firms are called, in row order."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Ties:
    """Every supplier's buyers and its share of their purchases."""

    indptr: IntArray
    buyers: IntArray
    shares: FloatArray
    buys: npt.NDArray[np.bool_]
    ids: Sequence[str] | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.buys)

    @classmethod
    def build(
        cls,
        firms: int,
        *,
        suppliers: npt.ArrayLike,
        buyers: npt.ArrayLike,
        amounts: npt.ArrayLike,
        ids: Sequence[str] | None = None,
    ) -> Self:
        """
        Return the ties of a list of trades between rows 0 to firms - 1.

        Args:
            firms: Number of firms.
            suppliers: Row or id of the selling firm of every trade; equal pairs are added up.
            buyers: Row or id of the buying firm.
            amounts: What was sold, not negative.
            ids: What the firms are called, in row order.

        Raises:
            InvalidInput: The columns differ in length, name no firm, or an amount is negative.
        """
        named = FirmRows(checked_count("firms", firms), checked_ids(ids, firms))
        ends = {"suppliers": suppliers, "buyers": buyers}
        selling, buying, sums = pairs_of(named, amounts, ends)
        order = np.lexsort((buying, selling))
        bought = np.bincount(buying, sums, firms)
        shares = np.divide(sums, bought[buying], out=np.zeros(len(sums)), where=sums > 0)
        indptr = np.concatenate(([0], np.cumsum(np.bincount(selling, minlength=firms))))
        return cls(indptr.astype(np.int64), buying[order], shares[order], bought > 0, named.ids)

    @classmethod
    def of(cls, network: Traded) -> Self:
        """Return the ties of a network."""
        firms = len(network)
        return cls.build(
            firms,
            suppliers=np.repeat(np.arange(firms), np.diff(network.out_indptr)),
            buyers=network.out_indices,
            amounts=network.out_amount_fen,
            ids=network.ids,
        )


@dataclass(frozen=True, slots=True)
class Diffusion:
    """The proximity of every firm to one source: shares that sum to at most 1."""

    shares: FloatArray
    rounds: int
    residual: float  # What the shares leave out at most, all together.
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, share."""
        return firm_frame(self.ids, share=self.shares)


def spread(
    ties: Ties,
    source: npt.ArrayLike,
    *,
    damping: float = DAMPING,
    tolerance: float = TOLERANCE,
    dangling: Dangling = "lost",
) -> Diffusion:
    """
    Return how strongly every firm is tied to a source, walking from buyers to suppliers.

    Args:
        ties: Who sells what share of whose purchases.
        source: What every firm weighs in the source, in any unit; it is brought to sum 1.
        damping: What each step keeps of the one before.
        tolerance: What may be left out, summed over all firms.
        dangling: Where the share of a firm that buys nothing goes on to.

    Raises:
        InvalidInput: The source weighs nothing, or an argument is out of range.
        NotConverged: More than the tolerance is left out after the steps that time allows.

    Example:
        Firm 0 buys from 1, and 1 from 2 and 3 alike.

        >>> ties = Ties.build(4, suppliers=[1, 2, 3], buyers=[0, 1, 1], amounts=[8, 5, 5])
        >>> spread(ties, [1, 0, 0, 0], damping=0.5).shares.tolist()
        [0.5, 0.25, 0.0625, 0.0625]
    """
    weights = doubles(source, "source").copy()
    _check(ties, weights, damping, tolerance, dangling)
    # Each step leaves at most `damping` of the mass, so this many reach the tolerance.
    needed = 2 + (log(tolerance) / log(damping) if damping > 0.0 else 0)
    rounds_max = steps_max(needed, len(ties) + len(ties.shares))
    shares, rounds, residual = kernel.spread(
        ties.indptr,
        ties.buyers,
        ties.shares,
        (~ties.buys).astype(np.float64) * (dangling == "sources"),
        weights / weights.sum(),
        damping,
        tolerance,
        rounds_max,
    )
    if residual > tolerance:
        raise NotConverged(
            f"{residual:.2e} is left out after {rounds} steps, the most at damping {damping!r}: "
            "a smaller damping or a larger tolerance settles sooner"
        )
    return Diffusion(shares, rounds, residual, ties.ids)


def _check(
    ties: Ties, weights: FloatArray, damping: float, tolerance: float, dangling: str
) -> None:
    refuse_size(weights, len(ties), "the source")
    refuse(~(np.isfinite(weights) & (weights >= 0)), "source", "is negative or missing")
    if not weights.any():
        raise InvalidInput("the source weighs nothing")
    if not sum_fits(weights):
        raise InvalidInput(f"the source's weights sum to more than {SUM_MAX:g}")
    if not 0.0 <= damping < 1.0:
        raise InvalidInput(f"damping {damping} is not in [0, 1)")
    check_tolerance(tolerance, dangling)


def check_tolerance(tolerance: float, dangling: str) -> None:
    """Raise `InvalidInput` for what is out of range."""
    if not 0.0 < tolerance < 1.0:
        raise InvalidInput(f"tolerance {tolerance} is not in (0, 1)")
    if dangling not in ("lost", "sources"):
        raise InvalidInput(f"dangling {dangling!r} is neither 'lost' nor 'sources'")
