"""
Who sells to whom: tiers of suppliers and distributors around the cores, and firms outside.

Suppliers of tier k find their buyers among tier k - 1 (now and then beside or above it) in
proportion to the buyers' heavy-tailed fitness, and only where the input-output table has it. Most
partners are of the firm's own chain, some of its district (cores of one line of business), few from
anywhere, so that chains overlap and do not swallow each other.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from ingestion.demo.economy.draws import by_row_weight, by_weight, heavy
from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.sectors import BoolArray, FloatArray, IntArray, sectors

IDLE = 9  # The role of a firm that does not trade: a shell, a holder, a second registration.
_UP_SHARES = np.array([0.31, 0.29, 0.2, 0.12, 0.08])
_DOWN_SHARES = np.array([0.68, 0.32])
_DOWN = 0.17
_IDLE = 0.02
_BUYERS_EXPONENT = 2.75
_FITNESS_EXPONENT = 3.2
_BUYERS_MAX = 60.0
_CORE_FITNESS_MAX = 25.0  # No core may hold half the economy.
_TRIES = 5
_DISTRICT = 4
_REACH = np.array([0.8, 0.16, 0.04])  # Partners from the own chain, the district, anywhere.
_REACH_OF_CORES = np.array([0.1, 0.8, 0.1])  # The same where the partners are cores.


@dataclass(frozen=True, slots=True)
class TradeStructure:
    """
    Firms by place (cores first, then tiers, then idle) and the pairs that trade.

    `role` is 0 for a core, 1 to 5 for suppliers, -1 and -2 for distributors, 9 for idle firms.
    `dependence` in [0, 1] says how much a firm lives on one chain, `home` which core's that is,
    `district` which group of cores.
    """

    cores: int
    role: IntArray
    home: IntArray
    district: IntArray
    sector: IntArray
    fitness: FloatArray
    dependence: FloatArray
    supplier: IntArray
    buyer: IntArray
    primary: BoolArray

    @property
    def firms(self) -> int:
        """Return the number of firms."""
        return len(self.role)


def structure(plan: Plan) -> TradeStructure:
    """
    Return who is who and who sells to whom.

    Example:
        >>> made = structure(Plan(cores=2, firms=30))
        >>> made.firms, sorted(set(made.role.tolist()) - {9})
        (30, [-2, -1, 0, 1, 2, 3, 4, 5])
    """
    random = plan.random("structure")
    role = _roles(plan)
    known = sectors()
    sector = np.zeros(len(role), dtype=np.int64)
    dependence = random.random(len(role))
    fitness = heavy(random, len(role), _FITNESS_EXPONENT, 400.0)
    fitness[: plan.cores] = np.minimum(fitness[: plan.cores], _CORE_FITNESS_MAX)
    core_sectors = by_weight(random, known.core, plan.cores)
    makers = np.flatnonzero(known.sells_down > 0.3)  # The first core has both sides.
    core_sectors[0] = makers[core_sectors[0] % len(makers)]
    sector[: plan.cores] = core_sectors
    dependence[: plan.cores] = random.beta(0.7, 0.7, plan.cores)
    home = np.where(role == 0, np.arange(len(role)), 0)
    district = _districts(core_sectors)
    ends = (*_no_pairs(), np.zeros(0, dtype=bool))
    made = TradeStructure(plan.cores, role, home, district, sector, fitness, dependence, *ends)
    pairs = [_suppliers(random, made, tier) for tier in range(1, 6)]
    pairs += [_distributors(random, made, step) for step in (1, 2)]
    sector[role == IDLE] = known.codes.index("F51")
    supplier, buyer, primary = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
    kept = _first_of_pair(supplier, buyer, primary)
    pairs_kept = (supplier[kept], buyer[kept], primary[kept])
    return dataclasses.replace(
        made, supplier=pairs_kept[0], buyer=pairs_kept[1], primary=pairs_kept[2]
    )


def _districts(core_sectors: IntArray) -> IntArray:
    """Return the district of every core: a few cores each, of the same line where it can be."""
    district = np.empty(len(core_sectors), dtype=np.int64)
    district[np.argsort(core_sectors, kind="stable")] = np.arange(len(core_sectors)) // _DISTRICT
    return district


def _no_pairs() -> tuple[IntArray, IntArray]:
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)


def _roles(plan: Plan) -> IntArray:
    """Return every firm's role; each tier has a firm as long as there are firms."""
    others = plan.firms - plan.cores
    idle = int(others * _IDLE)
    down = max(2, int(others * _DOWN)) if others > 6 else 0
    up = others - idle - down
    return np.concatenate(
        [
            np.zeros(plan.cores, dtype=np.int64),
            np.repeat(np.arange(1, 6), _parts(up, _UP_SHARES)),
            -np.repeat(np.arange(1, 3), _parts(down, _DOWN_SHARES)),
            np.full(idle, IDLE, dtype=np.int64),
        ]
    )


def _parts(total: int, shares: FloatArray) -> IntArray:
    """Return a total in parts by shares, at least one each where the total allows it."""
    if total < len(shares):
        return (np.arange(len(shares)) < total).astype(np.int64)
    spare = total - len(shares)
    counts = 1 + np.floor(spare * shares).astype(np.int64)
    counts[0] += total - counts.sum()
    return counts


def _suppliers(
    random: np.random.Generator, made: TradeStructure, tier: int
) -> tuple[IntArray, IntArray, BoolArray]:
    """Return the pairs in which the firms of a tier sell; sets their sector and dependence."""
    members = np.flatnonzero(made.role == tier)
    pool = np.flatnonzero(made.role == tier - 1)
    if not len(members) or not len(pool):
        return *_no_pairs(), np.zeros(0, dtype=bool)
    first = _first_partner(random, made, members, pool)
    made.sector[members] = by_row_weight(random, sectors().buys, made.sector[first])
    _inherit(random, made, members, first)
    extra = _extra(random, made, members)
    sellers = np.repeat(members, extra)
    buyers = _more_buyers(random, made, sellers, tier)
    sellers, buyers = sellers[buyers >= 0], buyers[buyers >= 0]
    primary = np.arange(len(members) + len(sellers)) < len(members)
    return np.concatenate([members, sellers]), np.concatenate([first, buyers]), primary


def _distributors(
    random: np.random.Generator, made: TradeStructure, step: int
) -> tuple[IntArray, IntArray, BoolArray]:
    """Return the pairs in which the distributors of a step buy."""
    members = np.flatnonzero(made.role == -step)
    above = np.flatnonzero(made.role == 1 - step)
    if step == 1:
        above = above[sectors().sells_down[made.sector[above]] > 0]
    if not len(members) or not len(above):
        return *_no_pairs(), np.zeros(0, dtype=bool)
    made.sector[members] = sectors().codes.index("F51")
    first = _first_partner(random, made, members, above)
    _inherit(random, made, members, first)
    extra = np.minimum(_extra(random, made, members), 6)
    buyers = np.repeat(members, extra)
    sellers = _near(random, made, above, buyers)
    primary = np.arange(len(members) + len(buyers)) < len(members)
    return np.concatenate([first, sellers]), np.concatenate([members, buyers]), primary


def _first_partner(
    random: np.random.Generator, made: TradeStructure, members: IntArray, pool: IntArray
) -> IntArray:
    """Return the main partner of every member; of each core's places three are dealt in turn."""
    partner = pool[by_weight(random, made.fitness[pool], len(members))]
    dealt = min(len(members), 3 * len(pool) if made.role[pool[0]] == 0 else len(pool) // 3)
    partner[:dealt] = pool[np.arange(dealt) % len(pool)]
    return partner


def _inherit(
    random: np.random.Generator, made: TradeStructure, members: IntArray, partner: IntArray
) -> None:
    """Set members' chain, and how much they live on it: like their main partner's, with noise."""
    made.home[members] = made.home[partner]
    noise = random.normal(0.0, 0.12, len(members))
    made.dependence[members] = np.clip(made.dependence[partner] + noise, 0.0, 1.0)


def _extra(random: np.random.Generator, made: TradeStructure, members: IntArray) -> IntArray:
    """Return how many more partners a firm has: heavy-tailed, few where it lives on one chain."""
    free = 0.35 + 3.2 * (1.0 - made.dependence[members])
    drawn = heavy(random, len(members), _BUYERS_EXPONENT, _BUYERS_MAX / 3) * free
    return np.floor(drawn + random.random(len(members)) - 0.35).astype(np.int64)


def _more_buyers(
    random: np.random.Generator, made: TradeStructure, sellers: IntArray, tier: int
) -> IntArray:
    """Return a further buyer for every seller, or -1 where none was found that needs its goods."""
    found = np.full(len(sellers), -1, dtype=np.int64)
    pools = [np.flatnonzero(made.role == role) for role in (tier - 1, tier, 0)]
    buys = sectors().buys
    for _ in range(_TRIES):
        open_ = np.flatnonzero(found < 0)
        if not len(open_):
            break
        which = by_weight(random, np.array([0.9, 0.07, 0.03]), len(open_))
        drawn = np.empty(len(open_), dtype=np.int64)
        for number, pool in enumerate(pools):
            here = which == number
            drawn[here] = _near(random, made, pool, sellers[open_[here]])
        fits = buys[made.sector[drawn], made.sector[sellers[open_]]]
        taken = (random.random(len(open_)) < 3.0 * fits) & (drawn != sellers[open_])
        found[open_[taken]] = drawn[taken]
    return found


def _near(
    random: np.random.Generator, made: TradeStructure, pool: IntArray, firms: IntArray
) -> IntArray:
    """Return a partner out of the pool for every firm: of its chain, its district or anywhere."""
    chances = _REACH_OF_CORES if made.role[pool[0]] == 0 else _REACH
    reach = by_weight(random, chances, len(firms))
    drawn = np.empty(len(firms), dtype=np.int64)
    for width, group in enumerate((made.home, made.district[made.home], np.zeros_like(made.home))):
        here = reach == width
        drawn[here] = _within(random, made.fitness, pool, group, firms[here])
    return drawn


def _within(
    random: np.random.Generator,
    fitness: FloatArray,
    pool: IntArray,
    group: IntArray,
    firms: IntArray,
) -> IntArray:
    """Return a partner out of the pool and of the firm's own group, else anyone of the pool."""
    sorted_pool = pool[np.argsort(group[pool], kind="stable")]
    upto = np.concatenate([[0.0], np.cumsum(fitness[sorted_pool])])
    first = np.searchsorted(group[sorted_pool], group[firms], side="left")
    last = np.searchsorted(group[sorted_pool], group[firms], side="right")
    first, last = np.where(first == last, 0, first), np.where(first == last, len(pool), last)
    spot = upto[first] + random.random(len(firms)) * (upto[last] - upto[first])
    place = np.searchsorted(upto, spot, side="right") - 1
    partner: IntArray = sorted_pool[np.clip(place, first, last - 1)]
    return partner


def _first_of_pair(supplier: IntArray, buyer: IntArray, primary: BoolArray) -> IntArray:
    """Return the places of the pairs, each once, the primary one before others."""
    order = np.lexsort((~primary, buyer, supplier))
    same = (np.diff(supplier[order]) == 0) & (np.diff(buyer[order]) == 0)
    kept: IntArray = order[np.concatenate([[True], ~same])]
    return kept
