"""Scenarios by name and place, looked up in a network: rows of firms and their first losses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrays.dtypes import BoolArray, FloatArray, IntArray
from graph.errors import InvalidInput, NotFound
from graph.network import Network
from graph.spread.shocks import Scenarios
from graph.stress.scenarios.form import SHARES, Hit, Scenario
from graph.stress.scenarios.reading import nearest
from graph.structure.chains.results import Chain
from graph.structure.chains.search import SHARE_MIN, find_chain

PLACES = {"sectors": "sector", "regions": "region"}  # Selector -> column of the firms table.


@dataclass(frozen=True, slots=True)
class Unpaid:
    """
    Firms that stop paying, scenario after scenario.

    Args:
        offsets: Where each scenario begins, and one end more.
        rows: The firms.
        shares: Share of its debts that the firm does not pay.
    """

    offsets: IntArray
    rows: IntArray
    shares: FloatArray


@dataclass(frozen=True, slots=True)
class Resolved:
    """
    Scenarios as rows of a network.

    Args:
        names: Of the scenarios.
        shocks: What cascades of production start from; may be empty where only payments stop.
        unpaid: Who stops paying.
    """

    names: tuple[str, ...]
    shocks: Scenarios
    unpaid: Unpaid

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Places:
    """
    Where cores and their chains are looked up.

    Args:
        cores: Ids of the cores; None: the firms that the network's column `core` says.
        share_min: Least share of a buyer's purchases that a trade of a chain has.
    """

    cores: Collection[str] | None = None
    share_min: Decimal = SHARE_MIN


def resolve(
    network: Network, scenarios: Sequence[Scenario], places: Places | None = None
) -> Resolved:
    """
    Return scenarios as rows and shares of a network's firms.

    Where hits meet in a firm the larger loss counts, channel by channel.

    Args:
        network: Its firms; `sector` and `region` are read where a hit selects by them.
        scenarios: What is hit.
        places: Who is a core, and what a chain is.

    Raises:
        NotFound: A firm or core is not in the network, or no firm has that sector or region.
        InvalidInput: The lists of a hit have no firm in common, a core has no such chain, the
            network has no column of that name, or two scenarios have one name.

    Example:
        >>> from graph.testing.networks import toy
        >>> network = toy({("mill", "cars"): 90}, sector={"mill": "C26", "cars": "C36"})
        >>> steel = Scenario("steel", (Hit(sectors=("C26",), down=0.5, up=0.25),))
        >>> found = resolve(network, [steel]).shocks
        >>> found.rows.tolist(), found.down.tolist(), found.up.tolist()
        ([1], [0.5], [0.25])
    """
    names = tuple(each.name for each in scenarios)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"scenarios of one name: {', '.join(twice)}")
    seen: dict[Hit, IntArray] = {}
    parts = [_losses(network, each, seen, places or Places()) for each in scenarios]
    hit = [np.flatnonzero((down > 0) | (up > 0)) for down, up, _ in parts]
    stopped = [np.flatnonzero(unpaid > 0) for _, _, unpaid in parts]
    shocks = Scenarios(
        _offsets(hit),
        _joined(hit, np.int64),
        _joined([part[0][rows] for part, rows in zip(parts, hit, strict=True)], np.float64),
        _joined([part[1][rows] for part, rows in zip(parts, hit, strict=True)], np.float64),
    )
    shares = [part[2][rows] for part, rows in zip(parts, stopped, strict=True)]
    unpaid = Unpaid(_offsets(stopped), _joined(stopped, np.int64), _joined(shares, np.float64))
    return Resolved(names, shocks, unpaid)


def _losses(
    network: Network, scenario: Scenario, seen: dict[Hit, IntArray], places: Places
) -> list[FloatArray]:
    """Return what every firm loses down, up and unpaid."""
    found = [np.zeros(len(network)) for _ in SHARES]
    for number, hit in enumerate(scenario.hits):
        if hit not in seen:
            try:
                seen[hit] = _selected(network, hit, places)
            except (InvalidInput, NotFound) as error:
                raise type(error)(f"scenario {scenario.name!r}, hit {number}: {error}") from error
        for losses, name in zip(found, SHARES, strict=True):
            losses[seen[hit]] = np.maximum(losses[seen[hit]], getattr(hit, name))
    return found


def _selected(network: Network, hit: Hit, places: Places) -> IntArray:
    kept = np.ones(len(network), np.bool_)
    if hit.firms:
        kept &= _marks(network.rows(list(hit.firms)), len(network))
    for selector, column in PLACES.items():
        wanted = getattr(hit, selector)
        if wanted:
            kept &= _placed(network, column, wanted)
    if hit.cores:
        rows = [_reached(network, core, hit, places) for core in hit.cores]
        kept &= _marks(np.concatenate(rows), len(network))
    rows_kept = np.flatnonzero(kept)
    if not len(rows_kept):
        raise InvalidInput("no firm is in all of its lists")
    return rows_kept


def _placed(network: Network, column: str, wanted: tuple[str, ...]) -> BoolArray:
    values = network.column(column)
    for name in wanted:
        if not pc.any(pc.equal(values, name)).as_py():
            known = (each for each in values.unique().to_pylist() if each is not None)
            hint = nearest(name, known)
            raise NotFound(f"no firm of {column} {name!r} in the network{hint}")
    held = pc.is_in(values, pa.array(wanted, values.type))
    return np.asarray(held.to_numpy(zero_copy_only=False), np.bool_)


def _reached(network: Network, core: str, hit: Hit, places: Places) -> IntArray:
    row = network.row(core)
    cores = places.cores
    if not (core in cores if cores is not None else network.column("core")[row].as_py()):
        raise InvalidInput(f"firm {core!r} is no core enterprise")
    if hit.reach == "core":
        return np.array([row])
    chain = find_chain(network, core, tiers_max=hit.tiers_max, share_min=places.share_min)
    members = _members(chain, hit)
    if not len(members):
        tiers = f"tiers {hit.tiers_min} to {hit.tiers_max}"
        within = tiers if hit.tiers_min > 1 else f"{hit.tiers_max} tiers"
        raise InvalidInput(f"core {core!r} has no {hit.reach} in {within}")
    return np.append(members, row) if hit.reach == "chain" and hit.tiers_min == 1 else members


def _members(chain: Chain, hit: Hit) -> IntArray:
    up, down = chain.up_tier >= hit.tiers_min, chain.down_tier >= hit.tiers_min
    kept = {"suppliers": up, "buyers": down, "chain": up | down}[hit.reach]
    return np.asarray(chain.firm_rows[kept], np.int64)


def _marks(rows: IntArray, firms: int) -> BoolArray:
    marks = np.zeros(firms, np.bool_)
    marks[rows] = True
    return marks


def _offsets(parts: list[IntArray]) -> IntArray:
    return np.concatenate([[0], np.cumsum([len(each) for each in parts])]).astype(np.int64)


def _joined(parts: Sequence[npt.NDArray[np.generic]], kind: type[np.generic]) -> npt.NDArray:  # type: ignore[type-arg]
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)
