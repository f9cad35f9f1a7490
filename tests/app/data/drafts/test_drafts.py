"""Drafts: whose they are, how many and how large, what is refused, and what becomes of the rest."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.data.drafts import repository
from app.main import create_app
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.lake.housekeeping import alone
from tests.app.conftest import NOW, Clock
from tests.app.data.drafts.conftest import TAX, Desk, desk_of

GOOD = ("a.csv", "方,日\n甲,2026-01-01\n".encode())


def drafts(home: Path) -> list[Path]:
    return sorted((home / "drafts").glob("*"))


def test_a_draft_is_its_owner_s_and_for_anybody_else_there_is_none(
    desk: Desk, client: TestClient
) -> None:
    mine = desk.begun()
    other = desk_of(client, "admin")

    theirs, nothing = (other.client.get(path) for path in (mine, f"/sources/new/{'0' * 32}"))

    assert (theirs.status_code, nothing.status_code) == (404, 404)
    assert other.client.get(f"{mine}/issues.csv").status_code == 404
    answer = other.client.post(mine, data={"csrf": other.csrf, "act": "discard"})
    assert answer.status_code == 404
    assert mine not in other.page("/sources")
    assert mine in desk.page("/sources")


def test_only_who_may_import_brings_files(client: TestClient, home: Path) -> None:
    officer = desk_of(client, "officer")

    assert officer.client.get("/sources").status_code == 403
    assert officer.bring(GOOD, source="cumcm").status_code == 403
    assert 'href="/sources"' not in officer.page("/cores")
    assert not drafts(home)


@pytest.mark.parametrize(
    ("files", "code", "said"),
    [
        ([], "draft_no_file", "Choose at least one file"),
        ([("a.csv", b"")], "draft_empty", "a.csv is empty (0 bytes)"),
        ([GOOD, GOOD], "draft_twice", "Two files are called a.csv"),
        ([("<script>alert(1)</script>.csv", b"x")], "draft_name", "&lt;script&gt;alert(1)"),
        ([("a\u202egpj.csv", b"x")], "draft_name", "a\ufffdgpj.csv"),
        ([("长" * 85 + ".csv", b"x")], "draft_name", "长长长…"),
        ([("../../etc/passwd", b"x")], "draft_name", "../../etc/passwd cannot be kept"),
    ],
)
def test_files_that_cannot_be_kept_are_told_kindly_and_nothing_is_kept(
    desk: Desk, home: Path, files: list[tuple[str, bytes]], code: str, said: str
) -> None:
    answer = desk.bring(*files)

    assert answer.status_code == 422
    assert f'data-code="{code}"' in answer.text
    assert said in answer.text
    assert not drafts(home)


def test_a_name_as_long_as_file_systems_take_is_kept(desk: Desk) -> None:
    name = "长" * 60 + ".csv"

    assert name in desk.page(desk.begun((name, GOOD[1])))


def test_so_many_and_so_large_are_kept_and_the_rest_is_refused(
    desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "BYTES_MAX", 100)
    large = desk.bring(("a.csv", b"x" * 101), source="cumcm")
    assert (large.status_code, 'data-code="draft_bytes"' in large.text) == (413, True)

    monkeypatch.setattr(repository, "DRAFTS_MAX", 2)
    first, _ = desk.begun(GOOD, source="cumcm"), desk.begun(GOOD, source="cumcm")
    third = desk.bring(GOOD, source="cumcm")
    assert (third.status_code, 'data-code="draft_too_many"' in third.text) == (409, True)

    assert desk.send(first, act="discard").headers["Location"] == "/sources"
    assert desk.bring(GOOD, source="cumcm").status_code == 303
    assert len(drafts(home)) == 2


def test_the_same_form_sent_twice_begins_once(desk: Desk, home: Path) -> None:
    first, second = (desk.bring(GOOD, source="cumcm", key="k") for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert len(drafts(home)) == 1


def test_other_files_take_the_place_of_all_or_none(desk: Desk) -> None:
    draft = desk.begun()

    refused = desk.client.post(
        draft,
        data={"csrf": desk.csrf, "act": "bring"},
        files=[("files", GOOD), ("files", ("b.csv", b""))],
    )
    assert (refused.status_code, 'data-code="draft_empty"' in refused.text) == (422, True)
    assert TAX.name in desk.page(draft)

    done = desk.client.post(
        draft, data={"csrf": desk.csrf, "act": "bring"}, files=[("files", GOOD)]
    )
    assert done.headers["Location"] == draft
    assert TAX.name not in desk.page(draft)
    assert "a.csv" in desk.page(draft)


def test_what_nobody_touched_for_long_and_what_a_kill_left_is_swept(home: Path) -> None:
    clock = Clock()
    with open_resources(Settings(home=home), now=clock) as resources:
        old, new = (
            repository.begin(resources, repository.Draft("", "a"), [], "schema: 1\n")
            for _ in range(2)
        )
        half = home / "drafts" / ".half-0123"
        half.mkdir()
        os.utime(half, (NOW.timestamp(), NOW.timestamp()))
        clock.moment = NOW + dt.timedelta(hours=23)
        repository.find(resources, new.token, "a")
        clock.moment = NOW + dt.timedelta(hours=25)

        assert [one.token for one in repository.drafts_of(resources, "a")] == [new.token]
        assert repository.sweep(resources) == 2
        assert [place.name for place in drafts(home)] == [new.token]
        assert old.token != new.token


def test_a_half_made_draft_is_none(desk: Desk, home: Path) -> None:
    draft = desk.begun()
    token = draft.rpartition("/")[2]
    shutil.copytree(home / "drafts" / token, home / "drafts" / ("1" * 32))
    (home / "drafts" / ("1" * 32) / "draft.json").write_text("{")

    assert desk.client.get(f"/sources/new/{'1' * 32}").status_code == 404
    assert desk.page("/sources").count('data-id="' + "1" * 32) == 0


def test_where_an_import_runs_a_page_says_so_and_asks_again(desk: Desk, home: Path) -> None:
    with alone(home / "lake"):
        draft = desk.begun()
        text = desk.page(draft)
        publish = desk.page(f"{draft}?view=import")

    assert "Another import or trial is running" in text
    assert 'data-busy="5"' in text
    assert "Another import or trial is running" in publish
    assert 'data-used="2"' in desk.page(draft)


def test_a_form_sent_after_the_session_ended_leads_back_to_its_draft(
    desk: Desk, client: TestClient
) -> None:
    draft = desk.begun()
    stranger = TestClient(client.app, follow_redirects=False)
    stranger.headers["Accept"] = "text/html"

    answer = stranger.post(draft, data={"act": "discard"})

    assert answer.headers["Location"].startswith(f"/sign-in?next={draft.replace('/', '%2F')}")
    assert desk.client.get(draft).status_code == 200


def test_the_draft_outlives_the_process(desk: Desk, settings: Settings) -> None:
    draft = desk.begun()
    app = create_app(settings, now=lambda: NOW)
    with TestClient(app, follow_redirects=False) as client:
        client.headers["Accept"] = "text/html"
        client.cookies = desk.client.cookies
        assert TAX.name in client.get(draft).text
