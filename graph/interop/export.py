"""One chain as a file for other people's tools: HTML, GraphML, CSV or JSON."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Literal, get_args

import networkx as nx

from graph.chains import Chain
from graph.errors import InvalidInput
from graph.interop.page import page
from graph.interop.view import ChainTrade, ChainView, ListedMember, view
from graph.interop.words import Language
from graph.network import Network
from graph.sheets import written

Format = Literal["html", "graphml", "csv", "json"]
FORMATS: tuple[str, ...] = get_args(Format)

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def chain(network: Network, found: Chain, form: str, *, language: Language = "zh") -> bytes:
    """
    Return one chain as the bytes of a file.

    Args:
        network: Where the chain was found; column `name` names the firms if it is there.
        found: The chain.
        form: `html` (one page, works offline), `graphml` or `json` (firms and the trades among
            them), `csv` (firms; UTF-8 with a byte-order mark, for spreadsheets; also `trades`).
        language: Of the page; the other forms do not depend on it.

    Raises:
        InvalidInput: There is no such form.

    Example:
        >>> from graph.chains import find_chain
        >>> from graph.testing.networks import toy
        >>> network = toy({("mill", "cars"): 90})
        >>> print(chain(network, find_chain(network, "cars"), "csv").decode("utf-8-sig").strip())
        direction,tier,id,name,rating,up_tier,down_tier,via,strength_fen
        up,1,mill,Firm mill,,1,0,cars,90
    """
    if form not in FORMATS:
        raise InvalidInput(f"no format {form!r}; there are {', '.join(FORMATS)}")
    shown = view(network, found)
    if form == "html":
        return page(shown, language=language).encode()
    if form == "csv":
        return _firms(shown)
    return (_json(shown) if form == "json" else _graphml(shown)).encode()


def trades(network: Network, found: Chain) -> bytes:
    """
    Return the trades among a chain's firms, its core among them, as the bytes of a CSV file.

    Example:
        >>> from graph.chains import find_chain
        >>> from graph.testing.networks import toy
        >>> network = toy({("mill", "cars"): 90})
        >>> print(trades(network, find_chain(network, "cars")).decode("utf-8-sig").strip())
        supplier,buyer,amount_fen
        mill,cars,90
    """
    names = [each.name for each in fields(ChainTrade)]
    return _csv(names, view(network, found).trades)


def _firms(shown: ChainView) -> bytes:
    first = ["direction", "tier"]
    return _csv(
        [*first, *(f.name for f in fields(ListedMember) if f.name not in first)], shown.members
    )


def _csv(names: Sequence[str], rows: Iterable[ListedMember | ChainTrade]) -> bytes:
    return written(names, ([getattr(row, name) for name in names] for row in rows), line_end="\n")


def _json(shown: ChainView) -> str:
    said = {
        "core": {"id": shown.core, "name": shown.core_name},
        "firms": [asdict(member) for member in shown.members],
        "trades": [asdict(trade) for trade in shown.trades],
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def _graphml(shown: ChainView) -> str:
    graph = nx.DiGraph()
    graph.add_node(_xml(shown.core), name=_xml(shown.core_name), direction="core", tier=0)
    for member in shown.members:
        known = {name: value for name, value in asdict(member).items() if value is not None}
        firm = known.pop("id")
        graph.add_node(
            _xml(firm), **{n: _xml(v) if isinstance(v, str) else v for n, v in known.items()}
        )
    for trade in shown.trades:
        graph.add_edge(_xml(trade.supplier), _xml(trade.buyer), amount_fen=trade.amount_fen)
    return "\n".join(nx.generate_graphml(graph, named_key_ids=True)) + "\n"


def _xml(text: str) -> str:
    """Return the text with what XML cannot hold replaced."""
    return _NO_XML.sub("\ufffd", text)
