"""Who stands in which tier of a core's chain."""

import os
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays import csr
from graph.arrays.dtypes import IntArray, RowArray
from graph.network import Network
from graph.structure.chains.arguments import Rows, check_steps, core_rows_of, exact_share
from graph.structure.chains.kernels import tiers
from graph.structure.chains.results import COLUMNS, DOWN, UP, Chain, Chains

Part = tuple[npt.NDArray[Any], ...]
Edges = tuple[IntArray, RowArray, IntArray]

TIERS_MAX = 5
SHARE_MIN = Decimal("0.005")
CAPACITY = 2**25  # Members that the columns can hold before they are copied to larger ones.
TURN = 4  # Chains a thread walks before they are copied together: large and small ones even out.
KINDS = (np.int32, np.int8, np.int8, np.int32, np.int32)


def find_chain(
    network: Network,
    core: str,
    *,
    tiers_max: int = TIERS_MAX,
    share_min: Decimal | float = SHARE_MIN,
) -> Chain:
    """
    Return the chain of one core.

    Raises:
        NotFound: The core is not in the network.
        InvalidInput: A parameter is out of its range.

    Example:
        >>> from graph.testing.networks import toy
        >>> network = toy({("ore", "mill"): 60, ("mill", "cars"): 90, ("cars", "shop"): 100})
        >>> chain = find_chain(network, "cars")
        >>> [network.ids[row] for row in chain.firm_rows], chain.tier.tolist()
        (['mill', 'ore', 'shop'], [1, 2, 1])
        >>> [network.ids[row] for row in chain.path(network.row("ore"))]
        ['ore', 'mill', 'cars']
    """
    rows = [network.row(core)]
    found = find_chains(network, rows, tiers_max=tiers_max, share_min=share_min, threads=1)
    return found.chain(0)


def strengths(network: Network, chain: Chain) -> IntArray:
    """
    Return the smallest amount along each member's path on the side where it is listed, in fen.

    Example:
        >>> from graph.testing.networks import toy
        >>> network = toy({("ore", "mill"): 60, ("mill", "cars"): 90})
        >>> strengths(network, find_chain(network, "cars")).tolist()
        [90, 60]
    """
    found = np.zeros(len(chain), np.int64)
    for side, tier, via in (
        (UP, chain.up_tier, chain.up_via_rows),
        (DOWN, chain.down_tier, chain.down_via_rows),
    ):
        along = np.zeros(len(chain), np.int64)
        for t in range(1, int(tier.max(initial=0)) + 1):
            at = np.flatnonzero(tier == t)
            ends = (chain.firm_rows[at], via[at]) if side == UP else (via[at], chain.firm_rows[at])
            last = network.amounts_fen(*ends)
            before = along[np.searchsorted(chain.firm_rows, via[at])] if t > 1 else last
            along[at] = np.minimum(last, before)
        listed = chain.direction == side
        found[listed] = along[listed]
    return found


def find_chains(
    network: Network,
    core_rows: Rows,
    *,
    tiers_max: int = TIERS_MAX,
    share_min: Decimal | float = SHARE_MIN,
    threads: int | None = None,
) -> Chains:
    """
    Return the chains of many cores.

    A trade counts when it is positive and at least `share_min` of the supplier's net sales or of
    the buyer's net purchases. Among the shortest paths to a firm the strongest is kept: the one
    whose smallest amount is largest, through the smallest row among equals.

    Args:
        network: Who supplies whom.
        core_rows: Rows of the cores, or their ids; each has its own chain.
        tiers_max: Steps to go, each way.
        share_min: Least weight of a trade, compared exactly.
        threads: Threads to use; as many as the machine has by default. The result is the same.

    Raises:
        InvalidInput: A row is no firm, or a parameter is out of its range.
        NotFound: A core is not in the network.
    """
    cores = core_rows_of(network, core_rows)
    check_steps(tiers_max, "tiers_max")
    workers = max(1, min(threads or os.cpu_count() or 1, len(cores)))
    flat = _Flat(len(cores) * len(network))
    with ThreadPoolExecutor(max_workers=workers) as pool:
        sides = _weighty(network, exact_share(share_min), pool)
        walkers = _Walkers([_Walker(sides, tiers_max) for _ in range(workers)])
        spaces = [_workspace(len(network)) for _ in range(min(len(cores), TURN * workers))]
        for first in range(0, len(cores), TURN * workers):
            some = cores[first : first + TURN * workers].tolist()
            flat.append(list(pool.map(walkers.members, some, spaces)), pool)
    offsets = np.array(flat.offsets)
    return Chains(core_rows=cores, offsets=offsets, ids=network.ids, **flat.columns())


def _weighty(network: Network, share: Fraction, pool: Executor) -> tuple[Edges, Edges]:
    """Return the trades of some weight as rows of buyers (to walk up) and suppliers (down)."""
    part = (share.numerator, share.denominator)
    sold = tiers.thresholds(network.sales_fen, *part)
    bought = tiers.thresholds(network.purchases_fen, *part)
    up = (network.in_indptr, network.in_indices, network.in_amount_fen)
    down = (network.out_indptr, network.out_indices, network.out_amount_fen)
    walked_up, walked_down = pool.map(_kept, (up, down), (bought, sold), (sold, bought))
    return walked_up, walked_down


def _kept(edges: Edges, least_row: IntArray, least_index: IntArray) -> Edges:
    return csr.keep(*edges, tiers.weighty(*edges, least_row, least_index))


def _workspace(size: int) -> Part:
    """Return a workspace for the columns of one chain; memory is used as far as it is filled."""
    tier, via = np.empty((2, size), np.int8), np.empty((2, size), np.int32)
    return np.empty(size, np.int32), tier, via


class _Walker:
    """One thread's arrays for walking up and down from one core after the other."""

    def __init__(self, sides: tuple[Edges, Edges], tiers_max: int) -> None:
        size = len(sides[UP][0]) - 1
        self._sides = sides
        self._tiers_max = tiers_max
        self._tier = np.zeros((2, size), np.int8)
        self._via, self._met = (np.empty((2, size), np.int32) for _ in range(2))
        self._strength, self._reached = np.zeros(size, np.int64), np.empty(size, np.int64)

    def members(self, core: int, space: Part) -> Part:
        """Return the columns of one core's members, views of the workspace."""
        up, down = self._walk(UP, core), self._walk(DOWN, core)
        size = tiers.join(up, down, *self._tier, *self._via, *space)
        firms, tier, via = space
        return (firms[:size], *tier[:, :size], *via[:, :size])

    def _walk(self, side: int, core: int) -> RowArray:
        tier, via, met = self._tier[side], self._via[side], self._met[side]
        edges, scratch = self._sides[side], (self._strength, met, self._reached)
        count = tiers.walk(*edges, core, self._tiers_max, tier, via, *scratch)
        found: RowArray = met[:count]
        return found


class _Walkers:
    """The walkers of all threads; each core is walked by whichever is free."""

    def __init__(self, walkers: Sequence[_Walker]) -> None:
        self._free: SimpleQueue[_Walker] = SimpleQueue()
        for walker in walkers:
            self._free.put(walker)

    def members(self, core: int, space: Part) -> Part:
        """Return the columns of one core's members."""
        walker = self._free.get()
        try:
            return walker.members(core, space)
        finally:
            self._free.put(walker)


class _Flat:
    """Columns that grow; memory is asked for at once, and costs memory only where it is used."""

    def __init__(self, members_max: int) -> None:
        self.offsets = [0]
        self._columns = [np.empty(min(members_max, CAPACITY), kind) for kind in KINDS]

    def append(self, parts: list[Part], pool: Executor) -> None:
        """Copy the parts to the end, one after the other."""
        starts = []
        for part in parts:
            starts.append(self.offsets[-1])
            self.offsets.append(starts[-1] + len(part[0]))
        if self.offsets[-1] > len(self._columns[0]):
            capacity = 2 * self.offsets[-1]
            for c, column in enumerate(self._columns):
                self._columns[c] = np.empty(capacity, column.dtype)
                self._columns[c][: starts[0]] = column[: starts[0]]
        list(pool.map(self._copy, parts, starts))

    def _copy(self, part: Part, start: int) -> None:
        for column, values in zip(self._columns, part, strict=True):
            column[start : start + len(values)] = values

    def columns(self) -> dict[str, Any]:
        """Return the columns by name, as long as they are filled."""
        filled = (column[: self.offsets[-1]] for column in self._columns)
        return dict(zip(COLUMNS, filled, strict=True))
