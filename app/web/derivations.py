"""A derivation tree in words: label, value, operation, source, for templates and scripts."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

from app.web.money import NONE, percent
from app.web.texts import Texts

Node = Mapping[str, Any]
SHOWN_PLACES = Decimal("0.0001")
WITHHELD = "withheld"  # Of a node that the reader may not see: it has neither value nor children.
WIDE = Context(prec=200)  # Products of amounts have more digits than the usual 28.


MONEY = {"fen": 1, "fen_days": 1, "fen2": 2}  # How often money is multiplied in a unit.


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
    said = {
        "code": node["code"],
        "label": node["label"][t.language],
        "op": node["op"],
        "operation": t(f"op_{node['op']}"),
    }
    if node["op"] == WITHHELD:
        nothing = {"value": NONE, "exact": "", "source": "", "smallest": None}
        return {**said, **nothing, "children": []}
    return {
        **said,
        "value": value_of(node, t),
        "exact": str(node["value"] if node["value"] is not None else ""),
        "source": source_of(node, t),
        "smallest": _smallest(node),
        "children": [told(child, t) for child in node["children"]],
    }


def told_own(document: Mapping[str, Any] | None, t: Texts) -> list[dict[str, Any]]:
    """Return what of a limit's or facility's withheld parts is the reader's own, in words."""
    return [told(node, t) for node in (document or {}).get("own") or ()]


def value_of(node: Node, t: Texts) -> str:
    """
    Return the value of a node with its unit; `exact` beside it has every place.

    Products of money, and of money and days, stand without: nobody has a word for their unit.
    """
    value, unit = node["value"], node["unit"]
    if value is None:
        return NONE
    if unit in MONEY:
        figure = _yuan(Decimal(str(value)), MONEY[unit])
        return t("yuan_exact", yuan=figure) if unit == "fen" else figure
    if unit == "share":
        return f"{value} ({percent(value)})" if Decimal(value) not in {0, 1} else str(value)
    return t(f"unit_{unit}", value=value) if t.has(f"unit_{unit}") else str(value)


def _yuan(fen: Decimal, power: int) -> str:
    """Return an amount in yuan, or a product of so many amounts in the same power of yuan."""
    yuan = fen.scaleb(-2 * power, WIDE)
    if fen == fen.to_integral_value() and power == 1:
        return f"{yuan:,.2f}"
    cut = yuan.quantize(SHOWN_PLACES, ROUND_DOWN, WIDE)
    return f"{cut:,f}" if cut == yuan else f"{cut:,f}…"


def _smallest(node: Node) -> str | None:
    """Return the code of the child that decides a minimum; None for every other step."""
    if node["op"] != "min":
        return None
    known = [child for child in node["children"] if child.get("value") is not None]
    return min(known, key=lambda child: Decimal(str(child["value"])))["code"] if known else None


def source_of(node: Node, t: Texts) -> str:
    """Return where a leaf comes from, in words; a step has no source of its own."""
    source = node["source"]
    if node["op"] == "policy":
        group = t.coded("key", source.get("key"))
        policy = t.policy(source["policy"])
        return t("source_key", policy=policy, group=group) if group else policy
    if node["op"] == "absent":
        return t.reason(source["reason"])
    if "analysis" in source:
        run = t("source_run", analysis=t.coded("analysis", source["analysis"]))
        below = t.coded("stated", "_".join(source.get("understated", ())))
        return t("source_understated", source=run, what=below) if below else run
    if "table" in source:
        table = t.coded("table", source["table"])
        return t("source_version", version=source["version"], table=table)
    return t.coded("document", source["document"]) if "document" in source else ""
