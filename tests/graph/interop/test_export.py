import csv
import io
import json
import re
import shutil
from pathlib import Path

import networkx as nx
import pytest
from playwright.sync_api import sync_playwright

from graph.chains import find_chain
from graph.errors import InvalidInput
from graph.interop import export
from graph.interop.page import WORDS, grade, page
from graph.interop.view import view
from graph.network import Network
from graph.testing.networks import toy

HOSTILE = {
    "mill": "</script><img src=x onerror=alert(1)>",
    "mine": "\"'><b>&href</b>",
    "shop": "=1+1",
    "cars": "<script>alert(2)</script>",
    "till": "a\x00b\x0bc\ud7ffd 中",
}


@pytest.fixture
def network() -> Network:
    return toy(
        {
            ("mine", "mill"): 6_000_000,
            ("mill", "cars"): 900_000_000,
            ("cars", "shop"): 100_00,
            ("shop", "till"): 10_00,
            ("shop", "mine"): 5,
        },
        alone=["zoo"],
        name=HOSTILE,
        rating={"mill": "R2", "mine": "D", "shop": "R9"},
    )


def written(network: Network, form: str) -> str:
    found = export.chain(network, find_chain(network, "cars"), form, language="en")
    return found.decode("utf-8-sig" if form == "csv" else "utf-8")


def test_csv_has_a_row_a_firm_and_no_formula(network: Network) -> None:
    rows = list(csv.DictReader(io.StringIO(written(network, "csv"))))

    assert [(row["direction"], row["tier"], row["id"], row["via"]) for row in rows] == [
        ("up", "1", "mill", "cars"),
        ("up", "2", "mine", "mill"),
        ("down", "1", "shop", "cars"),
        ("down", "2", "till", "shop"),
    ]
    assert [row["strength_fen"] for row in rows] == ["900000000", "6000000", "10000", "1000"]
    assert rows[2]["name"] == "'=1+1"
    for sign in "=+-@\t\r":
        assert export._cell(f"{sign}x") == f"'{sign}x"


def test_csv_bears_a_mark_that_spreadsheets_need(network: Network) -> None:
    assert export.chain(network, find_chain(network, "cars"), "csv").startswith(b"\xef\xbb\xbf")


def test_json_holds_firms_and_the_trades_among_them(network: Network) -> None:
    said = json.loads(written(network, "json"))

    assert said["core"] == {"id": "cars", "name": HOSTILE["cars"]}
    assert [firm["name"] for firm in said["firms"]] == [
        HOSTILE[name] for name in ("mill", "mine", "shop", "till")
    ]
    assert said["firms"][1]["up_tier"] == 2
    assert said["firms"][1]["down_tier"] == 2
    assert {"supplier": "shop", "buyer": "mine", "amount_fen": 5} in said["trades"]
    assert len(said["trades"]) == 5


def test_graphml_is_read_back_with_names_as_text(network: Network) -> None:
    graph = nx.parse_graphml(written(network, "graphml"))

    assert graph.nodes["mill"]["name"] == HOSTILE["mill"]
    assert graph.nodes["till"]["name"] == "a\ufffdb\ufffdc\ud7ffd 中"
    assert graph.nodes["mine"]["tier"] == 2
    assert graph.edges["mill", "cars"]["amount_fen"] == 900_000_000
    assert "rating" not in graph.nodes["till"]


def test_an_unknown_form_is_refused(network: Network) -> None:
    with pytest.raises(InvalidInput, match="no format 'pdf'; there are html, graphml, csv, json"):
        written(network, "pdf")


def test_the_same_chain_gives_the_same_bytes(network: Network) -> None:
    for form in export.FORMATS:
        assert written(network, form) == written(network, form)


def test_the_page_asks_for_nothing_and_lets_no_name_become_markup(network: Network) -> None:
    text = written(network, "html")
    ours = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)

    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", ours)
    assert "<img" not in ours
    assert "<b>" not in ours
    assert "alert(2)</script>" not in ours
    assert "default-src &#39;none&#39;" in ours
    assert "unsafe" not in ours[: ours.index("<style>")]


def test_a_chain_too_large_to_draw_shows_the_nearest_and_says_so(network: Network) -> None:
    shown = view(network, find_chain(network, "cars"))

    text = page(shown, language="en", firms_max=2)

    drawn = json.loads(re.search(r'id="chain">(.*?)</script>', text, re.DOTALL)[1])
    assert [node["id"] for node in drawn["nodes"] if node["shape"] == "dot"] == [
        "cars",
        "mill",
        "shop",
    ]
    assert "2 of 4 firms shown" in text
    assert "(2 of 5 drawn)" in text


def test_both_languages_have_every_word() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    assert all(word for words in WORDS.values() for word in words.values())


def test_grades_follow_the_ratings_three_by_three() -> None:
    assert "".join(grade(f"R{rank}") for rank in range(1, 16)) == "AAABBBCCCDDDEEE"
    assert [grade(odd) for odd in ("", "Rx", "R", "AAA", "D")] == ["", "", "", "", "E"]


@pytest.mark.browser
def test_a_browser_draws_the_page_offline_under_its_policy(
    network: Network, tmp_path: Path
) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    place = tmp_path / "chain.html"
    place.write_text(written(network, "html"), encoding="utf-8")
    asked: list[str] = []
    told: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: told.append(message.text))
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.on("dialog", lambda dialog: told.append(dialog.message))
        tab.goto(place.as_uri())
        tab.locator("#picture[data-drawn='10']").wait_for()  # Firms and the titles of tiers.
        tab.locator("summary").click()
        shown = tab.locator("td").all_inner_texts()
        browser.close()

    assert asked == [place.as_uri()]
    assert told == []
    assert HOSTILE["mill"] in shown
