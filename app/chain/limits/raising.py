"""What would raise a limit, read from its derivation: in words, the strongest first."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.platform.web.money import amount, percent
from app.platform.web.texts import Texts

Node = Mapping[str, Any]
NAMED_MAX = 3


def raising(
    limit: Mapping[str, Any], t: Texts, names: Mapping[str, str], *, chain: str
) -> Sequence[str]:
    """
    Return what would raise a limit: somebody passing documents on, then what binds it.

    Args:
        limit: The document of one limit.
        t: The words.
        names: Names of the firms that the tree mentions.
        chain: Name of the core.
    """
    if limit["derivation"] is None:
        return ()
    found = list(_passing(limit, t, names, chain=chain))
    trees = [limit["derivation"], *(limit.get("own") or ())]
    nodes = {node["code"]: node for tree in trees for node in walk(tree)}
    found += _by_binding(str(limit["binding"]), nodes, t, chain=chain)
    return found


def passers(limit: Mapping[str, Any]) -> Sequence[str]:
    """Return who would have to pass documents on, the largest amounts first."""
    if limit["reachable"] is None or not limit["reachable_fen"]:
        return ()
    nodes = [n for n in walk(limit["reachable"]) if str(n["code"]).startswith("from:")]
    nodes.sort(key=lambda node: Decimal(str(node.get("value") or 0)), reverse=True)
    return list(dict.fromkeys(str(node["code"]).removeprefix("from:") for node in nodes))


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it."""
    yield node
    for child in node.get("children", ()):
        yield from walk(child)


def _passing(
    limit: Mapping[str, Any], t: Texts, names: Mapping[str, str], *, chain: str
) -> Iterator[str]:
    who = passers(limit)
    if who:
        shown = t("list_comma").join(names.get(firm, firm) for firm in who[:NAMED_MAX])
        sum_shown = amount(limit["reachable_fen"], t.language)
        yield t("raise_passing", names=shown, amount=sum_shown, chain=chain)


def _by_binding(binding: str, nodes: Mapping[str, Node], t: Texts, *, chain: str) -> Iterator[str]:
    if binding != "funding":
        yield t.coded("raise", binding)
        return
    yield from _relation(nodes, t, chain=chain)


def _relation(nodes: Mapping[str, Node], t: Texts, *, chain: str) -> Iterator[str]:
    base = _value(nodes, "base")
    yield from _own(nodes, base, t)
    if base:
        yield t("raise_confirm", chain=chain)
    worst, resilience = _value(nodes, "worst"), _value(nodes, "resilience")
    if worst and resilience is not None and resilience < 1:
        yield t("raise_resilience", worst=percent(worst), share=percent(resilience))
    factor = _value(nodes, "chain_factor")
    if factor is not None and factor < 1:
        lent_on_data = nodes["chain_factor"]["op"] == "policy"  # The chain has no facility.
        key = "raise_data_credit" if lent_on_data else "raise_chain_factor"
        yield t(key, factor=percent(factor), chain=chain)
    document_factor = _value(nodes, "document_factor")
    if document_factor is not None and document_factor < 1:
        yield t("raise_document_factor", factor=percent(document_factor), chain=chain)


def _own(nodes: Mapping[str, Node], base: Decimal | None, t: Texts) -> Iterator[str]:
    """Yield what own capacity takes, with its amount where the reader is shown it."""
    own = _value(nodes, "own")
    if _value(nodes, "relation") is None and own is None:
        yield t("raise_no_sales")
    elif own is not None and base is not None and base > own:
        yield t("raise_own", amount=amount(own, t.language))
    elif own is None and "capacity" not in nodes:
        yield t("raise_own_plain")


def _value(nodes: Mapping[str, Node], code: str) -> Decimal | None:
    node = nodes.get(code)
    value = None if node is None else node.get("value")  # What is withheld has none.
    return None if value is None else Decimal(str(value))
