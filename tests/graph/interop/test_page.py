"""The exported page in the distribution's Chromium: found, filtered, highlighted, and read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.chains import find_chain
from graph.interop import export
from graph.network import Network
from tests.chromium import launched, violations
from tests.graph.interop.chains import HOSTILE, hostile, layered

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("exported")]
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched(sync_api) as browser:
        yield browser


@pytest.fixture(scope="module")
def tab(chromium: Any) -> Any:
    """Return the page in which all tests open theirs: a new one costs more than what they do."""
    return chromium.new_context().new_page()


@pytest.fixture
def opened(tab: Any, tmp_path: Path) -> Iterator[Opened]:
    """Open the page of a chain; fails the test where it asks for anything or complains."""
    asked, told, places = [], [], []
    listeners: dict[str, Callable[[Any], None]] = {
        "request": lambda request: asked.append(request.url),
        "console": lambda message: told.append(message.text),
        "pageerror": lambda error: told.append(str(error)),
        "dialog": lambda dialog: (told.append(dialog.message), dialog.dismiss())[0],
    }
    for event, listener in listeners.items():
        tab.on(event, listener)

    def open_page(
        network: Network,
        core: str,
        *,
        width: int = 1440,
        scheme: str = "light",
        language: str = "en",
    ) -> Any:
        chain = find_chain(network, core, tiers_max=5)
        place = tmp_path / "chain.html"
        place.write_bytes(export.chain(network, chain, "html", language=language))
        places.append(place.as_uri())
        tab.set_viewport_size({"width": width, "height": 844})
        tab.emulate_media(color_scheme=scheme)
        tab.goto(place.as_uri())
        tab.locator("#picture[data-drawn]").wait_for()
        return tab

    yield open_page
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)
    assert asked == places
    assert told == []


def names(tab: Any) -> list[str]:
    return tab.locator("tbody tr:not([hidden]) button").all_inner_texts()


def test_a_browser_draws_the_page_offline_and_names_are_only_text(opened: Opened) -> None:
    tab = opened(hostile(), "cars")

    assert tab.locator("#picture").get_attribute("data-drawn") == "10"  # Firms and titles of tiers.
    assert HOSTILE["mill"] in names(tab)
    tab.locator("tbody button", has_text="img src").click()
    assert tab.locator("#panel h2").inner_text() == HOSTILE["mill"]
    assert tab.locator("img, b").count() == 0


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("width", "language"), [(390, "zh"), (1440, "en")])
def test_the_page_can_be_read_and_named_at_any_width(
    opened: Opened, width: int, language: str, scheme: str
) -> None:
    tab = opened(layered(), "core", width=width, language=language, scheme=scheme)
    for chosen in (False, True):
        if chosen:
            tab.locator("tbody button").first.click()
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_chosen_firm_shows_its_partners_and_all_of_its_trades_by_keyboard(opened: Opened) -> None:
    tab = opened(layered(), "core")
    before = int(tab.locator("#picture").get_attribute("data-trades"))
    tab.keyboard.press("/")
    tab.keyboard.type("t2-05")
    assert names(tab) == ["Firm t2-05"]
    tab.locator("tbody tr:not([hidden]) button").press("Enter")

    panel = tab.locator("#panel")
    assert panel.locator("h2").inner_text() == "Firm t2-05"
    assert panel.locator(".partners").first.locator("button").all_inner_texts() == [
        "Firm t1-05", "Firm t1-06",
    ]  # fmt: skip
    assert panel.locator(".partners .money").all_inner_texts() == [
        "CNY 79,999.95", "CNY 10,000.00", "CNY 79,999.95",
    ]  # fmt: skip
    assert int(tab.locator("#picture").get_attribute("data-trades")) == before + 1
    panel.get_by_role("button", name="Firm t1-06").press("Enter")
    assert panel.locator("h2").inner_text() == "Firm t1-06"
    tab.keyboard.press("Escape")
    assert "Choose a firm" in panel.inner_text()


def test_filters_of_tier_and_grade_hold_for_list_and_picture(opened: Opened) -> None:
    tab = opened(layered(), "core")
    tab.select_option("#tier", label="Tier 4 (12)")
    assert names(tab) == [f"Firm t4-{n:02}" for n in range(12)]
    assert tab.locator("#count").inner_text() == "12 of 61"
    for box in tab.locator("[name=grade]").all()[1:]:
        box.uncheck()

    assert tab.locator("tbody tr:not([hidden]) td:nth-child(3)").all_inner_texts() == ["A", "A"]
    tab.fill("#find", "nobody")
    assert tab.locator("#none").is_visible()


def test_the_list_is_sorted_by_any_column(opened: Opened) -> None:
    tab = opened(layered(), "core")
    head = tab.get_by_role("button", name="Smallest amount on the path")
    head.click()
    largest = names(tab)[0]
    head.click()

    assert tab.locator("th[aria-sort=ascending]").inner_text().startswith("Smallest amount")
    assert (largest, names(tab)[0]) == ("Firm t1-11", "Firm shop")
