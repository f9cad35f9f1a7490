"""A derivation tree in words: label, value, operation, source, for templates and scripts."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any, NamedTuple

from app.platform.web.money import NONE, percent
from app.platform.web.texts import Texts

Node = Mapping[str, Any]
SHOWN_PLACES = Decimal("0.0001")
WITHHELD = "withheld"  # Of a node that the reader may not see: it has neither value nor children.
WIDE = Context(prec=200)  # Products of amounts have more digits than the usual 28.
KEEPS = frozenset({"sum", "min", "max", "subtract", "floor", "clip"})


class Measure(NamedTuple):
    """How often money and days are multiplied in a value; an amount has money once, no days."""

    money: int
    days: int


AMOUNT = Measure(1, 0)


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
    return _told(node, t)[0]


def _told(node: Node, t: Texts) -> tuple[dict[str, Any], Measure]:
    said = {
        "code": node["code"],
        "label": node["label"][t.language],
        "op": node["op"],
        "operation": t(f"op_{node['op']}"),
    }
    if node["op"] == WITHHELD:
        nothing = {"value": NONE, "exact": "", "source": "", "smallest": None}
        return {**said, **nothing, "children": []}, AMOUNT
    below = [_told(child, t) for child in node["children"]]
    measure = measure_of(node, [known for _, known in below])
    return {
        **said,
        "value": value_of(node, t, measure),
        "exact": str(node["value"] if node["value"] is not None else ""),
        "source": source_of(node, t),
        "smallest": _smallest(node),
        "children": [child for child, _ in below],
    }, measure


def told_own(document: Mapping[str, Any] | None, t: Texts) -> list[dict[str, Any]]:
    """Return what of a limit's or facility's withheld parts is the reader's own, in words."""
    return [told(node, t) for node in (document or {}).get("own") or ()]


def measure_of(node: Node, below: Sequence[Measure]) -> Measure:
    """
    Return what a value is measured in: as products of money and days go up and down the tree.

    A node says `fen` for money times money too; only what it is made of tells them apart. A
    product of which a part is withheld counts as an amount.
    """
    own = Measure(int(node["unit"] == "fen"), int(node["unit"] == "days"))
    known = [
        measure
        for child, measure in zip(node["children"], below, strict=True)
        if child.get("value") is not None
    ]
    if node["op"] == "product" and len(known) == len(node["children"]) > 0:
        return Measure(sum(m.money for m in known), sum(m.days for m in known))
    if node["op"] == "divide" and len(known) == len(node["children"]) == len(("over", "under")):
        return Measure(known[0].money - known[1].money, known[0].days - known[1].days)
    return known[0] if known and node["op"] in KEEPS else own


def value_of(node: Node, t: Texts, measure: Measure = AMOUNT) -> str:
    """Return the value of a node with its unit; `exact` beside it has every place."""
    value, unit = node["value"], node["unit"]
    if value is None:
        return NONE
    if unit == "fen":
        figure = _yuan(Decimal(str(value)), measure.money)
        return t("yuan_exact", yuan=figure) if measure == AMOUNT else figure
    if unit == "share":
        return f"{value} ({percent(value)})" if Decimal(value) not in {0, 1} else str(value)
    return t(f"unit_{unit}", value=value) if t.has(f"unit_{unit}") else str(value)


def _yuan(fen: Decimal, power: int) -> str:
    """Return an amount in yuan, or a product of so many amounts in the same power of yuan."""
    yuan = fen.scaleb(-2 * power, WIDE)
    if fen == fen.to_integral_value() and power == AMOUNT.money:
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
        told = t("source_version", version=source["version"], table=table)
        count = source.get("count")
        return told if count is None else t("source_counted", source=told, count=count)
    return t.coded("document", source["document"]) if "document" in source else ""
