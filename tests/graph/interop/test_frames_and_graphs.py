import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from graph.errors import InvalidInput
from graph.interop.frames import firms_frame, from_frames, trades_frame
from graph.interop.graphs import from_networkx, to_networkx
from graph.network import Network
from graph.testing.networks import toy
from graph.testing.strategies import networks

EDGES = ("out_indptr", "out_indices", "out_amount_fen", "in_indptr", "in_indices", "in_amount_fen")


def same_edges(one: Network, other: Network) -> bool:
    return one.ids == other.ids and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in EDGES
    )


@given(networks(loops=True))
def test_a_network_comes_back_from_frames_as_it_was(network: Network) -> None:
    firms = firms_frame(network).drop(columns=["sales_fen", "purchases_fen"])

    back = from_frames(firms, trades_frame(network))

    assert same_edges(back, network)
    assert back.attributes.to_pylist() == network.attributes.to_pylist()


@given(networks(loops=True))
def test_a_network_comes_back_from_networkx_as_it_was(network: Network) -> None:
    back = from_networkx(to_networkx(network))

    assert same_edges(back, network)
    assert back.column("name").to_pylist() == network.column("name").to_pylist()


def test_large_amounts_beside_missing_ones_stay_exact() -> None:
    large = 2**53 + 1
    network = toy({("a", "b"): large, ("b", "c"): -4}, capital_fen={"a": large})

    frame = firms_frame(network).set_index("firm")

    assert frame.loc["a", "capital_fen"] == large
    assert frame.loc["a", "sales_fen"] == large
    assert frame.loc["b", "sales_fen"] == 0
    assert pd.isna(frame.loc["c", "sales_fen"])
    assert pd.isna(frame.loc["b", "capital_fen"])
    assert to_networkx(network).nodes["a"]["capital_fen"] == large
    assert "capital_fen" not in to_networkx(network).nodes["b"]


def test_networks_without_attributes_have_nodes_all_the_same() -> None:
    ends = np.array([0])
    network = Network.from_edges(
        ["a", "b"], supplier_rows=ends, buyer_rows=ends + 1, amount_fen=np.array([7])
    )

    assert dict(to_networkx(network).nodes) == {"a": {}, "b": {}}
    assert firms_frame(network).columns.tolist() == ["firm", "sales_fen", "purchases_fen"]


def test_parallel_edges_of_a_multigraph_are_summed() -> None:
    graph = nx.MultiDiGraph([("a", "b", {"amount_fen": 3}), ("a", "b", {"amount_fen": 4})])

    assert from_networkx(graph).out_amount_fen.tolist() == [7]


def test_graphs_that_are_no_networks_are_refused_in_words() -> None:
    for graph, words in (
        (nx.Graph([("a", "b")]), "no directions"),
        (nx.DiGraph([("a", "b")]), "edge 'a' to 'b': amount_fen must be whole fen, not None"),
        (nx.DiGraph([("a", "b", {"amount_fen": 0.5})]), "must be whole fen, not 0.5"),
        (nx.DiGraph([("a", "b", {"amount_fen": True})]), "must be whole fen, not True"),
        (nx.DiGraph([("a", "b", {"amount_fen": 2**63})]), "must be whole fen"),
        (nx.DiGraph([(1, 2, {"amount_fen": 1})]), "a firm's id is text, not 1"),
    ):
        with pytest.raises(InvalidInput, match=words):
            from_networkx(graph)
    mixed = nx.DiGraph()
    mixed.add_node("a", rank=1)
    mixed.add_node("b", rank="x")
    with pytest.raises(InvalidInput, match="attribute 'rank'"):
        from_networkx(mixed)


def test_frames_that_are_no_networks_are_refused_in_words() -> None:
    firms = pd.DataFrame({"firm": ["a", "b"]})
    trades = pd.DataFrame({"supplier": ["a"], "buyer": ["b"], "amount_fen": [5]})

    with pytest.raises(InvalidInput, match="frame firms"):
        from_frames(pd.DataFrame({"firm": ["a", 1]}), trades)
    with pytest.raises(InvalidInput, match="whole fen"):
        from_frames(firms, trades.assign(amount_fen=[0.5]))
    with pytest.raises(InvalidInput, match="missing"):
        from_frames(firms, trades.assign(amount_fen=[np.nan]))
