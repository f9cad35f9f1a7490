"""The page of a chain: its picture leads into its table, and what matters is said first."""

import re
from typing import Any

import pytest

from app.pages.raising import raising
from app.pages.reading import Standing
from app.platform.web.charts import BLOCK_HEIGHT_MIN, Group, chain_picture
from app.platform.web.texts import Texts
from tests.app.pages.conftest import Browser
from tests.app.pages.economy import FakeReading


def test_every_block_leads_to_its_firms_and_carries_their_number(browser: Browser) -> None:
    text = browser("risk", "en").get("/chains/C1?sort=name&query=x").text
    leads = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)"><g class="block', text)

    assert ("/chains/C1?sort=name&amp;where=up3&amp;grade=B#limits",
            "Tier 3 · Grade B (R4 to R6): 70 firms") in leads  # fmt: skip
    assert len(leads) == 6
    assert re.findall(r"<text[^>]*>([A-E–] \d+)</text></g>", text) == [
        "B 70", "C 50", "– 1", "A 1", "D 1", "A 1", "E 1",
    ]  # fmt: skip


def test_the_table_is_filtered_by_grade(browser: Browser) -> None:
    text = browser().get("/chains/C1?grade=A").text

    assert re.findall(r"<small>(\w+)</small></th>", text) == ["S1"]
    assert '<option value="A" selected>' in text


def test_no_block_is_too_low_for_its_words_and_no_picture_too_high() -> None:
    groups = [
        Group(-1, grade, firms)
        for grade, firms in zip("ABCDE-", (1, 1, 2, 900, 1, 4000), strict=True)
    ]
    drawn = chain_picture([*groups, Group(-2, "A", 3), Group(0, "A", 1)], [])

    assert min(block.height for block in drawn.blocks) >= BLOCK_HEIGHT_MIN
    assert max(block.y + block.height for block in drawn.blocks) <= drawn.height


def over(reading: FakeReading, **changes: Any) -> None:
    whole = reading.chain("C1")
    facility = {**whole["facility"], **changes}
    reading.chain = lambda _: {**whole, "facility": facility}  # type: ignore[method-assign]  # figures that tests need


def test_a_facility_that_is_over_says_by_how_much(browser: Browser, reading: FakeReading) -> None:
    over(reading, occupied_fen=15_000_000_000, reserved_fen=400_000_000, available_fen=0)
    text = browser("risk", "en").get("/chains/C1").text

    assert 'value="-1000000000"' in text
    assert (
        'class="notice warn">Confirmed documents and reservations exceed the facility by CNY 10.0m'
        in text
    )


@pytest.mark.parametrize(("language", "words"), [("en", "on data credit"), ("zh", "凭数据增信")])
def test_a_chain_without_facility_says_why_it_still_lends(
    browser: Browser, language: str, words: str
) -> None:
    text = browser("risk", language).get("/chains/C2").text

    assert words in text
    assert "50%" in text


def test_a_limit_on_data_credit_says_so(browser: Browser, reading: FakeReading) -> None:
    limit = reading.limit("C1", "S1")
    factor = {
        "code": "chain_factor", "op": "policy", "unit": "ratio", "value": "0.5", "children": [],
        "label": {"zh": "链系数", "en": "Chain factor"},
        "source": {"policy": "standard-2015-01-01-1a", "rule": "data_credit_factor"},
    }  # fmt: skip
    tree = {**limit["derivation"], "children": [*limit["derivation"]["children"], factor]}
    reading.limit = lambda *_: {**limit, "derivation": tree}  # type: ignore[method-assign]  # a tree that tests need

    assert (
        "counts at 50%, without credit of the core"
        in browser("risk", "en").get("/chains/C1/limits/S1").text
    )


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
    text = client.get("/chains/C1/limits/S3").text
    in_place = client.get("/chains/C1/limits/S3/tree").json()

    for words in ("There is no limit: known as a counterparty only.", "Import its row"):
        assert words in text
        assert words in " ".join(in_place["said"])
    assert in_place["trees"] == []


def test_a_firm_or_core_is_not_told_to_import_what_the_bank_lacks(browser: Browser) -> None:
    client = browser("core", "en")
    text = client.get("/chains/C1/limits/S3").text

    assert "The bank knows it from the invoices of others only." in text
    assert "Import" not in text
    assert "Import" not in client.get("/chains/C1/limits/S3/tree").text


def test_a_facility_of_nought_is_no_share(browser: Browser, reading: FakeReading) -> None:
    over(reading, limit_fen=0, occupied_fen=15_000_000_000, available_fen=0)
    text = browser("risk", "en").get("/chains/C1").text

    assert "of a facility of nought" in text
    assert "– of the facility" not in text


def test_a_trail_leads_only_where_its_reader_may_go(browser: Browser) -> None:
    core = browser("core", "en").get("/chains/C1/limits/S1").text
    bank = browser("risk", "en").get("/chains/C1/limits/S1").text

    assert 'href="/chains/C1"' in core
    assert 'href="/firms/S1"' not in core
    assert 'href="/firms/S1"' in bank


def test_a_core_is_not_led_to_its_limits_in_chains_of_others(
    browser: Browser, reading: FakeReading
) -> None:
    elsewhere = [Standing("C2", "another", "up", 1, None, None, None, "counterparty only")]
    reading.chains_of = lambda _: elsewhere  # type: ignore[method-assign]  # a core among suppliers

    assert "/chains/C2/limits/C1" not in browser("core").get("/firms/C1").text
    assert "/chains/C2/limits/C1" in browser("risk").get("/firms/C1").text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "path", ["/cores", "/chains/C1", "/chains/C1/limits/S1", "/firms/S1", "/stress/scenario-1"]
)
def test_people_read_words_and_not_hashes_rules_or_sector_codes(
    browser: Browser, path: str, language: str
) -> None:
    text = re.sub(r"<[^>]+>", " ", browser("risk", language).get(path).text)

    for code in ("1a2b3c", "run-3-abc", "advance_rate ·", "C36"):
        assert code not in text
