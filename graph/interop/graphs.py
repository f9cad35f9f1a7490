"""Networks to and from networkx, for notebooks and for graphs of some thousand firms."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import networkx as nx
import numpy as np
import pyarrow as pa

from graph.errors import InvalidInput
from graph.interop.frames import trades_frame
from graph.network import Network

AMOUNT = "amount_fen"
Unit = Literal["fen", "yuan"]
FEN_A_UNIT: dict[str, int] = {"fen": 1, "yuan": 100}
APART_MAX = Fraction(
    1, 1000
)  # Of a fen, between an amount in yuan and the fen that it is taken for.
AMOUNT_END = 2**63


def to_networkx(network: Network) -> nx.DiGraph:
    """
    Return a directed graph from supplier to buyer; what is not known of a firm is left out.

    Example:
        >>> from graph.testing.networks import toy
        >>> graph = to_networkx(toy({("mill", "cars"): 90}, sector={"cars": "C36"}))
        >>> graph.nodes["cars"]["sector"], graph.edges["mill", "cars"]
        ('C36', {'amount_fen': 90})
    """
    graph = nx.DiGraph()
    known = network.attributes.to_pylist() or [{} for _ in network.ids]
    for firm, row in zip(network.ids, known, strict=True):
        graph.add_node(firm, **{name: value for name, value in row.items() if value is not None})
    trades = trades_frame(network)
    for supplier, buyer, amount in trades.itertuples(index=False):
        graph.add_edge(supplier, buyer, **{AMOUNT: int(amount)})
    return graph


def from_networkx(graph: nx.DiGraph, *, amount: str = AMOUNT, unit: Unit = "fen") -> Network:
    """
    Return the network of a directed graph whose edges carry amounts.

    Parallel edges are summed. Attributes of nodes become attributes of firms.

    Args:
        graph: From supplier to buyer; a node is a firm's id.
        amount: What the attribute of an edge is called that holds its amount.
        unit: Of the amounts. Python's and NumPy's numbers and decimals are taken; in `fen` they
            are whole, in `yuan` they are taken to the nearest fen, from which no more than a
            thousandth of one may lie between.

    Raises:
        InvalidInput: The graph is undirected, a node is no text, or an amount is no whole fen.

    Example:
        >>> graph = nx.DiGraph()
        >>> graph.add_edge("mill", "cars", amount_fen=90)
        >>> from_networkx(graph).sales_fen.tolist()
        [0, 90]
        >>> graph.add_edge("mill", "cars", paid=0.9)
        >>> from_networkx(graph, amount="paid", unit="yuan").sales_fen.tolist()
        [0, 90]
    """
    if unit not in FEN_A_UNIT:
        raise InvalidInput(f"unit {unit!r} is none of {', '.join(FEN_A_UNIT)}")
    if not graph.is_directed():
        raise InvalidInput("a network goes from supplier to buyer; this graph has no directions")
    names = sorted({name for _, found in graph.nodes(data=True) for name in found} - {"firm"})
    firms = [
        {"firm": _firm(node), **{name: found.get(name) for name in names}}
        for node, found in graph.nodes(data=True)
    ]
    edges = [
        (s, b, _fen(f"edge {s!r} to {b!r}: {amount}", found.get(amount), unit))
        for s, b, found in graph.edges(data=True)
    ]
    trades = {
        "supplier": pa.array([edge[0] for edge in edges], pa.string()),
        "buyer": pa.array([edge[1] for edge in edges], pa.string()),
        AMOUNT: pa.array([edge[2] for edge in edges], pa.int64()),
    }
    return Network.build(_columns(firms, ["firm", *names]), pa.table(trades))


def _firm(node: object) -> str:
    if not isinstance(node, str):
        raise InvalidInput(f"a firm's id is text, not {node!r}")
    return node


def _fen(place: str, amount: object, unit: Unit) -> int:
    """Return an amount in whole fen."""
    exact = _exact(amount)
    if exact is None:
        raise InvalidInput(f"{place} must be whole fen, not {amount!r}")
    fen = exact * FEN_A_UNIT[unit]
    whole = round(fen)
    if abs(fen - whole) > (APART_MAX if unit == "yuan" else 0):
        raise InvalidInput(f"{place} must be whole fen, not {amount!r} {unit}")
    if abs(whole) >= AMOUNT_END:
        raise InvalidInput(f"{place} must be whole fen that fit 64 bits, not {amount!r}")
    return whole


def _exact(amount: object) -> Fraction | None:
    """Return a number as it is; None where it is none, or not finite."""
    if isinstance(amount, bool | np.bool_):
        return None
    if isinstance(amount, int | Fraction | np.integer):
        return Fraction(int(amount)) if not isinstance(amount, Fraction) else amount
    if isinstance(amount, float | np.floating):
        return Fraction(float(amount)) if math.isfinite(amount) else None
    if isinstance(amount, Decimal):
        return Fraction(amount) if amount.is_finite() else None
    return None


def _columns(rows: list[dict[str, object]], names: list[str]) -> pa.Table:
    columns = {}
    for name in names:
        kind = pa.string() if name == "firm" else None
        try:
            columns[name] = pa.array([row[name] for row in rows], kind)
        except pa.ArrowException as error:
            raise InvalidInput(f"attribute {name!r}: {error}") from error
    return pa.table(columns)
