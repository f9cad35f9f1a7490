"""A chain as a graph for drawing: firms while they are few, else groups of them by tier."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from app.chain.chains.picture import Picture, PictureMember, PictureTier
from app.data.versions.networks import network_of
from app.platform.deps import Resources
from app.platform.documents import Document

FIRMS_MAX = 600  # More than these are confetti: they are drawn as groups.
GROUPS = ("none", "sector", "region", "size", "rating")
UNKNOWN = "unknown"
CORE = "core"
TIER = "tier"  # How a core's own chain is grouped.
UNNAMED = "others"
UP, DOWN = "up", "down"


def graph_of(
    resources: Resources, picture: Picture, *, tiers: int | None, groups: str | None
) -> Document:
    """
    Return nodes and edges of a chain.

    Args:
        resources: Where the attributes of firms are read.
        picture: The chain.
        tiers: Leave out what stands further away; all by default.
        groups: Attribute to group by, `none` for firms; by default firms up to 600, else sectors.
    """
    members = [each for each in picture.members if tiers is None or each.tier <= tiers]
    if not picture.is_whole:
        return _by_tier(picture, members, tiers=tiers)
    chosen = groups or ("none" if len(members) <= FIRMS_MAX else "sector")
    node_of = {picture.core: CORE} | _nodes(resources, picture, members, chosen)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for tie in picture.ties:
        if tie.supplier in node_of and tie.buyer in node_of:
            sums[node_of[tie.supplier], node_of[tie.buyer]] += tie.amount_fen
    return {
        "groups": chosen,
        "nodes": _described(picture, members, node_of),
        "edges": [
            {"supplier": supplier, "buyer": buyer, "amount_fen": amount}
            for (supplier, buyer), amount in sorted(sums.items())
        ],
    }


def _by_tier(picture: Picture, members: list[PictureMember], *, tiers: int | None) -> Document:
    """
    Return the known firms one by one, of each tier the others as one node.

    Such a node and the trade between two of them are those of whole tiers, as in the list of
    tiers: nothing here tells a known firm's trade with others.
    """
    node_of = {picture.core: CORE} | {each.id: f"firm:{each.id}" for each in members}
    named = Counter((each.direction, each.tier) for each in members)
    kept = [each for each in picture.tiers if tiers is None or each.tier <= tiers]
    groups = [each for each in kept if each.firms > named[each.direction, each.tier]]
    others = [
        {
            "node": f"{each.direction}:{each.tier}",
            "name": UNNAMED,
            "direction": each.direction,
            "tier": each.tier,
            "firms": each.firms - named[each.direction, each.tier],
            "amount_fen": each.amount_fen,
        }
        for each in groups
    ]
    edges = [
        (node_of[tie.supplier], node_of[tie.buyer], tie.amount_fen)
        for tie in picture.ties
        if tie.supplier in node_of and tie.buyer in node_of
    ]
    return {
        "groups": TIER,
        "nodes": [*_described(picture, members, node_of), *others],
        "edges": [
            {"supplier": supplier, "buyer": buyer, "amount_fen": amount}
            for supplier, buyer, amount in sorted([*edges, *_between(groups)])
        ],
    }


def _between(groups: list[PictureTier]) -> Iterator[tuple[str, str, int]]:
    """Yield the trade of each group with the group one tier nearer, where there is one."""
    node_of = {(each.direction, each.tier): f"{each.direction}:{each.tier}" for each in groups}
    node_of |= {(UP, 0): CORE, (DOWN, 0): CORE}
    for each in groups:
        near = node_of.get((each.direction, each.tier - 1))
        far = node_of[each.direction, each.tier]
        if near is not None:
            supplier, buyer = (far, near) if each.direction == UP else (near, far)
            yield supplier, buyer, each.amount_fen


def _nodes(
    resources: Resources, picture: Picture, members: list[PictureMember], groups: str
) -> dict[str, str]:
    """Return the node that each firm is drawn in."""
    if groups == "none":
        return {each.id: f"firm:{each.id}" for each in members}
    network = network_of(resources, picture.head.version)
    values = network.column(groups)
    return {
        each.id: f"{each.direction}:{each.tier}:{values[network.row(each.id)].as_py() or UNKNOWN}"
        for each in members
    }


def _described(
    picture: Picture, members: list[PictureMember], node_of: dict[str, str]
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        CORE: {
            "node": CORE,
            "name": picture.name,
            "direction": None,
            "tier": 0,
            "firms": 1,
            "amount_fen": 0,
        }
    }
    for each in members:
        node = node_of[each.id]
        alone = node == f"firm:{each.id}"
        entry = found.setdefault(
            node,
            {
                "node": node,
                "name": each.name if alone else node.split(":", 2)[2],
                "direction": each.direction,
                "tier": each.tier,
                "firms": 0,
                "amount_fen": 0,
            },
        )
        entry["firms"] += 1
        if each.amount_fen is None:
            entry["amount_fen"] = None
        else:
            entry["amount_fen"] += each.amount_fen
    return list(found.values())
