"""The distribution's Chromium, and what stands in somebody's way on a page that it shows."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Contrast is nine tenths of what axe costs, and the cells of a table are all alike: of texts that
# look the same, on what looks the same, the first, the middle and the last are measured. What no
# look tells (labels, whatever has an id, what is not to be seen) axe decides for each.
MARK_ALIKE = """
() => {
  const styles = [
    "color", "fontSize", "fontWeight", "textShadow", "webkitTextFillColor", "backgroundColor",
    "backgroundImage", "backgroundClip", "opacity", "visibility", "position", "overflow", "filter",
    "mixBlendMode", "clipPath",
  ];
  const numbers = new Map();
  const number = (text) => {
    if (!numbers.has(text)) numbers.set(text, numbers.size);
    return numbers.get(text);
  };
  const own = new Map();
  const look = new Map([[null, ""]]);
  const alike = new Map();
  const all = [...document.querySelectorAll("*")];
  for (const each of all) {
    const style = getComputedStyle(each);
    const single = each.id || each.matches("label, input, select, textarea") ? number(each) : "";
    const disabled = each.matches(":disabled, [aria-disabled=true]");
    const said = [each.tagName, single, disabled, ...styles.map((name) => style[name])];
    own.set(each, { look: number(said.join("|")), placed: style.position !== "static" });
  }
  for (const each of all) {
    const above = [...each.children].filter((child) => own.get(child).placed);
    const beside = above.map((child) => own.get(child).look);
    const from = look.get(each.parentElement) ?? "";
    const mine = number([from, own.get(each).look, ...beside].join(" "));
    look.set(each, mine);
    const text = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (text && each.checkVisibility({ visibilityProperty: true }) && each.getClientRects().length)
      alike.set(mine, [...(alike.get(mine) ?? []), each]);
  }
  for (const same of alike.values()) {
    const kept = new Set([same[0], same[same.length >> 1], same[same.length - 1]]);
    for (const each of same) each.toggleAttribute("data-alike", !kept.has(each));
  }
}
"""
RUN = """
async () => {
  axe.configure({ rules: [{ id: "color-contrast", selector: "*:not([data-alike])" }] });
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  for (const each of document.querySelectorAll("[data-alike]")) each.removeAttribute("data-alike");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
"""


@contextmanager
def launched(sync_api: Any) -> Iterator[Any]:
    """Yield a browser; where there is none, the test is skipped, in a whole run it fails."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: install the distribution's chromium")
        pytest.skip("Chromium is missing: install the distribution's chromium")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def violations(page: Any) -> list[str]:
    """Return what stands in somebody's way on a page, by the rules of axe: the rule and where."""
    axe = pytest.importorskip("axe_playwright_python.base", reason="needs axe")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.AXE_SCRIPT)
    page.evaluate(MARK_ALIKE)
    return [each[:120] for each in page.evaluate(RUN)]
