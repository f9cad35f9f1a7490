"""The pages as a browser gets them: contents, words, and what is never in them."""

import csv
import io
import re
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from app.chain.limits import documents
from app.chain.limits.raising import walk
from app.platform.web.money import scale
from app.platform.web.texts import Texts
from tests.app.pages.conftest import Browser
from tests.app.pages.economy import MARKUP, STRANGER

PAGES = (
    "/cores",
    "/chains/C1",
    "/chains/C2",
    "/chains/C1/limits/S1",
    f"/chains/C1/limits/{STRANGER}",
    "/firms",
    "/firms?query=江",
    "/firms/S1",
    f"/firms/{STRANGER}",
    "/firms/D1",
    "/stress",
    "/stress?firm=C1&query=S1",
    "/stress/SCENARIO",
    "/design",
    "/sources",
    "/sources/sap_line_items",
    "/sources/new?from=cumcm",
    "/cores/choose",
)
POLICY = "require-trusted-types-for 'script'"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_both_languages(
    browser: Browser, scenario: str, path: str, language: str
) -> None:
    answer = browser("risk", language).get(path.replace("SCENARIO", scenario))

    assert answer.status_code == 200
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_inline_script_style_or_anything_from_elsewhere(
    browser: Browser, scenario: str, path: str
) -> None:
    answer = browser().get(path.replace("SCENARIO", scenario))

    assert POLICY in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert re.search(r"<script(?! type=\"module\" src=\"/static/)", answer.text) is None
    assert (
        re.search(r"<style| style=| on[a-z]+=", answer.text.replace(" onerror=alert", "")) is None
    )
    assert re.search(r"(src|href|action)=\"(?!/|#)", answer.text) is None


@pytest.mark.parametrize("path", ["/chains/C1?where=up1", f"/firms/{STRANGER}", "/stress/SCENARIO"])
def test_a_name_with_markup_is_only_ever_text(browser: Browser, scenario: str, path: str) -> None:
    text = browser().get(path.replace("SCENARIO", scenario)).text

    assert MARKUP not in text
    assert "&lt;img src=x" in text


def limits_of(client: TestClient, core: str) -> dict[str, Any]:
    """Return the limits of a chain as the interface gives them."""
    found: dict[str, Any] = client.get(f"/api/v1/chains/{core}/limits").json()
    while found["next"]:
        more = client.get(f"/api/v1/chains/{core}/limits?cursor={quote(found['next'])}").json()
        found |= {"firms": found["firms"] + more["firms"], "next": more["next"]}
    return found


def test_the_list_of_cores_shows_facilities_and_says_why_one_is_missing(browser: Browser) -> None:
    client = browser("risk", "zh")
    text = client.get("/cores").text
    cores = ("C1", "C2", "NOUGHT", "OVER", "UNUSED")
    granted = [limits_of(client, core)["facility"] or {} for core in cores]
    unit = scale([one.get(k) for one in granted for k in ("limit_fen", "occupied_fen")], "zh")

    assert "江州远航装备股份有限公司" in text
    assert f'<td class="n">{unit(granted[0]["limit_fen"])}</td>' in text
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

    assert "101 to 126 of 126" in third
    assert "HYPERLINK" in second_tier
    assert "X001" not in second_tier
    assert "X001" not in needs


def test_firms_without_a_limit_come_last_either_way(browser: Browser) -> None:
    client = browser()

    for sort in ("limit", "-limit"):
        assert "counterparty only" in client.get(f"/chains/C1?sort={sort}&page=3").text


def test_the_downloaded_sheet_holds_the_figures_of_the_interface_and_no_formula(
    browser: Browser,
) -> None:
    client = browser()
    answer = client.get("/chains/C1/limits.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    firms = limits_of(client, "C1")["firms"]

    assert answer.headers["Content-Type"].startswith("text/csv")
    known = {firm["id"]: firm for firm in firms}
    assert len(rows) == len(known) == 126
    for row in rows:
        firm = known[row["Id"]]
        assert row["Tier"] == Texts("en").place(f"{firm['direction']}{firm['tier']}")
        for words, fen in (("Limit", "limit_fen"), ("Reachable", "reachable_fen")):
            told = "" if firm[fen] is None else f"{firm[fen] / 100:.2f}"
            assert row[f"{words} (CNY)"] == told
        why = Texts("en").reason(firm["absent"])
        assert row["What binds"] == (why or Texts("en").coded("binding", firm["binding"]))
    assert "'=HYPERLINK(1)模具厂" in {row["Firm"] for row in rows}


def test_losses_download_too(browser: Browser, scenario: str) -> None:
    client = browser()
    text = client.get(f"/stress/{scenario}/losses.csv").content.decode("utf-8-sig")
    losses = client.get(f"/api/v1/scenarios/{scenario}").json()["firms"]

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["Id"], row["Loss in all (CNY)"]) for row in rows] == [
        (firm["id"], f"{firm['loss_fen'] / 100:.2f}") for firm in losses
    ]
    for row, firm in zip(rows, losses, strict=True):
        assert Decimal(row["Of its production (%)"]) == Decimal(firm["loss_share"]) * 100


def test_a_derivation_shows_every_value_with_its_operation_and_source(browser: Browser) -> None:
    client = browser("risk", "en")
    text = client.get("/chains/C1/limits/S1").text
    limit = client.get("/api/v1/chains/C1/limits/S1").json()

    assert f"CNY {limit['limit_fen'] / 100:,.2f}" in text
    assert "smallest of" in text
    assert "version 1 · receivables" in text
    assert "standard policy from 2015-01-01 · for R2" in text
    assert limit["policy"].rpartition("-")[2] not in text
    assert "no loans given" in text


def test_the_tree_in_place_says_what_the_page_says(browser: Browser) -> None:
    client = browser("risk", "zh")
    told = client.get("/chains/C1/limits/S2/tree").json()["trees"]
    limit = client.get("/api/v1/chains/C1/limits/S2").json()
    smallest = told[0]["children"][0]

    assert [tree["value"] for tree in told] == [
        f"{limit[name] / 100:,.2f} 元" for name in ("limit_fen", "reachable_fen")
    ]
    assert smallest["smallest"] == limit["binding"] == "funding"
    assert any(child["value"] == "–" for child in walk(smallest))


def test_a_firm_page_shows_chains_partners_and_what_would_raise_the_limit(browser: Browser) -> None:
    client = browser("risk", "en")
    text = client.get("/firms/S2").text
    limit = client.get("/api/v1/chains/C1/limits/S2").json()["limit_fen"]

    assert scale([limit], "en")(limit) in text
    assert "and 108 more" in text
    assert "worst single failure costs 100.0%" in text
    assert "small" in text


def test_a_firm_that_others_could_pass_on_to_is_told_whom_to_ask(browser: Browser) -> None:
    text = browser("risk", "en").get("/firms/S2").text

    assert "If 青屿宏达材料有限公司 passed confirmed documents on: up to CNY 6.08m" in text


@pytest.mark.parametrize(
    "path",
    [
        "/chains/NONE",
        "/firms/NONE",
        "/chains/C1/limits/OVER",
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
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError("secret figure 42")

    monkeypatch.setattr(documents, "chain", crash)
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
