"""Scenarios as data: read back as written, every wrong field named, looked up in a network."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidInput, NotFound
from graph.network import Network
from graph.scenarios import (
    Hit,
    Places,
    Resolved,
    Scenario,
    closing,
    combine,
    parse,
    plain,
    read,
    resolve,
    write,
)
from graph.testing.networks import toy

SHARES = st.floats(0.0, 1.0)
NAMES = st.lists(st.sampled_from(["a", "1", "no", "中", "b c"]), unique=True, max_size=3).map(tuple)


@st.composite
def hits(draw: st.DrawFn) -> Hit:
    names: dict[str, Any] = {name: draw(NAMES) for name in ("firms", "sectors", "regions")}
    cores = draw(NAMES.filter(len))
    reach: Any = draw(st.sampled_from(["core", "suppliers", "buyers", "chain"]))
    tiers = 5 if reach == "core" else draw(st.integers(1, 9))
    first = 1 if reach == "core" else draw(st.integers(1, tiers))
    shares = draw(st.tuples(SHARES, SHARES, SHARES).filter(any))
    places: dict[str, Any] = {"cores": cores, "tiers_max": tiers, "tiers_min": first}
    return Hit(reach=reach, **names, **places, **_shares(*shares))


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
        ({"cores": ["a"], "share": 1, "tiers_min": 2}, "tiers_min is of a chain: reach is"),
        (
            {"cores": ["a"], "share": 1, "reach": "chain", "tiers_min": 3, "tiers_max": 2},
            "tiers_min 3 is not in 1 to tiers_max 2",
        ),
        ({"firms": ["a"], "shaer": 1}, r"shaer: no such field; .*\(did you mean share\?\)"),
        (
            {"firms": ["a"], "share": 1, "channels": ["order"]},
            r"'order' is no one of .* \(did you mean orders\?\)",
        ),
        ({"firms": ["\0"], "share": 1}, r"firms\[0\]: '.x00' is no text"),
        ({"firms": ["a\ud800"], "share": 1}, r"firms\[0\]: 'a.ud800' is no text"),
        ({"firms": ["a"] * 10_001, "share": 1}, "firms: has 10001 entries, more than 10000"),
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
        ({"name": "x\ny", "close": ["a"]}, r"name: 'x.ny' is no text on one line"),
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


@pytest.mark.parametrize("alone", [True, False])
def test_firms_that_close_are_the_short_form_of_a_hit(*, alone: bool) -> None:
    short: dict[str, Any] = {"name": "x", "close": ["b", "a"], "channels": ["orders", "payments"]}

    (found,) = parse(short if alone else {"scenarios": [short]})

    assert found.hits == (Hit(firms=("b", "a"), up=1.0, unpaid=1.0),)
    assert found.closed == ("a", "b")
    assert found.channels == ("orders", "payments")
    assert parse({"close": ["a"]})[0].hits == closing(["a"]).hits
    assert closing(["a"]).hits == (Hit(firms=("a",), down=1.0, up=1.0, unpaid=1.0),)


def test_one_scenario_may_stand_alone() -> None:
    assert read("hits: [{firms: [a], share: 1}]") == (
        Scenario("scenario", (Hit(firms=("a",), down=1.0, up=1.0),)),
    )
    with pytest.raises(InvalidInput, match="channels: stands without the firms that close"):
        parse({"hits": [{"firms": ["a"], "share": 1}], "channels": ["orders"]})


@given(SCENARIOS.filter(len), st.randoms(use_true_random=False))
def test_the_order_in_which_a_scenario_is_written_does_not_matter(
    scenarios: list[Scenario], random: Any
) -> None:
    (scenario,) = scenarios[:1]
    hits = list(scenario.hits)
    random.shuffle(hits)

    assert Scenario(scenario.name, tuple(hits)).ordered() == scenario.ordered()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "scenarios:\n- name: x\n  hits:\n  - firms: [a]\n    share: 2\n",
            "line 5: .*share: 2 is no",
        ),
        (
            '{"scenarios": [\n{"name": "x",\n"hits": [{"firms": 7, "share": 1}]}]}',
            "line 3: .*firms: 7",
        ),
        ("scenarios:\n- name: x\n- close: [a]\n", r"line 3: scenarios\[1\].name: None is no text"),
        ("scenarios:\n- &x {name: x, close: [a]}\n- *x\n", "references .* are not understood"),
        ("close: [a]\nclose: [b]\n", "line 2: 'close' stands twice"),
        ('{"close": ["a"],\n "close": ["b"]}', "line 2: 'close' stands twice"),
        ("close: " + "[" * 3000 + "]" * 3000, "too deep"),
        ('{"close": ' + "[" * 9000 + "]" * 9000 + "}", "too deep"),
        ("close: [2024-13-45]", "neither YAML nor JSON: month must be"),
        ("x" * (2**20 + 1), "1048577 characters, more than 1048576"),
        ("close: [a]\n---\nclose: [b]\n", "neither YAML nor JSON"),
    ],
)
def test_what_is_wrong_in_a_text_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(text)


def test_a_long_list_of_faults_is_cut() -> None:
    with pytest.raises(InvalidInput, match=r"; and 980 more$") as caught:
        parse({"close": [{"x" * 999: "y" * 9999}] * 1000})

    assert len(str(caught.value)) < 4000


def test_scenarios_that_combine_hold_no_more_hits_than_one_may() -> None:
    hits = [{"firms": [f"f{at}"], "share": 1} for at in range(60)]
    many = [{"name": "a", "hits": hits}, {"name": "b", "combines": ["a"], "hits": hits}]
    more = {
        "name": "c",
        "combines": ["b"],
        "hits": [{"firms": [f"g{at}"], "up": 1} for at in range(41)],
    }

    assert len(parse({"scenarios": many})[1].hits) == 60
    with pytest.raises(InvalidInput, match=r"scenarios\[2\]: has 101 hits in all, more than 100"):
        parse({"scenarios": [*many, more]})


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


def test_who_is_a_core_may_be_said_and_tiers_be_counted_from_the_second() -> None:
    network = world()
    far = Scenario("far", (Hit(cores=("cars",), reach="chain", tiers_min=2, down=0.5),))
    mill = Scenario("mill", (Hit(cores=("mill",), down=0.5),))

    assert set(named(network, resolve(network, [far]))) == {"ore"}
    assert set(named(network, resolve(network, [mill], Places(cores={"mill"})))) == {"mill"}
    with pytest.raises(InvalidInput, match="'cars' is no core"):
        resolve(network, [far], Places(cores={"mill"}))


def test_an_unknown_sector_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(NotFound, match=r"no firm of sector 'C3l' .*did you mean C3[16]\?"):
        resolve(world(), [Scenario("x", (Hit(sectors=("C3l",), down=1.0),))])


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
