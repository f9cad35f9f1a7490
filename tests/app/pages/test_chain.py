"""The page of a chain: its picture leads into its table, and what matters is said first."""

import re

import pytest

from app.chain.limits.raising import raising
from app.platform.web.charts import BLOCK_HEIGHT_MIN, Group, chain_picture
from app.platform.web.money import amount
from app.platform.web.texts import Texts
from tests.app.pages.conftest import Browser
from tests.app.pages.economy import STRANGER


def test_every_block_leads_to_its_firms_and_carries_their_number(browser: Browser) -> None:
    text = browser("risk", "en").get("/chains/C1?sort=name&query=x").text
    leads = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)"><g class="block', text)

    assert ("/chains/C1?sort=name&amp;where=up3&amp;grade=B#limits",
            "Tier 3 · Grade B (R4 to R6): 70 firms") in leads  # fmt: skip
    assert len(leads) == 8
    assert re.findall(r"<text[^>]*>([A-E–] \d+)</text></g>", text) == [
        "B 70", "C 50", "D 1", "– 1", "A 1", "B 1", "– 1", "A 1", "E 1",
    ]  # fmt: skip


def test_the_table_is_filtered_by_grade(browser: Browser) -> None:
    text = browser().get("/chains/C1?grade=A").text

    assert re.findall(r"<small>(\w+)</small></th>", text) == ["S1"]
    assert re.findall(r'data-value="(\w)"[^>]* aria-current="true"', text) == ["A"]


def test_no_block_is_too_low_for_its_words_and_no_picture_too_high() -> None:
    groups = [
        Group(-1, grade, firms)
        for grade, firms in zip("ABCDE-", (1, 1, 2, 900, 1, 4000), strict=True)
    ]
    drawn = chain_picture([*groups, Group(-2, "A", 3), Group(0, "A", 1)], [])

    assert min(block.height for block in drawn.blocks) >= BLOCK_HEIGHT_MIN
    assert max(block.y + block.height for block in drawn.blocks) <= drawn.height


def test_a_facility_that_is_over_says_by_how_much(browser: Browser) -> None:
    client = browser("risk", "en")
    facility = client.get("/api/v1/chains/OVER/limits").json()["facility"]
    over_fen = facility["occupied_fen"] - facility["limit_fen"]
    text = client.get("/chains/OVER").text

    assert over_fen > 0
    assert f'value="-{over_fen}"' in text
    assert (
        'class="notice warn">Confirmed documents and reservations exceed the facility by '
        f"{amount(over_fen, 'en')}" in text
    )


@pytest.mark.parametrize(("language", "words"), [("en", "on data credit"), ("zh", "凭数据增信")])
def test_a_chain_without_facility_says_why_it_still_lends(
    browser: Browser, language: str, words: str
) -> None:
    text = browser("risk", language).get("/chains/C2").text

    assert words in text
    assert "50%" in text


def test_a_limit_on_data_credit_says_so(browser: Browser) -> None:
    client = browser("risk", "en")

    assert "counts at 50%, without credit of the core" in client.get("/chains/C2/limits/M1").text
    assert "without credit of the core" not in client.get("/chains/C1/limits/S1").text


@pytest.mark.parametrize(
    ("op", "words"),
    [("policy", "Core has no facility, so relation counts at 50.0%"), ("min", "is short of room")],
)
def test_what_would_raise_a_limit_on_data_credit_is_a_statement(op: str, words: str) -> None:
    funding = {"code": "funding", "value": 5, "op": "sum", "children": []}
    factor = {"code": "chain_factor", "value": "0.5", "op": op, "children": []}
    tree = {"code": "limit", "value": 5, "op": "floor", "children": [funding, factor]}
    limit = {
        "derivation": tree, "reachable": None, "reachable_fen": 0, "limit_fen": 5,
        "binding": "funding", "absent": None,
    }  # fmt: skip

    assert words in " ".join(raising(limit, Texts("en"), {}, chain="Core"))


def test_a_firm_without_a_limit_says_why_and_what_to_do(browser: Browser) -> None:
    client = browser("risk", "en")
    text = client.get(f"/chains/C1/limits/{STRANGER}").text
    in_place = client.get(f"/chains/C1/limits/{STRANGER}/tree").json()

    for words in ("There is no limit: known as a counterparty only.", "Import its row"):
        assert words in text
        assert words in " ".join(in_place["said"])
    assert in_place["trees"] == []


def test_a_firm_or_core_is_not_told_to_import_what_the_bank_lacks(browser: Browser) -> None:
    client = browser("core", "en")
    text = client.get(f"/chains/C1/limits/{STRANGER}").text

    assert "The bank knows it from the invoices of others only." in text
    assert "Import" not in text
    assert "Import" not in client.get(f"/chains/C1/limits/{STRANGER}/tree").text


def test_a_facility_of_nought_is_no_share(browser: Browser) -> None:
    text = browser("risk", "en").get("/chains/NOUGHT").text

    assert "of a facility of nought" in text
    assert "– of the facility" not in text


def test_a_trail_leads_only_where_its_reader_may_go(browser: Browser) -> None:
    core = browser("core", "en").get("/chains/C1/limits/S1").text
    bank = browser("risk", "en").get("/chains/C1/limits/S1").text

    assert 'href="/chains/C1"' in core
    assert 'href="/firms/S1"' not in core
    assert 'href="/firms/S1"' in bank


def test_a_core_is_not_led_to_its_limits_in_chains_of_others(browser: Browser) -> None:
    own = browser("core", firm="C2").get("/firms/C2").text

    assert "江州远航装备股份有限公司" in own
    assert "/chains/C1/limits/C2" not in own
    assert "/chains/C1/limits/C2" in browser("risk").get("/firms/C2").text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "path", ["/cores", "/chains/C1", "/chains/C1/limits/S1", "/firms/S1", "/stress/SCENARIO"]
)
def test_people_read_words_and_not_hashes_rules_or_sector_codes(
    browser: Browser, scenario: str, path: str, language: str
) -> None:
    client = browser("risk", language)
    head = client.get("/api/v1/chains/C1/limits").json()
    text = re.sub(r"<[^>]+>", " ", client.get(path.replace("SCENARIO", scenario)).text)

    for code in (head["policy"].rpartition("-")[2], head["run"], "advance_rate ·", "C36"):
        assert code not in text
