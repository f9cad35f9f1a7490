"""Every read: good, not there, malformed; head, tags, pages."""

from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.chain.chains.cores import decide
from app.data.runs.tables import facilities, runs

API = "/api/v1"


@pytest.fixture
def get(client: TestClient, bearer: Any) -> Any:
    headers = bearer("risk")

    def get(path: str, **more: str) -> Any:
        return client.get(f"{API}{path}", headers={**headers, **more})

    return get


READS = (
    "/versions",
    "/cores",
    "/chains/CORE1",
    "/chains/CORE1/tiers",
    "/chains/CORE1/graph",
    "/chains/CORE1/limits",
    "/chains/CORE1/limits/MILL",
    "/firms",
    "/firms?query=重工",
    "/firms/MILL",
    "/firms/MILL/trades",
    "/firms/MILL/trades/CORE1/invoices",
    "/firms/MILL/limits",
)


@pytest.mark.parametrize("path", READS)
def test_a_read_is_tagged_and_not_sent_twice(get: Any, path: str) -> None:
    first = get(path)
    again = get(path, **{"If-None-Match": first.headers["etag"]})

    assert first.status_code == 200, first.text
    assert first.headers["etag"].startswith('"v1-')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("path", READS)
def test_a_version_that_is_not_there_is_404_and_a_wrong_date_422(get: Any, path: str) -> None:
    mark = "&" if "?" in path else "?"

    for query, status in (
        ("version=99", 404),
        ("as_of=2020-01-01", 404),
        ("version=1", 200),
        ("as_of=2026-12-31", 200),
        ("as_of=yesterday", 422),
        ("as_of=1767571200", 422),
        ("as_of=2026-W01-1", 422),
        ("as_of=20260101", 422),
        ("as_of=2026-02-30", 422),
        ("as_of=", 422),
        ("version=no-such", 404),
        ("version=-1", 404),
        ("version=+1", 404),
        ("version=01", 404),
        ("version=1.0", 404),
        ("version=%EF%BC%91", 404),
        ("version=", 404),
        ("version=1&as_of=2026-12-31", 422),
        ("version=999999999999999999999999", 404),
    ):
        answer = get(f"{path}{mark}{query}")
        assert answer.status_code == status, (query, answer.text)
        if status != 200:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "path",
    [
        "/chains/NONE",
        "/chains/MILL",
        "/chains/NONE/tiers",
        "/chains/NONE/graph",
        "/chains/NONE/limits",
        "/chains/MILL/limits",
        "/chains/CORE1/limits/NONE",
        "/chains/CORE2/limits/MILL",
        "/firms/NONE",
        "/firms/NONE/trades",
        "/firms/NONE/trades/CORE1/invoices",
        "/firms/MILL/trades/NONE/invoices",
        "/firms/MILL/trades/SHOP/invoices",
        "/firms/NONE/limits",
        "/imports/none",
        "/scenarios/none",
        "/scenarios/none/rounds/0",
        "/nothing",
    ],
)
def test_what_is_not_there_is_a_problem(get: Any, path: str) -> None:
    answer = get(path)

    assert answer.status_code == 404, answer.text
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "path",
    [
        "/chains/CORE1?tiers=x",
        "/chains/CORE1?tiers=0",
        "/chains/CORE1/graph?groups=x",
        "/chains/CORE1/limits?sort=x",
        "/chains/CORE1/limits?cursor=x",
        "/chains/CORE1/limits?cursor=W10",
        "/chains/CORE1?cursor=e30",
        "/firms?size=0",
        "/firms?cursor=%00",
    ],
)
def test_a_malformed_parameter_is_422(get: Any, path: str) -> None:
    answer = get(path)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "malformed"


def test_cores_say_how_large_their_chains_are(get: Any) -> None:
    assert get("/cores").json() == {
        "items": [
            {"id": "CORE1", "name": "华东重工集团有限公司", "firms": 4},
            {"id": "CORE2", "name": "北方汽车股份有限公司", "firms": 1},
        ],
        "next": None,
    }


def test_a_chain_lists_firms_by_side_and_tier_with_their_trade(get: Any) -> None:
    chain = get("/chains/CORE1").json()

    assert chain["core"] == {"id": "CORE1", "name": "华东重工集团有限公司"}
    assert chain["tiers"] == [
        {"direction": "up", "tier": 1, "firms": 2, "amount_fen": 4_899_999_600},
        {"direction": "up", "tier": 2, "firms": 1, "amount_fen": 1_999_999_800},
        {"direction": "down", "tier": 1, "firms": 1, "amount_fen": 1_200_000_000},
    ]
    assert [(f["id"], f["tier"], f["via"]) for f in chain["firms"]] == [
        ("MILL", 1, "CORE1"),
        ("PART", 1, "CORE1"),
        ("ORE", 2, "MILL"),
        ("SHOP", 1, "CORE1"),
    ]


def test_a_chain_can_be_cut_at_a_tier(get: Any) -> None:
    chain = get("/chains/CORE1?tiers=1").json()

    assert [f["id"] for f in chain["firms"]] == ["MILL", "PART", "SHOP"]
    assert [t["tier"] for t in get("/chains/CORE1/tiers?tiers=1").json()["items"]] == [1, 1]


def test_a_graph_has_firms_or_groups_with_the_same_trade(get: Any) -> None:
    firms = get("/chains/CORE1/graph").json()
    groups = get("/chains/CORE1/graph?groups=sector&tiers=2").json()

    assert firms["groups"] == "none"
    assert {n["node"] for n in groups["nodes"]} == {
        "core",
        "up:1:C31",
        "up:1:C34",
        "up:2:B08",
        "down:1:F52",
    }
    for graph in (firms, groups):
        assert sum(n["firms"] for n in graph["nodes"]) == 5
        assert sum(e["amount_fen"] for e in graph["edges"]) == 8_099_999_400


def test_pages_of_limits_join_to_the_whole(get: Any) -> None:
    whole = get("/chains/CORE1/limits").json()
    found, cursor = [], ""
    for _ in range(10):
        page = get(f"/chains/CORE1/limits?size=1{cursor}").json()
        found += page["firms"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert found == whole["firms"]
    assert len(found) == 4


@pytest.mark.parametrize(
    "path", ["/cores", "/firms", "/firms/PART/trades", "/firms/ORE/trades/MILL/invoices"]
)
def test_pages_of_lists_join_to_the_whole(get: Any, path: str) -> None:
    whole = get(path).json()["items"]
    found, cursor = [], ""
    for _ in range(20):
        page = get(f"{path}?size=1{cursor}").json()
        assert len(page["items"]) <= 1
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert found == whole
    assert len(found) > 1


def test_limits_of_a_chain_have_the_promised_form(get: Any) -> None:
    limits = get("/chains/CORE1/limits").json()

    assert list(limits) == [
        *("core", "version", "as_of", "policy", "run"),
        *("facility", "tiers", "firms", "next"),
    ]
    assert set(limits["facility"]) == {
        *("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding", "derivation")
    }
    assert limits["facility"]["occupied_fen"] == 800_000_000
    assert set(limits["firms"][0]) == {
        *("id", "name", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")
    }
    for tier in limits["tiers"]:
        held = [
            f
            for f in limits["firms"]
            if (f["direction"], f["tier"]) == (tier["direction"], tier["tier"])
        ]
        assert tier["firms"] == len(held)
        assert tier["limit_fen"] == sum(f["limit_fen"] or 0 for f in held)


def test_a_core_without_statement_has_no_facility_and_says_why(get: Any) -> None:
    limits = get("/chains/CORE2/limits").json()

    assert limits["facility"] is None
    assert limits["absent"] == "no statement of the core"


def test_one_limit_carries_its_derivation(get: Any) -> None:
    limit = get("/chains/CORE1/limits/MILL").json()

    assert limit["limit_fen"] == limit["derivation"]["value"]
    assert (limit["derivation"]["code"], limit["derivation"]["op"]) == ("limit", "floor")
    assert limit["reachable_fen"] == limit["reachable"]["value"]


def test_a_firm_s_limits_are_those_of_its_chains(get: Any) -> None:
    found = get("/firms/PART/limits").json()["items"]

    assert [each["core"]["id"] for each in found] == ["CORE1", "CORE2"]
    for each in found:
        one = get(f"/chains/{each['core']['id']}/limits/PART").json()
        assert each["limit_fen"] == one["limit_fen"]


def test_trades_name_both_ends_and_dates(get: Any) -> None:
    assert get("/firms/ORE/trades").json()["items"] == [
        {
            "supplier": "ORE",
            "buyer": "MILL",
            "amount_fen": 1_999_999_800,
            "count": 6,
            "first_on": "2026-01-15",
            "last_on": "2026-06-15",
        }
    ]


def test_invoices_of_a_trade_are_those_of_both_ways_with_their_lines(get: Any) -> None:
    found = get("/firms/MILL/trades/ORE/invoices").json()

    assert found == get("/firms/ORE/trades/MILL/invoices").json()
    assert found["items"][0] == {
        "number": "ORE-MILL-1",
        "issued_on": "2026-01-15",
        "seller": "ORE",
        "buyer": "MILL",
        "kind": "blue",
        "goods": "件",
        "amount_fen": 333_333_300,
        "tax_fen": 43_333_300,
        "total_fen": 376_666_600,
        "source": "files",
        "file": "invoices.csv",
        "line": 20,
    }
    assert [each["issued_on"][5:7] for each in found["items"]] == [f"0{at}" for at in range(1, 7)]


def test_two_chinese_characters_find_a_firm(get: Any) -> None:
    assert [f["id"] for f in get("/firms?query=钢铁").json()["items"]] == ["MILL"]
    assert get("/firms?query=%25").json()["items"] == []


def test_what_is_unknown_is_null(get: Any) -> None:
    firm = get("/firms/ORE").json()

    assert firm["rating"] is None
    assert firm["cash_fen"] is None
    assert firm["name"] == "白云矿业有限公司"


def test_pages_of_a_chain_join_to_the_whole(get: Any) -> None:
    whole = get("/chains/CORE1").json()
    first = get("/chains/CORE1?size=3").json()
    rest = get(f"/chains/CORE1?size=3&cursor={first['next']}").json()

    assert first["firms"] + rest["firms"] == whole["firms"]
    assert rest["next"] is None


def test_a_core_that_no_run_knows_has_a_chain_but_no_limits_yet(
    client: TestClient, get: Any
) -> None:
    decide(client.app.state.resources, "MILL", chosen=True, by="test")  # type: ignore[attr-defined]

    assert {c["id"]: c["firms"] for c in get("/cores").json()["items"]}["MILL"] is None
    assert get("/chains/MILL").json()["run"] is None
    assert get("/chains/MILL/limits").status_code == 404


def test_a_version_without_limits_says_so(client: TestClient, get: Any) -> None:
    resources = client.app.state.resources  # type: ignore[attr-defined]
    with resources.records.writing() as connection:
        connection.execute(sa.delete(facilities))
        connection.execute(sa.delete(runs))

    answer = get("/chains/CORE1/limits")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_run")
    assert get("/chains/CORE1").json()["run"] is None
    assert len(get("/chains/CORE1").json()["firms"]) == 4
    assert get("/cores").json()["items"][0]["firms"] is None


@pytest.mark.parametrize("path", ["/healthz", "/cores", "/api/v1/cores", "/api/v1/firms/NONE"])
def test_head_answers_as_get_does_without_the_body(
    client: TestClient, bearer: Any, path: str
) -> None:
    headers = bearer("risk")
    got, looked = client.get(path, headers=headers), client.head(path, headers=headers)

    assert (looked.status_code, looked.content) == (got.status_code, b"")
    assert looked.headers["content-type"] == got.headers["content-type"]
    assert looked.headers["content-length"] == got.headers["content-length"]
