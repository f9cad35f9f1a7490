"""Plans over the interface: what becomes due when, and what a product does not allow."""

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.platform.auth.principals import ROLES
from tests.app.conftest import Bearer

AT = "/api/v1/products"
OWN = {"core": "CORE1", "supplier": "MILL"}
ASKED = {"amount_fen": "10000000", "rate": "0.06", "repayment": "equal_principal"}


def plan(
    client: TestClient, who: dict[str, str], product: str = "data-credit", **asked: str
) -> Response:
    """Return the answer to a plan that is asked for, in seven months unless told."""
    query = ASKED | (asked if "tenor_days" in asked else {"tenor_months": "7"} | asked)
    return client.get(f"{AT}/{product}/plan", params=query, headers=who)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_signed_in_works_out_a_plan_that_sums(
    client: TestClient, bearer: Bearer, role: str
) -> None:
    answer = plan(client, bearer(role, OWN.get(role)))
    read = answer.json()

    assert (answer.status_code, read["drawn_on"]) == (200, "2026-06-30")
    assert [each["due_on"] for each in read["items"]][:2] == ["2026-07-30", "2026-08-30"]
    principal = [each["principal_fen"] for each in read["items"]]
    assert principal == [1_428_571] * 6 + [1_428_574]
    # 30 days of all, then 31 of 6 / 7 ...: half up of the sum so far, less what was before.
    assert [each["interest_fen"] for each in read["items"]][:2] == [50_000, 44_286]
    assert read["total_interest_fen"] == sum(each["interest_fen"] for each in read["items"])
    assert (read["amount_fen"], read["proceeds_fen"]) == (10_000_000, 10_000_000)


def test_a_discount_pays_out_less_and_has_one_row(client: TestClient, bearer: Bearer) -> None:
    """Face 123,456,789 at 3.6 % for 97 days pays out 122,259,258."""
    asked = {"amount_fen": "123456789", "rate": "0.036", "repayment": "discount"}
    read = plan(client, bearer("officer"), "document-finance", **asked, tenor_days="97").json()

    row = {"n": 1, "due_on": "2026-10-05", "principal_fen": 123_456_789, "interest_fen": 0}
    row["fees_fen"] = 0
    assert (read["proceeds_fen"], read["items"]) == (122_259_258, [row])


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"amount_fen": "1"}, "product.amount"),
        ({"amount_fen": str(2**63 - 1)}, "product.amount"),
        ({"repayment": "discount", "tenor_days": "90"}, "product.repayment"),
        ({"rate": "0.0001"}, "product.rate"),
        ({"rate": "0.99"}, "product.rate"),
        ({"tenor_months": "60"}, "product.tenor"),
        ({"tenor_days": "90"}, "loan.terms"),
    ],
)
def test_what_a_product_does_not_allow_is_refused_by_rule(
    client: TestClient, bearer: Bearer, asked: dict[str, str], rule: str
) -> None:
    answer = plan(client, bearer("supplier", "MILL"), **asked)
    read = answer.json()

    assert (answer.status_code, read["code"], read["rule"]) == (409, "rule", rule)
    assert read["zh"]
    assert read["en"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"product": "nothing"}, 404),
        ({"amount_fen": "0"}, 422),
        ({"amount_fen": "1.5"}, 422),
        ({"amount_fen": str(2**63)}, 422),
        ({"rate": "nan"}, 422),
        ({"rate": "1e3"}, 422),
        ({"rate": "-0.01"}, 422),
        ({"repayment": "never"}, 422),
        ({"tenor_months": "0"}, 422),
        ({"tenor_months": "361"}, 422),
    ],
)
def test_what_is_not_there_or_malformed_is_told(
    client: TestClient, bearer: Bearer, asked: dict[str, str], status: int
) -> None:
    answer = plan(client, bearer("risk"), **asked)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_nobody_reads_a_plan_without_signing_in(client: TestClient) -> None:
    assert plan(client, {}).status_code == 401
