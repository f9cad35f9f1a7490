"""Products of a bank's own, beside its policies, and their budgets in the book."""

import datetime as dt
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
from app.lending.products.book import SHIPPED
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.web.areas import WORK
from app.policy.loader import SHIPPED as POLICIES
from tests.app.conftest import NOW, Bearer

PRODUCTS = "/api/v1/products"


def as_bank_says(folder: Path, **changes: Any) -> None:
    """Write a policy folder in which one product is as a test wants it."""
    folder.mkdir(exist_ok=True)
    (policy,) = POLICIES.glob("*.yml")
    (folder / policy.name).write_bytes(policy.read_bytes())
    read = yaml.safe_load((SHIPPED / "data-credit.yml").read_text(encoding="utf-8"))
    (folder / "products").mkdir(exist_ok=True)
    text = yaml.safe_dump(read | changes, allow_unicode=True)
    (folder / "products" / "a.yml").write_text(text, encoding="utf-8")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return tmp_path / "policy"


@pytest.fixture
def settings(home: Path, policy: Path) -> Settings:
    as_bank_says(policy)
    return Settings(home=home, policy=policy)


def test_a_product_is_narrower_than_the_policy_never_wider(
    client: TestClient, bearer: Bearer, policy: Path
) -> None:
    for stated, cap in ((500_000, 500_000), (9_000_000_000, 2_000_000_000)):
        as_bank_says(policy, amount_cap_fen=stated)
        (item,) = client.get(PRODUCTS, headers=bearer("risk")).json()["items"]
        assert item["amount_cap_fen"] == cap


def test_without_a_core_its_own_cap_holds(client: TestClient, bearer: Bearer, policy: Path) -> None:
    as_bank_says(policy, path="own", amount_cap_fen=9_000_000_000, budget_fen=10_000_000_000)
    (item,) = client.get(PRODUCTS, headers=bearer("risk")).json()["items"]

    assert (item["amount_cap_fen"], item["budget_fen"]) == (9_000_000_000, 10_000_000_000)


def test_a_file_that_cannot_be_used_is_told_and_nothing_guessed(
    client: TestClient, bearer: Bearer, policy: Path
) -> None:
    as_bank_says(policy, path="air")
    answer = client.get(PRODUCTS, headers=bearer("risk"))

    assert answer.status_code == 503
    assert client.get("/api/v1/business-day", headers=bearer("risk")).status_code == 200


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings, now=lambda: NOW) as resources:
        yield resources


def total(resources: Resources) -> int | None:
    found = one_account(resources.records, "product:data-credit", NOW)
    return None if found is None else found.figures.total


def test_a_budget_is_the_total_of_the_product_s_account(resources: Resources, policy: Path) -> None:
    job = TASKS["budgets"]
    assert not job.due(resources)
    as_bank_says(policy, budget_fen=700_000)
    assert job.due(resources)
    assert job.work(resources, quietly) == "1 budgets"

    assert not job.due(resources)
    assert total(resources) == 700_000
    found = one_account(resources.records, "product:data-credit", NOW)
    (account,) = documents(resources, [found] if found else [])
    assert account["from"]["product"].startswith("data-credit-2015-01-01-")
    assert job.work(resources, quietly) == "0 budgets"


def test_a_budget_moves_with_the_business_day(resources: Resources, policy: Path) -> None:
    as_bank_says(policy, budget_fen=700_000, to=dt.date(2026, 7, 1))
    TASKS["budgets"].work(resources, quietly)
    totals = []
    for _ in range(2):
        close_days(resources, None, STEPS, quietly)
        totals.append(total(resources))

    assert totals == [700_000, 0]  # In force on 1 July, the last day; not on the second.


def test_files_that_cannot_be_used_are_no_job_of_every_minute(
    resources: Resources, policy: Path
) -> None:
    as_bank_says(policy, budget_fen="much")

    assert not TASKS["budgets"].due(resources)


def test_the_page_of_the_account_names_the_product_s_version(
    client: TestClient, bearer: Bearer, policy: Path
) -> None:
    as_bank_says(policy, budget_fen=700_000)
    opened: Any = client.app
    TASKS["budgets"].work(opened.state.resources, quietly)
    who = bearer("risk") | {"Accept": "text/html"}
    shown = client.get(f"{WORK}/accounts/product:data-credit", headers=who).text

    assert "data-credit-2015-01-01-" in shown
    assert "None" not in shown
