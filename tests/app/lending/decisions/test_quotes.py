"""Quotes over the interface: what would be lent, why, and what is outside a product."""

from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.platform.events.tables import AUDIT, events
from tests.app.chain.booked import ORDER as USE
from tests.app.chain.booked import account, resources_of, send, set_up
from tests.app.conftest import Bearer

AT = "/api/v1/quotes"
ORDER = {
    "core": "CORE1",
    "firm": "MILL",
    "product": "document-finance",
    "amount_fen": 2_000_000,
    "tenor_days": 90,
    "repayment": "bullet",
    "documents": [{"kind": "receivable", "number": "R1"}],
}


@pytest.fixture
def officer(client: TestClient, bearer: Bearer) -> dict[str, str]:
    set_up(resources_of(client))
    return bearer("officer")


def changes(client: TestClient) -> int:
    """Return how many events there are that tell of more than a request."""
    query = sa.select(sa.func.count()).where(events.c.operation != AUDIT)
    with resources_of(client).records.reading() as connection:
        return int(connection.scalar(query) or 0)


def codes(read: dict[str, Any]) -> list[str]:
    return [each["code"] for each in read["reasons"]]


def test_what_the_path_has_room_for_is_approved_with_rate_and_plan(
    client: TestClient, officer: dict[str, str]
) -> None:
    before = changes(client)
    answer = client.post(AT, json=ORDER, headers=officer)
    read = answer.json()

    assert changes(client) == before  # Nothing is kept.
    assert (answer.status_code, read["outcome"], read["amount_fen"]) == (200, "approved", 2_000_000)
    assert (read["authority"], read["level"], codes(read)) == ("machine", None, ["within"])
    assert (read["id"], len(read["inputs_hash"]), read["rate"]) == (None, 64, "0.025")
    row = {"n": 1, "due_on": "2026-09-28", "principal_fen": 2_000_000, "interest_fen": 12_500}
    assert read["schedule"]["items"] == [row | {"fees_fen": 0}]
    assert (read["schedule"]["fees"], read["schedule"]["total_fees_fen"]) == ([], 0)
    assert read["schedule"]["effective_rate"] == "0.0256"  # (1 + 12,500 / 2,000,000)^(365 / 90)
    assert account(client, officer, "chain:CORE1:MILL")["pending_fen"] == 0


def test_more_than_a_document_carries_is_a_smaller_offer(
    client: TestClient, officer: dict[str, str]
) -> None:
    read = client.post(AT, json=ORDER | {"amount_fen": 5_000_000}, headers=officer).json()

    assert (read["outcome"], read["amount_fen"]) == ("approved", 3_000_000)
    assert codes(read) == ["room.documents"]


def test_nothing_is_offered_on_the_rest_of_a_document_that_is_financed(
    client: TestClient, officer: dict[str, str]
) -> None:
    asked = {**USE, "documents": ORDER["documents"], "amount_fen": 1_000_000}
    assert send(client, officer, "/reservations", asked).status_code == 201

    read = client.post(AT, json=ORDER, headers=officer).json()

    assert account(client, officer, "receivable:R1")["available_fen"] == 2_000_000
    assert (read["outcome"], read["amount_fen"]) == ("declined", 0)
    assert codes(read) == ["room.documents", "product.floor"]


def test_without_a_document_none_is_lent_on_documents(
    client: TestClient, officer: dict[str, str]
) -> None:
    read = client.post(AT, json=ORDER | {"documents": []}, headers=officer).json()

    assert (read["outcome"], read["amount_fen"], read["schedule"]) == ("declined", 0, None)
    assert codes(read) == ["room.documents", "product.floor"]


def test_what_a_product_requires_is_told_with_what_to_do(
    client: TestClient, officer: dict[str, str]
) -> None:
    asked = ORDER | {"product": "order-finance", "documents": []}
    read = client.post(AT, json=asked, headers=officer).json()

    assert (read["outcome"], codes(read)[0]) == ("declined", "orders.delivered")
    assert "Show the orders" in read["reasons"][0]["en"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"amount_fen": 99_999}, "product.amount"),
        ({"amount_fen": 2_000_000_001}, "product.amount"),
        ({"tenor_days": 367}, "product.tenor"),
        ({"repayment": "equal_principal"}, "product.repayment"),
        ({"repayment": "bullet_monthly"}, "loan.terms"),
        ({"purpose": "equipment"}, "product.purpose"),
        ({"purpose": "dividends"}, "wc.use_forbidden"),
        ({"purpose": "financial_assets"}, "wc.use_forbidden"),
        ({"purpose": "fixed_assets"}, "wc.use_forbidden"),
        ({"purpose": "equity"}, "wc.use_forbidden"),
        ({"core": None}, "product.path"),
        ({"core": "own"}, "product.path"),
        ({"product": "data-credit"}, "product.documents"),
        ({"programme": "G1"}, "product.programme"),
        ({"documents": [{"kind": "receivable", "number": "NONE"}]}, "use.document"),
        ({"documents": [{"kind": "receivable", "number": "R1"}], "firm": "PART"}, "use.document"),
    ],
)
def test_what_is_outside_the_product_breaks_a_rule(
    client: TestClient, officer: dict[str, str], change: dict[str, Any], rule: str
) -> None:
    answer = client.post(AT, json=ORDER | change, headers=officer)

    assert (answer.status_code, answer.json()["code"]) == (409, "rule")
    assert answer.json()["rule"] == rule


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"product": "nothing"}, 404),
        ({"firm": "NOBODY"}, 404),
        ({"core": "MILL"}, 404),
        ({"amount_fen": 0}, 422),
        ({"amount_fen": 1.5}, 422),
        ({"amount_fen": "100"}, 422),
        ({"amount_fen": True}, 422),
        ({"amount_fen": 2**63}, 422),
        ({"tenor_days": None}, 422),
        ({"tenor_months": 3}, 422),
        ({"firm": None}, 422),
        ({"amout_fen": 1}, 422),
        ({"documents": [{"kind": "receivable", "number": "R1"}] * 2}, 422),
    ],
)
def test_what_is_not_there_or_malformed_is_told(
    client: TestClient, officer: dict[str, str], change: dict[str, Any], status: int
) -> None:
    answer = client.post(AT, json=ORDER | change, headers=officer)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_firm_asks_for_itself_and_no_other(
    client: TestClient, officer: dict[str, str], bearer: Bearer
) -> None:
    own = {name: value for name, value in ORDER.items() if name != "firm"}
    mill, part = bearer("supplier", "MILL"), bearer("supplier", "PART")
    told = [
        client.post(AT, json=ORDER | {"firm": firm}, headers=part).json() | {"instance": ""}
        for firm in ("MILL", "NOBODY")
    ]

    assert client.post(AT, json=own, headers=mill).json()["amount_fen"] == 2_000_000
    assert client.post(AT, json=own, headers=part).json()["rule"] == "use.document"
    assert {each["status"] for each in told} == {404}
    assert told[0]["detail"].replace("MILL", "NOBODY") == told[1]["detail"]
    assert client.post(AT, json=own | {"core": "CORE2"}, headers=mill).status_code == 404
    assert client.post(AT, json=ORDER, headers=bearer("risk")).status_code == 403
    assert client.post(AT, json=ORDER).status_code == 401
    assert officer
