"""Scenarios as data: read back as written, every wrong field named, looked up in a network."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidInput, NotFound
from graph.network import Network
from graph.scenarios import Hit, Resolved, Scenario, combine, parse, plain, read, resolve, write
from graph.testing.networks import toy

SHARES = st.floats(0.0, 1.0)
NAMES = st.lists(st.sampled_from(["a", "1", "no", "中", "b c"]), unique=True, max_size=3).map(tuple)


@st.composite
def hits(draw: st.DrawFn) -> Hit:
    names = {name: draw(NAMES) for name in ("firms", "sectors", "regions")}
    cores = draw(NAMES.filter(len))
    reach = draw(st.sampled_from(["core", "suppliers", "buyers", "chain"]))
    tiers = 5 if reach == "core" else draw(st.integers(1, 9))
    shares = draw(st.tuples(SHARES, SHARES, SHARES).filter(any))
    return Hit(**names, cores=cores, reach=reach, tiers_max=tiers, **_shares(*shares))


def _shares(down: float, up: float, unpaid: float) -> dict[str, Any]:
    return {"down": down, "up": up, "unpaid": unpaid}


SCENARIOS = st.lists(st.lists(hits(), min_size=1, max_size=3, unique=True), max_size=3).map(
    lambda every: [Scenario(f"s{at}", tuple(each)) for at, each in enumerate(every)]
)


@given(SCENARIOS.filter(len), st.sampled_from(["yaml", "json"]))
def test_what_is_written_is_read_back(scenarios: list[Scenario], form: Any) -> None:
    assert read(write(scenarios, form)) == tuple(scenarios)
    assert parse(plain(scenarios)) == tuple(scenarios)


def test_one_share_runs_along_its_channels_and_by_default_along_production_and_orders() -> None:
    document = """
    scenarios:
      - name: quake
        hits:
          - {regions: ["3502"], share: 0.5}
          - cores: [cars]
            reach: suppliers
            tiers_max: 2
            share: 0.25
            channels: [payments, orders]
      - name: both
        combines: [quake]
        hits: [{firms: [mill], down: 1, unpaid: 0.5}]
    """
    quake, both = read(document)

    assert quake.hits[0] == Hit(regions=("3502",), down=0.5, up=0.5)
    assert quake.hits[1] == Hit(
        cores=("cars",), reach="suppliers", tiers_max=2, up=0.25, unpaid=0.25
    )
    assert both.hits == (*quake.hits, Hit(firms=("mill",), down=1.0, unpaid=0.5))


@pytest.mark.parametrize(
    ("hit", "said"),
    [
        ({"firms": ["a"], "share": 1.5}, r"hits\[0\].share: 1.5 is no number in \[0, 1\]"),
        ({"firms": ["a"], "share": float("nan")}, "share: nan is no number"),
        ({"firms": ["a"], "down": True}, "down: True is no number"),
        ({"firms": ["a"], "down": "1"}, "down: '1' is no number"),
        ({"firms": "a", "down": 1}, "firms: 'a' is no list with at least one entry"),
        ({"firms": [], "down": 1}, r"firms: \[\] is no list with at least one"),
        ({"sectors": [13], "down": 1}, r"sectors\[0\]: 13 is no text \(a number is quoted\)"),
        ({"firms": ["a", "a"], "down": 1}, r"firms\[1\]: 'a' stands twice"),
        ({"firms": ["a"], "share": 1, "channels": ["sales"]}, "is no one of production, orders"),
        ({"firms": ["a"], "share": 1, "up": 1}, "up: stands beside share"),
        ({"firms": ["a"], "up": 1, "channels": ["orders"]}, "channels: stands without the share"),
        ({"firms": ["a"], "shares": 1}, "shares: no such field; there are firms, sectors"),
        ({"firms": ["a"]}, "loses something"),
        ({"share": 1}, "selects by at least one of firms"),
        ({"firms": ["a"], "share": 1, "reach": "chain"}, "is of cores, and none is named"),
        ({"cores": ["a"], "share": 1, "reach": "all"}, "reach: 'all' is no one of core, suppliers"),
        ({"cores": ["a"], "share": 1, "tiers_max": 0}, "tiers_max: 0 is no whole number in 1 to"),
        (7, r"scenarios\[0\].hits\[0\]: 7 is no mapping of fields"),
    ],
)
def test_a_wrong_hit_is_refused_by_field_and_value(hit: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse({"scenarios": [{"name": "x", "hits": [hit]}]})


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the document: .* is no mapping"),
        ({}, "scenarios: None is no list"),
        ({"scenarios": [{"name": " ", "hits": [{"firms": ["a"], "up": 1}]}]}, "name: ' ' is no"),
        ({"scenarios": [{"name": "x"}]}, r"scenarios\[0\].hits: None is no list"),
        ({"scenarios": [{"name": "x", "combines": ["y"]}]}, r"combines\[0\]: 'y' is no one of"),
        (
            {"scenarios": [{"name": "x", "hits": [{"firms": ["a"], "up": 1}]}] * 2},
            "name of its own",
        ),
    ],
)
def test_a_wrong_document_is_refused(document: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse(document)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse({"scenarios": [{"hits": [{"firm": ["a"], "share": 2}]}], "version": 1})

    said = str(caught.value)
    assert all(
        part in said for part in ("version:", "[0].name:", "hits[0].firm:", "hits[0].share:")
    )


def test_a_text_that_is_no_document_is_refused() -> None:
    with pytest.raises(InvalidInput, match="neither YAML nor JSON"):
        read("scenarios: [")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"down": 1.2}, "down 1.2 is not in"),
        ({"down": 1.0, "reach": "some"}, "reach 'some' is none of"),
        ({"down": 1.0, "tiers_max": 99}, "tiers_max 99 is not in 1 to"),
    ],
)
def test_a_hit_in_code_is_held_to_the_same(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Hit(firms=("a",), **wrong)


def test_a_scenario_has_a_name_and_hits_somebody() -> None:
    with pytest.raises(InvalidInput, match="has a name"):
        Scenario("", (Hit(firms=("a",), up=1.0),))
    with pytest.raises(InvalidInput, match="hits nobody"):
        combine("none", [])


def world() -> Network:
    """Return two sectors in two regions: ore -> mill -> cars (a core) -> shop, and pits alone."""
    firms = ("cars", "mill", "ore", "pits", "shop")
    return toy(
        {("ore", "mill"): 60, ("mill", "cars"): 90, ("cars", "shop"): 100},
        alone=["pits"],
        sector=dict(zip(firms, ["C36", "C31", "B08", "B08", None], strict=True)),
        region=dict(zip(firms, ["n", "n", "s", "n", "s"], strict=True)),
        core={"cars": True},
    )


def named(network: Network, found: Resolved) -> dict[str, tuple[float, float]]:
    shocks = found.shocks
    rows = zip(shocks.rows.tolist(), shocks.down.tolist(), shocks.up.tolist(), strict=True)
    return {network.ids[row]: (down, up) for row, down, up in rows}


@pytest.mark.parametrize(
    ("selected", "wanted"),
    [
        ({"firms": ("shop", "ore")}, {"shop", "ore"}),
        ({"sectors": ("B08",)}, {"ore", "pits"}),
        ({"sectors": ("B08", "C31")}, {"ore", "pits", "mill"}),
        ({"sectors": ("B08",), "regions": ("n",)}, {"pits"}),
        ({"cores": ("cars",)}, {"cars"}),
        ({"cores": ("cars",), "reach": "suppliers"}, {"mill", "ore"}),
        ({"cores": ("cars",), "reach": "suppliers", "tiers_max": 1}, {"mill"}),
        ({"cores": ("cars",), "reach": "buyers"}, {"shop"}),
        ({"cores": ("cars",), "reach": "chain"}, {"cars", "mill", "ore", "shop"}),
        ({"cores": ("cars",), "reach": "chain", "regions": ("s",)}, {"ore", "shop"}),
    ],
)
def test_a_hit_selects_who_is_in_all_its_lists(selected: dict[str, Any], wanted: set[str]) -> None:
    network = world()

    found = resolve(network, [Scenario("x", (Hit(**selected, down=0.5),))])

    assert named(network, found) == dict.fromkeys(wanted, (0.5, 0.0))


def test_scenarios_stand_one_after_another_and_stops_of_payment_apart() -> None:
    network = world()
    first = Scenario("first", (Hit(firms=("shop",), unpaid=0.7),))
    second = Scenario("second", (Hit(firms=("mill", "ore"), up=0.2, unpaid=0.1),))

    found = resolve(network, [first, second])

    assert found.names == ("first", "second")
    assert found.shocks.offsets.tolist() == [0, 0, 2]
    assert found.unpaid.offsets.tolist() == [0, 1, 3]
    assert [network.ids[row] for row in found.unpaid.rows] == ["shop", "mill", "ore"]
    assert found.unpaid.shares.tolist() == [0.7, 0.1, 0.1]


FIRM_HITS = st.lists(
    st.builds(
        lambda firms, shares: Hit(firms=tuple(firms), **_shares(*shares)),
        st.sets(st.sampled_from(["cars", "mill", "ore"]), min_size=1),
        st.tuples(SHARES, SHARES, SHARES).filter(any),
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@given(FIRM_HITS, FIRM_HITS)
def test_together_every_firm_loses_the_larger_share(
    one: tuple[Hit, ...], other: tuple[Hit, ...]
) -> None:
    network = toy({("ore", "mill"): 60, ("mill", "cars"): 90})
    both = combine("both", [Scenario("a", one), Scenario("b", other)])

    down, up, unpaid = (np.zeros(3) for _ in range(3))
    for hit, firm in itertools.product((*one, *other), range(3)):
        if network.ids[firm] in hit.firms:
            for losses, share in ((down, hit.down), (up, hit.up), (unpaid, hit.unpaid)):
                losses[firm] = max(losses[firm], share)
    found = resolve(network, [both])

    got = [np.zeros(3) for _ in range(3)]
    got[0][found.shocks.rows], got[1][found.shocks.rows] = found.shocks.down, found.shocks.up
    got[2][found.unpaid.rows] = found.unpaid.shares
    assert [each.tolist() for each in got] == [down.tolist(), up.tolist(), unpaid.tolist()]


@pytest.mark.parametrize(
    ("selected", "error", "said"),
    [
        ({"firms": ("zoo",)}, NotFound, "scenario 'x', hit 0: no firm 'zoo'"),
        ({"sectors": ("Z",)}, NotFound, "no firm of sector 'Z'"),
        ({"regions": ("w",)}, NotFound, "no firm of region 'w'"),
        ({"sectors": ("C36",), "regions": ("s",)}, InvalidInput, "no firm is in all"),
        ({"cores": ("mill",)}, InvalidInput, "'mill' is no core enterprise"),
        ({"cores": ("zoo",)}, NotFound, "no firm 'zoo'"),
    ],
)
def test_who_is_not_there_is_refused(
    selected: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        resolve(world(), [Scenario("x", (Hit(**selected, up=1.0),))])


def test_a_core_without_such_a_chain_and_one_name_twice_are_refused() -> None:
    alone = toy({}, alone=["a"], core={"a": True})

    with pytest.raises(InvalidInput, match="core 'a' has no suppliers in 5 tiers"):
        resolve(alone, [Scenario("x", (Hit(cores=("a",), reach="suppliers", up=1.0),))])
    with pytest.raises(InvalidInput, match="scenarios of one name: x"):
        resolve(alone, [Scenario("x", (Hit(firms=("a",), up=1.0),))] * 2)


def test_no_scenarios_are_no_rows() -> None:
    found = resolve(world(), [])

    assert (len(found), len(found.shocks)) == (0, 0)
