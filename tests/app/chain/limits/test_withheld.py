"""What is withheld of a tree: by its list, so that nothing shown lets it be worked out."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chain.limits.allowed import NOT_SHOWN, Allowed
from app.chain.limits.formulas.algebra import WITHHELD, Term
from app.chain.limits.formulas.exact import evaluate
from app.chain.limits.shown import UNSEEN, Shown
from app.chain.limits.withheld import seen
from app.platform.auth.sight import NOTHING, Sight
from graph.errors import NotFound
from tests.app.chain.limits.evaluator import recomputed
from tests.app.chain.limits.test_documents_of_runs import opened
from tests.app.chain.limits.test_papers import BARE, WHOLE, found, paper, row
from tests.app.chain.limits.test_results import stored

INVERTIBLE = ("sum", "product", "subtract", "divide")
CODES = st.sampled_from(["a", "b", "c", "d", "e:F1", "e:F2", "f"])
LEAVES = st.integers(1, 9).map(Decimal)


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", []):
        yield from walk(child)


def shape(node: dict[str, Any]) -> None:
    """A withheld node says its code and words only; every other one is whole."""
    if node["op"] == "withheld":
        assert set(node) == {"code", "label", "op"}
        assert ":F" not in node["code"]
        return
    assert set(node) == {"code", "label", "op", "value", "unit", "children", "source"}
    codes = [child["code"] for child in node["children"]]
    assert len(set(codes)) == len(codes)
    hidden = [child for child in node["children"] if child["op"] == "withheld"]
    if node["op"] in INVERTIBLE:
        assert len(hidden) != 1, node["code"]
    if not hidden and node["op"] != "absent":
        assert recomputed(node) == Decimal(node["value"]), node["code"]
    for child in node["children"]:
        shape(child)


def solved(node: dict[str, Any], *, root: bool = True) -> Iterator[str]:
    """Yield the codes of withheld nodes whose value a client can work out from one step."""
    children = node.get("children", [])
    hidden = [child for child in children if child["op"] == "withheld"]
    if len(hidden) == 1:
        values = [child["value"] for child in children if child["op"] != "withheld"]
        if node["op"] in ("min", "max"):
            if not root and node["value"] not in values:
                yield hidden[0]["code"]
        elif not (root and node["op"] == "floor"):
            yield hidden[0]["code"]
    for child in children:
        yield from solved(child, root=root and node["op"] == "floor")


def built(op: str, code: str, children: list[Term]) -> Term:
    kept = children[:1] if op == "floor" else children
    value = evaluate(op, "fen", [child.figure for child in kept])
    return Term(code, op, "fen", value, tuple(kept), {"version": 1, "firm": "F9"})


def leaf(code: str, value: Decimal) -> Term:
    return Term(code, "input", "fen", value, source={"version": 1, "table": "t", "firm": "F9"})


STEPS = st.sampled_from(["sum", "product", "min", "max", "subtract", "floor"])


def steps(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    several = st.lists(inner, min_size=1, max_size=4, unique_by=lambda node: node.code)
    return st.builds(built, STEPS, CODES, several)


TREES = st.recursive(st.builds(leaf, CODES, LEAVES), steps, max_leaves=14)
ALLOWED = st.sets(st.sampled_from(["a", "b", "c", "d", "e:", "f"])).map(
    lambda codes: Allowed(frozenset(codes))
)


def shown_of(node: Term) -> dict[str, Any]:
    said = {"code": node.code, "label": {}, "op": node.op}
    if node.op == WITHHELD:
        assert (node.value, node.children, dict(node.source)) == (None, (), {})
        return said
    value = str(node.value)
    children = [shown_of(child) for child in node.children]
    rest = {"value": value, "unit": "fen", "children": children, "source": dict(node.source)}
    return said | rest


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TREES, ALLOWED)
def test_nothing_withheld_of_any_tree_can_be_worked_out(tree: Term, allowed: Allowed) -> None:
    document = shown_of(seen(tree, allowed, "run").tree)

    shape(document)
    assert list(solved(document)) == []
    for node in walk(document):
        assert node["op"] == "withheld" or allowed.shows("", node["code"])
        assert "firm" not in node.get("source", {})


def test_a_step_goes_with_the_only_part_that_is_withheld_all_the_way_up() -> None:
    inner = built("product", "d", [leaf("a", Decimal(2)), leaf("secret", Decimal(3))])
    tree = built("subtract", "c", [built("sum", "b", [leaf("a", Decimal(1)), inner])])
    top = built("min", "f", [tree, leaf("a", Decimal(90))])
    every = Allowed(frozenset("abcdf"))

    found = seen(built("floor", "a", [top]), every, "run").tree

    assert (found.op, found.children[0].op) == ("floor", "min")  # Known anyway.
    assert [child.op for child in found.children[0].children] == ["withheld", "input"]
    assert seen(built("sum", "a", [top, top]), every, "run").tree.children[0].op == "withheld"


def test_a_minimum_that_somebody_else_decides_may_stay() -> None:
    parts = [leaf("a", Decimal(2)), leaf("secret", Decimal(3))]
    every = Allowed(frozenset("abc"))
    both = [built("min", "b", parts), leaf("c", Decimal(1))]
    other = [built("max", "b", parts), leaf("c", Decimal(1))]

    stays = seen(built("sum", "a", both), every, "run").tree
    goes = seen(built("max", "a", other), every, "run").tree

    assert [child.op for child in stays.children] == ["min", "input"]
    assert [child.op for child in goes.children] == ["withheld", "input"]


def test_a_clip_over_something_withheld_goes() -> None:
    held = built("clip", "b", [leaf(code, Decimal(2)) for code in ("secret", "a", "a")])

    found = seen(built("sum", "a", [held, held]), Allowed(frozenset("ab")), "run").tree

    assert [child.op for child in found.children] == ["withheld", "withheld"]


def test_numbers_stand_alone_and_codes_of_firms_lose_them() -> None:
    factor = built("min", "factor", [leaf("secret", Decimal(2)), leaf("a", Decimal(3))])
    rest = [leaf("e:F1", Decimal(4)), leaf("e:F2", Decimal(5))]
    allowed = Allowed(frozenset("a"), numbers={"factor": "chain"})

    found = seen(built("sum", "a", [factor, *rest]), allowed, "run").tree

    number, *others = found.children
    assert number == Term(
        "factor", "input", "fen", Decimal(2), source={"run": "run", "analysis": "chain"}
    )
    assert [child.code for child in others] == ["e", "e:2"]


def test_a_number_gives_way_so_that_the_step_above_tells_neither() -> None:
    factor = built("min", "factor", [leaf("secret", Decimal(2)), leaf("a", Decimal(3))])
    parts = [leaf("secret", Decimal(7)), factor]
    allowed = Allowed(frozenset("ab"), numbers={"factor": "chain"}, gives_way=frozenset({"factor"}))

    given_up = seen(built("product", "a", parts), allowed, "run").tree
    kept = seen(built("product", "a", [leaf("b", Decimal(7)), factor]), allowed, "run").tree

    assert (given_up.op, given_up.value) == ("product", Decimal(14))
    assert [child.op for child in given_up.children] == ["withheld", "withheld"]
    assert [child.op for child in kept.children] == ["input", "input"]


def test_reasons_that_tell_of_others_are_not_given() -> None:
    missing = Term("a", "absent", "fen", None, source={"reason": "F9 owes it; no sales"})
    known = Term("b", "absent", "fen", None, source={"reason": "no sales"})
    gone = Term("secret", "absent", "fen", None, source={"reason": "no sales"})
    absent = {each.code: "zero" for each in (missing, known, gone)}
    children = (missing, known, gone, leaf("secret", Decimal(1)), leaf("c", Decimal(1)))
    top = Term("c", "sum", "fen", Decimal(2), children, {"absent": absent})

    allowed = Allowed(frozenset("abc"), reasons=frozenset({"no sales"}))
    found = seen(top, allowed, "run").tree

    assert [child.source.get("reason") for child in found.children[:2]] == [NOT_SHOWN, "no sales"]
    assert found.source == {"absent": {"a": "zero", "b": "zero"}}
    assert [child.code for child in found.children] == ["a", "b", "secret", "secret:2", "c"]


@pytest.mark.parametrize("seed", range(4))
def test_every_tree_of_a_run_is_withheld_safely_from_firm_and_core(
    seed: int, tmp_path: Path
) -> None:
    results, _ = stored(seed, tmp_path)
    for core in results.cores:
        chain = Shown(results, Sight("core", core))
        known = {each.id for each in chain.members(core)[0]}
        for member in results.members(results.order(core)):
            readers = [Shown(results, Sight("firm", member.id))]
            readers += [chain] if member.id in known else []
            for reader in readers:
                document = reader.firm(core, member.id)
                for name in ("derivation", "reachable"):
                    if (tree := document[name]) is not None:
                        shape(tree)
                        assert list(solved(tree)) == []
                for node in document["own"]:
                    shape(node)
        facility = chain.facility(core)
        if facility is not None:
            shape(facility["derivation"])
            assert list(solved(facility["derivation"])) == []


def test_who_is_not_seen_is_not_there_word_for_word(tmp_path: Path) -> None:
    results, _ = stored(1, tmp_path)
    core = results.cores[0]
    named = {each.id for each in Shown(results, Sight("core", core)).members(core)[0]}
    hidden = [m.id for m in results.members(results.order(core)) if m.id not in named]
    asked = [
        (Sight("core", core), core, "nobody"),
        (Sight("core", core), core, core),
        (Sight("firm", core), "nobody", core),
        (Sight("firm", "nobody"), core, "nobody"),
        (NOTHING, core, "nobody"),
        *((Sight("core", core), core, firm) for firm in hidden),
        *((Sight("firm", core), core, firm) for firm in (*hidden, *named)),
    ]

    for sight, chain, firm in asked:
        for ask in (Shown(results, sight).firm, Shown(results, sight).member):
            with pytest.raises(NotFound) as raised:
                ask(chain, firm)
            assert str(raised.value) == UNSEEN
    for nobody in (Sight("firm", core), NOTHING, Sight("core", "nobody")):
        for refused in (Shown(results, nobody).facility, Shown(results, nobody).tiers):
            with pytest.raises(NotFound, match=UNSEEN):
                refused(core)


def test_a_firm_is_not_told_that_its_core_has_no_facility(tmp_path: Path) -> None:
    firms = [BARE, {"firm": "S"}, {"firm": "B"}]
    results = opened(found(row(), firms=firms), tmp_path)

    tree = Shown(results, Sight("firm", "S")).firm("C", "S")["derivation"]

    nodes = {node["code"]: node for node in walk(tree)}
    assert nodes["document_factor"]["source"] == {"reason": NOT_SHOWN}
    assert nodes["chain_factor"]["op"] == "input"
    assert nodes["chain_factor"]["value"] == "0.5"
    assert "no statement" not in str(tree)


def test_a_holder_of_the_core_s_paper_is_named_in_whatever_tier(tmp_path: Path) -> None:
    deep = row(number="deep", seller="S", buyer="B")
    results = opened(found(deep, vouchers=[paper("V1", WHOLE, holder="N")]), tmp_path)

    named = [each.id for each in Shown(results, Sight("core", "C")).members("C")[0]]

    assert "N" in named
