"""What a cascade of production losses runs on: an economy, made ready once, and scenarios."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from graph.arrays import sums
from graph.arrays.dtypes import Classes, FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network import Network
from graph.network.firms import (
    FirmRows,
    checked_count,
    checked_ids,
    doubles,
    numbers,
    refuse,
    refuse_outside,
    refuse_size,
    rows_of,
)
from graph.spread.production import traded
from graph.spread.production.kernels import layout, structures
from graph.spread.production.kernels.structures import NO_MARKET, CascadeStructure

TOLERANCE = 0.01  # The published setting: the index is defined with it [contagion.md].
ROUNDS_MAX = 10_000
RANGE_MAX = 10_000_000  # Numbers up to this are ranked without sorting.
UNKNOWN = -1
DeadSector = Literal["one", "unit"]
Unsettled = Literal["refuse", "keep"]
Denominators = Literal["network", "stated"]  # What shares are of: trades inside, or totals given.


@dataclass(frozen=True, slots=True)
class Rules:
    """
    When a cascade stops and how a dead market counts; part of every result.

    Args:
        tolerance: The first round whose largest decrease is not above it is the last.
        rounds_max: Rounds after which to give up.
        dead_sector: `one`: who is left of a market without supply cannot be replaced. `unit`: an
            availability up to 1e-10 counts as 1, as published code has it (depends on the unit).
        unsettled: What becomes of a scenario that still moves after `rounds_max`: `refuse` is an
            error that names it; `keep` gives it no figure (NaN) and leaves those of the others.
    """

    tolerance: float = TOLERANCE
    rounds_max: int = ROUNDS_MAX
    dead_sector: DeadSector = "one"
    unsettled: Unsettled = "refuse"

    def __post_init__(self) -> None:
        if self.unsettled not in ("refuse", "keep"):
            raise InvalidInput(f"unsettled {self.unsettled!r} is neither 'refuse' nor 'keep'")
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
        suppliers: Row or id of the selling firm of every trade; equal pairs are added up.
        buyers: Row or id of the buying firm.
        amounts: What was sold, not negative.
        classes: 0 not needed, 1 not essential, 2 essential, by trade; every trade 1 by default.
        sectors: Number of each firm's sector, -1 unknown (then a sector of its own).
        markets: Firms that can replace each other; the sector by default, -1: irreplaceable.
        revenue: What upstream shares are divided by; by default, and where it is missing (NaN), the
            sales inside the network.
        cost: What downstream shares of a buyer are scaled to; likewise its purchases.
        weights: What a firm counts in the index; by default its sales inside the network.
        leakage: What is sold and bought outside, as a share of what is traded inside, where no
            revenue or cost is given.
        ids: What the firms are called, in row order: scenarios and results then know them by id.
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
    ids: Sequence[str] | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        network: Network,
        *,
        classes: npt.ArrayLike | None = None,
        sector_classes: Mapping[tuple[str, str], int] | None = None,
        leakage: float = 0.0,
    ) -> Self:
        """
        Return the economy of a network: stated revenue and cost count where they are larger.

        What a firm sells and buys outside the network softens shocks. A firm without a statement,
        or with one below its trades, has its trades; with a leakage, that much more where it
        states nothing.

        Args:
            network: Its firms, with `sector`, `revenue_fen` and `cost_fen` where they are known.
            classes: By trade, in the order of suppliers and buyers: 0, 1 or 2.
            sector_classes: The same by sectors of supplier and buyer, in place of `classes`; a
                pair that is not listed is 0, as is one of a firm without a sector.
            leakage: What is traded outside, as a share of what is traded inside.

        Raises:
            InvalidInput: Classes are given twice, or by sectors that the network does not know.

        Example:
            >>> from graph.testing.networks import toy
            >>> network = toy({("mill", "cars"): 90}, sector={"mill": "C31", "cars": "C36"})
            >>> Economy.of(network, sector_classes={("C31", "C36"): 2}).classes.tolist()
            [2]
        """
        if classes is not None and sector_classes is not None:
            raise InvalidInput("classes are given by trade and by sector: give one of both")
        firms = len(network)
        suppliers = np.repeat(np.arange(firms), np.diff(network.out_indptr))
        amounts = np.asarray(network.out_amount_fen, np.float64)
        buyers = np.asarray(network.out_indices)
        if sector_classes is not None:
            classes = traded.classes_by_sector(network, sector_classes, (suppliers, buyers))
        return cls(
            firms,
            suppliers,
            buyers,
            amounts,
            classes=classes,
            sectors=traded.sectors_of(network),
            revenue=traded.stated(network, "revenue_fen", sums.added(suppliers, amounts, firms)),
            cost=traded.stated(network, "cost_fen", sums.added(buyers, amounts, firms)),
            leakage=leakage,
            ids=network.ids,
        )


@dataclass(frozen=True, slots=True)
class NetworkOrigin:
    """The folder that a network was loaded from, and what it held."""

    folder: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Production:
    """An economy made ready for cascades: its firms by place, as the kernels number them."""

    structure: CascadeStructure
    rows: IntArray  # Of the economy, by place.
    places: IntArray  # Of the structure, by row.
    weights: FloatArray  # By row; sum to 1, or all 0 where nobody counts.
    sales: FloatArray  # By row, inside the network, in the economy's unit.
    replaceability: bool
    denominators: Denominators
    ids: Sequence[str] | None = field(default=None, repr=False, compare=False)
    # Only `graph.contagion.stored.load` sets it: a changed copy is in no folder.
    origin: NetworkOrigin | None = field(default=None, init=False, compare=False)
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
    sales = sums.added(suppliers, amounts, firms)
    space = layout.sort_workspace(len(suppliers))
    sectors = numbers_of(economy, "sectors")
    markets = sectors if economy.markets is None else numbers_of(economy, "markets")
    markets = _compact(markets) if replaceability else np.full(firms, NO_MARKET)
    if not (np.isfinite(economy.leakage) and economy.leakage >= 0.0):
        raise InvalidInput(f"leakage {economy.leakage} is negative or missing")
    all_of_it = 1.0 + economy.leakage
    revenue, by_revenue = _totals(economy, "revenue", sales * all_of_it)
    cost, by_cost = _totals(economy, "cost", sums.added(buyers, amounts, firms) * all_of_it)
    weights = column_of(economy, "weights", sales)
    degrees = np.bincount(suppliers, minlength=firms) + np.bincount(buyers, minlength=firms)
    rows = structures.places(markets, degrees)
    places = np.empty(firms, np.int64)
    places[rows] = np.arange(firms)
    structure = structures.layout(
        layout.sum_pairs((suppliers, buyers), amounts, classes, places, space),
        _own_sectors(sectors)[rows].astype(np.int32),
        markets[rows],
        revenue[rows],
        cost[rows],
        space,
    )
    total = weights.sum()
    shares = weights / total if total > 0 else np.zeros(firms)
    stated = all_of_it > 1.0 or by_revenue or by_cost
    denominators: Denominators = "stated" if stated else "network"
    ids = checked_ids(economy.ids, firms)
    return Production(structure, rows, places, shares, sales, replaceability, denominators, ids)


class TradeColumns(NamedTuple):
    """The trades of an economy as arrays: rows of both ends, amounts and classes."""

    suppliers: IntArray
    buyers: IntArray
    amounts: FloatArray
    classes: Classes


def trades_of(economy: Economy) -> TradeColumns:
    """Return the trades as arrays, or raise `InvalidInput`."""
    named = FirmRows(checked_count("firms", economy.firms), economy.ids)
    suppliers = rows_of(economy.suppliers, named, "suppliers")
    buyers = rows_of(economy.buyers, named, "buyers")
    amounts = doubles(economy.amounts, "amounts")
    classes = (
        np.ones(len(suppliers), np.int8)
        if economy.classes is None
        else numbers(economy.classes, "classes")
    )
    if not len(suppliers) == len(buyers) == len(amounts) == len(classes):
        raise InvalidInput("suppliers, buyers, amounts and classes differ in length")
    for name, ends in (("suppliers", suppliers), ("buyers", buyers)):
        if _outside(ends, 0, economy.firms - 1):
            refuse_outside(ends, economy.firms, name)
    _check_amounts(amounts, "amounts")
    if _outside(classes, layout.NOT_NEEDED, layout.ESSENTIAL):
        wrong = (classes < layout.NOT_NEEDED) | (classes > layout.ESSENTIAL)
        refuse(wrong, "classes", "is none of 0, 1, 2")
    return TradeColumns(suppliers, buyers, amounts, classes.astype(np.int8, copy=False))


def _outside(values: npt.NDArray[Any], least: float, most: float) -> bool:
    """Return whether a value is, or is missing: quicker than where."""
    return len(values) > 0 and not (values.min() >= least and values.max() <= most)


def _check_amounts(amounts: FloatArray, name: str) -> None:
    if _outside(amounts, sums.QUOTIENT_MIN, sums.QUOTIENT_SUM_MAX):
        refuse(~np.isfinite(amounts) | (amounts < 0), name, "is negative or missing")
        tiny = (amounts > 0) & (amounts < sums.QUOTIENT_MIN)
        refuse(tiny, name, f"is above 0 and below {sums.QUOTIENT_MIN:g}")
    if not sums.sum_fits(amounts, sums.QUOTIENT_SUM_MAX):
        raise InvalidInput(f"{name} sum to more than {sums.QUOTIENT_SUM_MAX:g}")


def column_of(economy: Economy, name: str, default: FloatArray) -> FloatArray:
    """Return a column of amounts by firm, or the default, or raise `InvalidInput`."""
    given = getattr(economy, name)
    return default if given is None else _by_firm(economy, name, doubles(given, name).copy())


def _by_firm(economy: Economy, name: str, values: FloatArray) -> FloatArray:
    refuse_size(values, economy.firms, name)
    _check_amounts(values, name)
    return values


def stated_of(economy: Economy, name: str) -> tuple[FloatArray, FloatArray]:
    """Return what firms state, 0 where they do not, and how much of its trades counts at least."""
    given, with_leakage = getattr(economy, name), 1.0 + economy.leakage
    if given is None:
        return np.zeros(economy.firms), np.full(economy.firms, with_leakage)
    values = doubles(given, name).copy()
    silent = np.isnan(values)
    values[silent] = 0.0
    return _by_firm(economy, name, values), np.where(silent, with_leakage, 1.0)


def _totals(economy: Economy, name: str, inside: FloatArray) -> tuple[FloatArray, bool]:
    """Return what counts as a total of every firm, and whether any of them was stated."""
    given = getattr(economy, name)
    if given is None:
        return inside, False
    values = doubles(given, name).copy()
    silent = np.isnan(values) if values.shape == inside.shape else np.zeros(0, np.bool_)
    if silent.any():
        values[silent] = inside[silent]
    values = _by_firm(economy, name, values)
    refuse((values == 0) & (inside > 0), name, "is 0 for a firm that trades")
    return values, not silent.all() or not len(silent)


def numbers_of(economy: Economy, name: str) -> IntArray:
    """Return a column of numbers by firm, or all unknown, or raise `InvalidInput`."""
    given = getattr(economy, name)
    if given is None:
        return np.full(economy.firms, UNKNOWN)
    values = numbers(given, name)
    refuse_size(values, economy.firms, name)
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
