"""Single points of failure: held to removal of every firm, to networkx, and to their laws."""

from collections import defaultdict

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import InvalidInput, NotConverged
from graph.single_points import (
    Articulations,
    Region,
    Supply,
    around,
    around_each,
    articulations,
    cut_firms,
    cut_trades,
    region,
    shared,
)
from graph.testing.networks import toy
from tests.graph.effort import examples

FIRMS = 9
CORE = 0
Trades = dict[tuple[int, int], int]


@st.composite
def trades(draw: st.DrawFn, *, loops: bool = True) -> Trades:
    """Return (supplier, buyer) -> fen, sparse enough that supply has narrow places."""
    firm = st.integers(0, FIRMS - 1)
    pairs = st.tuples(firm, firm).filter(lambda pair: loops or pair[0] != pair[1])
    return draw(st.dictionaries(pairs, st.integers(1, 50), max_size=18))


def supply_of(amounts: Trades, firms: int = FIRMS) -> Supply:
    return Supply.build(
        firms,
        suppliers=[pair[0] for pair in amounts],
        buyers=[pair[1] for pair in amounts],
        amount_fen=list(amounts.values()),
    )


def graph_of(amounts: Trades, tiers_max: int) -> nx.DiGraph:
    """The core's supply, literally: no trade of the core's own sales, none with itself."""
    whole = nx.DiGraph()
    whole.add_node(CORE)
    for (supplier, buyer), amount in amounts.items():
        if supplier not in (buyer, CORE):
            whole.add_edge(supplier, buyer, capacity=amount)
    near = nx.single_target_shortest_path_length(whole, CORE, cutoff=tiers_max)
    kept = whole.subgraph(dict(near)).copy()
    nx.set_node_attributes(kept, dict(near), "tier")
    return kept


def raw_of(graph: nx.DiGraph) -> set[int]:
    """Firms in circles that nothing else feeds; most are one firm that buys of nobody."""
    found = set()
    for circle in nx.strongly_connected_components(graph):
        if all(s in circle for firm in circle for s in graph.predecessors(firm)):
            found |= circle
    return found - {CORE}


def without(graph: nx.DiGraph, firm: int) -> nx.DiGraph:
    return graph.subgraph(set(graph) - {firm})


@settings(max_examples=examples(100))
@given(trades(), st.integers(1, 6))
def test_a_region_holds_who_supplies_the_core(amounts: Trades, tiers_max: int) -> None:
    found, wanted = (
        region(supply_of(amounts), CORE, tiers_max=tiers_max),
        graph_of(amounts, tiers_max),
    )

    rows = found.firm_rows
    assert dict(zip(rows.tolist(), found.tier.tolist(), strict=True)) == dict(wanted.nodes("tier"))
    assert set(rows[found.raw].tolist()) == raw_of(wanted)
    sold = found.trades.sold
    tails = np.repeat(rows, np.diff(sold.indptr))
    edges = zip(tails.tolist(), rows[sold.others].tolist(), sold.amount_fen.tolist(), strict=True)
    assert {(s, b): amount for s, b, amount in edges} == nx.get_edge_attributes(wanted, "capacity")
    assert found.purchases_fen == sum(x for _, _, x in wanted.in_edges(CORE, data="capacity"))
    assert found.sells_to_rows.tolist() == sorted(
        b for s, b in amounts if s == CORE and b != CORE and b in wanted
    )


@settings(max_examples=examples(150))
@given(trades(), st.integers(1, 6))
def test_what_a_firm_cuts_off_is_what_is_lost_without_it(amounts: Trades, tiers_max: int) -> None:
    graph, raw = graph_of(amounts, tiers_max), raw_of(graph_of(amounts, tiers_max))
    found = articulations(region(supply_of(amounts), CORE, tiers_max=tiers_max))
    wanted = {}
    for firm in set(graph) - {CORE}:
        rest = without(graph, firm)
        off = set(rest) - nx.ancestors(rest, CORE) - {CORE}
        fed = set(raw & set(rest)).union(*(nx.descendants(rest, r) for r in raw & set(rest)))
        first = set(graph.predecessors(CORE))
        starved = {f for f in first if f == firm or f not in fed}
        if off or starved - {firm}:
            fen = sum(x for s, _, x in graph.edges(data="capacity") if s in off)
            lost = sum(graph[f][CORE]["capacity"] for f in starved)
            wanted[firm] = (sorted(off), fen, sorted(starved), lost, len(raw & (off | {firm})))

    assert set(found.firm_rows.tolist()) == set(wanted)
    for place, firm in enumerate(found.firm_rows.tolist()):
        assert wanted[firm] == (
            found.cut_off_rows(place).tolist(),
            found.cut_off_fen[place],
            found.starved_rows(place).tolist(),
            found.starved_fen[place],
            found.raw_inputs[place],
        )
        assert found.cut_off[place] == len(wanted[firm][0])
        assert found.starved[place] == len(wanted[firm][2])
        assert found.sole[place] == (wanted[firm][4] == len(raw))
        assert found.tier[place] == graph.nodes[firm]["tier"]
    order = [(-wanted[f][3], -wanted[f][1], f) for f in found.firm_rows.tolist()]
    assert order == sorted(order)


def by_dominators(graph: nx.DiGraph) -> dict[int, set[int]]:
    """Every firm's dominated firms, from the immediate dominators of networkx."""
    above = nx.immediate_dominators(graph.reverse(), CORE)
    found: dict[int, set[int]] = defaultdict(set)
    for firm in set(graph) - {CORE}:
        up = above[firm]
        while up != CORE:
            found[up].add(firm)
            up = above[up]
    return found


@settings(max_examples=examples(40))
@given(st.integers(0, 10**6))
def test_a_larger_network_has_the_dominators_of_networkx(seed: int) -> None:
    random = np.random.default_rng(seed)
    ends = random.integers(0, 60, (2, 100))
    amounts = {(int(s), int(b)): 1 for s, b in ends.T}
    graph = graph_of(amounts, 100)
    found = articulations(region(supply_of(amounts, 60), CORE, tiers_max=100))

    wanted = by_dominators(graph)
    got = {int(f): set(found.cut_off_rows(p).tolist()) for p, f in enumerate(found.firm_rows)}
    assert {firm: off for firm, off in got.items() if off} == wanted


@settings(max_examples=examples(100))
@given(trades(), st.integers(1, 6))
def test_a_common_supplier_is_one_that_two_first_tiers_draw_on(
    amounts: Trades, tiers_max: int
) -> None:
    graph = graph_of(amounts, tiers_max)
    found = shared(region(supply_of(amounts), CORE, tiers_max=tiers_max))
    inner = without(graph, CORE)
    wanted = {}
    for firm in inner:
        steps = nx.single_source_shortest_path_length(inner, firm, cutoff=tiers_max - 1)
        drawing = sorted(f for f in graph.predecessors(CORE) if f in steps)
        if graph.nodes[firm]["tier"] > 1 and len(drawing) > 1:
            wanted[firm] = drawing

    assert {f: found.drawing_rows(p).tolist() for p, f in enumerate(found.firm_rows)} == wanted
    assert found.found == len(wanted) == len(found)
    bought = {f: graph[f][CORE]["capacity"] for f in graph.predecessors(CORE)}
    for place, firm in enumerate(found.firm_rows.tolist()):
        assert found.drawing_fen[place] == sum(bought[f] for f in wanted[firm])
        assert found.drawing[place] == len(wanted[firm])
        assert found.hidden[place] == ((CORE, firm) not in amounts)
        assert found.sales_fen[place] == sum(x for *_, x in graph.out_edges(firm, data="capacity"))
        assert found.traced_fen[place] == traced(graph, firm, tiers_max, wanted[firm])


def traced(graph: nx.DiGraph, firm: int, tiers_max: int, drawing: list[int]) -> int:
    """What reaches the firm along every walk of so many trades, in whole fen."""
    at = {f: float(graph[f][CORE]["capacity"]) for f in graph.predecessors(CORE)}
    most, total = sum(at[f] for f in drawing), 0.0
    for _ in range(1, tiers_max):
        moved: dict[int, float] = defaultdict(float)
        for buyer, amount in at.items():
            bought = dict(graph.pred[buyer].items())
            whole = sum(edge["capacity"] for edge in bought.values())
            for supplier, edge in bought.items():
                moved[supplier] += amount * edge["capacity"] / whole
        at = moved
        total += at[firm]
    return min(int(most), int(total + 1e-9))


def test_many_first_tier_suppliers_do_not_stand_in_each_other_s_place() -> None:
    # More than one block of bits: 1,300 mills, of which every third buys of 5000.
    mills = np.arange(1, 1301)
    third = mills[mills % 3 == 0]
    supply = Supply.build(
        5001,
        suppliers=np.concatenate((mills, np.full(len(third), 5000))),
        buyers=np.concatenate((np.zeros(1300, np.int64), third)),
        amount_fen=np.concatenate((mills, np.ones(len(third), np.int64))),
    )

    found = shared(region(supply, CORE), top=1)

    assert found.firm_rows.tolist() == [5000]
    assert found.drawing_rows(0).tolist() == third.tolist()
    assert found.drawing_fen.tolist() == [int(third.sum())]
    assert found.drawing_share[0] == third.sum() / mills.sum()


def with_source(graph: nx.DiGraph) -> nx.DiGraph:
    flow = graph.copy()
    flow.add_node("source")
    flow.add_edges_from(("source", raw) for raw in raw_of(graph))
    return flow


def parts(graph: nx.DiGraph) -> bool:
    """Whether no raw input reaches the core."""
    return not (raw_of(graph) & nx.ancestors(graph, CORE))


@settings(max_examples=examples(100))
@given(trades(), st.integers(1, 6))
def test_the_least_cut_in_money_is_the_largest_flow(amounts: Trades, tiers_max: int) -> None:
    graph = graph_of(amounts, tiers_max)
    cut = cut_trades(region(supply_of(amounts), CORE, tiers_max=tiers_max))

    flow = with_source(graph)
    value, (_, core_side) = nx.minimum_cut(flow, "source", CORE)
    assert cut.value_fen == value == nx.maximum_flow_value(flow, "source", CORE)
    for side in (cut.core_side, cut.source_side):
        assert side.amount_fen.sum() == value
        pairs = list(zip(side.supplier_rows.tolist(), side.buyer_rows.tolist(), strict=True))
        assert [graph[s][b]["capacity"] for s, b in pairs] == side.amount_fen.tolist()
        left = flow.copy()
        left.remove_edges_from(pairs)
        assert not nx.has_path(left, "source", CORE)
    # Whoever stands beyond some least cut stands beyond the one nearest to the raw inputs.
    ends = set(cut.core_side.buyer_rows.tolist())
    assert ends <= core_side or value == 0


@settings(max_examples=examples(100))
@given(trades(), st.integers(1, 6), st.sampled_from(["one", "sales"]))
def test_the_least_firms_are_the_largest_flow_through_them(
    amounts: Trades, tiers_max: int, weight: str
) -> None:
    graph = graph_of(amounts, tiers_max)
    cut = cut_firms(region(supply_of(amounts), CORE, tiers_max=tiers_max), weight=weight)  # type: ignore[arg-type]

    split = nx.DiGraph()
    split.add_nodes_from(["source", (CORE, "in")])
    sales = dict(graph.out_degree(weight="capacity"))
    counts = {firm: 1 if weight == "one" else sales[firm] for firm in graph}
    for firm in set(graph) - {CORE}:
        split.add_edge((firm, "in"), (firm, "out"), capacity=counts[firm])
    split.add_edges_from(((s, "out"), (b, "in")) for s, b in graph.edges)
    split.add_edges_from(("source", (raw, "in")) for raw in raw_of(graph))
    assert cut.value == nx.maximum_flow_value(split, "source", (CORE, "in"))
    for side in (cut.core_side.tolist(), cut.source_side.tolist()):
        assert sum(counts[firm] for firm in side) == cut.value
        rest = graph.subgraph(set(graph) - set(side))
        assert not (raw_of(graph) & set(rest) & nx.ancestors(rest, CORE))


def test_the_two_cuts_lie_at_the_two_ends() -> None:
    line = {(3, 2): 5, (2, 1): 5, (1, 0): 5}
    upstream = region(supply_of(line), CORE)

    cut, firms = cut_trades(upstream), cut_firms(upstream)

    assert cut.core_side.supplier_rows.tolist() == [1]
    assert cut.source_side.supplier_rows.tolist() == [3]
    assert (firms.core_side.tolist(), firms.source_side.tolist()) == ([1], [3])


@settings(max_examples=examples(40))
@given(trades(loops=False), st.permutations(range(1, FIRMS)), st.integers(2, 10**6))
def test_names_and_the_unit_of_money_do_not_matter(
    amounts: Trades, names: list[int], unit: int
) -> None:
    name = [CORE, *names]
    renamed = {(name[s], name[b]): unit * amount for (s, b), amount in amounts.items()}
    first, second = around(supply_of(amounts), CORE), around(supply_of(renamed), CORE)

    def costs(found: Articulations) -> set[tuple[int, int, int]]:
        columns = (found.firm_rows, found.starved_fen, found.cut_off_fen)
        return set(zip(*(column.tolist() for column in columns), strict=True))

    assert costs(second.articulations) == {
        (name[row], unit * lost, unit * off) for row, lost, off in costs(first.articulations)
    }
    assert second.trade_cut.value_fen == unit * first.trade_cut.value_fen
    assert second.firm_cut.value == first.firm_cut.value
    assert set(second.shared.firm_rows.tolist()) == {
        name[row] for row in first.shared.firm_rows.tolist()
    }


@settings(max_examples=examples(8))
@given(trades())
def test_threads_and_parallel_trades_change_nothing(amounts: Trades) -> None:
    supply = supply_of(amounts)
    halves = [(s, b, part) for (s, b), x in amounts.items() for part in (x + 7, -7)]
    columns = np.array(halves, np.int64).reshape(-1, 3).T
    split = Supply.build(FIRMS, suppliers=columns[0], buyers=columns[1], amount_fen=columns[2])

    alone = list(around_each(supply, range(FIRMS)))
    together = list(around_each(split, range(FIRMS), threads=3))

    for one, other in zip(alone, together, strict=True):
        assert one.core_row == other.core_row
        assert one.trade_cut.value_fen == other.trade_cut.value_fen
        for name in ("firm_rows", "starved_fen", "cut_off_fen"):
            first, second = getattr(one.articulations, name), getattr(other.articulations, name)
            assert first.tolist() == second.tolist()
        assert one.shared.traced_fen.tolist() == other.shared.traced_fen.tolist()
        assert one.firm_cut.core_side.tolist() == other.firm_cut.core_side.tolist()


def test_a_network_is_read_as_its_trades() -> None:
    network = toy({("mine", "ore"): 6, ("ore", "mill"): 9, ("mill", "cars"): 50, ("b", "cars"): 4})

    found = around(Supply.of(network), network.row("cars"), tiers_max=2)

    assert [network.ids[row] for row in found.articulations.firm_rows] == ["mill", "ore"]
    assert found.articulations.starved_share.tolist() == [50 / 54, 50 / 54]
    # Within two tiers the ore is raw: the mine lies outside, and the articulation starves a mill.
    assert (found.firms, found.trades, found.raw_inputs, found.purchases_fen) == (3, 3, 2, 54)
    assert found.trade_cut.value_fen == 9 + 4


def test_a_core_that_buys_of_nobody_has_nothing_around_it() -> None:
    alone = around(Supply.build(2, suppliers=[], buyers=[], amount_fen=[]), 1)

    assert (alone.firms, alone.trades, alone.raw_inputs, alone.purchases_fen) == (0, 0, 0, 0)
    assert (len(alone.articulations), len(alone.shared), alone.shared.found) == (0, 0, 0)
    assert (alone.trade_cut.value_fen, len(alone.trade_cut.core_side), alone.firm_cut.value) == (
        (0, 0, 0)
    )


def test_supply_in_a_circle_comes_from_the_circle() -> None:
    upstream = region(supply_of({(1, 0): 9, (1, 2): 4, (2, 1): 5, (0, 2): 70}), CORE)

    assert upstream.firm_rows[upstream.raw].tolist() == [1, 2]
    assert cut_trades(upstream).value_fen == 9
    assert articulations(upstream).cut_off_rows(0).tolist() == [2]


def test_amounts_near_the_largest_are_counted_whole() -> None:
    large = 2**62
    upstream = region(supply_of({(1, 0): large, (2, 1): large - 1}), CORE)

    assert cut_trades(upstream).value_fen == large - 1
    assert cut_firms(upstream, weight="sales").value == large - 1
    assert articulations(upstream).cut_off_fen.tolist() == [large - 1, 0]


def small() -> Region:
    return region(supply_of({(1, 0): 9, (2, 1): 5}), CORE)


def test_wrong_arguments_are_refused() -> None:
    supply = supply_of({(1, 0): 9})

    with pytest.raises(InvalidInput, match="amounts must be whole fen, not float64"):
        Supply.build(2, suppliers=[1], buyers=[0], amount_fen=[9.5])
    with pytest.raises(InvalidInput, match="suppliers must be rows of 2 firms"):
        Supply.build(2, suppliers=[2], buyers=[0], amount_fen=[9])
    with pytest.raises(InvalidInput, match="buyers must be integers"):
        Supply.build(2, suppliers=[1], buyers=[0.5], amount_fen=[9])
    with pytest.raises(InvalidInput, match="differ in length"):
        Supply.build(2, suppliers=[1, 1], buyers=[0], amount_fen=[9])
    with pytest.raises(InvalidInput, match="sum past 64 bits"):
        Supply.build(2, suppliers=[1, 1], buyers=[0, 0], amount_fen=[2**62, 2**62])
    with pytest.raises(InvalidInput, match="core row 9 is not in a network of 9 firms"):
        region(supply, 9)
    with pytest.raises(InvalidInput, match="tiers_max must be 1 to 100, not 0"):
        region(supply, 0, tiers_max=0)
    with pytest.raises(InvalidInput, match="weight 'two' is none of one, sales"):
        cut_firms(small(), weight="two")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="top 0"):
        shared(small(), top=0)
    with pytest.raises(InvalidInput, match="threads 0"):
        around_each(supply, [0], threads=0)


def test_too_long_a_search_for_a_cut_is_an_error() -> None:
    with pytest.raises(NotConverged, match="flow 0 of at most 9 found"):
        cut_trades(small(), steps_max=1)
    with pytest.raises(NotConverged, match="after 2 steps"):
        cut_firms(small(), steps_max=2)
