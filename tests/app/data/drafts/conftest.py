"""Somebody signed in with a browser, and trials made in the process of the tests."""

import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.data.drafts import service
from app.data.imports import ingesting
from app.platform.auth import sessions, users
from app.platform.auth.principals import Role
from app.platform.deps import Resources
from ingestion import trial
from ingestion.descriptions.folders import SHIPPED
from ingestion.guess import guess
from ingestion.run import ImportJob
from ingestion.trial import Trial, TrialWishes
from tests.app.logins import add_user

SAMPLES = SHIPPED / "samples"
(TAX,) = (SAMPLES / "tax_bureau_workbook").iterdir()
Sent = tuple[str, bytes]


@dataclass
class Desk:
    """Pages as one user has them."""

    client: TestClient
    csrf: str = ""

    def page(self, address: str, status: int = 200) -> str:
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    def bring(self, *files: Sent, source: str = "", key: str = "") -> Response:
        sent = [("files", file) for file in files] or [("files", ("", b""))]
        fields = {"csrf": self.csrf, "source": source, "key": key}
        return self.client.post("/sources/new", data=fields, files=sent)

    def begun(self, *files: Sent, source: str = "tax_bureau_workbook") -> str:
        answer = self.bring(*(files or ((TAX.name, TAX.read_bytes()),)), source=source)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def send(self, address: str, **fields: str) -> Response:
        stamp = field(self.page(address), "stamp") if "?view=import" not in address else ""
        sent = {"csrf": self.csrf, "stamp": stamp, "act": "correct", **fields}
        return self.client.post(address.partition("?")[0], data=sent)

    def text(self, address: str) -> str:
        """Return the description of a draft as the page of its text has it."""
        page = self.page(f"{address}?view=text")
        found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
        assert found is not None
        return html.unescape(found[1])


def field(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, name
    return found[1]


@pytest.fixture(autouse=True)
def _tried_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try files without a child: one is started in the journeys."""

    def check(
        resources: Resources, source: str, paths: list[Path], wishes: TrialWishes, **_: Any
    ) -> Trial:
        job = ImportJob(resources.store, resources.home.absolute(), resources.now())
        return trial.check(source, paths, job=job, wishes=wishes)

    monkeypatch.setattr(service, "check_files", check)
    monkeypatch.setattr(ingesting, "guess", lambda paths, **_: guess(paths))


@pytest.fixture
def desk(client: TestClient) -> Desk:
    return desk_of(client, "risk")


def desk_of(client: TestClient, role: Role, name: str = "") -> Desk:
    """Return the pages of a new user, in a browser of their own."""
    resources = client.app.state.resources  # type: ignore[attr-defined]  # a FastAPI
    name = name or f"a {role}"
    now = resources.now()
    add_user(resources.records, name, "a long enough password", role=role, now=now)
    user = users.check_password(resources.records, name, "a long enough password")
    session = sessions.begin(resources.records, resources.settings.signing_key(), user, now=now)
    own = TestClient(client.app, raise_server_exceptions=False, follow_redirects=False)
    own.portal = client.portal  # One event loop: trials take turns in it.
    own.headers.update({"Accept": "text/html"})
    own.cookies.set("deeptier_language", "en")
    own.cookies.set(sessions.COOKIE, session.cookie)
    return Desk(own, field(own.get("/sources/new").text, "csrf"))
