"""The pages in the distribution's Chromium: what scripts do, and what everybody can use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from app.chain.chains import pages as chain_pages
from app.chain.limits import documents
from app.platform.auth import sessions
from app.platform.auth.principals import Role
from app.platform.web.charts import Group
from tests.app.browsing import served_at
from tests.app.pages.conftest import PASSWORD, session_of
from tests.app.pages.economy import STRANGER
from tests.app.platform.web.trees import node
from tests.chromium import launched, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
# One process asks for all of them, of one browser that is warm.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]

PAGES = (
    "/sign-in",
    "/cores",
    "/cores/choose",
    "/chains/C1",
    "/chains/C2",
    "/chains/C1/limits/S1",
    "/firms?query=江",
    "/firms/S1",
    "/groups",
    "/exposures",
    "/stress?firm=C1&query=S1",
    "/stress/SCENARIO",
    "/stress/scenarios",
    "/stress/SCENARIO/compare?with=SCENARIO",
    "/views",
    "/mail",
    "/firms/C1/partners",
    "/design",
    "/sources",
    "/sources/sap_line_items",
    "/sources/new",
    "/nowhere",
)
CONTRAST_MIN = 4.5
WIDE = pytest.param(1440, marks=pytest.mark.slow)
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WIDTH = "document.documentElement.scrollWidth"
OPEN = "document.querySelectorAll('details').forEach((each) => (each.open = true))"
# Every text in a picture whose colour stands out too little from what is painted behind it: axe
# does not look there.
FAINT = """
(least) => {
  const numbers = (colour) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const rect = at.tagName === "g" && at.classList.contains("block") && at.querySelector("rect");
      const style = getComputedStyle(rect || at);
      const colour = numbers(rect ? style.fill : style.backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("svg text")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const front = light(numbers(style.fill));
    const back = light(behind(element));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < least) faint.push(`${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return faint;
}
"""


@pytest.fixture(scope="module")
def address(served: FastAPI) -> Iterator[str]:
    with served_at(served, lifespan="off") as at:
        yield at


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched(sync_api) as browser:
        yield browser


@pytest.fixture(scope="module")
def tab(chromium: Any, address: str) -> Iterator[Any]:
    """Yield one page for all tests: the first that a new one opens costs five times the others."""
    context = chromium.new_context(base_url=address, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab: Any, served: FastAPI, address: str) -> Iterator[Any]:
    """Yield a signed-in page of a desk, as if it were new."""
    with watched(tab):
        tab.context.clear_cookies()
        put(tab.context, address, sessions.COOKIE, session_of(served, "risk"))
        tab.set_viewport_size(DESK)
        yield tab
        tab.unroute_all()
        tab.context.clear_permissions()


@pytest.fixture
def clocked(chromium: Any, served: FastAPI, address: str) -> Iterator[Any]:
    """Yield a signed-in page with a clock that a test sets, which no other test can use."""
    context = chromium.new_context(viewport=DESK, base_url=address, locale="en-GB")
    put(context, address, sessions.COOKIE, session_of(served, "risk"))
    opened = context.new_page()
    with watched(opened):
        opened.clock.install()
        yield opened
    context.close()


@contextmanager
def watched(page: Any) -> Iterator[None]:
    """Fail where a script or the browser complains, or a dialog opens."""
    complaints: list[str] = []

    def asked(dialog: Any) -> None:
        """Keep what a script asks, and let it go on."""
        complaints.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    listeners: dict[str, Callable[[Any], None]] = {
        "console": lambda said: complaints.append(said.text) if said.type == "error" else None,
        "pageerror": lambda error: complaints.append(str(error)),
        "dialog": asked,
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    yield
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert [said for said in complaints if "status of 404" not in said] == []


@pytest.fixture
def opened(page: Any, scenario: str) -> Callable[[str], None]:
    """A function that opens a page; the scenario of the tests has a name of its own."""
    return lambda path: page.goto(path.replace("SCENARIO", scenario))


def put(context: Any, address: str, name: str, value: str) -> None:
    context.add_cookies([{"name": name, "value": value, "url": address}])


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", PAGES)
def test_everything_on_a_page_can_be_read_and_named_and_it_fits_its_window(
    page: Any, opened: Callable[[str], None], address: str, path: str, theme: str
) -> None:
    """A page is loaded as on a phone, then its window is made as wide as on a desk."""
    put(page.context, address, "deeptier_theme", theme)
    page.set_viewport_size(PHONE)
    if path == "/sign-in":
        page.context.clear_cookies(name=sessions.COOKIE)
    opened(path)

    assert page.evaluate(WIDTH) <= 390
    page.set_viewport_size(DESK)
    assert page.evaluate(WIDTH) <= 1440
    assert violations(page) == []
    assert page.evaluate(FAINT, CONTRAST_MIN) == []


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("supplier", "/firms/S1"),
        ("supplier", "/chains/C1/limits/S1"),
        ("core", "/chains/C1"),
        ("core", "/firms/C1"),
        ("risk", "/firms/S1"),
        ("risk", "/exposures"),
    ],
)
def test_everybody_can_use_their_pages_on_a_phone(
    page: Any, opened: Callable[[str], None], served: FastAPI, address: str, role: Role, path: str
) -> None:
    page.set_viewport_size(PHONE)
    put(page.context, address, sessions.COOKIE, session_of(served, role))
    opened(path)
    page.evaluate(OPEN)

    assert violations(page) == []


def test_the_checks_themselves_find_what_is_faint_or_unnamed(page: Any) -> None:
    page.goto("/chains/C1")
    page.evaluate(
        """() => {
          const faint = document.createElement("p");
          faint.textContent = "faint";
          faint.style.color = "#bbb";
          document.querySelector("main").append(faint, document.createElement("button"));
          document.querySelector("svg g.block text").style.fill = "#bbb";
          const cell = [...document.querySelectorAll(".long tbody .name")][20];
          cell.style.color = "#bbb";  // One of many that look alike.
        }"""
    )

    assert [each.partition(":")[0] for each in violations(page)] == [
        "button-name",
        "color-contrast",
        "color-contrast",
    ]
    assert page.locator("[data-alike]").count() == 0
    assert len(page.evaluate(FAINT, CONTRAST_MIN)) == 1


SEEN = """
(name) => {
  const box = document.querySelector(name).getBoundingClientRect();
  return box.top >= 0 && box.bottom <= window.innerHeight;
}
"""


@pytest.mark.parametrize("path", ["/cores", "/chains/C1", "/stress/SCENARIO", "/firms"])
@pytest.mark.parametrize("width", [390, WIDE])
def test_sorting_and_paging_keep_the_table_in_view(
    page: Any, opened: Callable[[str], None], path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    links = page.locator(".long thead a, .pager a")
    for first in (True, False):
        opened(path)
        (links.first if first else links.last).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**#*")

        assert page.wait_for_function(SEEN, arg=".long thead th")


@pytest.mark.parametrize("width", [390, WIDE])
def test_the_head_of_a_long_table_stays_in_view(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/chains/C1")
    page.locator(".long tbody tr").nth(40).locator("a").first.scroll_into_view_if_needed()

    assert page.wait_for_function(SEEN, arg=".long thead th")


def test_a_block_of_the_picture_leads_to_its_firms_by_keyboard(page: Any) -> None:
    page.goto("/chains/C1")
    block = page.get_by_role("link", name="Tier 1 · Grade A (R1 to R3): 1 firm")
    block.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#limits")

    assert page.locator("#limits-table tbody tr").count() == 1
    assert page.locator("#limits-table .name").inner_text().startswith("青屿")
    chosen = page.locator("[data-facet=grade] [aria-current]")
    assert chosen.inner_text().startswith("A (R1 to R3)")


WHOLE = """
() => {
  const picture = document.querySelector(".picture");
  return picture.scrollWidth <= picture.clientWidth;
}
"""


def test_a_long_chain_is_seen_whole_on_a_desk(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [Group(column, "A", 3) for column in range(-5, 5)]
    monkeypatch.setattr(chain_pages, "drawing_of", lambda *_: (groups, []))
    page.goto("/chains/C1")

    for width in (1280, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(WHOLE), width


def test_all_rounds_of_a_scenario_are_seen_on_a_desk(
    page: Any, opened: Callable[[str], None]
) -> None:
    page.set_viewport_size({"width": 1280, "height": 844})
    opened("/stress/SCENARIO")

    assert page.evaluate(WHOLE)


BROKEN_TEXTS = """
() => [...document.querySelectorAll(".facts dd, .tier, .kpi b, .pill")]
  .filter((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const boxes = [...range.getClientRects()];
    const lines = new Set(boxes.map((box) => Math.round(box.top / 8)));
    return element.textContent.trim().length < 20 && lines.size > 2;
  })
  .map((element) => element.textContent)
"""


@pytest.mark.parametrize("path", ["/firms/S1", "/chains/C1", "/chains/C1/limits/S1"])
def test_no_short_text_breaks_letter_by_letter(page: Any, path: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(path)
    for width in (390, 700, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(BROKEN_TEXTS) == [], width


BROKEN_WORDS = """
() => {
  const broken = [];
  for (const each of document.querySelectorAll(".tree .what")) {
    const text = each.firstChild;
    for (const word of text.textContent.matchAll(/\\S+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  }
  return broken;
}
"""


def test_no_word_of_a_deep_derivation_breaks_and_no_figure_leaves_the_page(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = node("worst", "input", "123456789012.123456789012", source={"version": 1, "table": "t"})
    for _ in range(5):
        deep = node("resilience", "sum", "123456789012.123456789012", deep)
        deep = node("need_total", "sum", 123_456_789_012, deep)
    whole = documents.firm
    changed = {"derivation": deep, "reachable": deep}
    monkeypatch.setattr(documents, "firm", lambda *asked: whole(*asked) | changed)
    page.set_viewport_size(PHONE)
    page.goto("/chains/C1/limits/S1")
    page.evaluate(OPEN)
    ends = (
        "[...document.querySelectorAll('.tree .value')].map((e) => e.getBoundingClientRect().right)"
    )

    for width in (390, 768, 1000, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(BROKEN_WORDS) == [], width
        assert max(page.evaluate(ends)) <= width


def test_a_derivation_opens_in_place_and_closes_again_by_keyboard(page: Any) -> None:
    page.goto("/chains/C1")
    link = page.locator("#limits-table a[data-tree]").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("tr.opened .tree")
    row = page.locator("tr.opened")

    assert link.get_attribute("aria-expanded") == "true"
    assert "CNY 20,000,000.00" in row.inner_text()
    assert "version 1 · receivables" in row.text_content()
    assert row.locator(".decides:visible").first.inner_text().startswith("Product cap")
    page.keyboard.press(" ")
    page.wait_for_selector("tr.opened", state="detached")
    assert link.get_attribute("aria-expanded") == "false"


def test_a_derivation_in_place_is_that_of_the_version_on_the_page(page: Any) -> None:
    page.goto("/chains/C1?version=1")
    with page.expect_request("**/tree*") as asked:
        page.locator("#limits-table a[data-tree]").first.click()
    page.wait_for_selector("tr.opened .tree")

    assert asked.value.url.endswith("/chains/C1/limits/S1/tree?version=1")


def test_a_derivation_that_cannot_be_read_says_so(page: Any) -> None:
    page.goto("/chains/C1")
    page.route("**/tree", lambda route: route.fulfill(status=404, body="{}"))
    page.locator("#limits-table a[data-tree]").first.click()

    sync_api.expect(page.locator("tr.opened")).to_contain_text("cannot be read now")


def test_a_name_with_markup_runs_nothing(page: Any, opened: Callable[[str], None]) -> None:
    """Where a script runs, the page fails the test: it asks something."""
    for path in (f"/firms/{STRANGER}", "/chains/C1?where=up1", "/stress/SCENARIO"):
        opened(path)
        assert page.locator("img").count() == 0


def test_one_signs_in_switches_language_runs_a_stress_and_signs_out(page: Any) -> None:
    page.context.clear_cookies()
    page.goto("/cores")
    page.get_by_label("User name").fill("risk")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="中文").click()
    page.get_by_role("link", name="江州远航装备股份有限公司").click()
    page.get_by_role("link", name="模拟违约").click()
    page.get_by_role("button", name="开始模拟").click()

    sync_api.expect(page.locator("h1")).to_have_text("若江州远航装备股份有限公司失效")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")


def test_the_first_key_skips_to_the_content(page: Any) -> None:
    page.goto("/cores")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.wait_for_function("document.activeElement.id === 'main'")


def test_a_slash_leads_to_the_search_from_everywhere(page: Any) -> None:
    page.goto("/chains/C1")
    page.keyboard.press("/")
    page.keyboard.type("s1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/firms/S1")

    assert page.url.endswith("/firms/S1")


def test_facets_are_a_drawer_on_a_phone_and_escape_closes_it(page: Any) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/firms")
    facets = page.locator("#facets")
    hidden = facets.is_hidden()
    page.get_by_role("button", name="Filter").click()
    shown = facets.is_visible()
    page.keyboard.press("Escape")

    assert (hidden, shown, facets.is_hidden()) == (True, True, True)


def test_areas_are_a_drawer_on_a_phone_and_stand_in_groups_on_a_desk(page: Any) -> None:
    page.goto("/firms")
    groups = page.locator("#areas [role=group]")
    on_desk = [groups.first.is_visible(), page.locator(".areas-open").is_visible()]
    page.set_viewport_size(PHONE)
    hidden = page.locator("#areas").is_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    link = page.locator("#areas").get_by_role("link", name="Exposures")
    shown, clean = link.is_visible(), violations(page)
    page.keyboard.press("Escape")

    assert on_desk == [True, False]
    assert (hidden, shown, clean, link.is_hidden()) == (True, True, [], True)
    page.get_by_role("button", name="Menu").click()
    link.click()
    page.wait_for_url("**/exposures")


def test_a_second_look_is_asked_by_a_button_of_the_same_name(page: Any) -> None:
    page.goto("/design")
    page.get_by_role("button", name="Freeze").first.click()
    dialog = page.locator("dialog:modal")

    assert dialog.get_by_role("button", name="Freeze").is_visible()
    page.keyboard.press("Escape")
    assert dialog.count() == 0


def test_the_address_is_copied_and_a_toast_says_so(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/cores?band=over")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector(".toast:visible")

    assert page.locator(".toast").inner_text() == "The link is copied"
    assert page.evaluate("navigator.clipboard.readText()").endswith("/cores?band=over")


def test_a_page_offers_more_time_and_empties_itself_at_the_end(clocked: Any) -> None:
    page = clocked
    page.goto("/chains/C1")
    offer = page.get_by_role("button", name="Stay signed in")
    page.clock.fast_forward("11:57:00")
    early = offer.is_visible()
    page.clock.fast_forward("02:00")
    offer.click()
    sync_api.expect(offer).to_be_hidden()
    page.clock.fast_forward("11:59:00")
    again = offer.is_visible()
    page.clock.fast_forward("01:05")

    assert (early, again) == (False, True)
    sync_api.expect(page.locator("h1")).to_have_text("Your session has ended")
    assert page.locator("table, svg, nav").count() == 0
    assert "C1" not in page.content().replace("next=/chains/C1", "")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert violations(page) == []


def test_signing_out_empties_the_other_pages_of_the_browser(page: Any) -> None:
    page.goto("/cores")
    other = page.context.new_page()
    other.goto("/chains/C1")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")

    sync_api.expect(other.locator("h1")).to_have_text("Your session has ended")
    other.go_back()
    other.goto("/chains/C1")
    assert other.url.split("?")[0].endswith("/sign-in")
    other.close()
