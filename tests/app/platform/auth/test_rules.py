"""Who may see what: every role on every route, with its own and with somebody else's ids."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app, rules_of
from app.platform.auth.principals import ROLES
from app.platform.config import Settings

API = "/api/v1"
OWN = {"core": "CORE1", "supplier": "PART"}
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("GET", "/versions"): set(ROLES),
    ("GET", "/business-day"): set(ROLES),
    ("GET", "/rules"): set(ROLES),
    ("GET", "/products"): set(ROLES),
    ("GET", "/applications"): set(ROLES),
    ("POST", "/applications"): {"officer", "core", "supplier"},
    ("POST", "/applications/{application}/recommend"): {"officer"},
    ("POST", "/applications/{application}/decide"): {"officer"},
    ("POST", "/applications/{application}/return"): {"officer"},
    ("GET", "/notices"): set(ROLES),
    ("GET", "/requests"): set(ROLES),
    ("POST", "/requests"): {"core", "supplier"},
    ("POST", "/requests/{request_id}/withdraw"): {"core", "supplier"},
    ("POST", "/requests/{request_id}/decline"): {"core", "supplier"},
    ("GET", "/papers"): set(ROLES),
    ("POST", "/papers"): {"core", "supplier"},
    ("GET", "/papers/{paper}"): set(ROLES),
    ("GET", "/papers/{paper}/file"): set(ROLES),
    ("GET", "/papers/{paper}/preview"): set(ROLES),
    ("POST", "/papers/{paper}/withdraw"): {"core", "supplier"},
    ("POST", "/papers/{paper}/take"): {"officer"},
    ("POST", "/papers/{paper}/refuse"): {"officer"},
    ("GET", "/applications/{application}"): set(ROLES),
    ("GET", "/applications/{application}/claim"): set(ROLES) - {"core", "supplier"},
    ("POST", "/applications/{application}/claim"): {"officer"},
    ("POST", "/applications/{application}/release"): {"officer"},
    ("GET", "/applications/{application}/events"): set(ROLES),
    ("GET", "/applications/{application}/effect"): set(ROLES) - {"core", "supplier"},
    ("POST", "/applications/{application}/accept"): {"core", "supplier"},
    ("GET", "/applications/{application}/contract"): set(ROLES),
    ("GET", "/applications/{application}/contract.pdf"): set(ROLES),
    ("POST", "/applications/{application}/sign"): {"core", "supplier"},
    ("POST", "/applications/{application}/withdraw"): {"core", "supplier"},
    ("GET", "/products/{product}/plan"): set(ROLES),
    ("GET", "/products/{product}/price"): set(ROLES) - {"core", "supplier"},
    ("GET", "/decisions/{decision}"): set(ROLES),
    ("POST", "/decisions/{decision}/replay"): set(ROLES) - {"core", "supplier"},
    ("POST", "/quotes"): {"officer", "core", "supplier"},
    ("GET", "/approvals"): set(ROLES) - {"supplier"},
    ("GET", "/approvals/{approval}"): set(ROLES) - {"supplier"},
    ("POST", "/approvals/{approval}/approve"): {"officer", "admin", "core"},
    ("POST", "/approvals/{approval}/reject"): {"officer", "admin", "core"},
    ("GET", "/organisation/units"): set(ROLES) - {"core", "supplier"},
    ("GET", "/accounts"): set(ROLES) - {"core", "supplier"},
    ("GET", "/accounts/{account}"): set(ROLES),
    ("GET", "/accounts/{account}/events"): set(ROLES) - {"core", "supplier"},
    ("POST", "/accounts/{account}/freeze"): {"officer"},
    ("POST", "/accounts/{account}/unfreeze"): {"officer"},
    ("POST", "/reservations"): {"officer"},
    ("GET", "/reservations/{reservation}"): set(ROLES) - {"core", "supplier"},
    ("POST", "/reservations/{reservation}/post"): {"officer"},
    ("POST", "/reservations/{reservation}/void"): {"officer"},
    ("POST", "/uses/{use}/release"): {"officer"},
    ("GET", "/session"): set(ROLES),
    ("DELETE", "/session"): set(ROLES),
    ("GET", "/cores"): set(ROLES) - {"supplier"},
    ("GET", "/chains/{core}"): set(ROLES) - {"supplier"},
    ("GET", "/chains/{core}/tiers"): set(ROLES) - {"supplier"},
    ("GET", "/chains/{core}/graph"): set(ROLES) - {"supplier"},
    ("GET", "/chains/{core}/limits"): set(ROLES) - {"supplier"},
    ("GET", "/chains/{core}/limits/{firm}"): set(ROLES),
    ("GET", "/firms"): set(ROLES) - {"core", "supplier"},
    ("GET", "/firms/{firm}"): set(ROLES),
    ("GET", "/firms/{firm}/trades"): set(ROLES),
    ("GET", "/firms/{firm}/trades/{partner}/invoices"): set(ROLES),
    ("GET", "/firms/{firm}/limits"): set(ROLES),
    ("GET", "/exposures"): set(ROLES) - {"core", "supplier"},
    ("GET", "/portfolio"): set(ROLES) - {"core", "supplier"},
    ("POST", "/portfolio"): {"officer"},
    ("GET", "/groups"): set(ROLES) - {"core", "supplier"},
    ("GET", "/groups/{group}"): set(ROLES) - {"core", "supplier"},
    ("GET", "/scenarios/{scenario}"): set(ROLES) - {"core", "supplier"},
    ("GET", "/scenarios/{scenario}/attribution"): set(ROLES) - {"core", "supplier"},
    ("GET", "/scenarios/{scenario}/compare"): set(ROLES) - {"core", "supplier"},
    ("GET", "/scenarios/{scenario}/rounds"): set(ROLES) - {"core", "supplier"},
    ("GET", "/scenarios/{scenario}/rounds/{number}"): set(ROLES) - {"core", "supplier"},
    ("POST", "/scenarios"): {"risk", "officer", "admin"},
    ("POST", "/imports"): {"risk", "admin"},
    ("POST", "/records/{table}"): {"risk", "admin"},
    ("DELETE", "/records"): {"risk", "admin"},
    ("GET", "/imports/{name}"): set(ROLES) - {"core", "supplier"},
    ("GET", "/sources"): {"risk", "admin"},
    ("GET", "/sources/{name}"): {"risk", "admin"},
    ("PUT", "/sources/{name}"): {"risk", "admin"},
    ("POST", "/sources/check"): {"risk", "admin"},
    ("POST", "/sources/guess"): {"risk", "admin"},
    ("GET", "/audit"): {"auditor", "admin"},
    ("GET", "/receivables"): set(ROLES),
    ("GET", "/receivables/{receivable}"): set(ROLES),
    ("POST", "/receivables/confirm"): {"core", "officer"},
    ("POST", "/receivables/{receivable}/confirm"): {"core", "officer"},
    ("POST", "/receivables/{receivable}/dispute"): {"core"},
    ("POST", "/receivables/{receivable}/withdraw-dispute"): {"core"},
    ("POST", "/receivables/{receivable}/settle"): {"core"},
    ("GET", "/vouchers"): set(ROLES),
    ("GET", "/vouchers/{voucher}"): set(ROLES),
    ("GET", "/vouchers/{voucher}/tree"): set(ROLES),
    ("POST", "/vouchers"): {"core"},
    ("POST", "/vouchers/{voucher}/accept"): {"core", "supplier"},
    ("POST", "/vouchers/{voucher}/reject"): {"core", "supplier"},
    ("POST", "/vouchers/{voucher}/split"): {"core", "supplier"},
    ("POST", "/vouchers/{voucher}/pass"): {"core", "supplier"},
    ("POST", "/vouchers/{voucher}/cancel"): {"core"},
    ("POST", "/vouchers/{voucher}/dispute"): {"core"},
    ("POST", "/vouchers/{voucher}/settle"): {"core"},
    ("GET", "/loans"): set(ROLES),
    ("GET", "/loans/sums"): set(ROLES) - {"core", "supplier"},
    ("GET", "/loans/{loan}"): set(ROLES),
    ("GET", "/loans/{loan}/schedule"): set(ROLES),
    ("GET", "/loans/{loan}/events"): set(ROLES),
    ("PUT", "/firms/{firm}/account"): {"core", "supplier"},
    ("POST", "/applications/{application}/draw"): {"core", "supplier"},
    ("POST", "/loans"): {"officer"},
    ("POST", "/loans/{loan}/repayments"): {"officer", "core", "supplier"},
    ("POST", "/loans/{loan}/repayments/{n}/reverse"): {"officer"},
    ("POST", "/loans/{loan}/restructure"): {"officer"},
    ("POST", "/loans/{loan}/write-off"): {"officer"},
    ("POST", "/loans/{loan}/recover"): {"officer"},
    ("GET", "/session/mail"): set(ROLES),
    ("PUT", "/session/mail"): set(ROLES),
    ("POST", "/session/mail/confirm"): set(ROLES),
    ("GET", "/users"): {"admin"},
    ("PATCH", "/users/{name}"): {"admin"},
    ("DELETE", "/users/{name}/access"): {"admin"},
    ("GET", "/tokens"): {"admin"},
    ("DELETE", "/tokens/{token}"): {"admin"},
}
BY_THING = {
    "/accounts/{account}",
    "/decisions/{decision}",
}  # Whose it is shows when it is looked up: what is not theirs is not there.
DOCUMENTS = (
    "/receivables/",
    "/vouchers/",
    "/applications/",
    "/loans/{loan}",
    "/firms/{firm}/account",
    "/requests/",
    "/papers/",
)
PATHS = {key: key[1] for key in ALLOWED}


def routes() -> list[tuple[str, str]]:
    found = rules_of(create_app(Settings()))
    return sorted(
        (method, path.removeprefix(API))
        for method, path in found
        if path.startswith(f"{API}/") and (method, path) != ("POST", f"{API}/session")
    )


def filled(path: str, core: str, firm: str) -> str:
    values = {"core": core, "firm": firm, "number": "0"}
    return re.sub(r"{(\w+)}", lambda found: values.get(found[1], "none"), path)


def test_every_route_of_the_interface_stands_in_this_test() -> None:
    assert set(routes()) == set(ALLOWED)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_own_and_nobody_else_s(client: TestClient, bearer: Any, role: Any) -> None:
    headers = bearer(role, OWN.get(role))
    for (method, path), roles in ALLOWED.items():
        core = OWN["core"] if role in ("core", "supplier") else "CORE2"
        firm = OWN.get(role, "MILL")
        own = client.request(method, API + filled(path, core, firm), headers=headers)
        assert (own.status_code != 403) == (role in roles), (role, method, path)
        assert own.status_code != 401
        if path.startswith(DOCUMENTS) and role in roles:  # Whose it is stands in the thing.
            assert own.status_code in (404, 422), (role, method, path)
            continue
        somebodys = "{" in path and not any(each in path for each in ("{approval}", "{product}"))
        if role in ("core", "supplier") and somebodys:
            refused = 404 if path in BY_THING else 403
            other = client.request(method, API + filled(path, "CORE2", "MILL"), headers=headers)
            assert other.status_code == refused, (role, method, path)
            absent = client.request(method, API + filled(path, "NONE", "NONE"), headers=headers)
            assert absent.status_code == refused, "a refusal must not tell whether it is there"


def test_a_core_reads_limits_of_its_own_chain_only(client: TestClient, bearer: Any) -> None:
    headers = bearer("core", "CORE1")

    assert client.get(f"{API}/chains/CORE1/limits/MILL", headers=headers).status_code == 200
    assert client.get(f"{API}/chains/CORE2/limits/PART", headers=headers).status_code == 403
    assert [c["id"] for c in client.get(f"{API}/cores", headers=headers).json()["items"]] == [
        "CORE1"
    ]
    assert client.get(f"{API}/firms/MILL", headers=headers).status_code == 403


def test_a_supplier_reads_itself_in_any_chain_and_nothing_else(
    client: TestClient, bearer: Any
) -> None:
    headers = bearer("supplier", "PART")

    for core in ("CORE1", "CORE2"):
        assert client.get(f"{API}/chains/{core}/limits/PART", headers=headers).status_code == 200
    assert client.get(f"{API}/chains/CORE1/limits/MILL", headers=headers).status_code == 403
    assert client.get(f"{API}/chains/CORE1/limits", headers=headers).status_code == 403
    assert client.get(f"{API}/firms/PART/trades", headers=headers).status_code == 200


def test_a_supplier_reads_its_own_invoices_and_not_who_told_them(
    client: TestClient, bearer: Any
) -> None:
    headers = bearer("supplier", "MILL")
    path = f"{API}/firms/MILL/trades/CORE1/invoices"
    mine = client.get(path, headers=headers).json()["items"]
    bank = client.get(path, headers=bearer("risk")).json()["items"]

    assert len(mine) == 6
    assert mine == [each | {"source": None, "file": None, "line": None} for each in bank]
    for other in ("CORE1/trades/MILL", "PART/trades/CORE1", "NONE/trades/MILL"):
        assert client.get(f"{API}/firms/{other}/invoices", headers=headers).status_code == 403
    stranger, nobody = (
        client.get(f"{API}/firms/MILL/trades/{firm}/invoices", headers=headers).json()
        for firm in ("SHOP", "NOBODY")
    )
    assert stranger["detail"] == nobody["detail"].replace("NOBODY", "SHOP")


def test_without_a_token_every_route_says_401(client: TestClient) -> None:
    for method, path in sorted(ALLOWED):
        answer = client.request(
            method, API + filled(path, "NONE", "NONE") + "?version=x", content=b"{not json"
        )
        assert answer.status_code == 401, (method, path)
        assert answer.json()["code"] == "unauthenticated", (method, path)


def test_every_page_has_a_rule_as_well() -> None:
    assert all(rule.says for rule in rules_of(create_app(Settings())).values())
