"""Who owns whom, who answers for whom, and which of it is hidden behind nominees."""

from dataclasses import dataclass

import numpy as np

from ingestion.demo.economy.register import DOUBLED
from ingestion.demo.economy.vouchers import HOLDERS
from ingestion.demo.economy.world import World

GROUPS, SMALL_SHARES, GUARANTEED, RINGS, NOMINEES = 0.012, 0.02, 0.05, 0.0016, 0.002
RING_SIZES = (3, 4, 5, 6)
MEMBERS_MAX = 5


@dataclass(frozen=True, slots=True)
class Holding:
    """One holding between rows; days count from the end."""

    owner: int
    owned: int
    share: float
    kind: str
    from_day: int


@dataclass(frozen=True, slots=True)
class Guarantee:
    """One guarantee between rows, in fen; days count from the end."""

    guarantor: int
    debtor: int
    amount_fen: int
    from_day: int
    to_day: int


@dataclass(frozen=True, slots=True)
class Nominees:
    """A group whose controller is hidden: nominees hold the members for it."""

    controller: int
    nominees: tuple[int, ...]
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OwnershipTies:
    """All holdings and guarantees; groups are (head, members) that anybody can see."""

    holdings: tuple[Holding, ...]
    guarantees: tuple[Guarantee, ...]
    groups: tuple[tuple[int, tuple[int, ...]], ...]
    nominees: tuple[Nominees, ...]
    rings: tuple[tuple[int, ...], ...]


def ties(made: World) -> OwnershipTies:
    """Return the ties of an economy."""
    random = made.plan.random("ties")
    free = random.permutation(made.traders).tolist()
    groups, held = _groups(random, made, free)
    hidden, behind = _nominees(random, made, free)
    small = _small_shares(random, made)
    rings = _rings(random, made, free)
    pairs = [(ring[at], ring[(at + 1) % len(ring)]) for ring in rings for at in range(len(ring))]
    pairs += [(each.controller, member) for each in hidden for member in each.members[:1]]
    known = set(pairs)
    for one, other in _drawn_pairs(random, made, GUARANTEED):
        if (one, other) not in known:
            known.add((one, other))
            pairs.append((one, other))
    guarantees = tuple(_guarantee(random, one, other) for one, other in pairs)
    return OwnershipTies((*held, *behind, *small), guarantees, groups, hidden, rings)


def _suppliers(made: World) -> dict[int, list[int]]:
    """Return the listed suppliers of every firm."""
    pairs = np.flatnonzero(made.inside & (made.supplier >= made.cores))
    found: dict[int, list[int]] = {}
    for pair in pairs.tolist():
        found.setdefault(int(made.buyer[pair]), []).append(int(made.supplier[pair]))
    return found


def _groups(
    random: np.random.Generator, made: World, free: list[int]
) -> tuple[tuple[tuple[int, tuple[int, ...]], ...], list[Holding]]:
    """Return groups, each a head and some of its suppliers, some held through another member."""
    count = max(1, round(made.firms * GROUPS))
    heads = [*range(0, made.cores, 2), *free][:count]
    owned: set[int] = set(heads)
    suppliers = _suppliers(made)
    groups, holdings = [], []
    for head in heads:
        choice = [firm for firm in dict.fromkeys(suppliers.get(head, [])) if firm not in owned]
        members = choice[: int(random.integers(1, MEMBERS_MAX))]
        if not members:
            continue
        owned.update(members)
        groups.append((head, tuple(members)))
        for at, member in enumerate(members):
            owner = members[at - 1] if at % 3 == 2 else head
            kind = "control" if random.random() < 0.25 else "equity"
            low = 0.2 if kind == "control" else 0.51
            share = round(float(random.uniform(low, 1.0)), 4)
            holdings.append(Holding(owner, member, share, kind, -int(random.integers(200, 3000))))
    return tuple(groups), holdings


def _nominees(
    random: np.random.Generator, made: World, free: list[int]
) -> tuple[tuple[Nominees, ...], list[Holding]]:
    """Return hidden groups: shells hold suppliers of a firm that appears nowhere as their owner."""
    first = round(made.firms * DOUBLED)
    last = len(made.idle) - round(made.firms * HOLDERS)
    shells = made.idle[first:last].tolist()
    suppliers = _suppliers(made)
    heads = [firm for firm in reversed(free) if len(suppliers.get(firm, [])) >= 2]
    count = min(len(heads), len(shells) // 2, max(1, round(made.firms * NOMINEES)))
    found, holdings = [], []
    for at, head in enumerate(heads[:count]):
        members = tuple(dict.fromkeys(suppliers[head]))[:3]
        behind = (shells[2 * at], shells[2 * at + 1])
        found.append(Nominees(head, behind, members))
        since = -int(random.integers(200, 900))
        for place, member in enumerate(members):
            share = round(float(random.uniform(0.6, 1.0)), 4)
            holdings.append(Holding(behind[place % 2], member, share, "equity", since))
    return tuple(found), holdings


def _drawn_pairs(random: np.random.Generator, made: World, share: float) -> list[tuple[int, int]]:
    count = round(made.firms * share)
    drawn = random.choice(made.traders, (count, 2)).tolist()
    return list(dict.fromkeys((one, other) for one, other in drawn if one != other))


def _small_shares(random: np.random.Generator, made: World) -> list[Holding]:
    """Return holdings that make no group."""
    return [
        Holding(
            one,
            other,
            round(float(random.uniform(0.02, 0.3)), 4),
            "equity",
            -int(random.integers(200, 3000)),
        )
        for one, other in _drawn_pairs(random, made, SMALL_SHARES)
    ]


def _rings(
    random: np.random.Generator, made: World, free: list[int]
) -> tuple[tuple[int, ...], ...]:
    """Return rings of firms of which each answers for the next."""
    count = max(1, round(made.firms * RINGS))
    rings, at = [], len(free) // 2
    for _ in range(count):
        size = RING_SIZES[int(random.integers(0, len(RING_SIZES)))]
        members = free[at : at + size]
        at += size
        if len(members) >= RING_SIZES[0]:
            rings.append(tuple(members))
    return tuple(rings)


def _guarantee(random: np.random.Generator, guarantor: int, debtor: int) -> Guarantee:
    amount = int(np.round(np.exp(random.normal(15.0, 1.0)) / 1e5)) * 10_000_000 + 10_000_000
    since = -int(random.integers(10, 700))
    return Guarantee(guarantor, debtor, amount, since, since + int(random.integers(365, 1095)))
