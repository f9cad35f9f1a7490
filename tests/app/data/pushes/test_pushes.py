"""Records that other systems push: judged, kept, published once or dropped."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.data.pushes import service
from app.main import create_app
from app.platform.config import Settings
from graph.testing.waiting import until
from tests.app.conftest import NOW

RECORDS, IMPORTS = "/api/v1/records", "/api/v1/imports"
PUSHED = "schema: 1\nowner: risk@bank.example\npushed: true\nids_shared: true\n"
GOOD = {
    "number": "N1",
    "issued_on": "2026-07-10",
    "seller": "ORE",
    "buyer": "CORE2",
    "amount_yuan": 100000,
    "tax_yuan": 13000.0,
}


def lines(*rows: Mapping[str, Any] | str | bytes) -> bytes:
    """Return the body of a push."""
    texts = [row if isinstance(row, str | bytes) else json.dumps(row) for row in rows]
    return b"\n".join(text if isinstance(text, bytes) else text.encode() for text in texts)


@pytest.fixture(autouse=True)
def described(settings: Settings) -> None:
    folder = settings.home / "sources"
    folder.mkdir()
    (folder / "core_system.yml").write_text(PUSHED, encoding="utf-8")
    (folder / "broken.yml").write_text("schema: 1\npushde: true\n", encoding="utf-8")


class Feed:
    """Who pushes records."""

    def __init__(self, client: TestClient, headers: Mapping[str, str]) -> None:
        self.client = client
        self.headers = headers
        self.count = 0
        self.headers_of: Any = None

    def push(self, *rows: Any, table: str = "invoices", key: str | None = None) -> Any:
        self.count += 1
        headers = {**self.headers, "Idempotency-Key": key or f"key-{self.count}"}
        place = f"{RECORDS}/{table}?source=core_system"
        return self.client.post(place, content=lines(*rows), headers=headers)

    def publish(self, **more: Any) -> Any:
        body = {"source": "core_system", **more}
        return self.client.post(IMPORTS, json=body, headers=self.headers)

    def published(self, **more: Any) -> Any:
        answer = self.publish(**more)
        assert answer.status_code == 202, answer.text

        def ended() -> Any:
            row = self.client.get(answer.headers["location"], headers=self.headers).json()
            return row if row["state"] in ("done", "failed") else None

        return until(ended)

    def drop(self) -> Any:
        return self.client.delete(f"{RECORDS}?source=core_system", headers=self.headers)

    def files(self) -> list[str]:
        home = self.client.app.state.resources.home  # type: ignore[attr-defined]
        return [path.name for path in (home / "staged").rglob("*.ndjson")]


@pytest.fixture
def feed(client: TestClient, bearer: Any) -> Feed:
    found = Feed(client, bearer("risk"))
    found.headers_of = bearer
    return found


def test_what_is_pushed_is_told_line_by_line_and_kept_until_it_is_published(feed: Feed) -> None:
    first = feed.push(GOOD, GOOD | {"number": "N2", "amount_yuan": "1.005"}, "", "nothing")
    second = feed.push(GOOD | {"number": "N3"}, GOOD | {"number": "N3"})

    assert first.status_code == 201
    assert first.json() == {
        "batch": first.json()["batch"],
        "rows": 3,
        "accepted": 1,
        "set_aside": {"bad_amount": 1, "unreadable": 1},
        "lines": [
            {"line": 2, "column": "amount_yuan", "reason": "bad_amount", "why": None},
            {"line": 4, "column": "", "reason": "unreadable", "why": "is no JSON"},
        ],
        "left": 0,
        "staged": 1,
    }
    assert second.json()["set_aside"] == {"duplicate": 1}
    assert second.json()["staged"] == 2
    assert len(feed.files()) == 2

    ended = feed.published()

    assert ended["state"] == "done", ended
    assert ended["files"] == [first.json()["batch"], second.json()["batch"]]
    assert (ended["outcome"]["rows"], ended["outcome"]["used"]) == (3, 2)
    assert ended["outcome"]["set_aside"] == {"duplicate": 1}
    assert ended["outcome"]["version"] == 2
    until(lambda: not feed.files())  # They go once the end of the import is kept.
    assert feed.publish().status_code == 409
    late = feed.push(GOOD | {"number": "N3"}, GOOD | {"number": "N3"}, key="key-2")
    assert (late.headers["idempotent-replay"], late.json()) == ("true", second.json())
    assert feed.files() == []


def test_the_same_push_under_its_key_counts_once(feed: Feed) -> None:
    first = feed.push(GOOD, key="once")
    again = feed.push(GOOD, key="once")
    other = feed.push(GOOD | {"number": "N2"}, key="once")
    elsewhere = feed.push(GOOD, table="orders", key="once")

    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "key_reused")
    assert len(feed.files()) == 1


def test_a_push_without_a_key_is_refused(feed: Feed) -> None:
    keys: list[Any] = [None, "", "two words", "a" * 129, "schlüssel".encode("latin-1")]
    place = f"{RECORDS}/invoices?source=core_system"
    for key in keys:
        headers = {**feed.headers} if key is None else {**feed.headers, "Idempotency-Key": key}

        answer = feed.client.post(place, content=lines(GOOD), headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (422, "key_required"), key


@pytest.mark.slow
def test_a_refused_import_leaves_what_is_staged_and_the_next_one_publishes_it(feed: Feed) -> None:
    other = {"firm": "MILL", "name": "南浦汽车有限公司"}
    feed.push(GOOD)
    feed.push(other, {"firm": "PART", "name": "北川电子有限公司"}, table="firms")

    refused = feed.published()

    assert refused["state"] == "failed"
    assert "2 of 2 firms that stand already are others here" in refused["detail"]
    assert len(feed.files()) == 2
    assert len(feed.client.get("/api/v1/versions", headers=feed.headers).json()["items"]) == 1

    assert feed.drop().json() == {"source": "core_system", "batches": 2, "rows": 3, "staged": 0}
    feed.push(GOOD | {"number": "N9"})
    assert feed.published()["outcome"]["used"] == 1


@pytest.mark.slow
def test_tables_pushed_in_several_batches_are_one_import_and_later_rows_replace_earlier_ones(
    feed: Feed,
) -> None:
    due = {"number": "R1", "seller": "ORE", "buyer": "CORE2", "issued_on": "2026-07-10",
           "due_on": "2026-10-10"}  # fmt: skip
    feed.push(due | {"amount_fen": 100}, table="receivables")
    feed.push(GOOD)
    feed.push(due | {"amount_fen": 250}, table="receivables")

    ended = feed.published()

    assert ended["outcome"]["set_aside"] == {"replaced": 1}
    store = feed.client.app.state.resources.store  # type: ignore[attr-defined]
    rows = {row["number"]: row for row in store.reader().columns("receivables").to_pylist()}
    assert rows["R1"]["amount_fen"] == 250


FAULTS: Sequence[tuple[str, Any, str, str]] = [
    ("no object", "[1]", "", "unreadable"),
    ("a number", "1", "", "unreadable"),
    ("an unknown column", {"nubmer": 1}, "nubmer", "unknown_column"),
    ("money without a unit", {"amount": 1}, "amount", "unknown_column"),
    ("an object in a cell", {"number": {"a": 1}}, "number", "unreadable"),
    ("a list in a cell", {"number": [1]}, "number", "unreadable"),
    ("yes for a number", GOOD | {"number": True}, "number", "unreadable"),
    ("no figure", '{"amount_fen":NaN}', "", "unreadable"),
    ("endless", '{"amount_fen":1e400}', "number", "missing"),
    ("a name twice", '{"number":"a","number":"b"}', "number", "unreadable"),
    ("two names of a column", {"amount_fen": 1, "amount_yuan": 1}, "amount_yuan", "unreadable"),
    ("a NUL", r'{"number":"a\u0000"}', "number", "unreadable"),
    ("half a character", r'{"number":"\ud800"}', "number", "unreadable"),
    ("half a character in a name", r'{"\ud800":1}', r"\ud800", "unknown_column"),
    ("depth", "[" * 100_000, "", "unreadable"),
    ("deep objects", '{"number":' * 9_000 + "1" + "}" * 9_000, "", "unreadable"),
    ("bytes that are no text", b'{"number":"\xff"}', "", "unreadable"),
    ("nothing", {}, "number", "missing"),
    ("no day", GOOD | {"issued_on": "soon"}, "issued_on", "bad_date"),
    ("a status", GOOD | {"status": "gone"}, "status", "unknown_status"),
    ("another currency", GOOD | {"currency": "USD"}, "currency", "left_out"),
    ("tomorrow", GOOD | {"issued_on": "2026-07-16"}, "issued_on", "future"),
    ("a total of its own", GOOD | {"total_yuan": 1}, "total_fen", "total_differs"),
    ("a filler", GOOD | {"seller": "N/A"}, "seller", "placeholder"),
    ("a trade with itself", GOOD | {"seller": "CORE2"}, "buyer", "self_trade"),
    ("void", GOOD | {"status": "void"}, "status", "void"),
]


def test_what_is_wrong_with_a_line_is_told_by_line_and_column_and_never_breaks_others(
    feed: Feed,
) -> None:
    answer = feed.push(*(row for _, row, *_ in FAULTS), GOOD)
    told = {each["line"]: each for each in answer.json()["lines"]}

    assert answer.status_code == 201
    for number, (name, _, column, reason) in enumerate(FAULTS, start=1):
        assert (told[number]["column"], told[number]["reason"]) == (column, reason), name
    assert answer.json()["accepted"] == 1
    assert answer.json()["rows"] == len(FAULTS) + 1


def test_money_in_both_units_and_chinese_names_may_follow_each_other(feed: Feed) -> None:
    chinese = {"发票号码": "N2", "开票日期": "2026/7/10", "销方": "ORE", "购方": "CORE2", "金额": 1}
    in_fen = {**{k: v for k, v in GOOD.items() if "yuan" not in k}, "number": "N3"}

    answer = feed.push(GOOD, in_fen | {"amount_fen": 7}, GOOD | {"number": "N4"}, chinese)

    assert answer.json()["accepted"] == 4, answer.json()


def test_what_says_a_wrong_line_again_is_not_kept_either(feed: Feed) -> None:
    answer = feed.push({}, {}, GOOD | {"amount_yuan": "x"}, GOOD | {"amount_yuan": "x"}).json()

    assert answer["set_aside"] == {"bad_amount": 1, "duplicate": 2, "missing": 1}
    assert (answer["accepted"], feed.files()) == (0, [])


def test_only_the_first_thousand_lines_are_listed(feed: Feed) -> None:
    answer = feed.push(*["x"] * 1_500).json()

    assert (len(answer["lines"]), answer["left"]) == (1000, 500)
    assert (answer["rows"], answer["accepted"], answer["staged"]) == (1500, 0, 0)
    assert feed.files() == []


NOWHERE = [
    ("/invoces?source=core_system", 404, "no table 'invoces'; did you mean invoices"),
    ("/invoices?source=core_sytem", 422, "did you mean core_system"),
    ("/invoices?source=files", 422, "pushed: true"),
    ("/invoices?source=broken", 422, "broken.yml: line 2: unknown key pushde"),
    ("/invoices?source=..%2Fsecret", 422, "no source"),
    ("/invoices", 422, "source"),
]


def test_a_push_to_nowhere_is_refused_before_its_body_is_read(feed: Feed) -> None:
    headers = {**feed.headers, "Idempotency-Key": "k"}
    for place, status, said in NOWHERE:
        answer = feed.client.post(f"{RECORDS}{place}", content=lines(GOOD), headers=headers)

        assert answer.status_code == status, answer.text
        assert said in answer.text
    assert feed.files() == []


def test_an_empty_push_and_one_that_is_too_large_are_refused(feed: Feed) -> None:
    empty = feed.push("", " ")
    large = feed.push("x" * 2**24 + "x")
    many = feed.push(b"{}\n" * 200_001)

    assert (empty.status_code, large.status_code, many.status_code) == (422, 413, 422)
    assert "no record" in empty.json()["detail"]
    assert "200000 records" in many.json()["detail"]
    assert feed.files() == []


def test_no_more_is_staged_than_the_settings_say(
    settings: Settings, bearer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MIB", 200)  # So that a MiB is reached with two lines.
    with TestClient(
        create_app(settings.model_copy(update={"staged_mib": 1}), now=lambda: NOW)
    ) as c:
        feed = Feed(c, bearer("risk"))
        first, second = feed.push(GOOD, key="a"), feed.push(GOOD | {"number": "N2"}, key="b")
        feed.drop()
        again = feed.push(GOOD | {"number": "N2"}, key="b")

    assert (first.status_code, second.status_code) == (201, 409)
    assert "publish or drop them first" in second.json()["detail"]
    assert again.status_code == 201


NOT_STAGED: list[tuple[Any, str]] = [
    ({"source": "files"}, "hand them in"),
    ({"source": "nowhere"}, "no source"),
    ({"source": "core_system", "sorce": 1}, "sorce"),
    ({}, "source"),
    ([], "body"),
    ({"source": "core_system", "as_of": "soon"}, "as_of"),
]


def test_an_import_by_name_of_what_has_nothing_staged_is_refused(feed: Feed) -> None:
    for body, said in NOT_STAGED:
        answer = feed.client.post(IMPORTS, json=body, headers=feed.headers)

        assert answer.status_code == 422, answer.text
        assert said in answer.text
    assert feed.publish().status_code == 409


def test_who_may_not_import_may_not_push_or_drop(client: TestClient, bearer: Any) -> None:
    for role, firm in (
        ("officer", None),
        ("auditor", None),
        ("core", "CORE1"),
        ("supplier", "ORE"),
    ):
        other = Feed(client, bearer(role, firm))
        assert other.push(GOOD).status_code == 403
        assert other.drop().status_code == 403
    nobody = Feed(client, {})
    assert nobody.push(GOOD).status_code == 401


@pytest.mark.slow
def test_an_import_by_name_reads_the_databases_of_a_source(
    feed: Feed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = settings.home / "erp.db"
    with sqlite3.connect(place) as database:
        database.execute("CREATE TABLE fees (firm, day)")
        database.execute("INSERT INTO fees VALUES ('ORE', '2026-06-01')")
    monkeypatch.setenv("DEEPTIER_SOURCE_ERP", f"sqlite:///{place}")
    (settings.home / "sources" / "erp.yml").write_text(
        "schema: 1\nowner: risk@bank.example\nids_shared: true\nsets:\n"
        "  fees: {query: 'SELECT firm, day FROM fees', address_from: DEEPTIER_SOURCE_ERP}\n"
        "tables:\n- {table: events, from: fees,\n"
        "   columns: {firm: firm, happened_on: day, kind: {const: fee}}}\n",
        encoding="utf-8",
    )

    ended = feed.published(source="erp")
    told = feed.client.get("/api/v1/audit", headers=feed.headers_of("auditor")).json()["items"]

    assert ended["state"] == "done", ended
    assert ended["outcome"]["files"] == [{"query": "fees", "rows": 1}]
    assert told[0]["target"] == f"{IMPORTS} source erp, import {ended['id']}: queries"
