"""Search of everything: by name, id and initials, and never more than its reader may see."""

import re

import polars as pl
import pytest

from app.platform.web.pinyin import initials
from tests.app.pages.conftest import Browser


def ids(text: str) -> list[str]:
    return re.findall(r'<li data-id="(\w+)"', text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("远航", ["C1"]),
        ("jzyh", ["C1"]),
        ("HCDZ", ["C2"]),
        ("qyhd", ["S1"]),
        ("宏材", ["S1"]),
        ("zzzz", []),
        ("", []),
    ],
)
def test_names_ids_aliases_and_initials_are_found(
    browser: Browser, query: str, found: list[str]
) -> None:
    text = browser().get("/search", params={"q": query}).text

    assert ids(text) == found


def test_one_letter_is_no_initials(browser: Browser) -> None:
    assert "C1" not in ids(browser().get("/search?q=y").text)


def test_an_id_typed_in_full_leads_to_its_page(browser: Browser) -> None:
    client = browser()

    assert client.get("/search?q=s1").headers["Location"] == "/firms/S1"
    assert client.get("/search?q=C1&version=1").headers["Location"] == "/chains/C1?version=1"


def test_what_only_initials_find_comes_after_what_the_text_finds(browser: Browser) -> None:
    text = browser().get("/firms", params={"query": "hyperlink"}).text

    assert re.findall(r'<tr data-id="(\w+)"', text) == ["S2"]


def test_a_core_finds_its_members_and_a_firm_its_cores_and_nobody_else(browser: Browser) -> None:
    core, firm = browser("core", "en"), browser("supplier", "en")

    assert ids(core.get("/search?q=qyhd").text) == ["S1"]
    assert 'href="/chains/C1/limits/S1"' in core.get("/search?q=qyhd").text
    assert ids(core.get("/search?q=未用").text) == []
    assert ids(firm.get("/search?q=jzyh").text) == ["C1"]
    assert 'href="/chains/C1/limits/S1"' in firm.get("/search?q=jzyh").text
    assert ids(firm.get("/search?q=X0").text) == []


def test_who_is_not_signed_in_finds_nothing(browser: Browser) -> None:
    assert browser(None).get("/search?q=C1").headers["Location"].startswith("/sign-in")


def test_a_text_with_markup_is_only_ever_text(browser: Browser) -> None:
    text = browser().get("/search", params={"q": '"><img src=x>'}).text

    assert "<img" not in text
    assert "&lt;img src=x&gt;" in text


def test_a_character_takes_the_reading_of_the_word_that_it_stands_in() -> None:
    names = [
        "重庆长安",
        "重工",
        "成长",
        "银行",
        "行业",
        "厦门",
        "大厦",
        "ＴＣＬ（上海）",
        "Acme 3",
        "",
    ]

    assert initials(pl.Series(names)).to_list() == [
        *("cqca", "zg", "cz", "yh", "hy", "xm", "ds", "tclsh", "acme", ""),
    ]  # fmt: skip
