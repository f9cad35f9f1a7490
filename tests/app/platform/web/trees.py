"""Derivation trees as the documents of limits hold them."""

from typing import Any


def node(code: str, op: str, value: object, *children: dict[str, Any], **more: Any) -> Any:
    unit = more.pop("unit", "fen")
    return {
        "code": code,
        "label": {"zh": f"{code} 的中文", "en": f"words for {code}"},
        "op": op,
        "value": value,
        "unit": unit,
        "children": list(children),
        "source": more.pop("source", {}),
    }


def leaf(code: str, value: object, unit: str = "fen") -> Any:
    source = {"version": 3, "table": "receivables"}
    return node(code, "input", value, unit=unit, source=source)


def rule(code: str, value: object, unit: str = "ratio") -> Any:
    source = {"policy": "standard-2015-01-01-1a2b3c", "rule": code, "key": "R3"}
    return node(code, "policy", value, unit=unit, source=source)


def derivation(limit_fen: int) -> Any:
    documents = node(
        "documents", "product", 760_000_000, rule("advance_rate", "0.95"), leaf("held", 800_000_000)
    )
    capacity = node(
        "capacity", "min", 210_000_000, leaf("own", 400_000_000), leaf("base", 210_000_000)
    )
    resilience = node("resilience", "clip", "0.8", leaf("worst", "0.4", "share"), unit="ratio")
    unscaled = node("unscaled", "product", 168_000_000, capacity, resilience)
    relation = node(
        "relation", "product", 168_000_000, unscaled, leaf("chain_factor", "1", "ratio")
    )
    absent = node("need", "absent", None, source={"reason": "neither statement nor sales"})
    smallest = node(
        "smallest",
        "min",
        928_000_000,
        absent,
        node("funding", "sum", 928_000_000, documents, relation),
        leaf("product_cap", "1644067796.61"),
    )
    return node("limit", "floor", limit_fen, smallest)
