"""What any client can do: recompute a derivation from its leaves, knowing only the operations."""

from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal
from typing import Any

from app.chain.limits.results import Results

EXACT = Context(prec=400)
CUT = Context(prec=400, rounding=ROUND_DOWN)
SHARES = ("share", "ratio", "rate")


def cut(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-12), rounding=ROUND_DOWN, context=CUT)


def value(node: dict[str, Any]) -> Decimal | None:
    return None if node["value"] is None else Decimal(node["value"])


def product(values: list[Decimal]) -> Decimal:
    result = Decimal(1)
    for each in values:
        result = EXACT.multiply(result, each)
    return result


def total(values: list[Decimal]) -> Decimal:
    result = Decimal(0)
    for each in values:
        result = EXACT.add(result, each)
    return result


def recomputed(node: dict[str, Any]) -> Decimal | None:
    """Return the node's value from the values of its children."""
    given = [value(child) for child in node["children"]]
    known = [each for each in given if each is not None]
    op = node["op"]
    if op in ("input", "policy", "absent"):
        return value(node)
    if op == "subtract":
        assert given[0] is not None
        result = EXACT.subtract(given[0], total([each for each in given[1:] if each is not None]))
    elif op == "divide":
        assert given[0] is not None
        assert given[1]
        return cut(CUT.divide(given[0], given[1]))
    elif op == "floor":
        return known[0].to_integral_value(ROUND_FLOOR)
    elif op == "clip":
        low, high = known[1], known[2]
        return min(max(known[0], low), high)
    else:
        result = {"sum": total, "product": product, "min": min, "max": max}[op](known)
    return cut(result) if node["unit"] in SHARES else result


def check(node: dict[str, Any]) -> int:
    """Assert that a tree is whole and every value follows from its children; count the nodes."""
    assert set(node) == {"code", "label", "op", "value", "unit", "children", "source"}
    assert node["label"]["zh"]
    assert node["label"]["en"]
    assert not isinstance(node["value"], float)
    if node["unit"] in SHARES and node["value"] is not None:
        assert isinstance(node["value"], str)
        assert len(node["value"].partition(".")[2]) <= 12
    if node["unit"] in ("days", "count"):
        assert isinstance(node["value"], int)
    codes = [child["code"] for child in node["children"]]
    assert len(set(codes)) == len(codes)
    if node["op"] == "absent":
        assert node["value"] is None
        assert node["source"]["reason"]
    else:
        assert recomputed(node) == value(node), (node["code"], node["value"])
    missing = {c["code"] for c in node["children"] if c["value"] is None}
    assert set(node["source"].get("absent", {})) == missing
    if node["op"] in ("sum", "min", "max", "subtract", "floor", "clip"):
        assert {child["unit"] for child in node["children"]} <= {node["unit"]}, node["code"]
    if node["op"] in ("input", "policy", "absent"):
        assert not node["children"]
        assert node["source"], node["code"]
    return 1 + sum(check(child) for child in node["children"])


def check_run(results: Results, *, every: int = 1) -> int:
    """
    Recompute the trees of a run, hold them to the stored columns, and count the nodes.

    All those of chains, and of the firms of a chain each `every`-th, another one in each chain.
    """
    nodes = 0
    for number, core in enumerate(results.cores):
        facility = results.facility(core)
        nodes += check(facility["derivation"]) if facility else 0
        for member in results.members(results.order(core))[number % every :: every]:
            if member.absent is None:
                nodes += _check_member(results.firm(core, member.id), member.document())
    return nodes


def _check_member(found: dict[str, Any], stored: dict[str, Any]) -> int:
    for name in ("limit_fen", "reachable_fen", "binding", "absent"):
        assert found[name] == stored[name], stored
    tree, reachable = found["derivation"], found["reachable"]
    assert tree["value"] == found["limit_fen"], stored
    assert reachable["value"] == found["reachable_fen"], stored
    by = {child["code"]: value(child) for child in tree["children"][0]["children"]}
    assert by[found["binding"]] == min(v for v in by.values() if v is not None), stored
    return check(tree) + check(reachable)
