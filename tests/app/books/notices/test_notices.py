"""Notices: a firm is told what became of what it asked for, once, and nobody else's."""

import pytest
from fastapi.testclient import TestClient

from app.books.business_day import business_day
from app.books.notices.tables import notices
from app.platform.deps import Resources
from app.platform.errors import Conflict
from tests.app.books.notices.telling import moved
from tests.app.conftest import Bearer

URL = "/api/v1/notices"


@pytest.fixture
def resources(client: TestClient) -> Resources:
    opened: Resources = client.app.state.resources  # type: ignore[attr-defined]
    business_day(opened)
    return opened


def kinds(client: TestClient, headers: dict[str, str], query: str = "") -> list[str]:
    return [each["kind"] for each in client.get(URL + query, headers=headers).json()["items"]]


def test_a_firm_reads_what_became_of_its_own_the_latest_first(
    client: TestClient, bearer: Bearer, resources: Resources
) -> None:
    moved(resources, "recommended", "returned", "expired")
    moved(resources, "declined", firm="PART")
    own = client.get(URL, headers=bearer("supplier", "MILL")).json()["items"]

    assert [each["kind"] for each in own] == ["application.expired", "application.returned"]
    assert own[1]["en"] == "Application returned"
    assert own[1]["zh"] == "申请退回"
    assert {each["subject"] for each in own} == {"application:A-MILL"}
    assert own[0]["number"] > own[1]["number"]
    assert kinds(client, bearer("core", "CORE1")) == []
    assert kinds(client, bearer("supplier", "MILL"), "?firm=PART") == []
    assert kinds(client, bearer("officer"), "?firm=PART") == ["application.declined"]
    assert len(kinds(client, bearer("officer"))) == 3
    assert client.get(URL).status_code == 401


def test_pages_follow_each_other(client: TestClient, bearer: Bearer, resources: Resources) -> None:
    moved(resources, "recommended", "returned", "assessing", "referred", "recommended", "declined")
    who = bearer("supplier", "MILL")
    first = client.get(f"{URL}?size=2", headers=who).json()
    rest = client.get(f"{URL}?size=2&cursor={first['next']}", headers=who).json()

    told = [each["kind"] for each in first["items"] + rest["items"]]
    assert told == ["application.declined", "application.referred", "application.returned"]
    assert rest["next"] is None


def test_nothing_is_told_that_did_not_happen(resources: Resources) -> None:
    with pytest.raises(Conflict):
        moved(resources, "declined", fails=True)
    with resources.records.reading() as connection:
        assert connection.execute(notices.select()).all() == []
