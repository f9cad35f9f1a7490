"""A derivation tree in words: label, value, operation, source, for templates and scripts."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

from app.web.money import NONE, percent
from app.web.texts import Texts

Node = Mapping[str, Any]
SHOWN_PLACES = Decimal("0.0001")
WIDE = Context(prec=200)  # Products of amounts have more digits than the usual 28.


def told(node: Node, t: Texts) -> dict[str, Any]:
    """
    Return a node and all below it as a reader sees them.

    Example:
        >>> leaf = {"code": "held", "label": {"zh": "持有", "en": "Held"}, "op": "input",
        ...     "value": 800_000_000, "unit": "fen", "children": [],
        ...     "source": {"version": 3, "table": "receivables"}}
        >>> told(leaf, Texts("en"))["value"]
        'CNY 8,000,000.00'
    """
    return {
        "code": node["code"],
        "label": node["label"][t.language],
        "op": node["op"],
        "operation": t(f"op_{node['op']}"),
        "value": value_of(node, t),
        "exact": str(node["value"] if node["value"] is not None else ""),
        "source": source_of(node, t),
        "smallest": _smallest(node),
        "children": [told(child, t) for child in node["children"]],
    }


def value_of(node: Node, t: Texts) -> str:
    """Return the value of a node with its unit; `exact` beside it has every place."""
    value, unit = node["value"], node["unit"]
    if value is None:
        return NONE
    if unit == "fen":
        return t("yuan_exact", yuan=_yuan(Decimal(str(value))))
    if unit == "share":
        return f"{value} ({percent(value)})" if Decimal(value) not in {0, 1} else str(value)
    return t(f"unit_{unit}", value=value) if t.has(f"unit_{unit}") else str(value)


def _yuan(fen: Decimal) -> str:
    yuan = fen.scaleb(-2, WIDE)
    if fen == fen.to_integral_value():
        return f"{yuan:,.2f}"
    cut = yuan.quantize(SHOWN_PLACES, ROUND_DOWN, WIDE)
    return f"{cut:,f}" if cut == yuan else f"{cut:,f}…"


def _smallest(node: Node) -> str | None:
    """Return the code of the child that decides a minimum; None for every other step."""
    if node["op"] != "min":
        return None
    known = [child for child in node["children"] if child["value"] is not None]
    return min(known, key=lambda child: Decimal(str(child["value"])))["code"] if known else None


def source_of(node: Node, t: Texts) -> str:
    """Return where a leaf comes from, in words; a step has no source of its own."""
    source = node["source"]
    if node["op"] == "policy":
        key = f" · {source['key']}" if source.get("key") else ""
        return t("source_policy", policy=source["policy"], rule=source["rule"]) + key
    if node["op"] == "absent":
        return t.reason(source["reason"])
    if "analysis" in source:
        return t("source_run", analysis=t.coded("analysis", source["analysis"]), run=source["run"])
    if "table" in source:
        table = t.coded("table", source["table"])
        return t("source_version", version=source["version"], table=table)
    return t.coded("document", source["document"]) if "document" in source else ""
