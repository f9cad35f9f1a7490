"""
First failures drawn at random: firms fail together because they share factors.

Firm i fails in a draw where its latent value is below its threshold [1]:

    x_i = sum_f sqrt(r_fi) Z_f,g(i) + sqrt(1 - sum_f r_fi) e_i  <  Phi^-1(PD_i)

All Z and e are independent and normal; factor f has one value Z_f,g for each of its groups g (one
group: a common factor; a group a sector: a factor for each sector), and r_fi is the share of i's
variance that it explains. So P(i fails) = PD_i whatever the shares, and two firms that share all
groups correlate by the sum of sqrt(r_fi r_fj).

Draws stand in blocks of `BLOCK`. Block b reads its own stream, seeded by (seed, b), in the order of
its draws: a draw has the same bits whatever the number of draws or threads, and a larger PD, all
else equal, makes more firms fail and never fewer.

[1] O. Vasicek, The distribution of loan portfolio value, Risk 15 (2002).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import refuse, refuse_size
from graph.spread.production.traded import UNKNOWN, number

Sampling = Literal["plain", "antithetic", "stratified"]
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)
BLOCK = 64  # Draws of one stream, and the strata of a stratified factor.
HELD = 1 << 18  # Normals held at a time by a thread: what a cache holds.
NEARLY = 1e-12  # By how much shares may sum past 1: rounding.


@dataclass(frozen=True, slots=True)
class Factor:
    """
    A source of joint failures.

    Args:
        groups: The group of every firm, from 0; -1: the factor does not touch it.
        share: Share of the latent variance that it explains, in [0, 1]: one for all firms or one
            for each.
    """

    groups: npt.ArrayLike
    share: npt.ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Who fails first in some draws."""

    offsets: IntArray
    rows: IntArray  # Ascending in each draw.

    def __len__(self) -> int:
        return len(self.offsets) - 1


class _Loading(NamedTuple):
    groups: IntArray  # The last one is of firms that the factor does not touch.
    size: int
    weight: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Failures:
    """How likely each firm fails first, and which factors firms share."""

    thresholds: FloatArray
    factors: tuple[_Loading, ...]
    own: FloatArray  # Weight of what no factor explains.
    pd: FloatArray

    def __len__(self) -> int:
        return len(self.pd)

    @classmethod
    def build(cls, pd: npt.ArrayLike, factors: Sequence[Factor] = ()) -> Self:
        """
        Return the failures of firms with these PDs; without factors they are independent.

        Args:
            pd: Probability that each firm fails first, in [0, 1]; 0 never does and 1 always.
            factors: What they share.

        Raises:
            InvalidInput: A column has the wrong length, a PD or share is not in [0, 1], or the
                shares of a firm sum to more than 1.

        Example:
            >>> sure = Failures.build([0.0, 1.0, 1.0])
            >>> sure.draw(seed=7, block=0, size=2).rows.tolist()
            [1, 2, 1, 2]
        """
        chances = np.array(pd, np.float64)
        if chances.ndim != 1:
            raise InvalidInput("pd is no column")
        refuse(~((chances >= 0) & (chances <= 1)), "pd", "is not in [0, 1]")
        explained = np.zeros(len(chances))
        found = []
        for at, factor in enumerate(factors):
            loading, share = _loading(factor, f"factors[{at}]", len(chances))
            found.append(loading)
            explained += share
        refuse(explained > 1.0 + NEARLY, "factors", "has shares that sum to more than 1")
        own = np.sqrt(np.maximum(0.0, 1.0 - explained))
        return cls(special.ndtri(chances), tuple(found), own, chances)

    @classmethod
    def correlated(
        cls,
        pd: npt.ArrayLike,
        *,
        common: float = 0.0,
        sectors: Sequence[str | None] | None = None,
        sector: float = 0.0,
    ) -> Self:
        """
        Return failures with one common factor and, where sectors are given, one for each sector.

        Args:
            pd: As in `build`.
            common: Share of variance that the common factor explains.
            sectors: The sector of every firm; None: its sector's share is its own.
            sector: Share of variance that the sector's factor explains.

        Raises:
            InvalidInput: As in `build`.

        Example:
            >>> linked = Failures.correlated(
            ...     [0.02, 0.5], common=0.1, sectors=["a", None], sector=0.2
            ... )
            >>> (linked.own**2).round(12).tolist()
            [0.7, 0.9]
        """
        chances = np.array(pd, np.float64)
        factors = [Factor(np.zeros(chances.size, np.int64), common)]
        if sectors is not None:
            factors.append(Factor(number(list(sectors)), sector))
        return cls.build(chances, factors)

    def draw(
        self, *, seed: int, block: int, size: int = BLOCK, sampling: Sampling = "plain"
    ) -> Drawn:
        """
        Return who fails in the first `size` draws of a block.

        Args:
            seed: Of the whole simulation, not negative.
            block: Number of the block, from 0.
            size: At most `BLOCK`.
            sampling: `antithetic`: every second draw turns the signs of the one before it.
                `stratified`: the first group of the first factor falls once into each of `BLOCK`
                equally likely strata over a block, in random order.

        Raises:
            InvalidInput: An argument is out of its range.
        """
        _check(sampling, seed, block, size)
        if sampling == "stratified" and not self.factors:
            raise InvalidInput("stratified draws need a factor")
        width = sum(each.size for each in self.factors) + len(self)
        pairs = sampling == "antithetic"
        source = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block,)))
        strata = _strata(seed, block)[:size] if sampling == "stratified" else None
        rows, sizes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        step = max(2, HELD // max(1, width)) // 2 * 2
        for first in range(0, size, step):
            count = min(step, size - first)
            normal = source.standard_normal((-(-count // 2) if pairs else count, width))
            if pairs:
                normal = np.stack([normal, -normal], axis=1).reshape(-1, width)[:count]
            if strata is not None:
                normal[:, 0] = strata[first : first + count]
            fails = self._latent(normal) < self.thresholds
            sizes.append(fails.sum(axis=1, dtype=np.int64))
            rows.append(np.nonzero(fails)[1].astype(np.int64))
        ends = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64)
        return Drawn(ends, np.concatenate(rows))

    def _latent(self, normal: FloatArray) -> FloatArray:
        """Return the latent values; a draw a row."""
        start = normal.shape[1] - len(self)
        latent: FloatArray = normal[:, start:] * self.own
        first = 0
        for groups, count, weight in self.factors:
            values = np.zeros((len(normal), count + 1))
            values[:, :count] = normal[:, first : first + count]
            latent += np.take(values, groups, axis=1) * weight
            first += count
        return latent


def _loading(factor: Factor, name: str, firms: int) -> tuple[_Loading, FloatArray]:
    groups = np.array(factor.groups, np.int64)
    refuse_size(groups, firms, f"{name}: groups")
    refuse(groups < UNKNOWN, f"{name}: groups", "is below -1")
    share = np.array(factor.share, np.float64)
    if share.ndim:
        refuse_size(share, firms, f"{name}: share")
    share = np.broadcast_to(share, firms).copy()
    refuse(~((share >= 0) & (share <= 1)), f"{name}: share", "is not in [0, 1]")
    share[groups == UNKNOWN] = 0.0
    count = int(groups.max(initial=UNKNOWN)) + 1
    return _Loading(np.where(groups == UNKNOWN, count, groups), count, np.sqrt(share)), share


def _strata(seed: int, block: int) -> FloatArray:
    """Return a normal out of each of `BLOCK` equally likely strata, in random order."""
    source = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block, 1)))
    order = source.permutation(BLOCK)
    # Never 0: a uniform in [0, 1) is turned into one in (0, 1].
    return np.asarray(special.ndtri((order + 1.0 - source.random(BLOCK)) / BLOCK).clip(-9.0, 9.0))


def _check(sampling: str, seed: int, block: int, size: int) -> None:
    if sampling not in SAMPLINGS:
        raise InvalidInput(f"sampling {sampling!r} is none of {', '.join(SAMPLINGS)}")
    if seed < 0 or block < 0:
        raise InvalidInput(f"seed {seed} or block {block} is negative")
    if not 0 <= size <= BLOCK:
        raise InvalidInput(f"size {size} is not in 0 to {BLOCK}")
