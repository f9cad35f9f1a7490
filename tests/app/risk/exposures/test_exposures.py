"""Exposures: sums of what is lent and promised, caps in force, who may read them, the page."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.books.ledger import (
    AccountLedger,
    Element,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    ledger_of,
    operations,
)
from tests.app.chain.booked import PLENTY, resources_of, set_up

pytestmark = pytest.mark.xdist_group("groups")
KINDS = ("core", "firm", "sector", "group", "product")
CAP = 15_000_000  # 15 % of the capital of the first tier.
USES = {  # Of a use: core, firm, amount, documents, whether it is lent.
    "relation": ("CORE1", "MILL", 10_000_000, "", True),
    "document": ("CORE1", "MILL", 2_000_000, "receivable:R1", True),
    "promised": ("CORE2", "PART", 3_000_000, "", False),
    "alone": (None, "ORE", 400_000, "", True),
}
FACES = 5_000_000


def path_of(core: str | None, firm: str, document: str) -> list[Element]:
    path = [Element("bank"), Element(f"firm:{firm}")]
    if core is not None:
        path.append(Element(f"core:{core}", 0 if document else 1, 2))
    return [*path, Element(document)] if document else path


def use(ledger: AccountLedger, name: str) -> None:
    core, firm, amount, document, lent = USES[name]
    path = path_of(core, firm, document)
    ledger.reserve(UseOrder(name, firm, f"of-{firm}", path, amount, core=core))
    if lent:
        ledger.post(name, amount)


def confirm(moving: Moving) -> Reply:
    """Confirm documents of a core, as its account has it."""
    moves = [operations.taken(moving, "core:CORE1", FACES)]
    moving.record("confirm", "receivable:R1", moves=moves)
    return Reply.of(200, None)


@pytest.fixture
def lent(client: TestClient) -> TestClient:
    resources = resources_of(client)
    firms = {f"firm:{firm}": PLENTY for firm in ("MILL", "PART", "ORE")}
    cores = {"core:CORE1": PLENTY, "core:CORE2": PLENTY}
    set_up(resources, {"bank": PLENTY, **firms, **cores, "receivable:R1": FACES})
    ledger = ledger_of(resources)
    ledger.ask(Plain(Reads(["core:CORE1"]), confirm))
    for name in USES:
        use(ledger, name)
    return client


@pytest.fixture
def read(lent: TestClient, get: Any) -> Any:
    def read(by: str) -> Mapping[str, Any]:
        return {each["id"]: each for each in get(f"/exposures?by={by}").json()["items"]}

    return read


def figures(item: Mapping[str, Any]) -> tuple[int, ...]:
    names = ("posted_fen", "pending_fen", "documents_fen", "exposure_fen")
    return tuple(item[name] for name in names)


def test_a_core_has_its_uses_and_what_it_confirmed_each_once(read: Any) -> None:
    found = read("core")

    assert list(found) == ["CORE1", "CORE2"]
    # Two of the faces are lent on: they are in what is lent.
    assert figures(found["CORE1"]) == (12_000_000, 0, 3_000_000, 15_000_000)
    assert figures(found["CORE2"]) == (0, 3_000_000, 0, 3_000_000)


def test_firms_sectors_groups_and_products_sum_the_same_uses(read: Any) -> None:
    assert figures(read("firm")["MILL"]) == (12_000_000, 0, 0, 12_000_000)
    assert figures(read("group")["CORE1"]) == (12_000_000, 3_000_000, 0, 15_000_000)
    assert figures(read("group")["CORE2"]) == (400_000, 0, 0, 400_000)  # ORE, which it holds.
    assert figures(read("sector")["C31"]) == (12_000_000, 0, 0, 12_000_000)
    assert figures(read("product")["of-PART"]) == (0, 3_000_000, 0, 3_000_000)
    for by in ("firm", "sector", "product"):
        assert sum(each["exposure_fen"] for each in read(by).values()) == 15_400_000


def test_the_tightest_cap_counts_and_says_where_it_stands(read: Any) -> None:
    mill = read("firm")["MILL"]

    assert [cap["rule"] for cap in mill["caps"]] == ["lex.single_nonbank", "lex.loan_single"]
    assert (mill["cap_fen"], mill["share"], mill["state"]) == (CAP, "0.8", "near")
    assert read("firm")["PART"]["state"] == "inside"
    assert read("group")["CORE1"]["caps"][0]["cap_fen"] == 20_000_000
    assert "art. 39" in mill["caps"][1]["source"]


def test_at_the_cap_is_near_and_a_fen_above_is_over(read: Any, lent: TestClient) -> None:
    assert read("core")["CORE1"]["state"] == "near"

    path = path_of("CORE1", "MILL", "")
    ledger_of(resources_of(lent)).reserve(UseOrder("more", "MILL", "p", path, 2, core="CORE1"))

    # Half of it is on the account of the core, which what it confirmed does not grow by.
    assert read("core")["CORE1"]["exposure_fen"] == CAP + 2
    assert read("core")["CORE1"]["state"] == "over"


def test_what_was_given_back_is_no_exposure(read: Any, lent: TestClient) -> None:
    ledger_of(resources_of(lent)).void("promised")

    assert list(read("core")) == ["CORE1"]


def test_pages_go_on_in_the_order_of_ids(lent: TestClient, get: Any) -> None:
    first = get("/exposures?by=core&size=1").json()
    second = get(f"/exposures?by=core&size=1&cursor={first['next']}").json()

    assert [each["id"] for each in (*first["items"], *second["items"])] == ["CORE1", "CORE2"]
    assert (first["by"], first["date"], second["next"]) == ("core", "2026-06-30", None)


def test_before_anything_is_lent_there_is_nothing(client: TestClient, get: Any) -> None:
    for by in KINDS:
        assert get(f"/exposures?by={by}").json()["items"] == []


@pytest.mark.parametrize("query", ["", "?by=", "?by=moon", "?by=core&cursor=x", "?by=core&size=0"])
def test_what_nobody_can_sum_by_is_malformed(get: Any, query: str) -> None:
    assert get(f"/exposures{query}").status_code == 422


def test_exposures_are_the_bank_s(client: TestClient, bearer: Any) -> None:
    for path in ("/api/v1/exposures?by=core", "/exposures", "/exposures.csv"):
        for role, firm in (("core", "CORE1"), ("supplier", "MILL")):
            assert client.get(path, headers=bearer(role, firm)).status_code == 403
    assert client.get("/api/v1/exposures?by=core").status_code == 401


def test_the_page_shows_what_the_interface_says(lent: TestClient, read: Any, bearer: Any) -> None:
    headers = {**bearer("auditor"), "Accept-Language": "zh"}
    for by in KINDS:
        answer = lent.get(f"/exposures?by={by}", headers=headers)
        assert answer.status_code == 200
        assert all(f'<tr data-id="{item}">' in answer.text for item in read(by))
    assert "接近上限" in lent.get("/exposures?by=core", headers=headers).text


def test_the_page_is_filtered_by_state_and_a_file(lent: TestClient, bearer: Any) -> None:
    headers = {**bearer("risk"), "Accept-Language": "en"}

    assert 'data-total="1"' in lent.get("/exposures?by=firm&state=near", headers=headers).text
    found = lent.get("/exposures.csv?by=firm&sort=-exposure", headers=headers)
    _, first, *_ = csv.reader(io.StringIO(found.content.decode("utf-8-sig")))
    assert "120000.00" in first
