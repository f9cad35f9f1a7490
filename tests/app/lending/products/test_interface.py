"""Products over the interface and by command."""

import json

import pytest
from fastapi.testclient import TestClient

from app.lending.products import cli
from app.platform.auth.principals import ROLES
from app.platform.config import Settings
from app.platform.deps import open_resources
from tests.app.conftest import NOW, Bearer

PRODUCTS = "/api/v1/products"
OF_THE_BANK = ("rate_add", "pd_max", "budget_fen", "source")
OWN = {"core": "CORE1", "supplier": "MILL"}


@pytest.mark.parametrize("role", ROLES)
def test_everybody_signed_in_reads_products_and_only_the_bank_its_appetite(
    client: TestClient, bearer: Bearer, role: str
) -> None:
    answer = client.get(PRODUCTS, headers=bearer(role, OWN.get(role)))
    read = answer.json()
    by_id = {each["id"]: each for each in read["items"]}
    credit = by_id["data-credit"]

    assert (answer.status_code, read["as_of"], read["next"]) == (200, "2026-06-30", None)
    assert [*by_id] == ["data-credit", "document-finance", "order-finance"]
    assert credit["labels"] == {"zh": "数据贷", "en": "Data credit"}
    assert (credit["path"], by_id["document-finance"]["path"]) == ("relation", "documents")
    assert (credit["amount_floor_fen"], credit["amount_cap_fen"]) == (100_000, 2_000_000_000)
    assert (credit["tenor_floor_days"], credit["tenor_cap_days"]) == (1, 1096)
    assert (credit["rate_floor"], credit["rate_cap"]) == ("0.02", "0.18")
    assert "discount" in by_id["document-finance"]["repayment"]
    told = {credit[name] for name in OF_THE_BANK} - {None}
    assert told == (set() if role in OWN else {"0", "0.079", credit["source"]})
    assert client.get(PRODUCTS).status_code == 401


def test_products_of_another_day_are_those_of_that_day(client: TestClient, bearer: Bearer) -> None:
    who = bearer("auditor")
    now = client.get(PRODUCTS, headers=who)

    again = client.get(PRODUCTS, headers=who | {"If-None-Match": now.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for wrong in ("yesterday", "2026-02-30", "20260630", ""):
        assert client.get(f"{PRODUCTS}?as_of={wrong}", headers=who).status_code == 422
    assert client.get(f"{PRODUCTS}?as_of=2014-12-31", headers=who).status_code == 404
    other = client.get(PRODUCTS, headers=bearer("supplier", "MILL"))
    assert other.headers["ETag"] != now.headers["ETag"]


def test_the_command_lists_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "open_resources", lambda: open_resources(settings, now=lambda: NOW))
    cli.products(as_json=True)
    read = json.loads(capsys.readouterr().out)
    cli.products()
    said = capsys.readouterr()

    assert read["items"][0]["id"] == "data-credit"
    assert read["items"][0]["budget_fen"] is None
    assert "document-finance  documents" in said.out
    assert "20,000,000.00  1 to 1096  0.02 to 0.18" in said.out
    assert "In force on 2026-06-30" in said.err
