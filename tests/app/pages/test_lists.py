"""Lists: columns to choose, files of what is shown, saved views."""

import csv
import io
import re
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.platform.views import repository
from tests.app.pages.conftest import Browser, token_of

LISTS = ["/cores", "/firms", "/chains/C1", "/stress/SCENARIO"]
FILES = {"/chains/C1": "/chains/C1/limits", "/stress/SCENARIO": "/stress/SCENARIO/losses"}


def head_of(text: str) -> list[str]:
    """Return the columns of a page's list, by the keys that they are sorted by."""
    table = text[text.index("<table data-list") :]
    return re.findall(r"[?;]sort=-?(\w+)", table[: table.index("</thead>")])


def rows_of(answer: Response) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.count(b"\n") == answer.content.count(b"\r\n")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("path", LISTS)
def test_columns_that_are_chosen_are_those_of_the_page_and_of_its_file(
    browser: Browser, scenario: str, path: str
) -> None:
    client = browser("risk", "en")
    here, file = (each.replace("SCENARIO", scenario) for each in (path, FILES.get(path, path)))
    usual = head_of(client.get(here).text)
    chosen = client.get(f"{here}?columns={usual[2]}&columns={usual[1]}").text
    address = f"{file}.csv?columns={'%2C'.join(usual[:3])}"

    assert head_of(chosen) == usual[:3]
    assert f'href="{address}"' in chosen
    assert len(rows_of(client.get(address))[0]) == 4
    assert head_of(client.get(f"{here}?columns=name").text) == ["name"]
    for others in ("", "nothing", ",".join(usual)):
        text = client.get(f"{here}?columns={others}").text
        assert head_of(text) == usual
        assert "columns=" not in text[text.index("data-list") :]


@pytest.mark.parametrize("path", LISTS)
def test_every_column_has_an_order_and_the_file_has_it_too(
    browser: Browser, scenario: str, path: str
) -> None:
    client = browser("risk", "en")
    here, file = (each.replace("SCENARIO", scenario) for each in (path, FILES.get(path, path)))
    for key in head_of(client.get(here).text):
        for sort in (key, f"-{key}"):
            text = client.get(f"{here}?sort={sort}").text
            shown = [part.split('"')[0] for part in text.split('<tr data-id="')[1:]]
            rows = rows_of(client.get(f"{file}.csv?sort={sort}"))[1:]

            word = "descending" if sort.startswith("-") else "ascending"
            assert f'aria-sort="{word}"' in text
            assert [row[0] for row in rows[: len(shown)]] == shown


def test_a_list_may_be_asked_by_the_short_name_of_its_text(browser: Browser) -> None:
    client = browser("risk", "en")

    short, long = (client.get(f"/firms?{name}=S1").text for name in ("q", "query"))
    assert head_of(short) == head_of(long)
    assert 'value="S1"' in short
    assert "query=S1" in short


def saved(client_text: str) -> list[str]:
    return [part.split('"')[0] for part in client_text.split("/views/")[1:] if "delete" in part]


def form_of(client: TestClient, here: str, **fields: str) -> dict[str, str]:
    text = client.get(here).text
    given = {"list": "cores", "path": "/cores", "query": "band=over&sort=name", "name": "over"}
    return {"csrf": token_of(text), **given, **fields}


def test_a_view_is_kept_and_opened_by_its_owner_only(browser: Browser) -> None:
    mine, other = browser("officer", "en"), browser("risk", "en")
    sent = form_of(mine, "/cores", query="band=over&sort=name&page=3&version=1&columns=name,limit")
    kept = mine.post("/views", data=sent)
    address = "/cores?band=over&sort=name&columns=name%2Climit"

    assert (kept.status_code, kept.headers["Location"]) == (303, f"{address}#cores")
    linked = address.replace("&", "&amp;")
    assert f'href="{linked}#cores" aria-current="true">over</a>' in mine.get(address).text
    assert f'href="{linked}#cores">over</a>' in mine.get("/views").text
    assert ">over</a>" not in other.get("/cores").text
    number = mine.get("/views").text.split("/views/")[1].split("/")[0]
    token = token_of(other.get("/views?").text + other.get("/cores").text)

    foreign = other.post(f"/views/{number}/delete", data={"csrf": token})
    unknown = other.post("/views/99999/delete", data={"csrf": token})
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert trace_out(foreign.text) == trace_out(unknown.text)
    for none in ("x", "-1", "9" * 30, quote("٣")):
        assert other.post(f"/views/{none}/delete", data={"csrf": token}).status_code == 404
    forged = mine.post(f"/views/{number}/delete", data={"csrf": token})
    assert forged.status_code == 403
    assert 'role="alert" data-code="csrf"' in forged.text
    gone = mine.post(f"/views/{number}/delete", data={"csrf": sent["csrf"]})
    assert (gone.status_code, gone.headers["Location"]) == (303, "/views")
    assert ">over</a>" not in mine.get("/views").text


def trace_out(text: str) -> str:
    """Return a page without what is its own each time: the trace id and the masked token."""
    start = text.index("<main")
    return text[start:].split("<code>", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"name": "  "}, "view_without_name", 422),
        ({"name": "n" * 81}, "view_without_name", 422),
        ({"name": "over\x1b[2J"}, "view_without_name", 422),
        ({"csrf": "made up"}, "view_of_other_session", 403),
    ],
)
def test_a_view_that_is_refused_says_why_and_keeps_what_was_typed(
    browser: Browser, changed: dict[str, str], code: str, status: int
) -> None:
    client = browser("officer", "en")

    answer = client.post("/views", data=form_of(client, "/cores", **changed))

    assert answer.status_code == status
    assert f'role="alert" id="refused" data-code="{code}"' in answer.text
    assert f'value="{changed.get("name", "over").strip()}"' in answer.text
    assert 'name="query" value="band=over&amp;sort=name"' in answer.text


def test_a_view_is_of_a_list_of_ours(browser: Browser) -> None:
    client = browser("officer", "en")

    for changed in (
        {"list": "users"}, {"path": "//evil.example"}, {"path": "/cores?x"}, {"query": "x" * 3000},
    ):  # fmt: skip
        sent = form_of(client, "/cores", **changed)
        assert client.post("/views", data=sent).status_code == 422


def test_only_so_many_views_are_kept_and_a_name_stands_once(
    browser: Browser, served: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser("admin", "en")
    monkeypatch.setattr(repository, "VIEWS_MAX", 2)
    for name in ("one", "one", "two"):
        assert client.post("/views", data=form_of(client, "/cores", name=name)).status_code == 303

    refused = client.post("/views", data=form_of(client, "/cores", name="three"))

    assert refused.status_code == 409
    assert 'data-code="too_many_views"' in refused.text
    assert 'value="three"' in refused.text
    assert refused.text.count("<tr data-id=") == 2


def test_a_core_keeps_views_of_its_own_chain(browser: Browser) -> None:
    client = browser("core", "zh")
    sent = form_of(client, "/chains/C1", list="limits", path="/chains/C1", query="sort=name")

    assert client.post("/views", data=sent).headers["Location"] == "/chains/C1?sort=name#limits"
    assert ">over</a>" in client.get("/chains/C1").text
