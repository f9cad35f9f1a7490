"""A chain as a graph for drawing: firms while they are few, else groups of them by tier."""

from collections import defaultdict
from typing import Any

from app.chains.picture import Member, Picture
from app.deps import Resources
from app.kit.documents import Document
from app.versions.networks import network_of

FIRMS_MAX = 600  # More than these are confetti: they are drawn as groups.
GROUPS = ("none", "sector", "region", "size", "rating")
UNKNOWN = "unknown"
CORE = "core"


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


def _nodes(
    resources: Resources, picture: Picture, members: list[Member], groups: str
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
    picture: Picture, members: list[Member], node_of: dict[str, str]
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
        entry["amount_fen"] += each.amount_fen
    return list(found.values())
