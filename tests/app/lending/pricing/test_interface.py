"""Prices over the interface: the bank reads what a product costs a firm, and why."""

import pytest
from fastapi.testclient import TestClient

from tests.app.chain.limits.evaluator import check
from tests.app.conftest import Bearer

AT = "/api/v1/products"
CREDIT = f"{AT}/data-credit/price?firm=MILL&tenor_days=90"
PAPERS = f"{AT}/document-finance/price?firm=MILL&core=CORE1&tenor_days=90"


@pytest.mark.parametrize("url", [CREDIT, PAPERS])
def test_the_bank_reads_a_price_with_its_terms(
    client: TestClient, bearer: Bearer, url: str
) -> None:
    answer = client.get(url, headers=bearer("officer"))
    read = answer.json()

    assert (answer.status_code, read["as_of"], read["absent"]) == (200, "2026-06-30", None)
    assert check(read["derivation"]) > 20
    assert read["derivation"]["value"] == read["rate"]
    assert read["derivation"]["label"] == {"zh": "年利率", "en": "Rate a year"}
    assert read["policy"] in answer.headers["ETag"]
    again = client.get(url, headers=bearer("officer") | {"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_documents_are_at_the_price_of_the_core(client: TestClient, bearer: Bearer) -> None:
    who = bearer("risk")
    one, other = (
        client.get(f"{AT}/document-finance/price?firm={firm}&core=CORE1&tenor_days=90", headers=who)
        for firm in ("MILL", "PART")
    )

    assert one.json()["rate"] == other.json()["rate"]
    assert "operations_add" in one.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("nothing/price?firm=MILL&tenor_days=90", 404),
        ("data-credit/price?firm=NOBODY&tenor_days=90", 404),
        ("document-finance/price?firm=MILL&core=MILL&tenor_days=90", 404),
        ("document-finance/price?firm=MILL&tenor_days=90", 422),
        ("data-credit/price?firm=MILL&core=CORE1&tenor_days=90", 422),
        ("data-credit/price?firm=MILL", 422),
        ("data-credit/price?tenor_days=90", 422),
        ("data-credit/price?firm=MILL&tenor_days=0", 422),
        ("data-credit/price?firm=MILL&tenor_days=1.5", 422),
    ],
)
def test_what_is_not_there_or_malformed_is_told(
    client: TestClient, bearer: Bearer, query: str, status: int
) -> None:
    answer = client.get(f"{AT}/{query}", headers=bearer("risk"))

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_tenor_outside_the_product_breaks_its_rule(client: TestClient, bearer: Bearer) -> None:
    answer = client.get(CREDIT.replace("90", "1097"), headers=bearer("risk"))
    read = answer.json()

    assert (answer.status_code, read["code"], read["rule"]) == (409, "rule", "product.tenor")
    assert read["source"].startswith("data-credit-2015-01-01-")
    assert (read["zh"], read["en"]) == (
        "产品期限为 1 至 1096 天",
        "the product is for 1 to 1096 days",
    )


@pytest.mark.parametrize(("role", "own"), [("supplier", "MILL"), ("core", "CORE1")])
def test_prices_are_the_bank_s_to_read(
    client: TestClient, bearer: Bearer, role: str, own: str
) -> None:
    told = {
        (answer.status_code, answer.json()["detail"])
        for url in (
            CREDIT,
            CREDIT.replace("MILL", "NOBODY"),
            f"{AT}/none/price?firm=A&tenor_days=1",
        )
        for answer in [client.get(url, headers=bearer(role, own))]
    }

    assert len(told) == 1
    assert next(iter(told))[0] == 403
    assert client.get(CREDIT).status_code == 401
