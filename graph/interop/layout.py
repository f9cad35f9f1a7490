"""Where a picture of a chain puts its firms: columns by tier, suppliers left, buyers right."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.interop.view import ListedMember

ROWS_MAX = 60  # Firms one above the other; more make a second column beside the first.
LINE = 44.0  # From one firm to the next below.
COLUMN = 200.0  # From one column of a tier to its next: space for a name.
GAP = 120.0  # Between two tiers, where the lines run.


@dataclass(frozen=True, slots=True)
class TierBand:
    """The columns of one tier: signed tier (upstream negative, core 0), middle, and firms."""

    tier: int
    x: float
    firms: int


@dataclass(frozen=True, slots=True)
class ChainLayout:
    """A place for every firm, the bands of the tiers from left to right, and the upper edge."""

    places: dict[str, tuple[float, float]]
    bands: tuple[TierBand, ...]
    top: float


def signed_tier(member: ListedMember) -> int:
    """Return the tier of a member, below zero for suppliers."""
    return member.tier if member.direction == "down" else -member.tier


def strongest(members: Sequence[ListedMember], firms_max: int) -> list[ListedMember]:
    """
    Return at most so many members, a fair part of every tier: nearest tiers and strongest first.

    Every tier gives as many as the others while it has them; within a tier firms that are reached
    through a chosen one come first, so that their paths are whole.

    Example:
        >>> near = [ListedMember(f"n{i}", "", None, "up", 1, 1, 0, "core", 9 - i) for i in range(5)]
        >>> far = [ListedMember("f", "", None, "up", 2, 2, 0, "n0", 1)]
        >>> [member.id for member in strongest([*near, *far], 3)]
        ['n0', 'n1', 'f']
    """
    tiers = _by_tier(members)
    nearest = sorted(tiers, key=lambda tier: (abs(tier), tier))
    quota = shares({tier: len(tiers[tier]) for tier in nearest}, firms_max)
    chosen: dict[str, ListedMember] = {}
    for tier in nearest:
        found = sorted(
            tiers[tier], key=lambda m: (m.tier > 1 and m.via not in chosen, -m.strength_fen, m.id)
        )
        chosen |= {member.id: member for member in found[: quota[tier]]}
    return list(chosen.values())


def shares(counts: Mapping[int, int], total: int) -> dict[int, int]:
    """
    Return how many each may give so that no more than a total come together.

    Example:
        >>> shares({1: 10, 2: 100, 3: 2}, 30)
        {1: 10, 2: 18, 3: 2}
        >>> shares({1: 5, 2: 5, 3: 5}, 2)
        {1: 1, 2: 1, 3: 0}
    """
    given = dict.fromkeys(counts, 0)
    left = total
    while left > 0 and (hungry := [key for key in counts if given[key] < counts[key]]):
        each = max(1, left // len(hungry))
        for key in hungry[:left]:
            more = min(each, counts[key] - given[key], left)
            given[key] += more
            left -= more
    return given


def lay_out(
    core: str, members: Sequence[ListedMember], rest: Sequence[ListedMember] = ()
) -> ChainLayout:
    """
    Return places for a core and its members; the same members give the same places.

    Inside a tier firms stand in the order of the partner that they are reached through, so that
    lines cross little, and by the strength of their path. The rest, drawn only when somebody asks
    for them, have places below those of their tier.

    Example:
        >>> mill = ListedMember("mill", "Mill", None, "up", 1, 1, 0, "cars", 90)
        >>> lay_out("cars", [mill]).places
        {'cars': (0.0, 0.0), 'mill': (-320.0, 0.0)}
    """
    tiers, others = _by_tier(members), _by_tier(rest)
    rank = {core: 0}
    places = {core: (0.0, 0.0)}
    bands = [TierBand(0, 0.0, 1)]
    for side in (-1, 1):
        edge = 0.0
        for tier in sorted((t for t in {*tiers, *others} if t * side > 0), key=abs):
            found = _ordered(tiers[tier], rank)
            rank |= {member.id: place for place, member in enumerate(found)}
            columns = max(1, -(-len(found) // ROWS_MAX))
            nearest = edge + GAP + COLUMN
            edge = nearest + (columns - 1) * COLUMN
            places |= _stack(found, _ordered(others[tier], rank), columns, side * nearest)
            bands.append(
                TierBand(tier, side * (nearest + edge) / 2, len(found) + len(others[tier]))
            )
    top = min(y for _, y in places.values())
    return ChainLayout(places, tuple(sorted(bands, key=lambda band: band.tier)), top)


def _by_tier(members: Sequence[ListedMember]) -> dict[int, list[ListedMember]]:
    tiers: dict[int, list[ListedMember]] = defaultdict(list)
    for member in members:
        tiers[signed_tier(member)].append(member)
    return tiers


def _ordered(members: Sequence[ListedMember], rank: Mapping[str, int]) -> list[ListedMember]:
    last = len(rank)
    return sorted(members, key=lambda m: (rank.get(m.via, last), -m.strength_fen, m.id))


def _stack(
    found: Sequence[ListedMember], rest: Sequence[ListedMember], columns: int, nearest: float
) -> dict[str, tuple[float, float]]:
    """Return places in order from above, each row filled across the tier's columns."""
    rows = -(-len(found) // columns)
    step = COLUMN if nearest > 0 else -COLUMN
    first = (1 - rows) / 2
    numbered = [*enumerate(found), *enumerate(rest, start=(rows + 1) * columns)]
    return {
        member.id: (nearest + number % columns * step, (first + number // columns) * LINE)
        for number, member in numbered
    }
