"""Connected groups against a search without any craft, and the laws that they keep."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidInput, NotConverged, NotFound
from graph.groups import UNITS, Control, Holdings, control, groups, reliances
from graph.structure.groups import holdings as stakes
from graph.testing.networks import toy

FIRMS = 7
TENTHS = [f"0.{tenth}" for tenth in range(10)] + ["1"]


class Held(NamedTuple):
    """One holding; the share is written as a decimal."""

    owner: int
    owned: int
    share: str | None
    controls: bool = False


Rows = Sequence[Held]

rows = st.lists(
    st.builds(
        Held,
        st.integers(0, FIRMS - 1),
        st.integers(0, FIRMS - 1),
        st.sampled_from(["0.1", "0.2", "0.25", "0.3", "0.4", "0.5", "0.51", "0.6", None]),
        st.integers(0, 9).map(lambda drawn: drawn == 0),
    ),
    max_size=14,
)


def found(held: Rows, firms: int = FIRMS) -> Control:
    columns = list(zip(*held, strict=True)) or [(), (), (), ()]
    shares = [None if share is None else float(share) for share in columns[2]]
    return control(firms, Holdings(columns[0], columns[1], shares, np.array(columns[3], np.bool_)))


def block(head: int, held: Rows) -> set[int]:
    """Return who a firm controls, itself among them: all holdings again until nothing changes."""
    inside = {head}
    while True:
        parts: dict[int, Fraction] = {}
        joined = set()
        for row in held:
            if row.owner in inside and row.owner != row.owned:
                joined |= {row.owned} if row.controls else set()
                parts[row.owned] = parts.get(row.owned, Fraction()) + Fraction(row.share or 0)
        joined |= {firm for firm, part in parts.items() if part > Fraction(1, 2)}
        if joined <= inside:
            return inside
        inside |= joined


def partition(held: Rows) -> list[list[int]]:
    joined = nx.Graph()
    for head in range(FIRMS):
        joined.add_edges_from((head, firm) for firm in block(head, held) - {head})
    return sorted(sorted(part) for part in nx.connected_components(joined))


def members(control: Control) -> list[list[int]]:
    grouped = groups(control)
    return [grouped.of(int(first)) for first in grouped.group_rows]


@given(rows)
def test_groups_are_those_of_a_search_without_craft(held: Rows) -> None:
    assert members(found(held)) == partition(held)


@given(rows)
def test_the_controller_is_a_head_whose_block_holds_the_firm(held: Rows) -> None:
    result = found(held)
    blocks = {firm: block(firm, held) for firm in range(FIRMS)}
    for firm in range(FIRMS):
        over = {head for head in blocks if head != firm and firm in blocks[head]}
        head = result.controller(firm)
        if head is None:  # Nobody's, or the first of a circle that nobody else controls.
            assert over <= blocks[firm]
            continue
        assert head in over
        assert all(blocks[other] <= blocks[head] for other in blocks if head in blocks[other])
        parts = [r for r in held if r.owner in blocks[head] and r.owned == firm != r.owner]
        assert result.held_units[firm] == sum(Fraction(r.share or 0) for r in parts) * UNITS


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(held: Rows, random: Any) -> None:
    turned = random.sample(held, len(held))

    one, other = found(held), found(turned)

    assert np.array_equal(one.controller_rows, other.controller_rows)
    assert np.array_equal(one.held_units, other.held_units)
    assert members(one) == members(other)


@given(rows, rows)
def test_a_holding_more_never_splits_a_group(held: Rows, more: Rows) -> None:
    before, after = members(found(held)), members(found([*held, *more]))

    assert all(any(set(part) <= set(whole) for whole in after) for part in before)


@given(rows)
def test_a_stake_in_parts_counts_as_the_whole(held: Rows) -> None:
    halves = [
        row._replace(share=None if row.share is None else str(Decimal(row.share) / 2))
        for row in held
        for _ in range(2)
    ]

    assert members(found(halves)) == members(found(held))


@given(rows)
def test_every_member_has_a_holding_that_joins_it(held: Rows) -> None:
    result = found(held)
    joined = {*result.owner_rows[result.joins].tolist(), *result.owned_rows[result.joins].tolist()}

    assert joined == {firm for part in members(result) for firm in part}


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        pytest.param([Held(0, 1, "0.5")], [], id="half is not more than half"),
        pytest.param([Held(0, 1, "0.500000000000001")], [[0, 1]], id="a trace more"),
        pytest.param([Held(0, 1, "0.3"), Held(0, 1, "0.3")], [[0, 1]], id="two rows"),
        pytest.param([Held(0, 1, "0.1")] * 5, [], id="five tenths are a half"),
        pytest.param([Held(0, 1, str(1 / 6))] * 3, [], id="three sixths are a half"),
        pytest.param([Held(0, 1, "0.3"), Held(2, 1, "0.3")], [], id="two owners"),
        pytest.param([Held(0, 1, None, controls=True)], [[0, 1]], id="a link of control"),
        pytest.param([Held(0, 1, None)], [], id="an unknown share"),
        pytest.param([Held(1, 1, "1")], [], id="what a firm holds of itself"),
        pytest.param([Held(0, 1, "0.9"), Held(1, 0, "0.9")], [[0, 1]], id="a circle"),
        pytest.param([Held(0, 2, "1"), Held(1, 2, "0")], [[0, 2]], id="a share of nothing"),
        pytest.param(
            [Held(0, 1, "0.6"), Held(1, 2, "0.3"), Held(0, 2, "0.3")],
            [[0, 1, 2]],
            id="what is controlled holds for its controller",
        ),
        pytest.param(
            [Held(3, 1, "0.6"), Held(3, 2, "0.6")], [[1, 2, 3]], id="one common controller"
        ),
        pytest.param(
            [
                Held(0, 2, "0", controls=True),
                Held(1, 2, "0.6"),
                Held(0, 3, "0.3"),
                Held(1, 3, "0.3"),
            ],
            [[0, 1, 2]],
            id="two controllers of one firm do not hold for each other",
        ),
        pytest.param([Held(0, 1, "1")] * 12_000, [[0, 1]], id="shares far above the whole"),
    ],
)
def test_what_ties_firms_and_what_does_not(held: Rows, expected: list[list[int]]) -> None:
    assert members(found(held)) == expected


def test_a_long_ladder_is_one_group_headed_by_its_top() -> None:
    count = 200_000
    owners = np.arange(count - 1, 0, -1)  # The last owns the one before it, and so on.

    result = control(count, Holdings(owners, owners - 1, np.ones(count - 1)))

    assert (result.controller_rows[:-1] == count - 1).all()
    assert len(groups(result)) == 1


def test_more_holdings_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stakes, "STEPS_MAX", 1)

    with pytest.raises(NotConverged, match="more than 1 holdings were read"):
        found([Held(0, 1, "1"), Held(1, 2, "1")])


def test_ids_name_firms_and_what_comes_out() -> None:
    network = toy({("mill", "fund"): 1, ("mine", "mill"): 1})

    result = control(network, Holdings(["fund"], ["mill"], [0.51]))

    assert groups(result).to_pandas().to_numpy().tolist() == [["fund", "fund"], ["fund", "mill"]]
    assert groups(result).of("mill") == groups(result).of("fund") == [0, 1]
    assert groups(result).of("mine") == []
    with pytest.raises(NotFound):
        groups(result).of("moon")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (Holdings([0], [9], [1.0]), "owned"),
        (Holdings([0], [1], [1.1]), "shares: entry 0 is no share"),
        (Holdings([0], [1], [-0.1]), "shares: entry 0 is no share"),
        (Holdings([0, 1], [1, 2], [0.1]), "differ in length"),
        (Holdings([0], [1], [0.1], [1]), "controls must be true or false"),
        (Holdings(["a"], [1], [0.1]), "ids"),
    ],
)
def test_columns_that_are_none_are_refused(held: Holdings, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        control(3, held)


trades = st.dictionaries(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), st.integers(1, 4), max_size=12
)


@given(trades, st.sampled_from(["0.3", "0.5", "1"]), st.sets(st.sampled_from("abcde")))
def test_reliances_are_those_of_a_search_without_craft(
    traded: dict[tuple[str, str], int], share: str, among: set[str]
) -> None:
    network = toy(traded)
    expected = []
    for side, name in ((0, "receipts"), (1, "expenditure")):
        for pair, amount in traded.items():
            own, partner = pair[side], pair[1 - side]
            total = sum(each for ends, each in traded.items() if ends[side] == own)
            enough = Fraction(amount, total) >= Fraction(share)
            if enough and own != partner and {own, partner} <= among:
                expected.append([own, partner, name, amount, total])
    counted = np.array([firm in among for firm in network.ids], np.bool_)

    result = reliances(network, share=Decimal(share)).among(counted).to_pandas()

    assert sorted(result.to_numpy().tolist()) == sorted(expected)


def test_reliance_ties_what_control_does_not() -> None:
    network = toy({("a", "b"): 5, ("a", "c"): 5, ("d", "b"): 1, ("e", "b"): 9})
    nobody = control(network, Holdings([], [], []))
    rest = np.array([firm != "c" for firm in network.ids])

    assert len(groups(nobody)) == 0
    assert groups(nobody, reliances(network)).of("c") == [0, 1, 2, 3, 4]
    assert groups(nobody, reliances(network).among(rest)).of("a") == [0, 1, 3, 4]


@pytest.mark.parametrize("share", [0, 1.5, "much"])
def test_a_share_that_is_none_is_refused(share: Any) -> None:
    with pytest.raises(InvalidInput, match="share must be"):
        reliances(toy({("a", "b"): 1}), share=share)


def test_reliances_of_more_firms_than_control_knows_are_refused() -> None:
    with pytest.raises(InvalidInput, match="that control does not know"):
        groups(control(1, Holdings([], [], [])), reliances(toy({("a", "b"): 1})))
    with pytest.raises(InvalidInput, match="firms has 1 entries"):
        reliances(toy({("a", "b"): 1})).among(np.array([True]))
