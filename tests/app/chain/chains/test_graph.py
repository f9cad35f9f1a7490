"""The graph of a chain as its core is shown it."""

from pathlib import Path

import pytest

from app.chain.chains.graph import graph_of
from app.chain.chains.picture import ChainHead, Picture, PictureMember, PictureTier, PictureTrade
from app.platform.config import Settings
from app.platform.deps import Resources

HEAD = ChainHead(1, "2026-06-30", "policy", "run")
TIERS = (
    PictureTier("up", 1, 2, 90),
    PictureTier("up", 2, 3, 70),
    PictureTier("up", 3, 1, 50),
    PictureTier("down", 1, 1, 20),
)


def picture(*named: PictureMember) -> Picture:
    ties = tuple(
        PictureTrade(each.id, "C", each.amount_fen or 0)
        for each in named
        if each.tier == 1 and each.direction == "up"
    )
    return Picture("C", "Core", HEAD, named, ties, TIERS, is_whole=False)


def member(
    name: str, tier: int, amount_fen: int | None = None, direction: str = "up"
) -> PictureMember:
    return PictureMember(
        name, name.lower(), direction, tier, amount_fen, "C" if tier == 1 else None
    )


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    return Resources(Settings(home=tmp_path))


def test_whole_tiers_are_groups_and_tie_to_the_core_where_nobody_is_named(
    resources: Resources,
) -> None:
    graph = graph_of(resources, picture(), tiers=None, groups=None)

    assert [(node["node"], node["firms"], node["amount_fen"]) for node in graph["nodes"]] == [
        ("core", 1, 0),
        *(("up:1", 2, 90), ("up:2", 3, 70), ("up:3", 1, 50), ("down:1", 1, 20)),
    ]
    assert graph["edges"] == [
        {"supplier": "core", "buyer": "down:1", "amount_fen": 20},
        {"supplier": "up:1", "buyer": "core", "amount_fen": 90},
        {"supplier": "up:2", "buyer": "up:1", "amount_fen": 70},
        {"supplier": "up:3", "buyer": "up:2", "amount_fen": 50},
    ]


def test_a_named_firm_of_a_deeper_tier_has_no_amount_and_takes_none_from_its_tier(
    resources: Resources,
) -> None:
    named = (member("A", 1, 60), member("B", 1, 30), member("H", 2), member("Z", 3))
    graph = graph_of(resources, picture(*named), tiers=None, groups="rating")

    nodes = {node["node"]: (node["firms"], node["amount_fen"]) for node in graph["nodes"]}
    assert nodes == {
        "core": (1, 0),
        "firm:A": (1, 60),
        "firm:B": (1, 30),
        "firm:H": (1, None),
        "firm:Z": (1, None),
        "up:2": (2, 70),
        "down:1": (1, 20),
    }
    assert {(edge["supplier"], edge["buyer"]) for edge in graph["edges"]} == {
        *(("firm:A", "core"), ("firm:B", "core"), ("core", "down:1"))
    }


def test_tiers_that_are_not_asked_for_are_left_out(resources: Resources) -> None:
    graph = graph_of(resources, picture(member("A", 1, 60)), tiers=2, groups="none")

    assert [node["node"] for node in graph["nodes"]] == [
        *("core", "firm:A", "up:1", "up:2", "down:1")
    ]
