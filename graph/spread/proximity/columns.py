"""Proximity to many sources at a time: sources, the layout of the walk, and its runs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import log
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.sorting import offsets, sorted_by
from graph.arrays.sums import SUM_MAX, sum_fits
from graph.errors import InvalidInput, NotConverged
from graph.network.firms import Frame, firm_column, frame, named_or_whole, rows_of
from graph.spread.proximity.kernels import walks
from graph.spread.proximity.ties import (
    DAMPING,
    TOLERANCE,
    Dangling,
    Ties,
    check_tolerance,
    steps_max,
)

Progress = Callable[[int], None]
SPAN = 2 * (2 + walks.START_MAX)  # Twice what shares and their start sum to, or more.
# Sweeps go on until little besides rounding is left, and where they stall above it, that is taken.
ROUNDING_SOUGHT, ROUNDING_LEFT = 17 / 16, 4.0
STEPS = 20  # Towards the slowest direction: each halves what is left of the others, or better.


@dataclass(frozen=True, slots=True)
class Sources:
    """
    What firms weigh in many sources, in any unit: entries of source k from offsets[k] on.

    Args:
        offsets: Where each source begins, from 0, and where the last ends.
        rows: Firms, by row or id; one that stands twice in a source is added up.
        weights: What each weighs; a source is brought to sum 1.

    Raises:
        InvalidInput: The columns do not fit, a weight is negative, missing or beyond all sense, or
            a source weighs nothing.
    """

    offsets: IntArray
    rows: npt.NDArray[Any]
    weights: FloatArray

    def __post_init__(self) -> None:
        ends = [*self.offsets[:1].tolist(), *self.offsets[-1:].tolist()]
        if ends != [0, len(self.rows)] or bool((np.diff(self.offsets) < 0).any()):
            raise InvalidInput("offsets of sources do not rise from 0 to the number of entries")
        if len(self.rows) != len(self.weights):
            raise InvalidInput("rows and weights of sources differ in length")
        if not bool((np.isfinite(self.weights) & (self.weights >= 0)).all()):
            raise InvalidInput("a source has a negative or missing weight")
        if not sum_fits(self.weights):
            raise InvalidInput(f"the weights of sources sum to more than {SUM_MAX:g}")
        nothing = np.flatnonzero(self._sums() <= 0)
        if len(nothing):
            raise InvalidInput(f"source {nothing[0]} weighs nothing")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def alone(cls, rows: npt.ArrayLike) -> Self:
        """Return one source a firm, given by row or by id."""
        firms = named_or_whole(rows, "rows")
        return cls(np.arange(len(firms) + 1), firms, np.ones(len(firms)))

    @classmethod
    def of(cls, weights: npt.ArrayLike) -> Self:
        """Return the sources given by a matrix of sources and firms."""
        table = np.atleast_2d(np.array(weights, np.float64))
        source, firm = np.nonzero(table)
        return cls(offsets(source, len(table)), firm, table[source, firm])

    def _sums(self) -> FloatArray:
        owner = np.repeat(np.arange(len(self)), np.diff(self.offsets))
        return np.bincount(owner, self.weights, len(self)).astype(np.float64)

    def placed(self, walk: "Walk") -> walks.SourceArrays:
        """Return the sources as the kernel reads them."""
        places, rows = walk.layout.places, rows_of(self.rows, walk.ties, "rows")
        if bool(((rows < 0) | (rows >= len(places))).any()):
            raise InvalidInput(f"a source names a row outside the {len(places)} firms")
        shares = self.weights / np.repeat(self._sums(), np.diff(self.offsets))
        return walks.SourceArrays(self.offsets, places[rows], shares)

    def names(self, walk: "Walk") -> Any:
        """Return a column of what sources are called: by their firm where all have one."""
        if bool((np.diff(self.offsets) == 1).all()):
            return firm_column(walk.ties.ids, rows_of(self.rows, walk.ties, "rows"))
        return np.arange(len(self))


@dataclass(frozen=True, slots=True)
class Walk:
    """Ties laid out for many sources, for one damping; reusable, and safe to share by threads."""

    ties: Ties
    damping: float
    layout: walks.WalkArrays
    rounding: float

    def __len__(self) -> int:
        return len(self.ties)

    @property
    def floor(self) -> float:
        """Return what rounding alone may put the shares of a source off by, all together."""
        return ROUNDING_LEFT * self.rounding

    @classmethod
    def prepare(cls, ties: Ties, *, damping: float = DAMPING) -> Self:
        """
        Return the ties in the order of the sweeps, with what a sweep damps least.

        Raises:
            InvalidInput: `damping` is not in [0, 1).
        """
        if not 0.0 <= damping < 1.0:
            raise InvalidInput(f"damping {damping} is not in [0, 1)")
        firms, sizes = len(ties), np.diff(ties.indptr)
        purchases = np.bincount(ties.buyers, minlength=firms)
        order = np.lexsort((-purchases, sizes > 0))  # What is read most often lies together.
        places = np.empty(firms, np.int64)
        places[order] = np.arange(firms)
        suppliers = np.repeat(places, sizes)
        by_place = sorted_by(suppliers, np.arange(len(suppliers)), firms)
        indptr = offsets(suppliers, firms)
        buyers = places[ties.buyers[by_place]].astype(np.int32)
        shares = damping * ties.shares[by_place]
        weights = walks.heavy(indptr, buyers, shares, damping)
        slowest, pull = walks.directions(indptr, buyers, shares, damping, STEPS)
        layout = walks.WalkArrays(
            places,
            indptr,
            buyers,
            shares,
            weights,
            shares.astype(np.float32),
            weights.astype(np.float32),
            slowest,
            pull,
            int((sizes == 0).sum()),
            damping,
        )
        return cls(ties, damping, layout, walks.rounding(indptr, damping))


@dataclass(frozen=True, slots=True)
class Spreads:
    """The proximity of every firm to many sources, and how near they are to the equation."""

    shares: FloatArray  # Sources by firms.
    rounds: IntArray
    residual: FloatArray  # What a source's shares may be off by at most, all together.
    damping: float
    tolerance: float
    dangling: Dangling
    ids: Sequence[str] | None = field(default=None, repr=False)
    sources: Any = field(default=None, repr=False)  # What each is called.

    def to_pandas(self) -> Frame:
        """Return a row a source and firm near it: source, firm, share."""
        source, firm = np.nonzero(self.shares)
        named = _taken(self.sources, source), firm_column(self.ids, firm)
        return frame({"source": named[0], "firm": named[1], "share": self.shares[source, firm]})


@dataclass(frozen=True, slots=True)
class StrongSpreads:
    """The proximity of at least `least` to many sources, by firm: source k from offsets[k] on."""

    offsets: IntArray
    firms: IntArray
    shares: FloatArray
    least: float
    rounds: IntArray
    residual: FloatArray  # What a source's shares may be off by at most, before any is left out.
    ids: Sequence[str] | None = field(default=None, repr=False)
    sources: Any = field(default=None, repr=False)  # What each is called.

    def to_pandas(self) -> Frame:
        """Return a row a source and firm: source, firm, share."""
        source = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        named = _taken(self.sources, source), firm_column(self.ids, self.firms)
        return frame({"source": named[0], "firm": named[1], "share": self.shares})


def _taken(named: Any, places: IntArray) -> Any:
    """Return what each place is called: by its number where nothing else is known."""
    if named is None:
        return places
    return named[places] if isinstance(named, np.ndarray) else named.take(pa.array(places))


def spread_all(
    walk: Walk,
    sources: Sources,
    *,
    tolerance: float = TOLERANCE,
    dangling: Dangling = "lost",
    threads: int = 1,
    progress: Progress | None = None,
) -> Spreads:
    """
    Return how strongly every firm is tied to each of many sources, as `spread` does for one.

    The equation that the shares solve, and the bound on how far they are from it, stand in
    `kernels/walks.py`. A source has the same bits in any company, on any number of threads.
    A tolerance below what floats can reach ends where only rounding is left; `residual` says there
    how far off the shares may be.

    Args:
        walk: Who sells what share of whose purchases, prepared.
        sources: What every firm weighs in each source.
        tolerance: What a source's shares may be off by, summed over all firms.
        dangling: Where the share of a firm that buys nothing goes on to.
        threads: How many blocks of sources run at a time.
        progress: Told how many more sources are done.

    Raises:
        InvalidInput: A source names a firm outside, or an argument is out of range.
        NotConverged: A source is further off after the sweeps that time allows.

    Example:
        Firm 0 buys from 1, and 1 from 2 and 3 alike.

        >>> ties = Ties.build(4, suppliers=[1, 2, 3], buyers=[0, 1, 1], amounts=[8, 5, 5])
        >>> walk = Walk.prepare(ties, damping=0.5)
        >>> spread_all(walk, Sources.alone([0, 1])).shares.tolist()
        [[0.5, 0.25, 0.0625, 0.0625], [0.0, 0.5, 0.125, 0.125]]
    """
    shares = np.zeros((len(sources), len(walk)))
    job = _Job(walk, sources, tolerance, dangling)
    rounds, residual = job.run(threads, lambda first, last: shares[first:last], progress)
    settings = walk.damping, tolerance, dangling
    return Spreads(shares, rounds, residual, *settings, walk.ties.ids, sources.names(walk))


def spread_strong(
    walk: Walk,
    sources: Sources,
    *,
    least: float,
    tolerance: float = TOLERANCE,
    dangling: Dangling = "lost",
    threads: int = 1,
) -> StrongSpreads:
    """
    Return the proximity of at least `least`, as `spread_all` computes them, and no other.

    Memory is that of what is kept and one block of sources a thread.

    Args:
        walk: Who sells what share of whose purchases, prepared.
        sources: What every firm weighs in each source.
        least: The smallest share that is kept, above 0.
        tolerance: What a source's shares may be off by before that, summed over all firms.
        dangling: Where the share of a firm that buys nothing goes on to.
        threads: How many blocks of sources run at a time.

    Raises:
        InvalidInput: A source names a firm outside, or an argument is out of range.
        NotConverged: A source is further off after the sweeps that time allows.

    Example:
        >>> ties = Ties.build(4, suppliers=[1, 2, 3], buyers=[0, 1, 1], amounts=[8, 5, 5])
        >>> walk = Walk.prepare(ties, damping=0.5)
        >>> found = spread_strong(walk, Sources.alone([0, 1]), least=0.2)
        >>> found.offsets.tolist(), found.firms.tolist(), found.shares.tolist()
        ([0, 2, 3], [0, 1, 1], [0.5, 0.25, 0.5])
    """
    if not 0.0 < least <= 1.0:
        raise InvalidInput(f"least {least} is not in (0, 1]")
    parts: dict[int, tuple[IntArray, IntArray, FloatArray]] = {}

    def keep(first: int, found: FloatArray) -> None:
        """Keep the shares of a block that are large enough."""
        source, firm = np.nonzero(found >= least)
        parts[first] = (np.bincount(source, minlength=len(found)), firm, found[source, firm])

    job = _Job(walk, sources, tolerance, dangling)
    rounds, residual = job.run(
        threads, lambda first, last: np.zeros((last - first, len(walk))), keep=keep
    )
    kept = [parts[first] for first in sorted(parts)]
    sizes, firms, shares = (
        np.concatenate([np.zeros(0, kind), *(part[place] for part in kept)])
        for place, kind in enumerate((np.int64, np.int64, np.float64))
    )
    ends = np.concatenate([[0], np.cumsum(sizes)])
    named = walk.ties.ids, sources.names(walk)
    return StrongSpreads(ends, firms, shares, least, rounds, residual, *named)


@dataclass(frozen=True, slots=True)
class _Job:
    """Sources on their way: blocks of them over threads."""

    walk: Walk
    sources: Sources
    tolerance: float
    dangling: Dangling

    def __post_init__(self) -> None:
        check_tolerance(self.tolerance, self.dangling)
        if not self.walk.floor < 1.0:
            raise InvalidInput(
                f"damping {self.walk.damping!r} is too near 1: "
                f"rounding alone may put shares off by {self.walk.floor:.2g}"
            )

    def run(
        self,
        threads: int,
        into: Callable[[int, int], FloatArray],
        progress: Progress | None = None,
        *,
        keep: Callable[[int, FloatArray], None] | None = None,
    ) -> tuple[IntArray, FloatArray]:
        """Fill what `into` gives for every block of sources; return rounds and residuals."""
        if threads < 1:
            raise InvalidInput(f"threads {threads} is not at least 1")
        count, placed = len(self.sources), self.sources.placed(self.walk)
        rounds, residual = np.zeros(count, np.int64), np.zeros(count)
        blocks = range(0, count, walks.COLUMNS)

        def work(place: int) -> None:
            """Fill the blocks of one thread."""
            space = walks.space(len(self.walk))
            for first in blocks[place::threads]:
                last = min(first + walks.COLUMNS, count)
                found = into(first, last)
                self._block(placed, (first, last), space, (found, rounds, residual))
                if keep is not None:
                    keep(first, found)
                if progress is not None:
                    progress(last - first)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(min(threads, len(blocks)))))
        return rounds, residual

    def _block(
        self,
        placed: walks.SourceArrays,
        ends: tuple[int, int],
        space: walks.WalkWorkspace,
        into: tuple[FloatArray, IntArray, FloatArray],
    ) -> None:
        damping, own = self.walk.damping, slice(*ends)
        found, rounds, left = into[0], into[1][own], into[2][own]
        # The shares with what dangles sent back are those without, brought to sum 1: twice the
        # distance by their sum, which is at least 1 - damping.
        near = self.tolerance * ((1.0 - damping) / 2.0 if self.dangling == "sources" else 1.0)
        near = max(near, ROUNDING_SOUGHT * self.walk.rounding)
        needed = 3 + (log(near * (1 - damping) / SPAN) / log(damping) if damping else 0)
        limits = walks.Accuracy(
            near - self.walk.rounding,
            steps_max(needed, len(self.walk) + len(self.walk.ties.shares)),
        )
        walks.run(self.walk.layout, placed, *ends, limits, space, found, rounds, left)
        left += self.walk.rounding
        far = np.flatnonzero(~(left <= max(near, self.walk.floor)))
        if self.dangling == "sources":
            sums = found.sum(axis=1)
            found /= sums[:, None]
            left *= 2.0 / sums
        if len(far):
            source, sweeps = ends[0] + far[0], rounds[far[0]]
            raise NotConverged(
                f"source {source}: {left[far[0]]:.2e} is left out after {sweeps} sweeps, the most "
                f"at damping {damping!r}: a smaller damping or a larger tolerance settles sooner"
            )
