from graph.interop.layout import LINE, ROWS_MAX, lay_out
from graph.interop.view import ListedMember


def member(name: str, *, tier: int, direction: str = "up", via: str = "core") -> ListedMember:
    return ListedMember(name, name, None, direction, tier, tier, 0, via, 100)


def test_tiers_lie_apart_suppliers_left_and_distributors_right() -> None:
    found = lay_out(
        "core",
        [
            member("far", tier=2, via="near"),
            member("near", tier=1),
            member("shop", tier=1, direction="down"),
        ],
    )

    x = {firm: place[0] for firm, place in found.places.items()}
    assert x["far"] < x["near"] < x["core"] == 0 < x["shop"]
    assert [band.tier for band in found.bands] == [-2, -1, 0, 1]


def test_a_large_tier_takes_more_columns_and_no_two_firms_one_place() -> None:
    members = [member(f"a{i:03}", tier=1) for i in range(3 * ROWS_MAX + 1)]
    members += [member(f"b{i:03}", tier=2, via=f"a{i:03}") for i in range(90)]

    found = lay_out("core", members)

    assert len(set(found.places.values())) == len(members) + 1
    first = [found.places[m.id][0] for m in members if m.tier == 1]
    second = [found.places[m.id][0] for m in members if m.tier == 2]
    assert len(set(first)) == 4
    assert max(second) < min(first)
    assert found.top >= -LINE * ROWS_MAX / 2


def test_firms_stand_in_the_order_of_those_they_are_reached_through() -> None:
    members = [member("a", tier=1), member("b", tier=1)]
    members += [member("x", tier=2, via="b"), member("y", tier=2, via="a")]

    places = lay_out("core", members).places

    assert (places["x"][1] < places["y"][1]) == (places["b"][1] < places["a"][1])
