"""Sources over the interface: listed, shown, and saved whole, once, by who may."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.data.sources.service import readable
from app.platform import audit
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.errors import TooLarge
from ingestion.descriptions import kept
from ingestion.descriptions.folders import SourceFolders
from ingestion.descriptions.nodes import BYTES_MAX
from ingestion.descriptions.reading.scope import OPEN
from tests.app.conftest import NOW

API = "/api/v1/sources"
GOOD = """schema: 1
owner: risk@bank.example
sets: {bills: {files: '.*csv', header: [number]}}
tables:
- table: orders
  from: bills
  columns: {number: no, placed_on: day, seller: a, buyer: b, amount: sum}
"""
QUERY = """schema: 1
owner: risk@bank.example
sets: {bills: {query: 'SELECT number FROM bills', address_from: DEEPTIER_SOURCE_ERP}}
tables:
- table: orders
  from: bills
  columns: {number: no, placed_on: day, seller: a, buyer: b, amount: sum}
"""


@pytest.fixture
def put(client: TestClient, bearer: Any) -> Any:
    headers = {"Content-Type": "application/yaml", **bearer("risk")}

    def put(name: str, text: str | bytes, **more: str) -> Any:
        content = text.encode() if isinstance(text, str) else text
        said = {key.replace("_", "-"): value for key, value in more.items()}
        return client.put(f"{API}/{name}", content=content, headers={**headers, **said})

    return put


@pytest.fixture
def get(client: TestClient, bearer: Any) -> Any:
    headers = bearer("risk")
    return lambda path, **more: client.get(f"{API}{path}", headers={**headers, **more})


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_sources_are_listed_page_by_page_with_their_state(get: Any, home: Path) -> None:
    (home / "sources").mkdir()
    (home / "sources" / "own.yml").write_text("schema: 1\nowner: x\nonwer: y\n")
    whole = get("").json()
    first = get("?size=5").json()
    rest = get(f"?cursor={first['next']}").json()

    assert whole["next"] is rest["next"] is None
    assert first["items"] + rest["items"] == whole["items"]
    own = next(item for item in whole["items"] if item["name"] == "own")
    assert (own["origin"], own["state"]) == ("own", "broken")
    assert "own.yml: line 3" in "".join(own["problems"])


def test_a_source_is_shown_with_its_text_and_not_sent_twice(get: Any) -> None:
    first = get("/cumcm")
    again = get("/cumcm", **{"If-None-Match": first.headers["etag"]})

    assert "schema: 1" in first.json()["text"]
    assert first.json()["sha256"] == sha256(first.json()["text"])
    assert (again.status_code, again.content) == (304, b"")
    assert get("/nowhere").status_code == 404
    assert get("/..%2Fsources%2Fown").status_code == 404


def test_a_new_description_is_kept_and_then_replaced_by_who_has_read_it(
    put: Any, get: Any, home: Path, settings: Settings
) -> None:
    new = put("own", GOOD, If_None_Match="*")
    read = get("/own")
    changed = GOOD.replace("risk@", "credit@")
    blind = put("own", changed)
    outdated = put("own", changed, If_Match='"source-0000000000000000"')
    replaced = put("own", changed, If_Match=read.headers["etag"])

    assert (new.status_code, new.headers["location"]) == (201, f"{API}/own")
    assert new.json() == read.json()
    assert new.headers["etag"] == read.headers["etag"]
    assert (new.json()["origin"], new.json()["state"]) == ("own", "ready")
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    assert (outdated.status_code, outdated.json()["code"]) == (412, "precondition_failed")
    assert (replaced.status_code, replaced.json()["owner"]) == (200, "credit@bank.example")
    assert put("own", GOOD, If_None_Match="*").status_code == 412
    assert put("other", GOOD, If_Match="*").status_code == 412
    assert (home / "sources" / "own.yml").read_text(encoding="utf-8") == changed
    assert [path.name for path in (home / "sources").iterdir()] == ["own.yml"]
    with open_resources(settings, now=lambda: NOW) as resources:
        rows = [row for row in audit.entries(resources.records) if row["outcome"] == "done"]
    assert [row["target"] for row in rows] == [
        f"{API}/own sha256 {sha256(GOOD)} -> {sha256(changed)}",
        f"{API}/own sha256 none -> {sha256(GOOD)}",
    ]


def test_the_tag_of_a_packed_answer_replaces_too(client: TestClient, bearer: Any, put: Any) -> None:
    packed = client.get(f"{API}/cumcm", headers={**bearer("risk"), "Accept-Encoding": "gzip"})
    text = packed.json()["text"].replace("owner: ", "owner: x")

    assert packed.headers["etag"].endswith('-gzip"')
    assert put("cumcm", text).status_code == 428
    hidden = put("cumcm", text, If_Match=packed.headers["etag"])
    assert (hidden.status_code, hidden.json()["origin"]) == (200, "own")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("header:", "heder:"), "own.yml: line 3: sets.bills: unknown key heder"),
        (GOOD.replace("{bills", "{bills: {bills"), "own.yml: line"),
        ("", "own.yml: line 1: the description is empty"),
        (b"schema: 1\nowner: \xff\n", "own.yml: line 2: the description is no text in UTF-8"),
        ("schema: 1\nowner: a\0b\n", "own.yml: line 1: no YAML"),
        ("a: &a [*a]\n" * 3, "an anchor (&NAME) is not read"),
        ("[" * 5000, "own.yml: line 1: no YAML"),
        (GOOD + "---\n" + GOOD, "a second document"),
    ],
)
def test_a_text_that_breaks_the_language_is_told_by_line_and_key(
    put: Any, home: Path, text: str | bytes, said: str
) -> None:
    answer = put("own", text)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_description")
    assert said in answer.json()["detail"]
    assert str(home) not in answer.text
    assert not (home / "sources").exists()


def test_a_template_with_open_questions_is_kept(put: Any) -> None:
    saved = put("own", GOOD.replace("number: no,", f"number: '{OPEN}: which?',"))

    assert (saved.status_code, saved.json()["state"]) == (201, "template")
    assert "which?" in saved.json()["problems"][0]


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain", ""])
def test_a_description_is_sent_as_yaml_and_nothing_else(put: Any, kind: str) -> None:
    answer = put("own", GOOD, Content_Type=kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media")
    assert put("own", GOOD, Content_Type="text/yaml; charset=utf-8").status_code == 201


def test_no_more_sources_are_saved_than_are_listed_in_reason(
    put: Any, monkeypatch: pytest.MonkeyPatch, get: Any
) -> None:
    monkeypatch.setattr("app.data.sources.service.SOURCES_MAX", len(get("").json()["items"]) + 1)

    assert put("one", GOOD).status_code == 201
    assert (put("two", GOOD).status_code, put("two", GOOD).json()["code"]) == (409, "conflict")
    tag = get("/one").headers["etag"]
    assert put("one", GOOD.replace("risk@", "credit@"), If_Match=tag).status_code == 200


def test_a_file_that_cannot_be_read_is_told_among_the_others(
    get: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = SourceFolders.places

    def with_one_gone(folders: SourceFolders) -> dict[str, tuple[str, Path]]:
        return {**places(folders), "own": ("own", home / "sources" / "own.yml")}

    monkeypatch.setattr(SourceFolders, "places", with_one_gone)
    items = {item["name"]: item for item in get("").json()["items"]}

    assert items["own"]["problems"] == [
        "own.yml: line 1: the file cannot be read: No such file or directory"
    ]
    assert items["cumcm"]["state"] == "ready"
    assert get("/own").json()["text"] == ""


def test_a_broken_text_is_shown_so_that_it_can_be_mended(put: Any, get: Any, home: Path) -> None:
    (home / "sources").mkdir()
    path = home / "sources" / "own.yml"
    path.write_text("schema: [1\nowner: 甲\n", encoding="utf-8")
    broken = get("/own")
    path.write_text("schema: [2\nowner: 甲\n", encoding="utf-8")
    changed = get("/own")

    assert (broken.json()["state"], broken.json()["text"]) == ("broken", "schema: [1\nowner: 甲\n")
    assert put("own", GOOD, If_Match=broken.headers["etag"]).status_code == 412
    assert put("own", GOOD, If_Match=changed.headers["etag"]).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["..%2Fown", "a%2Fb", ".own", "Own", "own.yml", "a" * 64, "%E6%BA%90", "o%0Awn", "own%20"],
)
def test_a_name_with_a_path_in_it_is_none(put: Any, home: Path, name: str) -> None:
    answer = put(name, GOOD)

    assert answer.status_code == 422
    assert not (home / "sources").exists()
    assert not (home / "own.yml").exists()


def test_what_ships_under_fixed_names_is_never_hidden(put: Any, get: Any) -> None:
    for name in ("demo", "files"):
        answer = put(name, GOOD, If_Match=get(f"/{name}").headers["etag"])
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert put("new", GOOD).json()["code"] == "conflict"  # A page has this address.
    assert put("check", GOOD).status_code == 405


def test_a_query_is_for_admin_to_set(client: TestClient, bearer: Any, put: Any, home: Path) -> None:
    refused = put("erp", QUERY)
    open_question = put("erp", QUERY.replace("'SELECT number FROM bills'", OPEN))
    assert not (home / "sources").exists()
    headers = {"Content-Type": "text/yaml", **bearer("admin")}
    taken = client.put(f"{API}/erp", content=QUERY, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert open_question.status_code == 403
    assert (taken.status_code, taken.json()["addresses"]) == (201, ["DEEPTIER_SOURCE_ERP"])


def test_a_body_past_256_kib_is_too_large(put: Any) -> None:
    answer = put("own", GOOD + "#" * BYTES_MAX)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    with pytest.raises(TooLarge):
        readable("own", b"#" * (BYTES_MAX + 1), with_queries=True)


def test_another_text_under_a_version_that_was_used_is_refused(
    put: Any, get: Any, home: Path
) -> None:
    put("own", GOOD)
    kept.keep(home / "lake", readable("own", GOOD.encode(), with_queries=False))
    tag = get("/own").headers["etag"]
    other = GOOD.replace("risk@", "credit@")
    refused = put("own", other, If_Match=tag)
    newer = put("own", other + "version: 2\n", If_Match=tag)

    assert (refused.status_code, refused.json()["code"]) == (409, "version_used")
    assert "version: 2" in refused.json()["detail"]
    assert (newer.status_code, newer.json()["version"]) == (200, 2)


def test_a_link_in_its_place_is_never_followed(put: Any, get: Any, home: Path) -> None:
    (home / "sources").mkdir()
    aim = home / "elsewhere.yml"
    aim.write_text(GOOD)
    (home / "sources" / "own.yml").symlink_to(aim)
    (home / "sources" / "lost.yml").symlink_to(home / "nowhere.yml")
    (home / "sources" / ".fresh.yml.draft").symlink_to(aim)
    changed = GOOD.replace("risk@", "credit@")

    assert put("own", changed, If_Match=get("/own").headers["etag"]).status_code == 409
    assert put("lost", changed).status_code == 409
    assert put("fresh", changed).status_code == 201
    assert aim.read_text() == GOOD
    assert not (home / "nowhere.yml").exists()
    assert (home / "sources" / "own.yml").is_symlink()


def test_of_those_who_replace_the_same_description_at_once_one_wins(put: Any, get: Any) -> None:
    put("own", GOOD)
    tag = get("/own").headers["etag"]
    together = threading.Barrier(4)

    def change(number: int) -> tuple[int, str]:
        text = GOOD.replace("risk@", f"risk{number}@")
        together.wait()
        return put("own", text, If_Match=tag).status_code, text

    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(change, range(4)))

    assert sorted(status for status, _ in ended) == [200, 412, 412, 412]
    assert get("/own").json()["text"] == next(text for status, text in ended if status == 200)


def test_a_folder_that_cannot_be_written_is_no_crash(put: Any, home: Path) -> None:
    (home / "sources").write_text("")
    answer = put("own", GOOD)

    assert (answer.status_code, answer.json()["code"]) == (503, "unready")
    assert str(home) not in answer.text
