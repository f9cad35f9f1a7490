"""An id may hold any character, `/` and `%` too: routes and pages open it all the same."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, urljoin

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.chain.runs.refreshing import refresh_version
from app.main import create_app, rules_of
from app.platform import audit
from app.platform.auth.principals import Principal, Role
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.users.pages import start_of
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NOW
from tests.app.economy import write_files

API = "/api/v1"
# One id of every kind; the last is what the first would be if an escape were undone twice.
IDS = {
    "CORE1": "C/1",
    "CORE2": "核 心:2",
    "MILL": "A/B/trades",
    "PART": "a/../b?x=1#y",
    "ORE": "100%;&+'<b>",
    "SHOP": "C%2F1",
}
CORE, FIRM = IDS["CORE1"], IDS["MILL"]
QUERIES_MAX = 6
# What is read, not what is sent.
HREF = re.compile(
    r'(?:href|(?<!method="post" )action)="([^"]*)"'
)  # What is read, not what is sent.


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    home = tmp_path_factory.mktemp("ids") / "home"
    files = write_files(home.parent / "files")
    for file in files.iterdir():
        text = file.read_text(encoding="utf-8")
        for plain, odd in IDS.items():
            text = re.sub(rf"(?<![\w-]){plain}(?![\w-])", odd.replace("\\", r"\\"), text)
        file.write_text(text, encoding="utf-8")
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30))
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    app = create_app(Settings(home=home), now=lambda: NOW)
    yield app
    app.state.resources.close()


def client(app: FastAPI, role: Role, firm: str | None = None) -> TestClient:
    resources = app.state.resources
    key = resources.settings.signing_key()
    token = issue(resources.records, key, role=role, firm=firm, days=1, now=NOW)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(app, headers=headers, follow_redirects=False)


def segment(text: str) -> str:
    return quote(text, safe="")


@pytest.mark.parametrize("firm", IDS.values())
def test_the_interface_opens_a_firm_of_any_id(app: FastAPI, firm: str) -> None:
    risk = client(app, "risk")
    address = f"{API}/firms/{segment(firm)}"

    assert risk.get(address).json()["id"] == firm
    for path in (address, f"{address}/trades", f"{address}/limits"):
        assert risk.get(path).status_code == risk.head(path).status_code == 200, path
    assert all(
        firm in (each["supplier"], each["buyer"])
        for each in risk.get(f"{address}/trades").json()["items"]
    )


def test_every_route_with_a_core_or_firm_opens_them(app: FastAPI) -> None:
    risk = client(app, "risk")
    paths = [
        path
        for method, path in rules_of(app)
        if method == "GET" and set(re.findall(r"{(\w+)}", path)) & {"core", "firm"}
    ]

    assert len(paths) > 10
    for path in paths:
        address = path.replace("{core}", segment(CORE)).replace("{firm}", segment(FIRM))
        address = address.replace("{partner}", segment(CORE))
        assert risk.get(address).status_code == 200, address


def test_an_escape_is_undone_once(app: FastAPI) -> None:
    risk = client(app, "risk")

    assert risk.get(f"{API}/firms/C%2F1").json()["id"] == "C/1"
    assert risk.get(f"{API}/firms/C%252F1").json()["id"] == "C%2F1"
    assert risk.get(f"{API}/firms/C/1").status_code == 404
    assert risk.get("/api%2Fv1/firms").status_code == 404


def test_rules_compare_the_id_that_was_meant(app: FastAPI) -> None:
    core, supplier = client(app, "core", CORE), client(app, "supplier", FIRM)

    assert core.get(f"{API}/chains/C%2F1/limits").status_code == 200
    assert core.get(f"{API}/chains/C%252F1/limits").status_code == 403
    assert supplier.get(f"{API}/chains/C%2F1/limits/A%2FB%2Ftrades").status_code == 200
    assert supplier.get(f"{API}/firms/A%2FB%2Ftrades").status_code == 200
    assert supplier.get(f"{API}/firms/A%2FB/trades").status_code in (403, 404)


@pytest.mark.parametrize(("role", "firm"), [("risk", None), ("core", CORE), ("supplier", FIRM)])
def test_every_link_of_every_page_leads_somewhere(
    app: FastAPI, role: Role, firm: str | None
) -> None:
    browser = client(app, role, firm)
    browser.headers["Accept"] = "text/html"
    waiting, seen = [start_of(Principal("x", role, firm))], set()
    asked: Counter[str] = Counter()  # A list has a query for every choice of its facets.
    while waiting:
        address = waiting.pop()
        path = address.partition("?")[0]
        left_out = address.startswith(("/preferences", "/sign-out", "/static"))
        if left_out or address in seen or asked[path] >= QUERIES_MAX:
            continue
        asked[path] += 1
        seen.add(address)
        answer = browser.get(address)
        assert answer.status_code in (200, 303), address
        if answer.headers.get("content-type", "").startswith("text/html"):
            links = [unescape(link).partition("#")[0] for link in HREF.findall(answer.text)]
            waiting += [urljoin(address, link) for link in links]

    assert any("C%2F1" in address for address in seen)


def test_the_audit_names_the_path_that_was_asked(app: FastAPI) -> None:
    client(app, "supplier", FIRM).get(f"{API}/chains/C%2F1/limits/%E6%A0%B8%20%E5%BF%83%3A2%0A")
    row = audit.entries(app.state.resources.records, size=1)[0]

    assert row["action"] == f"GET {API}/chains/{{core}}/limits/{{firm}}"
    assert row["target"] == f"{API}/chains/C%2F1/limits/核 心:2%0A"


def test_figures_of_the_service_name_routes_not_ids(app: FastAPI) -> None:
    risk = client(app, "risk")
    for path in (f"/firms/{segment(FIRM)}", "/firms/a%2Fb%2Fc/limits", "/nowhere%2Fat-all"):
        risk.head(API + path)
    figures = risk.get("/metrics").text

    assert 'method="HEAD",route="/api/v1/firms/{firm}",status="200"' in figures
    assert "at-all" not in figures
    assert "A%2FB" not in figures


@pytest.mark.parametrize("sent", ["%00", "a%00b", "%FF", "%ED%A0%80", "%C0%AF"])
def test_what_no_text_stands_behind_is_not_found(app: FastAPI, sent: str) -> None:
    risk = client(app, "risk")
    paths = (f"{API}/firms/{sent}", f"/firms/{sent}", f"{API}/chains/{sent}/limits/{sent}")

    for path in (*paths, f"{API}/imports/{sent}", f"{API}/scenarios/{sent}/rounds/0", f"/{sent}"):
        answer = risk.get(path)
        assert answer.status_code == answer.json()["status"] == 404, path
