"""Decisions by hand, and the path to yes: its figures, and that following it leads to yes."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chain.limits.formulas import limit as limits
from app.lending.decisions.case import Case, case_from
from app.lending.decisions.deciding import decided_from
from app.lending.decisions.forms import HELD, DocumentRef, LoanDecision, PathStep, act_of
from app.lending.decisions.levers import MILLIONTH_E12, Lever, levers
from app.lending.decisions.outlook import baseline, moved, node, outlook, outlook_after, position_of
from app.lending.decisions.plain import limit_leaves, plain
from app.platform.events import canonical
from tests.app.lending.decisions.making import E12, S2, claim, leaves, told

CAPACITY = "limit/smallest/funding/relation/unscaled/capacity"
SALES = f"{CAPACITY}/own/own_total/share_of_sales/sales"
WORST = "limit/smallest/funding/relation/unscaled/resilience/after_worst/taken/worst"
CLAIM = f"{CAPACITY}/base/claim:S1/claim/gross/receivables"


def decide(inputs: Mapping[str, Any]) -> LoanDecision:
    return decided_from(canonical(inputs).encode())


def codes(found: LoanDecision) -> list[str]:
    return [each.code for each in found.reasons]


def changes(found: LoanDecision) -> list[tuple[Any, ...]]:
    return [(each.leaf, each.was, each.to, each.unit, each.set) for each in found.path_to_yes]


# S2: base 700,000 yuan, own credit 600,000, resilience 0.65: 390,000 on relation.


def test_what_the_limit_has_is_approved() -> None:
    found = decide(told(39_000_000))

    assert (found.outcome, found.amount_fen, found.authority) == (
        "approved",
        39_000_000,
        "machine",
    )
    assert (codes(found), found.path_to_yes) == (["within"], ())


def test_more_is_a_smaller_offer_with_the_smallest_change_of_each_leaf() -> None:
    """
    450,000 yuan. Own credit here is a tenth of sales (20 %, half of it in this chain):
    0.065 x 692,307,693 fen = 45,000,000.045, a fen less is 44,999,999.98. Or resilience
    0.75 on 600,000: the worst partner takes no more than (1 - 0.75) / 0.5 = 0.5.
    """
    found = decide(told(45_000_000))

    assert (found.outcome, found.amount_fen, codes(found)) == (
        "approved",
        39_000_000,
        ["limit.relation"],
    )
    assert changes(found) == [
        (SALES, 600_000_000, 692_307_693, "fen", 1),
        (WORST, "0.7", "0.5", "share", 2),
    ]
    assert [each.amount_fen for each in found.path_to_yes] == [45_000_000, 45_000_000]


def test_where_no_change_alone_does_the_smallest_pair_is_told() -> None:
    """
    650,000 yuan: sales alone end at the base, 700,000 x 0.65 = 455,000; the worst partner
    alone at own credit, 600,000. With nothing lost at any partner own credit of 650,000 does:
    sales of 6,500,000.
    """
    found = decide(told(65_000_000))

    assert changes(found) == [
        (SALES, 600_000_000, 650_000_000, "fen", 1),
        (WORST, "0.7", "0", "share", 1),
    ]
    assert {each.amount_fen for each in found.path_to_yes} == {65_000_000}


def test_a_claim_is_shown_where_the_base_is_what_binds() -> None:
    """
    Claims of 1,000,000 on S1: base 350,000 here, x 0.65 = 227,500. For 325,000 the base has to
    be 500,000: claims of 500,000 / (0.7 x 0.5) = 1,428,571.42858 yuan, rounded up to the fen.
    """
    of = leaves(claim(rows=100_000_000), base_total=70_000_000)
    found = decide(told(32_500_000, of=of, total=22_750_000, relation=22_750_000))

    assert (found.amount_fen, changes(found)[0]) == (
        22_750_000,
        (CLAIM, 100_000_000, 142_857_143, "fen", 1),
    )


def test_a_receivable_that_the_core_confirms_is_named_for_the_next_application() -> None:
    """0.95 of 500,000 is 475,000, of 400,000 380,000: the second smallest does."""
    papers = [
        {"number": f"R{yuan}", "face_fen": yuan * 100, "due_on": "2026-08-01"}
        for yuan in (400_000, 500_000, 600_000)
    ]
    found = decide(told(45_000_000, open=papers))
    step = found.path_to_yes[0]

    assert (step.leaf, step.was, step.to) == (
        "limit/smallest/funding/documents/held",
        0,
        50_000_000,
    )
    assert [each.number for each in step.documents] == ["R500000"]
    assert step.amount_fen == 47_500_000


ON_DOCUMENTS = {"path": "documents", "id": "document-finance", "who": []}


def on_documents(amount_fen: int, **more: Any) -> dict[str, Any]:
    """Return inputs of a firm that asks on documents of the core and names none yet."""
    inputs = told(amount_fen, total=0, relation=0, **more)
    inputs["product"] |= ON_DOCUMENTS
    return inputs


def test_a_buyer_that_owes_enough_is_to_pass_a_voucher_on_the_least_that_does() -> None:
    """0.95 of 473,684.22 yuan is 450,000.009; of a fen less 449,999.9995."""
    givers = [{"firm": "S1", "fen": 47_368_422}, {"firm": "S3", "fen": 90_000_000}]
    (step,) = decide(on_documents(45_000_000, givers=givers)).path_to_yes

    assert (step.leaf, step.was, step.to) == (f"{HELD}/from:S1", 0, 47_368_422)
    assert (step.amount_fen, step.documents, act_of(step.leaf)) == (45_000_000, (), ("pass", "S1"))
    assert (
        decide(on_documents(45_000_000, givers=[givers[0] | {"fen": 47_368_421}])).path_to_yes == ()
    )


def test_vouchers_that_wait_are_to_be_accepted_and_named_beside_what_was_named() -> None:
    waiting = [
        {"number": f"V{yuan}", "face_fen": yuan * 100, "due_on": "2026-08-01"}
        for yuan in (100_000, 400_000)
    ]
    inputs = on_documents(45_000_000, waiting=waiting)
    (step,) = decide(inputs).path_to_yes

    assert (step.leaf, step.was, step.to) == (f"{HELD}/accepted", 0, 50_000_000)
    assert [each.account for each in step.documents] == ["voucher:V100000", "voucher:V400000"]
    assert step.amount_fen == 47_500_000


def test_what_was_named_is_named_again_whatever_changes_but_not_by_the_first_formula() -> None:
    """Sales raise what the limit needs; the receivable that was named still carries the loan."""
    named = {"documents": [{"kind": "receivable", "number": "R9"}]}
    inputs = told(45_000_000)
    inputs["asked"] |= named
    again = decide(inputs).path_to_yes
    first = decide(inputs | {"formula": 1}).path_to_yes

    assert [each.documents for each in again] == [(DocumentRef("receivable", "R9"),)] * len(again)
    assert [each._replace(documents=()) for each in again] == [*first]


def aged(*rows: int, overdue: int, unpaid: int, more: int = 0) -> dict[str, Any]:
    """Return a claim of 3,000,000 yuan on S9, which owes the firm these rows past due."""
    papers = [{"number": f"L{fen}", "face_fen": fen, "due_on": "2026-06-01"} for fen in rows]
    owed = claim(buyer="S9", rows=300_000_000, belonging_e12=E12)
    totals = {"unpaid_fen": unpaid, "overdue_fen": overdue, "more_fen": more}
    counted = [each["number"] for each in papers]
    return {"claim": plain(owed), **totals, "rows": papers, "counted": counted}


def overdue(more: int, *rows: int) -> list[PathStep]:
    """Return what settling rows of S9 would do; 400,000 yuan of its 1,200,000 are past due."""
    owes = aged(*rows, overdue=40_000_000, unpaid=120_000_000, more=more)
    of = leaves(claim(rows=100_000_000), base_total=70_000_000)
    inputs = told(30_000_000, of=of, total=22_750_000, relation=22_750_000, aged=[owes])
    found = decide(inputs).path_to_yes
    return [each for each in found if act_of(each.leaf) == ("overdue", "S9")]


def test_the_fewest_overdue_rows_that_bring_a_claim_back_are_to_be_settled() -> None:
    """40 - x is below a quarter of 120 - x from x = 13.33 on: of 12 and 14 the larger does."""
    (step,) = overdue(0, 12_000_000, 14_000_000)

    assert (step.was, step.to, step.unit, step.documents) == (26_000_000, 12_000_000, "fen", ())
    assert step.amount_fen >= 30_000_000
    assert overdue(0, 6_000_000, 7_000_000) == []  # Others' rows alone keep it there.
    assert overdue(10**11, 12_000_000, 14_000_000) == []  # All others' gain may take the room.


def test_what_is_above_the_machine_is_referred() -> None:
    found = decide(told(39_000_000, authority=told(1)["authority"][1:]))

    assert (found.outcome, found.authority, found.level) == ("referred", "two", "branch")
    assert codes(found) == ["authority.two"]


@pytest.mark.parametrize(("pd_max", "code"), [("0.04", "product.pd")])
def test_too_likely_a_failure_is_declined_and_nothing_leads_to_yes(pd_max: str, code: str) -> None:
    inputs = told(45_000_000)
    inputs["product"]["pd_max"] = pd_max
    found = decide(inputs)

    assert (found.outcome, found.amount_fen, codes(found)[0]) == ("declined", 0, code)
    assert found.path_to_yes == ()


def lever_of(case: Case, step: PathStep) -> tuple[Lever, int]:
    """Return the lever of an entry, and how far it was moved."""
    tree = outlook(case).limit
    assert tree is not None
    lever = next(each for each in levers(case, tree) if each.leaf == step.leaf)
    was, to = (Decimal(each or 0) for each in (step.was, step.to))
    if lever.is_money:
        return lever, int(to - was)
    return lever, -(-int((was - to) * E12) // MILLIONTH_E12) if lever.unit == "share" else 1


@given(
    sales=st.integers(10**6, 10**10),
    rows=st.integers(10**6, 10**9),
    worst=st.integers(0, E12),
    wanted=st.integers(1, 100),
)
def test_following_a_change_leads_to_yes_and_a_step_less_does_not(
    sales: int, rows: int, worst: int, wanted: int
) -> None:
    firm = replace(S2, sales_fen=sales, worst_e12=worst)
    of = leaves(claim(rows=rows), firm=firm, base_total=rows * 7 // 10)
    first = case_from(told(100_000, of=of))
    tree = outlook(first).limit
    assert tree is not None
    relation = node(tree, "relation")
    own = int(relation.figure or 0) if relation else 0
    totals = {"total": int(tree.figure or 0), "relation": own}
    asked = min(2_000_000_000, max(100_000, totals["total"] * (100 + wanted) // 100))
    inputs = told(asked, of=of, **totals)
    found = decide(inputs)

    assert decide(inputs) == found
    case = case_from(inputs)
    base, sets = baseline(case), [each.set for each in found.path_to_yes]
    assert base is not None
    for step in (each for each in found.path_to_yes if sets.count(each.set) == 1):
        lever, moves = lever_of(case, step)
        again, _ = moved(base, lever.place(position_of(of), moves))
        after = limits.of_leaves(case.limits, limit_leaves(plain(again)))
        raised = {"total": int(after.figure or 0)}
        credit = node(after, "relation")
        raised["relation"] = int(credit.figure or 0) if credit else 0
        yes = decide(told(asked, of=again, **raised))
        assert (yes.amount_fen, yes.path_to_yes) == (asked, ())
        assert step.amount_fen == outlook_after(base, lever.place(position_of(of), moves)).room_fen
        less = outlook_after(base, lever.place(position_of(of), moves - 1)).room_fen
        assert less < asked <= step.amount_fen
