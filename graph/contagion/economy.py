"""What a cascade of production losses runs on: an economy, made ready once, and scenarios."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.errors import InvalidInput
from graph.kernels import layout, production
from graph.kernels.layout import FloatArray, IntArray
from graph.kernels.production import NO_MARKET, Structure

TOLERANCE = 0.01  # The published setting: the index is defined with it [contagion.md].
ROUNDS_MAX = 10_000
RANGE_MAX = 10_000_000  # Numbers up to this are ranked without sorting.
UNKNOWN = -1
DeadSector = Literal["one", "unit"]
Denominators = Literal["network", "stated"]  # What shares are of: trades inside, or totals given.


class Traded(Protocol):
    """What an economy reads of a `graph.network.Network`."""

    @property
    def attributes(self) -> pa.Table:
        """Return what is known of the firms, a row each."""
        ...

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

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """
    When a cascade stops and how a dead market counts; part of every result.

    Args:
        tolerance: The first round whose largest decrease is not above it is the last.
        rounds_max: Rounds after which to give up.
        dead_sector: `one`: who is left of a market without supply cannot be replaced. `unit`: an
            availability up to 1e-10 counts as 1, as published code has it (depends on the unit).
    """

    tolerance: float = TOLERANCE
    rounds_max: int = ROUNDS_MAX
    dead_sector: DeadSector = "one"

    def __post_init__(self) -> None:
        if not 0.0 <= self.tolerance < 1.0:
            raise InvalidInput(f"tolerance {self.tolerance} is not in [0, 1)")
        if self.rounds_max < 1:
            raise InvalidInput(f"rounds_max {self.rounds_max} is not at least 1")
        if self.dead_sector not in ("one", "unit"):
            raise InvalidInput(f"dead_sector {self.dead_sector!r} is neither 'one' nor 'unit'")


@dataclass(frozen=True, slots=True)
class Economy:
    """
    Firms by row and who sells how much to whom, in any one unit of money.

    Args:
        firms: Number of firms; rows are 0 to firms - 1.
        suppliers: Row of the selling firm of every trade; equal pairs are added up.
        buyers: Row of the buying firm.
        amounts: What was sold, not negative.
        classes: 0 not needed, 1 not essential, 2 essential, by trade; every trade 1 by default.
        sectors: Number of each firm's sector, -1 unknown (then a sector of its own).
        markets: Firms that can replace each other; the sector by default, -1: irreplaceable.
        revenue: What upstream shares are divided by; by default the sales inside the network.
        cost: What downstream shares of a buyer are scaled to; by default its purchases.
        weights: What a firm counts in the index; by default its sales inside the network.
        leakage: What is sold and bought outside, as a share of what is traded inside, where no
            revenue or cost is given.
    """

    firms: int
    suppliers: npt.ArrayLike
    buyers: npt.ArrayLike
    amounts: npt.ArrayLike
    classes: npt.ArrayLike | None = None
    sectors: npt.ArrayLike | None = None
    markets: npt.ArrayLike | None = None
    revenue: npt.ArrayLike | None = None
    cost: npt.ArrayLike | None = None
    weights: npt.ArrayLike | None = None
    leakage: float = 0.0

    @classmethod
    def of(cls, network: Traded) -> Self:
        """
        Return the economy of a network: stated revenue and cost count where they are larger.

        What a firm sells and buys outside the network softens shocks; without a statement, or
        with one below its trades, its trades are all there is.
        """
        firms = len(network)
        suppliers = np.repeat(np.arange(firms), np.diff(network.out_indptr))
        amounts = np.asarray(network.out_amount_fen, np.float64)
        sales = layout.added(suppliers, amounts, firms)
        purchases = layout.added(np.asarray(network.out_indices), amounts, firms)
        return cls(
            firms,
            suppliers,
            network.out_indices,
            amounts,
            sectors=_sectors(network),
            revenue=np.fmax(_stated(network, "revenue_fen"), sales),
            cost=np.fmax(_stated(network, "cost_fen"), purchases),
        )


def _sectors(network: Traded) -> IntArray | None:
    if "sector" not in network.attributes.column_names:
        return None
    return number(network.attributes.column("sector"))


def _stated(network: Traded, name: str) -> FloatArray:
    if name not in network.attributes.column_names:
        return np.zeros(len(network))
    column = network.attributes.column(name).cast(pa.float64()).fill_null(0.0)
    return np.asarray(column.to_numpy(), np.float64)


def number(values: Any) -> IntArray:
    """
    Return a number for every distinct text, from 0 in order of first appearance; null is -1.

    Example:
        >>> number(["C13", "A01", None, "C13"]).tolist()
        [0, 1, -1, 0]
    """
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return np.asarray(column.indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False), np.int64)


@dataclass(frozen=True, slots=True)
class Origin:
    """The folder that a network was loaded from, and what it held."""

    folder: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Production:
    """An economy made ready for cascades: its firms by place, as the kernels number them."""

    structure: Structure
    rows: IntArray  # Of the economy, by place.
    places: IntArray  # Of the structure, by row.
    weights: FloatArray  # By row; sum to 1, or all 0 where nobody counts.
    sales: FloatArray  # By row, inside the network, in the economy's unit.
    replaceability: bool
    denominators: Denominators
    # Only `graph.contagion.stored.load` sets it: a changed copy is in no folder.
    origin: Origin | None = field(default=None, init=False, compare=False)
    # What follows from the network alone and is solved once; a changed copy begins without.
    kept: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.sales)


def prepare(economy: Economy, *, replaceability: bool = True) -> Production:
    """
    Lay an economy out for cascades, once for any number of scenarios.

    Args:
        economy: Its firms and trades.
        replaceability: Whether others of its market stand in for a failed supplier, by their
            share of what is left; without it every supplier is the only one.

    Raises:
        InvalidInput: A column has the wrong length or a value that it must not have.

    Example:
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> prepare(economy).sales.tolist()
        [4.0, 6.0, 0.0]
    """
    firms = economy.firms
    suppliers, buyers, amounts, classes = trades_of(economy)
    sales = layout.added(suppliers, amounts, firms)
    room = layout.room(len(suppliers))
    sectors = numbers_of(economy, "sectors")
    markets = sectors if economy.markets is None else numbers_of(economy, "markets")
    markets = _compact(markets) if replaceability else np.full(firms, NO_MARKET)
    if not (np.isfinite(economy.leakage) and economy.leakage >= 0.0):
        raise InvalidInput(f"leakage {economy.leakage} is negative or missing")
    all_of_it = 1.0 + economy.leakage
    revenue = _totals(economy, "revenue", sales * all_of_it)
    cost = _totals(economy, "cost", layout.added(buyers, amounts, firms) * all_of_it)
    weights = column_of(economy, "weights", sales)
    degrees = np.bincount(suppliers, minlength=firms) + np.bincount(buyers, minlength=firms)
    rows = production.places(markets, degrees)
    places = np.empty(firms, np.int64)
    places[rows] = np.arange(firms)
    structure = production.layout(
        layout.sum_pairs((suppliers, buyers), amounts, classes, places, room),
        _own_sectors(sectors)[rows].astype(np.int32),
        markets[rows],
        revenue[rows],
        cost[rows],
        room,
    )
    total = weights.sum()
    shares = weights / total if total > 0 else np.zeros(firms)
    stated = all_of_it > 1.0 or economy.revenue is not None or economy.cost is not None
    denominators: Denominators = "stated" if stated else "network"
    return Production(structure, rows, places, shares, sales, replaceability, denominators)


def trades_of(economy: Economy) -> tuple[IntArray, IntArray, FloatArray, layout.Classes]:
    """Return suppliers, buyers, amounts and classes, or raise `InvalidInput`."""
    suppliers, buyers = (np.asarray(ends, np.int64) for ends in (economy.suppliers, economy.buyers))
    amounts = np.asarray(economy.amounts, np.float64)
    classes = (
        np.ones(len(suppliers), np.int8)
        if economy.classes is None
        else np.asarray(economy.classes, np.int64)
    )
    if not len(suppliers) == len(buyers) == len(amounts) == len(classes):
        raise InvalidInput("suppliers, buyers, amounts and classes differ in length")
    for name, ends in (("suppliers", suppliers), ("buyers", buyers)):
        if _outside(ends, 0, economy.firms - 1):
            refuse((ends < 0) | (ends >= economy.firms), name, "is no row of a firm")
    _check_amounts(amounts, "amounts")
    if _outside(classes, layout.NOT_NEEDED, layout.ESSENTIAL):
        wrong = (classes < layout.NOT_NEEDED) | (classes > layout.ESSENTIAL)
        refuse(wrong, "classes", "is none of 0, 1, 2")
    return suppliers, buyers, amounts, classes.astype(np.int8, copy=False)


def _outside(values: npt.NDArray[Any], least: float, most: float) -> bool:
    """Return whether a value is, or is missing: quicker than where."""
    return len(values) > 0 and not (values.min() >= least and values.max() <= most)


def _check_amounts(amounts: FloatArray, name: str) -> None:
    if _outside(amounts, layout.QUOTIENT_MIN, layout.QUOTIENT_SUM_MAX):
        refuse(~np.isfinite(amounts) | (amounts < 0), name, "is negative or missing")
        tiny = (amounts > 0) & (amounts < layout.QUOTIENT_MIN)
        refuse(tiny, name, f"is above 0 and below {layout.QUOTIENT_MIN:g}")
    if not layout.sum_fits(amounts, layout.QUOTIENT_SUM_MAX):
        raise InvalidInput(f"{name} sum to more than {layout.QUOTIENT_SUM_MAX:g}")


def refuse(wrong: npt.NDArray[np.bool_], name: str, why: str) -> None:
    """Raise `InvalidInput` for the first wrong entry of a column."""
    if wrong.any():
        raise InvalidInput(f"{name}: entry {int(np.argmax(wrong))} {why}")


def column_of(economy: Economy, name: str, default: FloatArray) -> FloatArray:
    """Return a column of amounts by firm, or the default, or raise `InvalidInput`."""
    given = getattr(economy, name)
    if given is None:
        return default
    values = np.array(given, np.float64)
    if values.shape != (economy.firms,):
        raise InvalidInput(f"{name} has {values.size} entries for {economy.firms} firms")
    _check_amounts(values, name)
    return values


def _totals(economy: Economy, name: str, inside: FloatArray) -> FloatArray:
    values = column_of(economy, name, inside)
    refuse((values == 0) & (inside > 0), name, "is 0 for a firm that trades")
    return values


def numbers_of(economy: Economy, name: str) -> IntArray:
    """Return a column of numbers by firm, or all unknown, or raise `InvalidInput`."""
    given = getattr(economy, name)
    if given is None:
        return np.full(economy.firms, UNKNOWN)
    values = np.array(given, np.int64)
    if values.shape != (economy.firms,):
        raise InvalidInput(f"{name} has {values.size} entries for {economy.firms} firms")
    return values


def _compact(numbers: IntArray) -> IntArray:
    """Return numbers from 0 without gaps, so that arrays by number are no longer than needed."""
    known = numbers >= 0
    if int(numbers.max(initial=UNKNOWN)) > RANGE_MAX:
        compact = np.full(len(numbers), NO_MARKET)
        compact[known] = np.unique(numbers[known], return_inverse=True)[1]
        return compact
    used = np.zeros(int(numbers.max(initial=UNKNOWN)) + 1, np.int64)
    used[numbers[known]] = 1
    ranks = np.append(np.cumsum(used) - 1, NO_MARKET)
    return np.asarray(ranks[np.where(known, numbers, -1)])


def _own_sectors(sectors: IntArray) -> IntArray:
    """Give every firm of unknown sector one of its own: nothing says who makes the same."""
    compact = _compact(sectors)
    unknown = compact < 0
    compact[unknown] = compact.max(initial=-1) + 1 + np.arange(int(unknown.sum()))
    return compact
