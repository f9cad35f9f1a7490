"""Networks to and from networkx, for notebooks and for graphs of some thousand firms."""

import networkx as nx
import pyarrow as pa

from graph.errors import InvalidInput
from graph.interop.frames import trades_frame
from graph.network import Network

AMOUNT = "amount_fen"


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


def from_networkx(graph: nx.DiGraph) -> Network:
    """
    Return the network of a directed graph whose edges carry `amount_fen`.

    Parallel edges are summed. Attributes of nodes become attributes of firms.

    Raises:
        InvalidInput: The graph is undirected, a node is no text, or an amount is no integer.

    Example:
        >>> graph = nx.DiGraph()
        >>> graph.add_edge("mill", "cars", amount_fen=90)
        >>> from_networkx(graph).sales_fen.tolist()
        [0, 90]
    """
    if not graph.is_directed():
        raise InvalidInput("a network goes from supplier to buyer; this graph has no directions")
    names = sorted({name for _, found in graph.nodes(data=True) for name in found} - {"firm"})
    firms = [
        {"firm": _firm(node), **{name: found.get(name) for name in names}}
        for node, found in graph.nodes(data=True)
    ]
    edges = [(s, b, _amount(s, b, found)) for s, b, found in graph.edges(data=True)]
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


def _amount(supplier: object, buyer: object, found: dict[str, object]) -> int:
    amount = found.get(AMOUNT)
    if not isinstance(amount, int) or isinstance(amount, bool) or abs(amount) >= 2**63:
        said = f"edge {supplier!r} to {buyer!r}: {AMOUNT} must be whole fen, not {amount!r}"
        raise InvalidInput(said)
    return amount


def _columns(rows: list[dict[str, object]], names: list[str]) -> pa.Table:
    columns = {}
    for name in names:
        kind = pa.string() if name == "firm" else None
        try:
            columns[name] = pa.array([row[name] for row in rows], kind)
        except pa.ArrowException as error:
            raise InvalidInput(f"attribute {name!r}: {error}") from error
    return pa.table(columns)
