"""J2 in a real browser: a core confirms 200 payables from a file; its suppliers' limits move."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Open
from tests.journeys.hub import CORE, PAYABLE_YUAN, PAYABLES, TIER1, numbers

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hub")]
MOVES_SECONDS, GIVES_UP_SECONDS, LOOKS_SECONDS = 2.0, 60.0, 0.05
SUM_FEN = PAYABLES * PAYABLE_YUAN * 100
NAMES = {
    "zh": {"file": "选择文件", "look": "预览", "confirm": "确认", "approve": "批准"},
    "en": {"file": "Choose file", "look": "Preview", "confirm": "Confirm", "approve": "Approve"},
}


def waited() -> Mapping[str, int]:
    """Return how long each thread of this process has waited for a processor, in nanoseconds."""
    return {
        each.name: int((each / "schedstat").read_text().split()[1])
        for each in Path("/proc/self/task").iterdir()
    }


def limit_of(page: Any) -> int:
    """Return what a supplier may borrow in the chain of the core, as its own session reads it."""
    found = page.request.get(f"/api/v1/chains/{CORE}/limits/{TIER1[0]}")
    assert found.status == 200
    return int(found.json()["limit_fen"])


def limit_shown(page: Any) -> int:
    """Return the same as the supplier's first page shows it."""
    page.goto("/my")
    cell = page.locator(f'[data-list="chains"] [data-id="{CORE}"] [data-figure="limit"]')
    return int(cell.get_attribute("data-fen"))


def figure(page: Any, name: str) -> int:
    """Return a figure that a page shows, in fen."""
    return int(page.locator(f'[data-figure="{name}"]').first.get_attribute("data-fen"))


def twice(page: Any, name: str) -> None:
    """Press what opens a second look, and the button of the same name in it."""
    page.get_by_role("button", name=name, exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_two_people_of_a_core_confirm_a_file_and_its_suppliers_limits_move(
    desk: Open, tmp_path: Path, language: str
) -> None:
    names, given = NAMES[language], tmp_path / "numbers.csv"
    given.write_text("\n".join(["number", *numbers(language)]), encoding="utf-8")
    maker, checker = (desk(name, "core", CORE, language) for name in ("lin", "mo"))
    supplier = desk("axle", "supplier", TIER1[0], language)
    before = limit_shown(supplier)

    maker.goto("/")
    left, waits = figure(maker, "available"), figure(maker, "to_confirm")
    maker.locator("nav.areas").get_by_role("link").nth(1).click()  # Payables.
    maker.get_by_label(names["file"], exact=True).set_input_files(given)
    maker.get_by_role("button", name=names["look"], exact=True).click()
    preview = maker.locator("[data-preview]")
    assert [preview.get_attribute(f"data-{each}") for each in ("rows", "refused", "fen")] == [
        str(PAYABLES),
        "0",
        str(SUM_FEN),
    ]
    assert maker.locator("[data-two]").count() == 1
    twice(maker, names["confirm"])
    maker.wait_for_url("**/core/payables?done=asked")
    maker.goto("/core")
    assert maker.locator('[data-approvals="0"]').count() == 1
    assert (figure(maker, "available"), figure(maker, "to_confirm")) == (left, waits)
    assert limit_shown(supplier) == before

    checker.goto("/core")
    checker.locator('[data-approvals="1"] a').click()
    twice(checker, names["approve"])
    checker.wait_for_url("**/core/approvals?done=approved")
    moved(supplier, before)
    assert limit_shown(supplier) > before
    checker.goto("/core")
    assert (figure(checker, "available"), figure(checker, "to_confirm")) == (
        left - SUM_FEN,
        waits - SUM_FEN,
    )
    assert checker.locator("[data-approvals]").count() == 0


def moved(supplier: Any, before: int) -> None:
    """Check that a limit moves in time, but for what threads waited for a processor."""
    queued, began = waited(), time.monotonic()
    while limit_of(supplier) == before:
        assert time.monotonic() - began < GIVES_UP_SECONDS
        time.sleep(LOOKS_SECONDS)
    took = time.monotonic() - began
    ours = sum(max(0, now - queued.get(each, 0)) for each, now in waited().items()) / 1e9
    assert took - ours <= MOVES_SECONDS
