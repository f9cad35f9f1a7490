"""Where a picture of a chain puts its firms: columns by tier, suppliers left, buyers right."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from graph.interop.view import Member

ROWS_MAX = 40  # Firms one above the other; more make a second column beside the first.
LINE = 44.0  # From one firm to the next below.
COLUMN = 220.0  # From one column of a tier to its next: room for a name.
GAP = 200.0  # Between two tiers, where the lines run.


@dataclass(frozen=True, slots=True)
class Band:
    """The columns of one tier: signed tier (upstream negative, core 0), middle, and firms."""

    tier: int
    x: float
    firms: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A place for every firm, the bands of the tiers from left to right, and the upper edge."""

    places: dict[str, tuple[float, float]]
    bands: tuple[Band, ...]
    top: float


def lay_out(core: str, members: Sequence[Member]) -> Layout:
    """
    Return places for a core and its members; the same members give the same places.

    Inside a tier firms stand in the order of the partner that they are reached through, so that
    lines cross little, and by the strength of their path.

    Example:
        >>> mill = Member("mill", "Mill", None, "up", 1, 1, 0, "cars", 90)
        >>> lay_out("cars", [mill]).places
        {'cars': (0.0, 0.0), 'mill': (-420.0, 0.0)}
    """
    tiers = defaultdict(list)
    for member in members:
        tiers[member.tier if member.direction == "down" else -member.tier].append(member)
    rank = {core: 0}
    places = {core: (0.0, 0.0)}
    bands = [Band(0, 0.0, 1)]
    for side in (-1, 1):
        edge = 0.0
        for tier in sorted((t for t in tiers if t * side > 0), key=abs):
            found = sorted(tiers[tier], key=lambda m: (rank.get(m.via, 0), -m.strength_fen, m.id))
            rank |= {member.id: place for place, member in enumerate(found)}
            columns = -(-len(found) // ROWS_MAX)
            nearest = edge + GAP + COLUMN
            edge = nearest + (columns - 1) * COLUMN
            places |= _stack([m.id for m in found], columns, nearest, side)
            bands.append(Band(tier, side * (nearest + edge) / 2, len(found)))
    top = min(y for _, y in places.values())
    return Layout(places, tuple(sorted(bands, key=lambda band: band.tier)), top)


def _stack(
    firms: Sequence[str], columns: int, nearest: float, side: int
) -> dict[str, tuple[float, float]]:
    """Return places in order from above, each row filled across the tier's columns."""
    rows = -(-len(firms) // columns)
    return {
        firm: (
            side * (nearest + place % columns * COLUMN),
            (place // columns - (rows - 1) / 2) * LINE,
        )
        for place, firm in enumerate(firms)
    }
