from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.chains import DOWN, UP, Chain, belonging, find_chain, find_chains, strengths
from graph.errors import InvalidInput, NotFound
from graph.network import Network
from graph.structure.chains.search import KINDS, _Flat
from graph.testing.networks import toy
from graph.testing.strategies import NAMES, Amounts, amounts, networks

INFINITE = 10**30
cores = st.lists(st.sampled_from(NAMES), unique=True, max_size=4)


def net_totals(trades: Amounts) -> tuple[dict[str, int], dict[str, int]]:
    sold: dict[str, int] = defaultdict(int)
    bought: dict[str, int] = defaultdict(int)
    for (supplier, buyer), amount in trades.items():
        sold[supplier] += amount
        bought[buyer] += amount
    return sold, bought


def slow_tiers(trades: Amounts, core: str, tiers_max: int, share: Fraction) -> dict[str, object]:
    """Both directions, literally: tier, strength and via of every firm reached."""
    sold, bought = net_totals(trades)
    counted = {
        pair: amount
        for pair, amount in trades.items()
        if amount > 0
        and (amount >= share * max(0, sold[pair[0]]) or amount >= share * max(0, bought[pair[1]]))
    }
    sides = {}
    for side in (UP, DOWN):
        next_to: dict[str, dict[str, int]] = defaultdict(dict)
        for (supplier, buyer), amount in counted.items():
            near, far = (buyer, supplier) if side == UP else (supplier, buyer)
            next_to[near][far] = amount
        tier, strength, via = {core: 0}, {core: INFINITE}, {}
        for t in range(1, tiers_max + 1):
            layer = sorted(firm for firm, at in tier.items() if at == t - 1)
            new: dict[str, tuple[int, str]] = {}
            for near in layer:
                for far, amount in next_to[near].items():
                    reached = min(strength[near], amount)
                    if far not in tier and (far not in new or reached > new[far][0]):
                        new[far] = (reached, near)
            for far, (reached, near) in new.items():
                tier[far], strength[far], via[far] = t, reached, near
        sides[side] = (tier, strength, via)
    return sides


def shown(network: Network, chain: Chain) -> dict[str, tuple[int, int, int, str, int]]:
    along = strengths(network, chain)
    return {
        network.ids[int(chain.firm_rows[m])]: (
            int(chain.direction[m]),
            int(chain.up_tier[m]),
            int(chain.down_tier[m]),
            network.ids[int(chain.via_rows[m])],
            int(along[m]),
        )
        for m in range(len(chain))
    }


@given(amounts(least=-300, most=300, loops=True), st.integers(1, 6), st.sampled_from([0, 5, 200]))
def test_chains_are_those_of_the_literal_definition(
    trades: Amounts, tiers_max: int, thousandths: int
) -> None:
    share = Fraction(thousandths, 1000)
    network = toy(trades, alone=NAMES)
    for core in NAMES[:3]:
        sides = slow_tiers(trades, core, tiers_max, share)
        expected = {}
        for firm in NAMES:
            up, down = (sides[side][0].get(firm, 0) for side in (UP, DOWN))
            if firm != core and (up or down):
                side = UP if up and (not down or up <= down) else DOWN
                _, strength, via = sides[side]
                expected[firm] = (side, up, down, via[firm], strength[firm])

        chain = find_chain(
            network, core, tiers_max=tiers_max, share_min=Decimal(thousandths) / 1000
        )

        assert shown(network, chain) == expected


def test_a_firm_on_both_sides_stands_in_the_nearer_and_keeps_both_tiers() -> None:
    network = toy({("x", "k"): 5, ("k", "c"): 5, ("c", "x"): 5, ("c", "y"): 5, ("y", "c"): 5})

    chain = shown(network, find_chain(network, "c"))

    assert chain["x"] == (DOWN, 2, 1, "c", 5)
    assert chain["k"] == (UP, 1, 2, "c", 5)
    assert chain["y"] == (UP, 1, 1, "c", 5)


def test_the_strongest_of_the_shortest_paths_is_kept_even_through_another_core() -> None:
    network = toy(
        {
            ("far", "thin"): 900,
            ("thin", "c"): 10,
            ("far", "wide"): 40,
            ("wide", "c"): 50,
            ("far", "long"): 800,
            ("long", "wide"): 800,
        },
        core={"wide": True, "c": True},
    )

    chain = find_chain(network, "c")

    path = [network.ids[row] for row in chain.path(network.row("far"))]
    assert path == ["far", "wide", "c"]
    assert strengths(network, chain)[chain.place(network.row("far"))] == 40


def test_a_path_stays_on_its_own_side() -> None:
    trades = {("c", "a"): 9, ("a", "c"): 9, ("a", "b"): 9, ("b", "d"): 9}
    network = toy(trades)

    chain = find_chain(network, "c")

    assert [network.ids[row] for row in chain.path(network.row("d"))] == ["d", "b", "a", "c"]


def test_the_share_is_compared_exactly() -> None:
    trades = {("s", "c"): 1_000_000_000_000_001, ("s", "x"): 199_000_000_000_000_199}
    trades |= {("z", "c"): 10**18}
    at_the_edge = toy(trades)
    below = toy(trades | {("s", "c"): 1_000_000_000_000_000})

    assert "s" in shown(at_the_edge, find_chain(at_the_edge, "c"))
    assert "s" not in shown(below, find_chain(below, "c"))


def test_many_cores_give_the_same_as_one_at_a_time_with_any_number_of_threads() -> None:
    random = np.random.default_rng(5)
    pairs = {
        (f"{a:02}", f"{b:02}"): int(amount)
        for a, b, amount in random.integers(1, 60, size=(400, 3))
        if a != b
    }
    network = toy(pairs)
    rows = [5, 1, 40, 5]

    one, many = (find_chains(network, rows, tiers_max=2, threads=count) for count in (1, 3))

    for name in ("firm_rows", "up_tier", "down_tier", "up_via_rows", "down_via_rows", "offsets"):
        assert np.array_equal(getattr(one, name), getattr(many, name))
    for row, chain in zip(rows, many, strict=True):
        alone = find_chain(network, network.ids[row], tiers_max=2)
        assert shown(network, chain) == shown(network, alone)
        assert chain.core_row == row
    assert many.member_core_rows.tolist() == np.repeat(rows, np.diff(many.offsets)).tolist()


def test_no_cores_have_no_members() -> None:
    network = toy({("a", "b"): 1})

    assert len(find_chains(network, [])) == 0
    assert len(belonging(network, []).share_e12) == 0


def test_asks_in_words_for_what_it_needs() -> None:
    network = toy({("a", "b"): 1})
    chain = find_chain(network, "b")

    with pytest.raises(NotFound, match="zz"):
        find_chain(network, "zz")
    with pytest.raises(NotFound, match="not in the chain"):
        chain.path(network.row("b"))
    with pytest.raises(NotFound, match="no chain at place 1"):
        find_chains(network, [0]).chain(1)
    with pytest.raises(InvalidInput, match="tiers_max must be 1 to 100"):
        find_chain(network, "b", tiers_max=0)
    with pytest.raises(InvalidInput, match="core row 7"):
        find_chains(network, [7])
    with pytest.raises(InvalidInput, match="integers"):
        find_chains(network, np.array([0.5]))
    for share in (-0.1, 1.5, float("nan"), Decimal("0.1234567891")):
        with pytest.raises(InvalidInput, match="share_min"):
            find_chain(network, "b", share_min=share)


def slow_belonging(
    trades: Amounts, stops: list[str], steps_max: int
) -> dict[str, dict[str, Fraction]]:
    """w_jc by the recursion of its definition, in fractions."""
    buyers: dict[str, dict[str, int]] = defaultdict(dict)
    for (supplier, buyer), amount in trades.items():
        if amount > 0:
            buyers[supplier][buyer] = amount
    found = {core: {core: Fraction(1)} for core in stops}
    for _ in range(steps_max):
        after = {core: {core: Fraction(1)} for core in stops}
        for seller in set(buyers) - set(stops):
            total = sum(buyers[seller].values())
            for core in stops:
                parts = (
                    Fraction(amount, total) * found[core].get(buyer, Fraction(0))
                    for buyer, amount in buyers[seller].items()
                )
                after[core][seller] = sum(parts, Fraction(0))
        found = after
    return found


@given(amounts(least=-300, most=300, loops=True), cores, st.integers(1, 6))
def test_belonging_is_that_of_the_definition_to_twelve_places(
    trades: Amounts, stops: list[str], steps_max: int
) -> None:
    network = toy(trades, alone=NAMES)
    slow = slow_belonging(trades, stops, steps_max)

    found = belonging(network, network.rows(stops), steps_max=steps_max)

    # Rounded to 14 places before the cut, which mends a last wrong bit.
    mended = {
        (network.row(firm), network.row(core)): int(share * 10**12 + Fraction(1, 200))
        for core in stops
        for firm, share in slow[core].items()
    }
    expected = {entry: units for entry, units in mended.items() if units}
    entries = zip(found.firm_rows.tolist(), found.core_rows.tolist(), strict=True)
    assert dict(zip(entries, found.share_e12.tolist(), strict=True)) == expected


@given(networks(least=-50, loops=True), cores)
def test_a_firm_never_belongs_by_more_than_the_whole(network: Network, stops: list[str]) -> None:
    found = belonging(network, network.rows(stops))

    for row in range(len(network)):
        assert sum(found.of(row).values()) <= 1


@given(networks(), cores, st.integers(1, 5))
def test_one_step_more_never_lowers_a_share(
    network: Network, stops: list[str], steps_max: int
) -> None:
    rows = network.rows(stops)
    fewer, more = (
        belonging(network, rows, steps_max=steps) for steps in (steps_max, steps_max + 1)
    )

    for row in range(len(network)):
        later = more.of(row)
        assert all(later[core] >= share for core, share in fewer.of(row).items())


def test_belonging_is_the_same_with_any_number_of_threads_and_order_of_cores() -> None:
    random = np.random.default_rng(7)
    pairs = {
        (f"{a:02}", f"{b:02}"): int(amount)
        for a, b, amount in random.integers(1, 80, size=(600, 3))
        if a != b
    }
    network = toy(pairs)

    one = belonging(network, [3, 20, 50, 51], threads=1)
    many = belonging(network, [51, 3, 50, 20, 3], threads=3)

    assert np.array_equal(one.share_e12, many.share_e12)
    assert np.array_equal(one.core_rows, many.core_rows)
    assert np.array_equal(one.firm_rows, many.firm_rows)
    assert len(one.share_e12) > 100


def test_a_small_chain_in_a_large_network_is_the_same_as_in_a_small_one() -> None:
    trades = {("a", "b"): 5, ("b", "c"): 7, ("c", "a"): 9}
    small, large = toy(trades), toy(trades, alone=[f"x{i:03}" for i in range(500)])

    one, other = (find_chain(network, "c") for network in (small, large))

    assert shown(small, one) == shown(large, other)


def test_columns_keep_what_they_hold_when_they_grow() -> None:
    flat = _Flat(1)
    parts = [tuple(np.full(size, size, kind) for kind in KINDS) for size in (1, 2, 40)]

    with ThreadPoolExecutor(max_workers=2) as pool:
        flat.append([parts[0]], pool)
        flat.append(parts[1:], pool)

    assert flat.offsets == [0, 1, 3, 43]
    assert all(column.tolist() == [1, 2, 2, *[40] * 40] for column in flat.columns().values())
