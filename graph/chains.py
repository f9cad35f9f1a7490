"""
Chains of core enterprises: who stands in which tier, and where each firm's sales end.

A chain holds the firms reached from a core over trades of some weight, upstream from buyer to
supplier, downstream from supplier to buyer. A path keeps one direction and may lead through
other cores. The core itself is no member of its chain.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.errors import InvalidInput, NotFound
from graph.kernels import belonging as belonging_kernel
from graph.kernels import csr, tiers
from graph.network import Network

Int8Array = npt.NDArray[np.int8]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]

UP, DOWN = tiers.UP, tiers.DOWN
DIRECTIONS = ("up", "down")  # Names of the codes in a column `direction`.
TIERS_MAX = 5
TIERS_BOUND = 100  # Tiers and steps are kept as 8-bit integers.
SHARE_MIN = Decimal("0.005")
DENOMINATOR_MAX = 10**9  # Of a share, so that threshold arithmetic stays inside 64 bits.
UNIT = 10**12  # Shares of belonging are whole numbers of this part.

Part = tuple[Int32Array, Int8Array, Int8Array, Int32Array, Int32Array, Int64Array]
Edges = tuple[Int64Array, Int32Array, Int64Array]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """
    Members of chains as equally long columns.

    Attributes:
        firm_rows: The members.
        up_tier: Steps upstream from the core; 0 where the firm does not stand there.
        down_tier: Steps downstream from the core; 0 where the firm does not stand there.
        up_via_rows: The partner one tier nearer on the strongest shortest path up; -1 if none.
        down_via_rows: The same downstream.
        strength_fen: The smallest amount along the path on the side where the firm is listed.
    """

    firm_rows: Int32Array
    up_tier: Int8Array
    down_tier: Int8Array
    up_via_rows: Int32Array
    down_via_rows: Int32Array
    strength_fen: Int64Array

    def __len__(self) -> int:
        return len(self.firm_rows)

    @property
    def direction(self) -> Int8Array:
        """Return where each member is listed, UP or DOWN: the nearer side, up on a tie."""
        nearer_up = (self.up_tier > 0) & ((self.down_tier == 0) | (self.up_tier <= self.down_tier))
        return np.where(nearer_up, np.int8(UP), np.int8(DOWN))

    @property
    def tier(self) -> Int8Array:
        """Return each member's tier on the side where it is listed."""
        return np.where(self.direction == UP, self.up_tier, self.down_tier)

    @property
    def via_rows(self) -> Int32Array:
        """Return each member's partner one tier nearer on the side where it is listed."""
        return np.where(self.direction == UP, self.up_via_rows, self.down_via_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Chain(Members):
    """The chain of one core: its members in row order."""

    core_row: int

    def place(self, firm_row: int) -> int:
        """
        Return where a firm stands in the columns.

        Raises:
            NotFound: The firm is no member.
        """
        at = int(np.searchsorted(self.firm_rows, firm_row))
        if at == len(self) or self.firm_rows[at] != firm_row:
            raise NotFound(f"row {firm_row} is not in the chain of row {self.core_row}")
        return at

    def path(self, firm_row: int) -> list[int]:
        """
        Return the rows of the strongest shortest path from a member to the core, both included.

        Raises:
            NotFound: The firm is no member.
        """
        at = self.place(firm_row)
        up = bool(self.direction[at] == UP)
        via = self.up_via_rows if up else self.down_via_rows
        path = [firm_row]
        for _ in range(int(self.tier[at])):
            path.append(int(via[self.place(path[-1])]))
        return path


@dataclass(frozen=True, slots=True, eq=False)
class Chains(Members):
    """
    The chains of many cores, one after the other in flat columns.

    Attributes:
        core_rows: The cores, in the order asked for.
        offsets: Where each core's members begin, and one end more; inside, in row order.
    """

    core_rows: Int32Array
    offsets: Int64Array

    @property
    def member_core_rows(self) -> Int32Array:
        """Return the core of each member row, as long as the other columns."""
        return np.repeat(self.core_rows, np.diff(self.offsets))

    def chain(self, place: int) -> Chain:
        """Return the chain of the core at that place in `core_rows`; nothing is copied."""
        if not 0 <= place < len(self.core_rows):
            raise NotFound(f"no chain at place {place} of {len(self.core_rows)}")
        part = slice(int(self.offsets[place]), int(self.offsets[place + 1]))
        columns = {name: getattr(self, name)[part] for name in _COLUMNS}
        return Chain(core_row=int(self.core_rows[place]), **columns)

    def __iter__(self) -> Iterator[Chain]:
        return (self.chain(place) for place in range(len(self.core_rows)))


@dataclass(frozen=True, slots=True, eq=False)
class Belonging:
    """
    The shares of firms' sales that end at cores, as rows of firms.

    Attributes:
        offsets: Where each firm's entries begin, and one end more.
        core_rows: The core of each entry, ascending for each firm.
        share_e12: The share, cut towards zero at twelve places, in units of 1e-12; positive.
    """

    offsets: Int64Array
    core_rows: Int32Array
    share_e12: Int64Array

    @property
    def firm_rows(self) -> Int32Array:
        """Return the firm of each entry, as long as the other columns."""
        firms = np.arange(len(self.offsets) - 1, dtype=np.int32)
        return np.repeat(firms, np.diff(self.offsets))

    def of(self, firm_row: int) -> dict[int, Decimal]:
        """Return core row -> share of one firm, exact to the twelve places."""
        part = slice(int(self.offsets[firm_row]), int(self.offsets[firm_row + 1]))
        shares = (Decimal(int(units)).scaleb(-12) for units in self.share_e12[part])
        return dict(zip(self.core_rows[part].tolist(), shares, strict=True))


_COLUMNS = tuple(each.name for each in fields(Members))


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


def find_chains(
    network: Network,
    core_rows: Sequence[int] | npt.NDArray[Any],
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
        core_rows: Rows of the cores; each has its own chain.
        tiers_max: Steps to go, each way.
        share_min: Least weight of a trade, compared exactly.
        threads: Threads to use; as many as the machine has by default. The result is the same.

    Raises:
        InvalidInput: A row is no firm, or a parameter is out of its range.
    """
    cores = _cores(network, core_rows)
    _check_steps(tiers_max, "tiers_max")
    up, down = _weighty(network, _share(share_min))
    parts: list[Part] = [_NOTHING] * len(cores)
    workers = max(1, min(threads or os.cpu_count() or 1, len(cores)))

    def work(first: int) -> None:
        walker = _Walker(up, down, tiers_max)
        for place in range(first, len(cores), workers):
            parts[place] = walker.members(int(cores[place]))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(work, range(workers)))
    columns: dict[str, Any] = {
        name: np.concatenate([_NOTHING[c], *(part[c] for part in parts)])
        for c, name in enumerate(_COLUMNS)
    }
    sizes = [0, *(len(part[0]) for part in parts)]
    return Chains(core_rows=cores, offsets=np.cumsum(sizes, dtype=np.int64), **columns)


def belonging(
    network: Network,
    core_rows: Sequence[int] | npt.NDArray[Any],
    *,
    steps_max: int = TIERS_MAX,
    threads: int | None = None,
) -> Belonging:
    """
    Return the share of every firm's sales that ends at each core.

    Each sale is followed from buyer to buyer, in proportion to their own positive net sales, at
    most `steps_max` steps, and stops at the first core it meets. A core belongs wholly to itself
    and to no other. A firm's shares sum to at most 1.

    Args:
        network: Who supplies whom.
        core_rows: Rows of all cores.
        steps_max: Steps after which a sale is followed no further.
        threads: Threads to use; as many as the machine has by default. The result is the same.

    Raises:
        InvalidInput: A row is no firm, or `steps_max` is out of its range.

    Example:
        >>> from graph.testing.networks import toy
        >>> network = toy({("s", "c"): 1, ("s", "k"): 3, ("k", "d"): 2, ("k", "x"): 1})
        >>> found = belonging(network, network.rows(["c", "d"]))
        >>> {network.ids[core]: str(share) for core, share in found.of(network.row("s")).items()}
        {'c': '0.250000000000', 'd': '0.500000000000'}
    """
    cores = np.unique(_cores(network, core_rows))
    _check_steps(steps_max, "steps_max")
    stops = np.zeros(len(network), np.bool_)
    stops[cores] = True
    totals = belonging_kernel.row_totals(network.out_indptr, network.out_amount_fen)
    parts: list[tuple[Int32Array, Int64Array]] = [(_NOTHING[0], _NOTHING[5])] * len(cores)
    workers = max(1, min(threads or os.cpu_count() or 1, len(cores)))
    rows = (network.in_indptr, network.in_indices, network.in_amount_fen, totals, stops)

    def work(first: int) -> None:
        space = [np.zeros(len(network)) for _ in range(3)]
        for place in range(first, len(cores), workers):
            core = int(cores[place])
            parts[place] = belonging_kernel.shares(*rows, core, steps_max, *space)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(work, range(workers)))
    firms = np.concatenate([_NOTHING[0], *(part[0] for part in parts)])
    units = np.concatenate([_NOTHING[5], *(part[1] for part in parts)])
    owners = np.repeat(cores, [len(part[0]) for part in parts])
    return Belonging(*belonging_kernel.by_firm(firms, owners, units, len(network)))


class _Walker:
    """One thread's arrays for walking up and down from one core after the other."""

    def __init__(self, up: Edges, down: Edges, tiers_max: int) -> None:
        size = len(up[0]) - 1
        self._sides = (up, down)
        self._tiers_max = tiers_max
        self._tier = [np.zeros(size, np.int8) for _ in self._sides]
        self._via = [np.empty(size, np.int32) for _ in self._sides]
        self._strength = [np.empty(size, np.int64) for _ in self._sides]
        self._met = [np.empty(size, np.int32) for _ in self._sides]

    def members(self, core: int) -> Part:
        """Return the columns of one core's members."""
        met = [self._walk(side, core) for side in (UP, DOWN)]
        return tiers.join(
            met[UP],
            met[DOWN],
            self._tier[UP],
            self._tier[DOWN],
            self._via[UP],
            self._via[DOWN],
            self._strength[UP],
            self._strength[DOWN],
        )

    def _walk(self, side: int, core: int) -> Int32Array:
        count = tiers.walk(
            *self._sides[side],
            core,
            self._tiers_max,
            self._tier[side],
            self._via[side],
            self._strength[side],
            self._met[side],
        )
        return self._met[side][:count]


_NOTHING: Part = (
    np.empty(0, np.int32),
    np.empty(0, np.int8),
    np.empty(0, np.int8),
    np.empty(0, np.int32),
    np.empty(0, np.int32),
    np.empty(0, np.int64),
)


def _cores(network: Network, core_rows: Sequence[int] | npt.NDArray[Any]) -> Int32Array:
    rows = np.asarray(core_rows)
    if rows.size == 0:
        return np.empty(0, np.int32)
    if not np.issubdtype(rows.dtype, np.integer):
        raise InvalidInput(f"core rows must be integers, not {rows.dtype}")
    outside = rows[(rows < 0) | (rows >= len(network))]
    if outside.size:
        raise InvalidInput(f"core row {outside[0]} is not in a network of {len(network)} firms")
    return rows.astype(np.int32)


def _check_steps(steps: int, name: str) -> None:
    if not 1 <= steps <= TIERS_BOUND:
        raise InvalidInput(f"{name} must be 1 to {TIERS_BOUND}, not {steps}")


def _share(share_min: Decimal | float) -> Fraction:
    try:
        share = Fraction(str(share_min))  # The decimal that is written, not its binary neighbour.
    except ValueError:
        share = Fraction(-1)
    if not 0 <= share <= 1 or share.denominator > DENOMINATOR_MAX:
        raise InvalidInput(f"share_min must be a share of at most nine places, not {share_min}")
    return share


def _weighty(network: Network, share: Fraction) -> tuple[Edges, Edges]:
    """Return the trades of some weight as rows of buyers (to walk up) and suppliers (down)."""
    part = (share.numerator, share.denominator)
    sold = tiers.thresholds(network.sales_fen, *part)
    bought = tiers.thresholds(network.purchases_fen, *part)
    up = (network.in_indptr, network.in_indices, network.in_amount_fen)
    down = (network.out_indptr, network.out_indices, network.out_amount_fen)
    return (
        csr.keep(*up, tiers.weighty(*up, bought, sold)),
        csr.keep(*down, tiers.weighty(*down, sold, bought)),
    )
