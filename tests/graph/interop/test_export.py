import csv
import io
import json
import re

import networkx as nx
import pytest

from graph.chains import find_chain
from graph.errors import InvalidInput
from graph.interop import export
from graph.interop.page import grade, page
from graph.interop.view import view
from graph.interop.words import WORDS
from graph.network import Network
from graph.sheets import cell
from graph.testing.networks import toy
from tests.graph.interop.chains import HOSTILE, hostile, layered


@pytest.fixture
def network() -> Network:
    return hostile()


def written(network: Network, form: str, core: str = "cars") -> str:
    found = export.chain(network, find_chain(network, core), form, language="en")
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
        assert cell(f"{sign}x") == f"'{sign}x"


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


def test_an_id_that_is_a_hash_is_not_shown_to_people() -> None:
    made = "cp-95a4c6484a41217a"
    network = toy({(made, "core"): 5_000_00, ("mine", "core"): 100_00}, name={made: "Counterparty"})
    text = written(network, "html", "core")

    assert "<small>mine</small>" in text
    assert f"<small>{made}" not in text


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


def firms_in(text: str) -> dict[str, list[object]]:
    said = json.loads(re.search(r'id="chain">(.*?)</script>', text, re.DOTALL)[1])["said"]
    return said["firms"]


def test_every_firm_of_every_tier_is_in_the_page_and_what_is_not_drawn_is_said() -> None:
    shown = view(layered(), find_chain(layered(), "core", tiers_max=5))
    text = page(shown, language="en", firms_max=20)
    drawn = json.loads(re.search(r'id="chain">(.*?)</script>', text, re.DOTALL)[1])["nodes"]
    tiers = dict(zip(firms_in(text)["id"], firms_in(text)["tier"], strict=True))

    assert sorted(tiers) == sorted(["core", *(member.id for member in shown.members)])
    assert {-5, -4, -3, -2, -1, 0, 1} == {tiers[n["id"]] for n in drawn if n["shape"] == "dot"}
    assert text.count("<tr data-at=") == len(shown.members) == 61
    assert "20 of 61 firms shown in the picture" in text
    assert "(20 of 73 drawn)" in text


def test_what_a_page_cannot_hold_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = view(layered(), find_chain(layered(), "core", tiers_max=5))
    monkeypatch.setattr("graph.interop.page.LISTED_MAX", 30)
    monkeypatch.setattr("graph.interop.page.TRADES_MAX", 9)
    text = page(shown, language="en", firms_max=20)

    assert "The list holds 30 of 61 firms" in text
    assert "Only the 9 largest of 73 trades are in this file" in text
    assert len(firms_in(text)["id"]) == 31
