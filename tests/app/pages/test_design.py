"""The sheet of parts: every part in every look, for the bank alone, without a record read."""

import re

import pytest

from app.platform.web.design import PANES, PARTS
from tests.app.pages.conftest import Browser
from tests.app.pages.economy import NAMES


def test_every_part_stands_in_both_looks_languages_and_widths(browser: Browser) -> None:
    text = browser().get("/design").text

    for part in PARTS:
        assert f'<h2 id="{part}">' in text
    assert text.count('class="pane wide" data-theme="light" lang="zh-CN"') == len(PARTS)
    assert text.count('class="pane narrow" data-theme="dark" lang="zh-CN"') == len(PARTS)
    assert text.count('class="pane wide" data-theme="dark" lang="en"') == len(PARTS)
    assert {(pane.theme, pane.language) for pane in PANES} == {
        (theme, language) for theme in ("light", "dark") for language in ("zh", "en")
    }


def test_no_id_stands_twice_on_the_sheet(browser: Browser) -> None:
    ids = re.findall(r' id="([^"]+)"', browser().get("/design").text)

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("role", ["core", "supplier"])
def test_the_sheet_is_the_banks(browser: Browser, role: str) -> None:
    assert browser(role).get("/design").status_code == 403


def test_the_sheet_is_for_who_is_signed_in(browser: Browser) -> None:
    assert browser(None).get("/design").headers["Location"].startswith("/sign-in")


def test_the_sheet_shows_no_record(browser: Browser) -> None:
    text = browser().get("/design").text

    assert [name for name in NAMES.values() if name in text and name != NAMES["C1"]] == []


def test_the_table_of_the_sheet_sorts_filters_and_says_when_nothing_fits(browser: Browser) -> None:
    client = browser("risk", "en")

    by_name = client.get("/design?sort=name&grade=A").text
    nothing = client.get("/design?grade=Z").text

    assert 'aria-sort="ascending"' in by_name
    assert "/design?sort=name&amp;grade=A&amp;tier=2#table" in by_name
    assert "No firm fits these filters." in nothing
