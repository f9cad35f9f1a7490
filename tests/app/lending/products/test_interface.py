"""Products over the interface and by command; budgets in the book."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from app.books.business_day.closing import close_days
from app.books.ledger.reading import one_account
from app.chain.accounts.service import documents
from app.jobs.closing import STEPS
from app.jobs.tasks import TASKS
from app.lending.products import cli
from app.lending.products.book import SHIPPED
from app.platform.auth.principals import ROLES
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.policy.loader import SHIPPED as POLICIES
from tests.app.conftest import NOW, Bearer

PRODUCTS = "/api/v1/products"
OF_THE_BANK = ("rate_add", "pd_max", "budget_fen", "source")
OWN = {"core": "CORE1", "supplier": "MILL"}


def as_bank_says(folder: Path, **changes: Any) -> None:
    """Write a policy folder in which one product is as a test wants it."""
    folder.mkdir(exist_ok=True)
    (policy,) = POLICIES.glob("*.yml")
    (folder / policy.name).write_bytes(policy.read_bytes())
    read = yaml.safe_load((SHIPPED / "data-credit.yml").read_text(encoding="utf-8"))
    (folder / "products").mkdir(exist_ok=True)
    text = yaml.safe_dump(read | changes, allow_unicode=True)
    (folder / "products" / "a.yml").write_text(text, encoding="utf-8")


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


class TestProductsOfABank:
    """Products of a bank's own, beside its policies."""

    @pytest.fixture
    def policy(self, tmp_path: Path) -> Path:
        return tmp_path / "policy"

    @pytest.fixture
    def settings(self, home: Path, policy: Path) -> Settings:
        as_bank_says(policy)
        return Settings(home=home, policy=policy)

    def test_a_product_is_narrower_than_the_policy_never_wider(
        self, client: TestClient, bearer: Bearer, policy: Path
    ) -> None:
        for stated, cap in ((500_000, 500_000), (9_000_000_000, 2_000_000_000)):
            as_bank_says(policy, amount_cap_fen=stated)
            (item,) = client.get(PRODUCTS, headers=bearer("risk")).json()["items"]
            assert item["amount_cap_fen"] == cap

    def test_without_a_core_its_own_cap_holds(
        self, client: TestClient, bearer: Bearer, policy: Path
    ) -> None:
        as_bank_says(policy, path="own", amount_cap_fen=9_000_000_000, budget_fen=10_000_000_000)
        (item,) = client.get(PRODUCTS, headers=bearer("risk")).json()["items"]

        assert (item["amount_cap_fen"], item["budget_fen"]) == (9_000_000_000, 10_000_000_000)

    def test_a_file_that_cannot_be_used_is_told_and_nothing_guessed(
        self, client: TestClient, bearer: Bearer, policy: Path
    ) -> None:
        as_bank_says(policy, path="air")
        answer = client.get(PRODUCTS, headers=bearer("risk"))

        assert answer.status_code == 503
        assert client.get("/api/v1/business-day", headers=bearer("risk")).status_code == 200

    @pytest.fixture
    def resources(self, settings: Settings) -> Iterator[Resources]:
        with open_resources(settings, now=lambda: NOW) as resources:
            yield resources

    def total(self, resources: Resources) -> int | None:
        found = one_account(resources.records, "product:data-credit", NOW)
        return None if found is None else found.figures.total

    def test_a_budget_is_the_total_of_the_product_s_account(
        self, resources: Resources, policy: Path
    ) -> None:
        job = TASKS["budgets"]
        assert not job.due(resources)
        as_bank_says(policy, budget_fen=700_000)
        assert job.due(resources)
        assert job.work(resources, quietly) == "1 budgets"

        assert not job.due(resources)
        assert self.total(resources) == 700_000
        found = one_account(resources.records, "product:data-credit", NOW)
        (account,) = documents(resources, [found] if found else [])
        assert account["from"]["product"].startswith("data-credit-2015-01-01-")
        assert job.work(resources, quietly) == "0 budgets"

    def test_a_budget_moves_with_the_business_day(self, resources: Resources, policy: Path) -> None:
        as_bank_says(policy, budget_fen=700_000, to=dt.date(2026, 7, 1))
        TASKS["budgets"].work(resources, quietly)
        totals = []
        for _ in range(2):
            close_days(resources, None, STEPS, quietly)
            totals.append(self.total(resources))

        assert totals == [700_000, 0]  # In force on 1 July, the last day; not on the second.

    def test_files_that_cannot_be_used_are_no_job_of_every_minute(
        self, resources: Resources, policy: Path
    ) -> None:
        as_bank_says(policy, budget_fen="much")

        assert not TASKS["budgets"].due(resources)


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
