"""The pages as a browser gets them: contents, words, and what is never in them."""

import re

import pytest

from tests.app.pages.conftest import Browser
from tests.app.pages.economy import MARKUP, FakeReading

PAGES = (
    "/cores",
    "/chains/C1",
    "/chains/C2",
    "/chains/C1/limits/S1",
    "/chains/C1/limits/S3",
    "/firms",
    "/firms?query=江",
    "/firms/S1",
    "/firms/S3",
    "/firms/D1",
    "/stress",
    "/stress?firm=C1&query=S1",
    "/stress/scenario-1",
    "/design",
)
POLICY = "require-trusted-types-for 'script'"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_both_languages(browser: Browser, path: str, language: str) -> None:
    answer = browser("risk", language).get(path)

    assert answer.status_code == 200
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_inline_script_style_or_anything_from_elsewhere(
    browser: Browser, path: str
) -> None:
    answer = browser().get(path)

    assert POLICY in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert re.search(r"<script(?! type=\"module\" src=\"/static/)", answer.text) is None
    assert (
        re.search(r"<style| style=| on[a-z]+=", answer.text.replace(" onerror=alert", "")) is None
    )
    assert re.search(r"(src|href|action)=\"(?!/|#)", answer.text) is None


@pytest.mark.parametrize("path", ["/chains/C1?where=up1", "/firms/S3", "/stress/scenario-1"])
def test_a_name_with_markup_is_only_ever_text(browser: Browser, path: str) -> None:
    text = browser().get(path).text

    assert MARKUP not in text
    assert "&lt;img src=x" in text


def test_the_list_of_cores_shows_facilities_and_says_why_one_is_missing(browser: Browser) -> None:
    text = browser("risk", "zh").get("/cores").text

    assert "江州远航装备股份有限公司" in text
    assert "1.44<" in text.replace("</b><small>亿元", "<亿元")
    assert "上下游融资需求" in text
    assert "核心企业未提供报表" in text


def test_cores_are_sorted_and_searched_by_the_address(browser: Browser) -> None:
    client = browser()

    rising = client.get("/cores?sort=firms").text
    found = client.get("/cores?query=恒昌").text

    assert rising.index("恒昌") < rising.index("远航")
    assert "远航" not in found
    assert 'aria-sort="ascending"' in rising


def test_an_address_that_asks_for_nonsense_shows_the_first_page(browser: Browser) -> None:
    client = browser()

    for query in ("sort=nothing", "page=-3", "page=999999999999", "page=²", "sort=-"):
        assert client.get(f"/chains/C1?{query}").status_code == 200


def test_limits_are_paged_and_filtered(browser: Browser) -> None:
    client = browser()

    third = client.get("/chains/C1?sort=limit&page=3").text
    second_tier = client.get("/chains/C1?where=up2").text
    needs = client.get("/chains/C1?binding=need").text

    assert "101 to 124 of 124" in third
    assert "HYPERLINK" in second_tier
    assert "X001" not in second_tier
    assert "X001" not in needs


def test_firms_without_a_limit_come_last_either_way(browser: Browser) -> None:
    client = browser()

    for sort in ("limit", "-limit"):
        assert "counterparty only" in client.get(f"/chains/C1?sort={sort}&page=3").text


def test_the_downloaded_sheet_holds_exact_fen_and_no_formula(browser: Browser) -> None:
    answer = browser().get("/chains/C1/limits.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert lines[1].startswith("S1,青屿宏达材料有限公司,up,1,928000000,0,funding,")
    assert lines[2].startswith("S2,'=HYPERLINK(1)模具厂,up,2,39000000,")
    assert len(lines) == 125


def test_cores_and_losses_download_too(browser: Browser) -> None:
    client = browser()

    cores = client.get("/cores.csv").content.decode("utf-8-sig")
    losses = client.get("/stress/scenario-1/losses.csv").content.decode("utf-8-sig")

    assert "14400000000,9600000000,4800000000,need_up_down" in cores
    assert "30000000,1,0" in losses


def test_a_derivation_shows_every_value_with_its_operation_and_source(browser: Browser) -> None:
    text = browser("risk", "en").get("/chains/C1/limits/S1").text

    assert "CNY 9,280,000.00" in text
    assert "smallest of" in text
    assert "version 3 · receivables" in text
    assert "standard policy from 2015-01-01 · for R3" in text
    assert "1a2b3c" not in text
    assert "neither statement nor sales" in text


def test_the_tree_in_place_says_what_the_page_says(browser: Browser) -> None:
    told = browser("risk", "zh").get("/chains/C1/limits/S2/tree").json()["trees"]

    assert [tree["value"] for tree in told] == ["390,000.00 元", "1,900,000.00 元"]
    smallest = told[0]["children"][0]
    assert smallest["smallest"] == "funding"
    assert smallest["children"][0]["value"] == "–"


def test_a_firm_page_shows_chains_partners_and_what_would_raise_the_limit(browser: Browser) -> None:
    text = browser("risk", "en").get("/firms/S1").text

    assert "928.0" in text or "9,280" in text
    assert "and 3 more" in text
    assert "worst single failure costs 40.0%" in text
    assert "small" in text


def test_a_firm_that_others_could_pass_on_to_is_told_whom_to_ask(browser: Browser) -> None:
    text = browser("risk", "en").get("/firms/S2").text

    assert "If 青屿宏达材料有限公司 passed confirmed documents on: up to CNY 1.90m" in text


@pytest.mark.parametrize(
    "path",
    [
        "/chains/NONE",
        "/firms/NONE",
        "/chains/C1/limits/C2",
        "/stress/none",
        "/stress?firm=NONE",
        "/x",
    ],
)
def test_what_is_not_there_gets_a_page_that_says_so(browser: Browser, path: str) -> None:
    answer = browser("risk", "en").get(path)

    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert answer.headers["X-Trace-Id"] in answer.text


def test_a_crash_shows_a_page_with_its_trace_and_nothing_else(
    browser: Browser, reading: FakeReading
) -> None:
    def crash(_: str) -> None:
        raise ZeroDivisionError("secret figure 42")

    reading.chain = crash  # type: ignore[method-assign,assignment]  # a fault that tests need
    answer = browser("risk", "en").get("/chains/C1")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret figure" not in answer.text
    assert POLICY in answer.headers["Content-Security-Policy"]


def test_programs_get_problems_where_people_get_pages(browser: Browser) -> None:
    client = browser()
    client.headers["Accept"] = "*/*"

    assert client.get("/firms/NONE").headers["Content-Type"] == "application/problem+json"
    client.headers["Accept"] = "text/html"
    assert client.get("/api/v1/none").headers["Content-Type"] == "application/problem+json"
