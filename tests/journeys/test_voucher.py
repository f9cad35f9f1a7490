"""J3 in a real browser: a voucher from its issue down to tier 3 and settled, its tree agreeing."""

import datetime as dt
from typing import Any

import pytest
from fastapi import FastAPI

from app.chain.vouchers.endings import close
from tests.journeys.conftest import Open
from tests.journeys.hub import CORE, TIER1, TIER2, TIER3
from tests.journeys.test_confirming import figure, twice

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hub")]
ISSUED, HELD = "/core/vouchers", "/my/vouchers"
DUES = {"zh": "2026-09-28", "en": "2026-09-29"}
KEYS = ("look", "confirm", "accept", "split", "pass", "settle")
NAMES = {
    "zh": dict(zip(KEYS, ("预览", "确认", "接受", "拆分", "转让", "登记付清"), strict=True)),
    "en": dict(
        zip(KEYS, ("Preview", "Confirm", "Accept", "Split", "Pass on", "Settle"), strict=True)
    ),
}
TREE = """
() => {
  const read = (item) => {
    const lists = [...item.querySelectorAll(":scope > details > ul > li")];
    const { id, state, fen, heldFen, financedFen, tier } = item.dataset;
    return {
      id, state, tier, fen: +fen, held: +heldFen, financed: +financedFen, parts: lists.map(read),
    };
  };
  return read(document.querySelector("[data-tree] > li"));
}
"""
LEFT_OUT = ("rejected", "cancelled")
Node = dict[str, Any]
Short = tuple[str, str, int]


def tree(page: Any) -> list[Short]:
    """Return the nodes of the tree that a page shows, each of which has to agree."""
    found: list[Short] = []
    left: list[Node] = [page.evaluate(TREE)]
    while left:
        node = left.pop()
        parts = sum(each["fen"] for each in node["parts"] if each["state"] not in LEFT_OUT)
        assert node["fen"] == parts + node["financed"] + node["held"], node
        found.append((node["tier"], node["state"], node["fen"]))
        left += node["parts"]
    return sorted(found)


def follow(link: Any) -> None:
    """Follow a link, and wait until all of its page is there."""
    with link.page.expect_navigation():
        link.click()


def refused(page: Any, code: str = "rule") -> None:
    """Check that a page says what stands against what was asked, before anything else."""
    alert = page.locator(f'[role="alert"][data-code="{code}"]')
    assert alert.count() == 1
    assert alert.inner_text().strip()


def act(page: Any, name: str, **typed: str) -> None:
    """Fill in the fields of a form, and press its button twice."""
    for field, value in typed.items():
        page.fill(f'[name="{field}"]', value)
    with page.expect_navigation():
        twice(page, name)


def issue(page: Any, names: dict[str, str], holder: str, due: str) -> None:
    """Write a voucher of 3,000 yuan in the form of a core, and look at it."""
    page.goto(ISSUED)
    for field, value in (("holder", holder), ("amount", "3,000"), ("due_on", due)):
        page.fill(f'[name="{field}"]', value)
    page.get_by_role("button", name=names["look"], exact=True).first.click()


def settled_down_to(page: Any) -> None:
    """Check the tree of a settled voucher."""
    assert tree(page) == [
        ("1", "settled", 100_000),
        ("1", "settled", 200_000),
        ("1", "settled", 300_000),
        ("2", "settled", 200_000),
        ("3", "settled", 50_000),
    ]


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_a_voucher_passes_to_tier_three_and_is_settled_and_its_tree_agrees_at_every_step(
    hub: FastAPI, desk: Open, language: str
) -> None:
    names, due = NAMES[language], DUES[language]
    core = desk("lin", "core", CORE, language)
    first, second, third = (
        desk(firm.lower(), "supplier", firm, language) for firm in (TIER1[0], TIER2, TIER3)
    )
    issue(core, names, TIER3, due)  # Which sells it nothing.
    refused(core)
    assert core.input_value('[name="holder"]') == TIER3
    issue(core, names, TIER1[0], due)
    act(core, names["confirm"])
    follow(core.locator('[data-list="vouchers"] tr', has_text=due).locator("a.name"))
    place = core.url
    assert tree(core) == [("1", "issued", 300_000)]

    first.goto("/")
    follow(first.locator('[data-list="offered"] a.name'))
    act(first, names["accept"])
    assert tree(first) == [("1", "held", 300_000)]
    act(first, names["split"], parts="1000\n2500")
    refused(first)
    assert first.input_value('[name="parts"]') == "1000\n2500"
    act(first, names["split"], parts="1000\n2000")
    halves = [("1", "held", 100_000), ("1", "held", 200_000), ("1", "split", 300_000)]
    assert tree(first) == halves
    follow(first.locator('[data-tree] li[data-fen="200000"] a'))
    for other in (CORE, TIER3):  # Its issuer, and one that sells this holder nothing.
        act(first, names["pass"], holder=other)
        refused(first)
    act(first, names["pass"], holder=TIER2)
    assert tree(first) == [("1", "passed", 200_000), ("2", "issued", 200_000)]
    passed_on(second, third, names)
    core.goto(place)
    assert tree(core) == [
        ("1", "held", 100_000),
        ("1", "passed", 200_000),
        ("1", "split", 300_000),
        ("2", "held", 200_000),
        ("3", "held", 50_000),
    ]
    ended(hub, core, place, names, due)
    third.reload()
    assert tree(third) == [("3", "settled", 50_000)]
    third.goto("/my")
    assert figure(third, "held") == 0


def passed_on(second: Any, third: Any, names: dict[str, str]) -> None:
    """Let tier 2 accept what waits, and pass a part of it to tier 3, which accepts it."""
    second.goto("/my")
    follow(second.locator('[data-list="offered"] a.name'))
    act(second, names["accept"])
    assert tree(second) == [("2", "held", 200_000)]
    act(second, names["pass"], holder=TIER3, amount="2000.01")
    refused(second)
    act(second, names["pass"], holder=TIER3, amount="500")
    assert tree(second) == [("2", "held", 200_000), ("3", "issued", 50_000)]
    third.goto("/my")
    follow(third.locator('[data-list="offered"] a.name'))
    act(third, names["accept"])
    assert tree(third) == [("3", "held", 50_000)]
    second.reload()
    assert tree(second) == [("2", "held", 200_000), ("3", "held", 50_000)]
    held = third.url
    third.goto("/my")
    assert figure(third, "held") == 50_000
    third.goto(held)


def ended(hub: FastAPI, core: Any, place: str, names: dict[str, str], due: str) -> None:
    """Let the due day end unpaid: nothing more is issued until the voucher is settled."""
    close(hub.state.resources, dt.date.fromisoformat(due))
    core.goto("/core")
    assert core.locator('[data-rule="core.stop_issue_on"]').count() == 1
    issue(core, names, TIER1[0], due)
    refused(core)
    core.goto(place)
    act(core, names["settle"])
    settled_down_to(core)
    core.goto("/core")
    assert core.locator("[data-rule]").count() == 0
