"""Rules over the interface and on their page: for everybody who is signed in."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.platform.auth.principals import ROLES
from tests.app.conftest import Bearer

RULES = "/api/v1/rules"


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_is_signed_in_reads_the_rules(
    client: TestClient, bearer: Bearer, role: str
) -> None:
    firm = {"core": "CORE1", "supplier": "MILL"}.get(role)
    answer = client.get(RULES, headers=bearer(role, firm))

    rules = {each["id"]: each for each in answer.json()["items"]}
    assert rules["voucher.tenor.hard_days"] | {"source": ""} == {
        "id": "voucher.tenor.hard_days",
        "value": 365,
        "unit": "days",
        "from": "2025-06-15",
        "to": None,
        "source": "",
        "severity": "high",
        "action": "refuse",
        "label": {"zh": "凭证最长期限", "en": "Longest tenor of a voucher"},
    }
    assert rules["lex.interbank"]["value"] == {"usual": "0.25", "between_gsibs": "0.15"}
    assert client.get(RULES).status_code == 401


def test_rules_of_another_day_are_those_of_that_day(client: TestClient, bearer: Bearer) -> None:
    who = bearer("auditor")
    then = client.get(f"{RULES}?as_of=2020-01-01", headers=who).json()
    now = client.get(RULES, headers=who)

    names = {each["id"] for each in then["items"]}
    assert then["as_of"] == "2020-01-01"
    assert "lex.single_nonbank" in names
    assert "voucher.tenor.hard_days" not in names
    again = client.get(RULES, headers=who | {"If-None-Match": now.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for wrong in ("yesterday", "2026-02-30", "20260630", ""):
        assert client.get(f"{RULES}?as_of={wrong}", headers=who).status_code == 422
    for none in ("0167-07-06", "1990-01-01"):
        assert client.get(f"{RULES}?as_of={none}", headers=who).status_code == 404
        assert client.get(f"/rules?as_of={none}", headers=who).status_code == 404


def test_the_page_lists_the_rules_with_their_sources(client: TestClient, bearer: Bearer) -> None:
    who = bearer("supplier", "MILL") | {"Accept": "text/html"}
    for language, words in (("en", "Longest tenor of a voucher"), ("zh", "凭证最长期限")):
        client.cookies.set("deeptier_language", language)
        shown = client.get("/rules?as_of=2026-06-30&action=refuse", headers=who).text
        assert words in shown
        assert "365" in shown
        assert "art. 11" in shown
        assert 'data-id="voucher.tenor.soft_days"' not in shown  # It warns.
        assert re.search(r'aria-current="page"[^>]*>.*?(Rules|规则)', shown, re.DOTALL)
    assert client.get("/rules?as_of=never", headers=who).status_code == 422


def test_the_list_goes_as_a_file(client: TestClient, bearer: Bearer, tmp_path: Path) -> None:
    who = bearer("risk")
    client.cookies.set("deeptier_language", "en")
    lines = client.get("/rules.csv?as_of=2026-06-30", headers=who).text.splitlines()

    assert len(lines) == 1 + len(client.get(RULES, headers=who).json()["items"])
    assert any(line.startswith("bo.threshold,") and "25.0%" in line for line in lines)
    assert client.get("/rules.xlsx", headers=who).content.startswith(b"PK")
