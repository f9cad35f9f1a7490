"""A bank that has just begun: what its first page asks for, and choosing cores by a page."""

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.chain.chains.cores import cores_of, decide_all
from app.data.imports.tables import imports
from app.main import create_app
from app.platform import audit
from app.platform.auth.principals import Role
from app.platform.config import Settings
from app.platform.job_runs.tables import job_runs
from graph.errors import NotFound
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NOW
from tests.app.logins import add_user
from tests.app.pages.conftest import PASSWORD, sign_in

FACTS = {
    "invoices.csv": "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind\n"
    "N1,2026-06-10,白云矿业有限公司,华东重工集团有限公司,100000,13000,113000,valid,blue\n"
    "N2,2026-06-11,青石铸造有限公司,华东重工集团有限公司,50000,6500,56500,valid,blue\n"
}


@pytest.fixture
def new_bank(tmp_path: Path) -> Iterator[TestClient]:
    """The service over a data folder in which there is nothing, its jobs stopped."""
    app = create_app(Settings(home=tmp_path / "home"), now=lambda: NOW)
    resources = app.state.resources
    for role in ("risk", "officer"):
        add_user(resources.records, role, PASSWORD, role=role, now=NOW)  # type: ignore[arg-type]
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    client.headers["Accept"] = "text/html"
    client.cookies.set("deeptier_language", "en")
    yield client
    resources.close()


def publish(client: TestClient, files: dict[str, str] = FACTS) -> None:
    resources = client.app.state.resources  # type: ignore[attr-defined]  # a FastAPI
    folder = resources.home.parent / "files"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    day = dt.date(2026, 6, 30)
    job = ImportJob(resources.store, resources.home, NOW, lambda *_: None, as_of=day)
    ingest("files", [folder], job=job)
    resources.forget()
    shutil.rmtree(folder)


def entered(client: TestClient, role: Role = "risk") -> TestClient:
    assert sign_in(client, role).status_code == 303
    return client


def ids(text: str) -> list[str]:
    return re.findall(r'<tr data-firm="([^"]+)"', text)


def csrf(text: str) -> str:
    found = re.search(
        r'action="/cores/choose"><input type="hidden" name="csrf" value="([^"]+)"', text
    )
    assert found is not None
    return found[1]


def ordered(client: TestClient) -> int:
    records = client.app.state.resources.records  # type: ignore[attr-defined]  # a FastAPI
    with records.reading() as connection:
        waits = sa.select(sa.func.count()).where(job_runs.c.job == "refresh")
        return int(connection.execute(waits).scalar_one())


def test_a_bank_without_data_is_led_to_bringing_files(new_bank: TestClient) -> None:
    client = entered(new_bank)
    text = client.get("/cores").text

    assert client.get("/", follow_redirects=False).headers["Location"] == "/cores"
    assert "No data yet" in text
    assert 'href="/sources/new"' in text
    assert new_bank.get("/cores/choose").status_code == 200
    assert new_bank.get("/cores?version=1").status_code == 404


def test_who_may_not_bring_files_is_told_who_goes_on(new_bank: TestClient) -> None:
    client = entered(new_bank, "officer")

    text = client.get("/cores").text

    assert "goes on from here" in text
    assert 'href="/sources/new"' not in text
    assert client.get("/cores/choose").status_code == 403
    assert client.post("/cores/choose", data={"shown": "X"}).status_code == 403


def test_cores_are_chosen_by_a_page_and_limits_ordered(new_bank: TestClient) -> None:
    publish(new_bank)
    client = entered(new_bank)
    assert 'href="/cores/choose"' in client.get("/cores").text
    page = client.get("/cores/choose").text
    likely, *others = ids(page)

    sent = {"csrf": csrf(page), "shown": [likely, *others], "core": [likely]}
    answer = client.post("/cores/choose", data=sent)

    resources = client.app.state.resources  # type: ignore[attr-defined]  # a FastAPI
    assert answer.headers["Location"] == "/cores"
    assert "华东重工集团有限公司" in page.partition(likely)[2][:300]
    assert cores_of(resources, 1) == [likely]
    assert ordered(client) == 1
    assert "being computed" in client.get("/cores").text
    said = [str(row["target"]) for row in audit.entries(resources.records)]
    assert any(f"core: {likely}" in each for each in said)
    page = client.get("/cores/choose").text
    client.post("/cores/choose", data={"csrf": csrf(page), "shown": [likely, *others]})
    assert cores_of(resources, 1) == []


def test_a_choice_without_the_session_s_word_changes_nothing(new_bank: TestClient) -> None:
    publish(new_bank)
    client = entered(new_bank)
    firms = ids(client.get("/cores/choose").text)

    answer = client.post("/cores/choose", data={"shown": firms, "core": firms})

    assert answer.status_code == 403
    assert cores_of(client.app.state.resources, 1) == []  # type: ignore[attr-defined]  # a FastAPI


def test_of_a_choice_with_a_firm_that_is_none_nothing_is_kept(new_bank: TestClient) -> None:
    publish(new_bank)
    client = entered(new_bank)
    resources = client.app.state.resources  # type: ignore[attr-defined]  # a FastAPI
    page = client.get("/cores/choose").text
    firms = [*ids(page), "NOBODY"]

    answer = client.post("/cores/choose", data={"csrf": csrf(page), "shown": firms, "core": firms})

    assert answer.status_code == 404
    assert cores_of(resources, 1) == []
    assert ordered(client) == 0
    with pytest.raises(NotFound):
        decide_all(resources, {ids(page)[0]: True, "NOBODY": True}, by="somebody")
    assert cores_of(resources, 1) == []


def test_a_choice_of_more_firms_than_the_page_shows_is_refused_whole(new_bank: TestClient) -> None:
    publish(new_bank)
    client = entered(new_bank)
    page = client.get("/cores/choose").text
    sent = {"csrf": csrf(page), "shown": ids(page) * 60, "core": ids(page)}

    answer = client.post("/cores/choose", data=sent)

    assert answer.status_code == 422
    assert cores_of(client.app.state.resources, 1) == []  # type: ignore[attr-defined]  # a FastAPI


def test_limits_that_could_not_be_computed_say_why_and_are_asked_for_again(
    new_bank: TestClient,
) -> None:
    publish(new_bank)
    client = entered(new_bank)
    resources = client.app.state.resources  # type: ignore[attr-defined]  # a FastAPI
    decide_all(resources, {ids(client.get("/cores/choose").text)[0]: True}, by="somebody")
    nobody_asked = client.get("/cores").text
    failed = {"job": "refresh", "state": "failed", "by": "a test", "started_at": NOW}
    with resources.records.writing() as connection:
        connection.execute(job_runs.insert().values(failed | {"detail": "the disk is full"}))

    page = client.get("/cores").text
    asked = client.post("/cores/choose", data={"csrf": csrf_of_button(page)})

    assert "No limits yet" in nobody_asked
    assert "the disk is full" in page
    assert 'content="4"' not in page  # It does not load itself again.
    assert asked.headers["Location"] == "/cores"
    assert "being computed" in client.get("/cores").text


def csrf_of_button(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)">Compute', text)
    assert found is not None
    return found[1]


def test_an_import_without_a_core_does_not_say_that_limits_are_under_way(
    new_bank: TestClient,
) -> None:
    publish(new_bank)
    client = entered(new_bank)
    resources = client.app.state.resources  # type: ignore[attr-defined]  # a FastAPI
    row = {"import": "a1", "source": "files", "files": ["a.csv"], "by": "risk", "created_at": NOW}
    outcome = {"version": 1, "as_of": "2026-06-30", "published": True, "rows": 2, "used": 2}
    outcome |= {"set_aside": {}, "firms": 3, "trades": 2}
    row |= {"state": "done", "outcome": outcome, "as_of": None, "replace": False}
    with resources.records.writing() as connection:
        connection.execute(imports.insert().values(row))

    page = client.get("/imports/a1").text

    assert 'href="/cores/choose"' in page
    assert "data-waits" not in page
    assert 'class="now"' not in page
