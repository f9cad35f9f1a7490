"""Stored runs as documents: long sums, orders of firms, every absence and every binding term."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.chain.limits import documents
from app.chain.limits.compute import compute
from app.chain.limits.results import SORTS, Results
from app.chain.limits.shown import Shown
from app.chain.limits.storage import save
from app.chain.limits.words import label, labels
from app.platform.auth.sight import EVERYTHING
from app.platform.web import derivations
from app.platform.web.texts import Texts
from graph.errors import InvalidInput
from tests.app.chain.limits.evaluator import check
from tests.app.chain.limits.test_laws import Found
from tests.app.chain.limits.test_papers import (
    BARE,
    CORE,
    POLICY,
    WHOLE,
    T,
    ago,
    found,
    paper,
    row,
    sale,
)
from tests.app.chain.limits.test_results import stored
from tests.app.chain.limits.test_worked_example import statement

BUYERS = 25


def opened(result: Found, folder: Path) -> Results:
    outcome = compute(result.handed, POLICY)
    save(outcome, result.handed, POLICY, folder / "run", {})
    return Results(folder / "run")


def whole_of(results: Results) -> Shown:
    return Shown(results, EVERYTHING)


def node(tree: dict[str, Any], *codes: str) -> dict[str, Any]:
    for code in codes:
        tree = next(child for child in tree["children"] if child["code"] == code)
    return tree


BASE = ("smallest", "funding", "relation", "unscaled", "capacity", "base")


def test_a_long_sum_lists_the_largest_twenty_and_the_others(tmp_path: Path) -> None:
    names = [f"J{number:02d}" for number in range(BUYERS)]
    sales = [sale(seller="S", buyer=name, number=name) for name in names]
    sales += [sale(seller=name, buyer="C", number=f"{name}C") for name in names]
    rows = [
        row(number=name, buyer=name, amount=(place + 1) * WHOLE) for place, name in enumerate(names)
    ]
    rows += [row(number=f"{name}P", seller=name, status="confirmed") for name in names]
    results = opened(found(*rows, invoices=sales), tmp_path)

    document = results.firm("C", "S")

    base = node(document["derivation"], *BASE)
    shown = [child["code"] for child in base["children"]]
    assert shown[:-1] == sorted(f"claim:{name}" for name in names[5:])
    others = base["children"][-1]
    assert (others["code"], others["op"], others["source"]["count"]) == ("others", "input", 5)
    assert Decimal(others["value"]) == Decimal("0.7") * WHOLE * 15
    assert check(document["derivation"]) > BUYERS
    arriving = row(number="P", seller="S", buyer="C")
    givers = [row(number=f"{n}S", seller="S", buyer=n, amount=WHOLE) for n in names]
    folder = tmp_path / "passing"
    folder.mkdir()
    papers = [paper(f"V{n}", 2 * WHOLE, holder=n) for n in names]
    more = opened(found(arriving, *givers, vouchers=papers, invoices=sales), folder)
    reachable = more.firm("C", "S")["reachable"]
    passable = node(reachable, "reachable_exact", "passable")
    assert len(passable["children"]) == 21
    assert passable["children"][-1]["source"]["count"] == BUYERS - 20
    check(reachable)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_hold_every_firm_once_in_order(
    sort: str, *, descending: bool, tmp_path: Path
) -> None:
    results, _ = stored(5, tmp_path)
    core = results.cores[0]

    whole = whole_of(results)
    start, seen = 0, []
    while start is not None:
        page = documents.chain(whole, core, sort=sort, descending=descending, start=start, size=3)
        seen += page["firms"]
        start = page["next"]

    every = documents.chain(whole, core, sort=sort, descending=descending)["firms"]
    assert seen == every
    assert Counter(firm["id"] for firm in seen) == Counter(firm["id"] for firm in every)
    assert len({firm["id"] for firm in seen}) == results.size(core)
    known = [firm[sort] for firm in seen if firm[sort] is not None]
    if sort != "tier":
        assert known == sorted(known, reverse=descending)
    elif not descending:
        sides = [(firm["direction"] != "up", firm["tier"], firm["id"]) for firm in seen]
        assert sides == sorted(sides)


def test_an_order_that_is_not_there_is_refused(tmp_path: Path) -> None:
    results, _ = stored(5, tmp_path)

    with pytest.raises(InvalidInput, match="sorted by one of tier, id, name"):
        results.order(results.cores[0], "luck")


def test_tiers_sum_the_firms_and_count_absent_ones_as_nothing(tmp_path: Path) -> None:
    owed = row(number="A2", seller="S", buyer="N", amount=WHOLE)
    results = opened(found(owed, vouchers=[paper("V1", WHOLE, holder="N")]), tmp_path)

    document = documents.chain(whole_of(results), "C")

    for tier in document["tiers"]:
        place = (tier["direction"], tier["tier"])
        firms = [f for f in document["firms"] if (f["direction"], f["tier"]) == place]
        assert tier["firms"] == len(firms)
        for name in ("limit_fen", "reachable_fen"):
            assert tier[name] == sum(firm[name] or 0 for firm in firms)
    assert [f["limit_fen"] for f in document["firms"] if f["id"] == "N"] == [None]


def test_a_counterparty_is_absent_in_the_single_document(tmp_path: Path) -> None:
    results = opened(found(vouchers=[paper("V1", WHOLE, holder="N")]), tmp_path)

    document = documents.firm(whole_of(results), "C", "N")

    assert document["limit_fen"] is None
    assert document["absent"] == "counterparty only"
    assert document["derivation"] is None


def test_unknown_sales_make_relation_and_need_absent_in_words(tmp_path: Path) -> None:
    firms = [CORE, {"firm": "S"}, {"firm": "L"}]
    results = opened(found(firms=firms, vouchers=[paper("V1", WHOLE, holder="L")]), tmp_path)

    tree = results.firm("C", "L")["derivation"]

    smallest, funding = node(tree, "smallest"), node(tree, "smallest", "funding")
    assert smallest["source"]["absent"] == {"need": "skipped"}
    assert node(smallest, "need")["source"]["reason"] == "neither statement nor sales"
    assert funding["source"]["absent"] == {"relation": "zero"}
    assert node(funding, "relation")["source"]["reason"] == "no invoices in 365 days"
    assert tree["value"] == WHOLE * 95 // 100


def test_without_a_facility_documents_are_nothing_and_relation_goes_on(tmp_path: Path) -> None:
    firms = [BARE, {"firm": "S"}, {"firm": "B"}]
    results = opened(found(row(), firms=firms), tmp_path)

    document = documents.chain(whole_of(results), "C")
    tree = results.firm("C", "S")["derivation"]

    assert (document["facility"], document["absent"]) == (None, "no statement of the core")
    papers = node(tree, "smallest", "funding", "documents")
    assert papers["value"] == 0
    assert papers["source"]["absent"] == {"document_factor": "skipped"}
    factor = node(tree, "smallest", "funding", "relation", "chain_factor")
    assert (factor["op"], factor["value"]) == ("policy", "0.5")
    assert tree["value"] == WHOLE * 35 // 100


def test_a_firm_with_nothing_anywhere_has_limit_nought_and_no_share(tmp_path: Path) -> None:
    results = opened(found(), tmp_path)

    document = results.firm("C", "S")

    assert document["limit_fen"] == 0
    need = node(document["derivation"], "smallest", "need")
    assert need["source"]["absent"] == {"share": "skipped"}
    check(document["derivation"])


def test_an_absent_term_of_the_facility_is_skipped_with_its_reason(tmp_path: Path) -> None:
    rated = {"firm": "C", "core": True, "rating": "R5", "tangible_net_worth": 10**12}
    results = opened(found(firms=[rated, {"firm": "S"}, {"firm": "B"}]), tmp_path)

    facility = results.facility("C")

    assert facility is not None
    smallest = node(facility["derivation"], "smallest")
    assert smallest["source"]["absent"] == {"cash_cap": "skipped"}
    loans = node(smallest, "legal_cap", "legal_room")
    assert loans["source"]["absent"] == {"loans": "zero"}


RICH = {"operating_cash_flow": 10**15, "cash": 10**15, "short_debt": 0}


@pytest.mark.parametrize(
    ("binding", "core"),
    [
        ("need_up_down", RICH),
        ("cash_cap", RICH | {"operating_cash_flow": 0, "cash": 4 * WHOLE}),
        ("rate_cap", RICH | {"rating": "R10", "tangible_net_worth": WHOLE}),
        ("legal_cap", RICH | {"loans": 500_000_000_000 - WHOLE}),
    ],
)
def test_every_cap_binds_a_facility_somewhere(
    binding: str, core: dict[str, Any], tmp_path: Path
) -> None:
    firms = [{"firm": "C", "core": True} | core, {"firm": "S"}, {"firm": "B"}]
    facility = opened(found(firms=firms), tmp_path).facility("C")

    assert facility is not None
    assert facility["binding"] == binding


@pytest.mark.parametrize(
    ("binding", "supplier", "amount"),
    [
        ("funding", {}, WHOLE),
        ("need", statement(12), WHOLE),
        ("product_cap", {}, 30 * WHOLE),
        ("single_borrower_cap", {"loans": 500_000_000_000 - WHOLE}, 2 * WHOLE),
    ],
)
def test_every_term_binds_a_limit_somewhere(
    binding: str, supplier: dict[str, Any], amount: int, tmp_path: Path
) -> None:
    large = sale(amount=10_000 * WHOLE, total=10_000 * WHOLE, number="large")
    firms = [CORE, {"firm": "S"} | supplier, {"firm": "B"}]
    confirmed = row(amount=amount, status="confirmed", confirmed_on=T, issued_on=ago(5))

    document = opened(found(confirmed, firms=firms, invoices=[large]), tmp_path).firm("C", "S")

    assert document["binding"] == binding


def test_every_code_has_words_in_both_languages(tmp_path: Path) -> None:
    def codes(tree: dict[str, Any]) -> set[str]:
        found = {tree["code"].partition(":")[0]}
        return found.union(*(codes(child) for child in tree["children"]))

    used: set[str] = {"others"}
    for seed in range(25):
        folder = tmp_path / str(seed)
        folder.mkdir()
        results, _ = stored(seed, folder)
        for core in results.cores:
            facility = results.facility(core)
            used |= codes(facility["derivation"]) if facility else set()
            for member in results.members(results.order(core)):
                document = results.firm(core, member.id)
                for name in ("derivation", "reachable"):
                    used |= codes(document[name]) if document[name] else set()

    assert used <= set(labels())
    assert all(each.zh != each.en for each in labels().values())
    assert label("claim:F7", lambda _: "云栖机械").zh == "合格应收账款：云栖机械（F7）"
    assert label("claim:F7", lambda firm: firm).en == "Eligible claim: F7"


def test_documents_hold_no_floats(tmp_path: Path) -> None:
    results, _ = stored(3, tmp_path)

    def refuse(text: str) -> None:
        raise AssertionError(text)

    for core in results.cores:
        written = json.dumps(documents.chain(whole_of(results), core))
        json.loads(written, parse_float=refuse)
        for member in results.members(results.order(core)):
            json.loads(json.dumps(results.firm(core, member.id)), parse_float=refuse)


@pytest.mark.parametrize(
    ("revenue", "cost", "told"),
    [
        (50 * WHOLE, 50 * WHOLE, None),
        (50 * WHOLE - 1, None, ["revenue"]),
        (0, 50 * WHOLE - 1, ["revenue", "cost"]),
        (None, 1, ["cost"]),
    ],
)
def test_a_limit_says_where_trades_count_in_place_of_a_statement(
    tmp_path: Path, revenue: int | None, cost: int | None, told: list[str] | None
) -> None:
    firms = [CORE, {"firm": "S", "revenue": revenue, "cost": cost}, {"firm": "B"}]
    results = opened(found(row(), firms=firms), tmp_path)

    tree = results.firm("C", "S")["derivation"]

    path = ("smallest", "funding", "relation", "unscaled", "resilience", "after_worst", "taken")
    source = node(tree, *path, "worst")["source"]
    assert source.get("understated") == told
    assert source["analysis"] == "contagion"
    check(tree)
    words = {name: str(words_of(tree, name)) for name in ("zh", "en")}
    assert ("by trades, which are more than the" in words["en"]) == bool(told)
    assert ("按交易计" in words["zh"]) == bool(told)


def words_of(tree: dict[str, Any], language: str) -> dict[str, Any]:
    return derivations.told(tree, Texts(language))
