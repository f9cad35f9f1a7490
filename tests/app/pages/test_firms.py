"""The directory of all firms: totals, pages, facets with counts, who is hidden."""

import csv
import io
import re
from collections import Counter
from decimal import Decimal

import pytest
from fastapi import FastAPI

from app.chain.firms.directory import FACETS, Wanted, directory_of
from app.chain.limits.documents import results_of
from app.data.versions.service import AskedVersion
from app.platform.auth.sight import EVERYTHING
from tests.app.pages.conftest import Browser
from tests.app.pages.economy import CODE, STRANGER


def ids(text: str) -> list[str]:
    return re.findall(r'<tr data-id="([\w-]+)"', text)


def total(text: str) -> int:
    found = re.search(r'data-total="(\d+)"', text)
    return int(found[1]) if found else 0


def options(text: str, facet: str) -> dict[str, str]:
    inside = text.partition(f'data-facet="{facet}"')[2].partition("data-facet=")[0]
    row = r'data-value="([^"]+)"[^>]*><span>([^<]+)</span><span>([^<]+)</span>'
    return {value: f"{words} ({count})" for value, words, count in re.findall(row, inside)}


def test_without_a_text_all_firms_are_listed_by_pages_with_their_total(browser: Browser) -> None:
    client = browser("risk", "en")
    first, third = client.get("/firms").text, client.get("/firms?page=3").text

    assert total(first) == 130
    assert "101 to 130 of 130" in third
    assert len(ids(first)) == 50
    assert len({*ids(first), *ids(third), *ids(client.get("/firms?page=2").text)}) == 130
    assert ids(first)[0] == "S1"  # The largest limit.


def test_counterparties_are_hidden_counted_and_shown_when_asked_for(browser: Browser) -> None:
    client = browser("risk", "en")
    without, along = client.get("/firms").text, client.get("/firms?counterparties=1").text

    assert "1 more are known as counterparties only" in without
    assert 'href="/firms?counterparties=1#firms"' in without
    assert total(along) == 131
    assert "Counterparty only</span>" in client.get("/firms?counterparties=1&query=精密").text
    assert "1 more are known as counterparties only" in client.get("/firms?query=精密").text


def test_the_directory_is_a_sheet_of_all_that_pass_in_the_order_of_the_page(
    browser: Browser,
) -> None:
    client = browser("risk", "en")
    page = client.get("/firms?sort=name&page=2&query=").text
    link = re.search(r'class="button" href="(/firms\.csv[^"]*)"', page)
    assert link
    assert link[1] == "/firms.csv?sort=name"
    answer = client.get(link[1])
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''firms-")
    assert len(rows) == 130
    assert [row["Id"] for row in rows[50:100]] == ids(page)
    asked = "counterparties=1&query=精密&columns=kind"
    along = client.get(f"/firms.csv?{asked}").content.decode("utf-8-sig")
    (found,) = csv.DictReader(io.StringIO(along))
    assert (found["Id"], found["Kind"]) == (STRANGER, "Counterparty only")
    assert browser("core").get("/firms.csv").status_code == 403
    assert browser("supplier").get("/firms.csv").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CODE.lower(), ["S1"]),
        ("宏材", ["S1"]),
        ("ｓ１", ["S1"]),
        ("C1", ["C1"]),
        (".*", []),
    ],
)
def test_code_alias_and_width_are_found_and_no_sign_is_a_wildcard(
    browser: Browser, query: str, found: list[str]
) -> None:
    assert ids(browser().get("/firms", params={"query": query}).text) == found


def test_the_closest_stand_first(browser: Browser) -> None:
    text = browser().get("/firms?query=X01").text

    assert ids(text)[:2] == ["X010", "X011"]
    assert total(text) == 10
    assert "aria-sort" not in text


def test_each_facet_says_how_many_firms_it_would_show(browser: Browser) -> None:
    client = browser("risk", "en")
    text = client.get("/firms?core=C1").text

    for facet in (*FACETS, "tier"):
        assert options(text, facet)
        for value, words in options(text, facet).items():
            count = int(words.rpartition("(")[2].rstrip(")").replace(",", ""))
            assert total(client.get(f"/firms?core=C1&{facet}={value}").text) == count, words
    assert options(text, "tier")["up2"] == "Tier 2 (2)"
    assert options(text, "sector")["36"] == "Motor vehicles (4)"
    assert options(client.get("/firms?tier=up1").text, "core")["C2"] == "临海恒昌电子有限公司 (1)"


def test_a_tier_is_that_in_the_chosen_chain(served: FastAPI) -> None:
    resources = served.state.resources
    directory = directory_of(resources, results_of(resources, AskedVersion(), EVERYTHING))

    def found(**facets: str) -> list[str]:
        rows = directory.find(Wanted(facets=facets), sort="match", size=9)
        return [row.id for row in rows]

    assert found(tier="up2") == ["M1", "S2"]
    assert found(tier="up1", core="C2") == ["M1"]
    assert found(tier="up2", core="C2") == []
    assert found(tier="core") == ["C1", "C2", "NOUGHT", "OVER", "UNUSED"]
    assert found(grade="A") == ["C1", "S1"]


def test_what_somebody_filtered_for_is_kept_by_form_sorting_and_pages(browser: Browser) -> None:
    text = browser().get("/firms?tier=up3&sort=name&counterparties=1&version=1").text

    assert re.search(r'data-value="up3"[^>]* aria-current="true"', text)
    for name, value in (
        *(("tier", "up3"), ("sort", "name")),
        *(("counterparties", "1"), ("version", "1")),
    ):
        assert f'<input type="hidden" name="{name}" value="{value}">' in text
    assert (
        "/firms?tier=up3&amp;sort=name&amp;counterparties=1&amp;version=1&amp;page=2#firms" in text
    )


def test_a_filter_that_finds_nothing_still_shows_what_was_chosen(browser: Browser) -> None:
    text = browser("risk", "en").get("/firms?region=nowhere").text

    assert "No firm was found" in text
    assert options(text, "region")["nowhere"] == "nowhere (0)"


def test_a_chain_finds_its_firms_by_credit_code_too(browser: Browser) -> None:
    text = browser().get(f"/chains/C1?query={CODE}").text

    assert re.findall(r"<small>(\w+)</small></th>", text) == ["S1"]


def test_a_search_of_the_stress_form_says_how_many_more_fit(browser: Browser) -> None:
    text = browser("risk", "en").get("/stress?query=X0").text

    assert "80 more fit" in text


@pytest.mark.parametrize("role", ["core", "supplier"])
def test_the_directory_is_the_banks(browser: Browser, role: str) -> None:
    assert browser(role).get("/firms").status_code == 403  # type: ignore[arg-type]  # a role


def test_an_id_that_is_a_hash_is_not_shown_to_people(browser: Browser, scenario: str) -> None:
    text = browser("risk", "en").get(f"/stress/{scenario}").text

    assert f'href="/firms/{STRANGER}"' in text
    assert STRANGER not in re.sub(r"<[^>]+>", " ", text)
    assert "<small>Counterparty only</small>" in text


def test_all_partners_of_a_firm_are_a_list_with_files(browser: Browser) -> None:
    client = browser("risk", "en")
    told = client.get("/api/v1/firms/C1/trades?size=1000").json()["items"]
    sides = Counter("Buyers" if each["supplier"] == "C1" else "Suppliers" for each in told)
    text = client.get("/firms/C1/partners").text
    file = client.get("/firms/C1/partners.csv?side=suppliers&sort=name")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    amounts = {each["supplier"]: each["amount_fen"] for each in told}

    assert f'data-list="partners" data-total="{sum(sides.values())}"' in text
    assert len(rows) == sides["Suppliers"]
    for row in rows:
        assert row["Side"] == "Suppliers"
        assert Decimal(row["Amount (CNY)"]) * 100 == amounts[row["Id"]]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["Last invoice"])
    assert client.get("/firms/C1/partners.xlsx").status_code == 200
    assert 'href="/firms/C1/partners"' in client.get("/firms/C1").text
    assert "Nobody fits" in client.get("/firms/C1/partners?q=nothing").text


def test_partners_are_shown_to_the_firm_itself_and_the_bank(browser: Browser) -> None:
    for ending in ("", ".csv", ".xlsx"):
        assert browser("supplier").get(f"/firms/S1/partners{ending}").status_code == 200
        assert browser("supplier").get(f"/firms/S2/partners{ending}").status_code == 403
        assert browser("core").get(f"/firms/S1/partners{ending}").status_code == 403
        assert browser("risk").get(f"/firms/NONE/partners{ending}").status_code == 404
    text = browser("supplier", "en").get("/firms/S1/partners").text

    assert 'data-list="partners"' in text
    links = re.findall(r'href="(/firms/[^"?#]+)["?#]', text)
    assert set(links) <= {
        "/firms/S1",
        "/firms/S1/partners",
        *(f"/firms/S1/partners.{ending}" for ending in ("csv", "xlsx")),
    }
