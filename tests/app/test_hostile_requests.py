"""Requests that nobody means well: each is refused as the interface says, none is a crash."""

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.data.imports.tables import imports
from app.main import create_app, rules_of
from app.platform import audit
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from tests.app.asking import answers
from tests.app.conftest import NOW
from tests.conftest import emptied
from tests.graph.effort import is_whole, some

API = "/api/v1"
PROBLEM = "application/problem+json"


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def app(
    request: pytest.FixtureRequest, kept_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FastAPI]:
    """Return the service with its records in either database; what it serves is the same."""
    home = Path(shutil.copytree(kept_home, tmp_path_factory.mktemp("hostile") / "home"))
    settings = Settings(home=home)
    if request.param == "postgres":  # Which has no run yet: limits are not found there.
        url = emptied(request.getfixturevalue("postgres_url"))
        settings = Settings(home=home, records_url=url)
    with closing_after(settings) as app:
        yield app


@pytest.fixture(scope="module")
def plain(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """Return the service over SQLite: what is refused by method or query alone reads no records."""
    home = Path(shutil.copytree(kept_home, tmp_path_factory.mktemp("plain") / "home"))
    with closing_after(Settings(home=home)) as app:
        yield app


@contextmanager
def closing_after(settings: Settings) -> Iterator[FastAPI]:
    app = create_app(settings, now=lambda: NOW)
    yield app
    app.state.imports.close()
    app.state.resources.close()


@pytest.fixture
def risk(app: FastAPI) -> TestClient:
    return risk_of(app)


def risk_of(app: FastAPI) -> TestClient:
    resources = app.state.resources
    key = resources.settings.signing_key()
    token = issue(resources.records, key, role="risk", firm=None, days=1, now=NOW)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(app, headers=headers, raise_server_exceptions=False, follow_redirects=False)


def problem(answer: Any, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == PROBLEM
    content = answer.json()
    assert content["status"] == answer.status_code
    assert "Traceback" not in answer.text
    return content


def sent(client: TestClient, path: str, body: bytes, **headers: str) -> Any:
    return client.post(path, content=body, headers={"Content-Type": "application/json", **headers})


TEXTS = {
    "nul": r"\u0000",
    "lone surrogate": r"\ud800",
    "second half first": r"\udc00\ud800",
    "nul inside": r"a\u0000b",
}
NO_JSON = {
    "nothing": b"",
    "broken": b"{",
    "deep": b"[" * 20_000,
    "deep names": b'{"a":' * 2_500 + b"1" + b"}" * 2_500,
    "long number": b'{"close":["MILL"],"version":' + b"9" * 10_000 + b"}",
    "no UTF-8": b'{"name":"\xff","password":"x"}',
    "surrogate bytes": b'{"name":"\xed\xa0\x80","password":"x","close":["\xed\xa0\x80"]}',
    "UTF-16": '{"name":"\\ud800","close":["\\ud800"]}'.encode("utf-16"),
    "a name twice": b'{"close":["MILL"],"close":["ORE"],"name":"a","name":"b","password":"x"}',
    "NaN": b'{"close":["MILL"],"version":NaN,"name":NaN,"password":"x"}',
    "Infinity": b'{"close":["MILL"],"version":-Infinity,"name":"x","password":Infinity}',
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a half name": rb'{"close":["MILL"],"\ud800":1,"name":"x","password":"y"}',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_that_cannot_be_kept_is_malformed_in_a_body(risk: TestClient, text: str) -> None:
    for path, body in (
        ("/session", f'{{"name":"{text}","password":"a long password"}}'),
        ("/session", f'{{"name":"lin","password":"{text}"}}'),
        ("/scenarios", f'{{"close":["MILL","{text}"]}}'),
        ("/scenarios", f'{{"close":["MILL"],"{text}":1}}'),
    ):
        assert problem(sent(risk, API + path, body.encode()), 422)["code"] == "malformed"


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
@pytest.mark.parametrize("path", ["/session", "/scenarios"])
def test_a_body_that_is_not_what_it_must_be_is_malformed(
    risk: TestClient, path: str, body: bytes
) -> None:
    assert problem(sent(risk, API + path, body), 422)["code"] == "malformed"


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/xml", "multipart/form-data", "application/json;", "\x7f/é"],
)
def test_another_kind_of_body_is_malformed(risk: TestClient, kind: str) -> None:
    good = b'{"close":["MILL"],"version":true}'
    for path in ("/scenarios", "/session"):
        answer = risk.post(
            API + path, content=good, headers={"Content-Type": kind.encode("latin-1")}
        )
        assert problem(answer, 415, 422)


def test_every_route_refuses_text_that_cannot_be_kept_in_its_query(
    plain: FastAPI,
) -> None:
    queries = ("query=%00", "cursor=a%FFb", "%ED%A0%80=x", "version=%00", "as_of=%00")
    calls = [
        (method, path.replace("{core}", "CORE1").replace("{firm}", "MILL") + f"?{query}")
        for at, (method, path) in enumerate(rules_of(plain))
        for query in (queries if is_whole() else queries[at % len(queries) :][:1])
    ]
    for call, answer in zip(calls, answers(risk_of(plain), calls), strict=True):
        assert answer.status_code in (401, 403, 422), call


CURSORS = (
    {"version": 1, "after": "\ud800"},
    {"version": 1, "after": "\0"},
    {"version": 2**70, "after": "A"},
    {"version": -1, "after": "A", "at": -1},
    {"version": 1, "at": 2**63},
    {"version": True, "after": "A"},
    {"version": 1.0, "at": 1},
    {"version": 1, "supplier": "\0", "buyer": "x"},
    {"before": -1},
    {"before": 2**63},
    {"run": "\0", "at": 0, "sort": "tier", "descending": False},
    {"run": "../..", "at": 0, "sort": "tier", "descending": False},
    {"run": "x", "at": 2**64, "sort": "\ud800", "descending": False},
    [],
    "x",
)
LISTS = (
    *("/cores", "/firms", "/firms/MILL/trades", "/firms/MILL/trades/CORE1/invoices"),
    *("/chains/CORE1", "/chains/CORE1/limits", "/sources"),
)


@pytest.mark.parametrize("place", CURSORS, ids=repr)
@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_made_by_hand_is_refused(risk: TestClient, path: str, place: Any) -> None:
    written = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")

    assert problem(risk.get(f"{API}{path}", params={"cursor": written}), 404, 422)


def test_a_cursor_past_the_end_is_an_empty_page(risk: TestClient) -> None:
    place = {"version": 1, "at": 2**63 - 1}
    written = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    answer = risk.get(f"{API}/chains/CORE1", params={"cursor": written.rstrip("=")})

    assert answer.json()["firms"] == []
    assert answer.json()["next"] is None


NUMBERS = ("-1", "0", "1e3", "0x10", "9223372036854775808", "9" * 5000, "1.5", "true", "")


@pytest.mark.parametrize("number", NUMBERS, ids=lambda text: text[:20])
def test_numbers_out_of_every_range_are_refused(risk: TestClient, number: str) -> None:
    for path, name in (
        ("/firms", "size"),
        ("/chains/CORE1", "tiers"),
        ("/chains/CORE1/graph", "tiers"),
    ):
        assert problem(risk.get(f"{API}{path}", params={name: number}), 422)
    assert problem(
        risk.get(f"{API}/scenarios/scenario-1-0123456789abcdef/rounds/{number}9"), 404, 422
    )
    assert problem(risk.get(f"{API}/firms", params={"version": number}), 404)


FILE = ("files", ("firms.csv", b"firm,name\nA,B\n", "text/csv"))


@pytest.mark.parametrize(
    "name",
    ["华" * 86 + ".csv", "a" * 252 + ".csv", "a\0b.csv", "../x.csv", "a/b.csv", "...", "", " .csv"],
    ids=lambda name: ascii(name)[:24],
)
def test_an_upload_whose_name_no_file_can_have_is_malformed(risk: TestClient, name: str) -> None:
    files = [("files", (name, b"firm,name\nA,B\n", "text/csv"))]

    assert problem(risk.post(f"{API}/imports", data={"source": "files"}, files=files), 422)


def test_an_upload_with_the_longest_name_that_a_file_can_have_is_taken(risk: TestClient) -> None:
    name = "华" * 83 + "ab.csv"
    files = [("files", (name, b"firm,name\nA,B\n", "text/csv"))]
    answer = risk.post(f"{API}/imports", data={"source": "files"}, files=files)

    assert len(name.encode()) == 255
    assert answer.status_code == 202
    assert answer.json()["files"] == [name]


@pytest.mark.parametrize(
    ("fields", "files"),
    [  # Fields, then files.
        ({"source": "files"}, []),
        ({"source": "files", "files": "text"}, []),
        ({}, [FILE]),
        ({}, [FILE, ("source", ("source.csv", b"files", "text/csv"))]),
        ({"source": "\0"}, [FILE]),
        ({"source": "no such"}, [FILE]),
        ({"source": "files", "as_of": "1767571200"}, [FILE]),
        ({"source": "files", "as_of": "tomorrow"}, [FILE]),
        ({"source": "files", "replace": "perhaps"}, [FILE]),
        ({"source": "files"}, [FILE, FILE]),
        ({"source": "files"}, [FILE] * 1100),
        ({f"n{n}": "x" for n in range(1100)}, [FILE]),
    ],
    ids=str,
)
def test_a_form_that_is_not_what_it_must_be_is_malformed(
    risk: TestClient, fields: dict[str, str], files: list[Any]
) -> None:
    assert problem(risk.post(f"{API}/imports", data=fields, files=files or None), 422)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        ),
        ("multipart/form-data; boundary=b", b"--b\r\nno header\r\n\r\n"),
        (
            "multipart/form-data; boundary=b; charset=utf-7",
            b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\n+2AA-\r\n--b--',
        ),
        (
            "multipart/form-data; boundary=b; charset=utf-7",
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="+2AA-"\r\n\r\nx\r\n--b--',
        ),
        (
            "multipart/form-data; boundary=b; charset=punycode",
            b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\n\xff\r\n--b--',
        ),
        ("application/x-www-form-urlencoded", b"source=%ED%A0%80&files=%00"),
        ("application/json", b'{"source": "files"}'),
        ("", b"source=files"),
    ],
)
def test_a_form_that_cannot_be_read_is_malformed(risk: TestClient, kind: str, body: bytes) -> None:
    assert problem(sent(risk, f"{API}/imports", body, **{"Content-Type": kind}), 422)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept-Language", "\xff\xfe;q=nan," * 500),
        ("Accept", "text/html;" * 2000),
        ("If-None-Match", '"' * 8000),
        ("If-None-Match", "\xff,,W/,*x"),
        ("Range", "bytes=-9999999999999999999999-"),
        ("Cookie", "deeptier_session=\xff; deeptier_language=\x7f; =;;;" * 50),
        ("X-Trace-Id", "a" * 5000),
        ("X-CSRF-Token", "\xff"),
        ("Host", "[::1"),
        ("Authorization", "Basic \xff"),
        ("Authorization", "Bearer \xff"),
        ("Authorization", "Bearer a.b.c"),
        ("Authorization", "bearer"),
        ("Content-Length", "-1"),
        ("Content-Length", "9" * 40),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_an_absurd_header_is_no_crash(risk: TestClient, name: str, value: str) -> None:
    for path in (f"{API}/firms", "/firms", f"{API}/chains/CORE1/limits/MILL", "/static/app.css"):
        answer = risk.get(path, headers={name: value.encode("latin-1")})
        assert answer.status_code in (200, 206, 303, 304, 400, 401, 404, 413, 416), (
            path,
            answer.text[:200],
        )


def test_allow_names_every_method_that_a_path_answers(plain: FastAPI) -> None:
    risk = risk_of(plain)
    known: dict[str, set[str]] = {}
    for method, path in rules_of(plain):
        known.setdefault(path, set()).add(method)
        if method == "GET":
            known[path].add("HEAD")
    every = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW")
    others = {path: [m for m in every if m not in known[path]] for path in known}
    calls = [(m, path) for path, tried in others.items() for m in some(tried)]
    for (method, path), answer in zip(calls, answers(risk, calls), strict=True):
        assert problem(answer, 405)["code"] == "method_not_allowed"
        assert set(answer.headers["allow"].split(", ")) == known[path], (method, path)
    assert risk.post("/static/app.css").headers["allow"] == "GET, HEAD"
    assert risk.post(f"{API}/openapi.json").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/nowhere", f"{API}/nowhere", f"{API}/cores/", f"{API}//cores"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE", "BREW"])
def test_an_unknown_path_is_not_found_by_any_method(
    risk: TestClient, method: str, path: str
) -> None:
    assert problem(risk.request(method, path), 404)["code"] == "not_found"


def test_the_description_is_open_to_head_as_to_get(app: FastAPI) -> None:
    client = TestClient(app)

    assert client.head(f"{API}/openapi.json").status_code == 200
    assert client.head(f"{API}/session").status_code == 401


def test_the_audit_keeps_whoever_and_whatever_was_refused(app: FastAPI, risk: TestClient) -> None:
    resources = app.state.resources
    key = resources.settings.signing_key()
    firm = "F" * 4000
    token = issue(resources.records, key, role="supplier", firm=firm, days=1, now=NOW)
    supplier = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    nobody = TestClient(app)

    assert supplier.get(f"{API}/firms/%E5%8D%8E%0A").status_code == 403
    assert nobody.get(f"{API}/%00%FF%0A/" + "x" * 5000).status_code == 401
    rows = audit.entries(resources.records, size=2)
    assert rows[0]["target"].startswith(f"{API}/%00%FF%0A/xxx")
    assert rows[1]["target"] == f"{API}/firms/华%0A"
    assert rows[1]["actor"].startswith("token:supplier:FFF")


def test_what_is_said_of_an_import_is_kept_whatever_text_its_files_hold(
    app: FastAPI, risk: TestClient
) -> None:
    name = risk.post(f"{API}/imports", data={"source": "files"}, files=[FILE]).json()["id"]
    records = app.state.resources.records
    with records.writing() as connection:
        change = sa.update(imports).where(imports.c["import"] == name)
        connection.execute(change.values(state="failed", detail="column 'a\0b\ud800' is unknown"))

    found = risk.get(f"{API}/imports/{name}").json()
    assert found["detail"] == r"column 'a\x00b\ud800' is unknown"
