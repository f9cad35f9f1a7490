"""Pages of the chain of events: for auditors, in parts, one as it is hashed, all of it verified."""

import csv
import hashlib
import io
import re
import time

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from app.books.events import repository
from app.books.events.verification import BookVerifier, verifier_of
from app.books.ledger import ledger_of
from app.platform.deps import Resources
from app.platform.events.tables import events
from app.platform.web import downloads
from tests.app.chain.papers.conftest import Browse, browse, form_of, ids, served

__all__ = ["browse", "served"]
PLACE = "/audit/events"


@pytest.fixture(scope="module")
def resources(served: FastAPI) -> Resources:
    found: Resources = served.state.resources
    ledger_of(found).freeze("core:CORE2", 5_00, reason="a <b> sign", actor="olga")
    return found


@pytest.fixture
def auditor(browse: Browse, resources: Resources) -> TestClient:  # something has happened
    return browse("alan", "auditor")


def test_events_are_listed_by_what_the_address_asks(
    auditor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = auditor.get(PLACE).text
    numbers = [int(each) for each in ids(text, "events")]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] == 1

    found = auditor.get(PLACE + "?operation=freeze").text
    assert len(ids(found, "events")) == 1
    assert "a &lt;b&gt; sign" in found
    frozen = ids(found, "events")
    assert ids(auditor.get(PLACE + "?subject=CORE2&actor=OLG").text, "events") == frozen
    assert ids(auditor.get(PLACE + "?day=2026-06-30&operation=freeze").text, "events") == frozen
    assert ids(auditor.get(PLACE + "?day=1999-01-01").text, "events") == []
    assert ids(auditor.get(PLACE + "?subject=%25").text, "events") == []
    for wrong in ("before=0", "before=" + "9" * 40, "day=x", "actor=%F0%9F%99%82"):
        assert auditor.get(f"{PLACE}?{wrong}").status_code == 200

    monkeypatch.setattr(repository, "LOOKED_THROUGH_MAX", 1)  # A long chain goes part by part.
    part = auditor.get(f"{PLACE}?operation=freeze&before={frozen[0]}").text
    assert ids(part, "events") == []
    assert f'rel="next" href="{PLACE}?operation=freeze&amp;before={int(frozen[0]) - 1}#' in part


def test_an_event_shows_the_bytes_that_its_hash_is_of(auditor: TestClient) -> None:
    number = ids(auditor.get(PLACE + "?operation=freeze").text, "events")[0]
    text = auditor.get(f"{PLACE}/{number}").text
    told = re.search(r"data-hash>([0-9a-f]{64})<", text)
    assert told is not None
    file = auditor.get(f"{PLACE}/{number}/canonical")
    assert hashlib.sha256(file.content).hexdigest() == told[1]
    assert f'"number":{number},"operation":"freeze"'.encode() in file.content
    assert 'data-state="holds"' in text
    assert ids(text, "moved") == ["core:CORE2"]
    before = auditor.get(f"{PLACE}/{int(number) - 1}").text
    assert re.findall(r"data-hash>(\w+)<", before) == re.findall(r"data-previous>(\w+)<", text)
    for none in ("0", "x", "99999", "9" * 40, "01"):
        assert auditor.get(f"{PLACE}/{none}").status_code == 404
        assert auditor.get(f"{PLACE}/{none}/canonical").status_code == 404


@pytest.mark.parametrize("wrong", ["other", b"\xff\xfe"])
def test_an_event_that_was_tampered_with_is_shown_as_such(
    auditor: TestClient, resources: Resources, wrong: object
) -> None:
    def put(value: object) -> None:
        with resources.records.writing() as connection:
            connection.execute(
                sa.text("UPDATE events SET actor = CAST(:value AS TEXT) WHERE number = 2"),
                {"value": value},
            )

    with resources.records.reading() as connection:
        actor = connection.scalar(sa.select(events.c.actor).where(events.c.number == 2))
    put(wrong)
    try:
        assert 'data-state="wrong"' in auditor.get(PLACE + "/2").text
        assert auditor.get(PLACE).status_code == 200
    finally:
        put(actor)
    assert 'data-state="holds"' in auditor.get(PLACE + "/2").text


def rows_of(text: str) -> list[list[str]]:
    """Return the rows of a CSV file, its head first."""
    return [*csv.reader(io.StringIO(text.removeprefix("\ufeff")))]


def test_files_have_every_event_that_fits_however_many_are_read_at_once(
    auditor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "AT_ONCE", 1)
    numbers = [int(each) for each in ids(auditor.get(PLACE).text, "events")]
    answer = auditor.get(PLACE + ".csv")
    head, *rows = rows_of(answer.text)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert head[0] == "Id"
    assert head[-1] == "Its hash"
    assert [int(row[0]) for row in rows] == numbers
    assert "events-2026-06-30.csv" in answer.headers["Content-Disposition"]

    asked = "?operation=freeze&actor=olga"
    (found,) = rows_of(auditor.get(f"{PLACE}.csv{asked}").text)[1:]
    assert [found[1], *found[3:5]] == ["Frozen", "olga", "2026-06-30"]
    assert f'href="{PLACE}.xlsx?operation=freeze&amp;actor=olga"' in auditor.get(PLACE + asked).text
    book = load_workbook(io.BytesIO(auditor.get(f"{PLACE}.xlsx{asked}").content))
    assert [row[0].value for row in book.worksheets[0].iter_rows()] == ["Id", found[0]]

    monkeypatch.setattr(downloads, "ROWS_MAX", 1)
    assert auditor.get(PLACE + ".xlsx").status_code == 409
    assert len(rows_of(auditor.get(PLACE + ".csv").text)) == len(numbers) + 1


def test_others_have_neither_the_pages_nor_the_entry(browse: Browse, resources: Resources) -> None:
    for name, role, firm in (
        ("olaf", "officer", None),
        ("rita", "risk", None),
        ("cora", "core", "CORE2"),
        ("sam", "supplier", "PART"),
    ):
        other = browse(name, role, firm)
        for path in (PLACE, PLACE + "/1", PLACE + "/1/canonical", PLACE + ".csv", PLACE + ".xlsx"):
            assert other.get(path).status_code == 403
        assert other.post(PLACE + "/verify").status_code == 403
        assert PLACE not in other.get("/rules").text
    assert f'href="{PLACE}"' in browse("adam", "admin").get(PLACE).text


def waited(browser: TestClient) -> str:
    """Return the page once nothing is verified any more."""
    for _ in range(600):
        text = browser.get(PLACE).text
        if 'data-verification="running"' not in text:
            return text
        time.sleep(0.05)
    raise AssertionError("it still runs")


def test_the_book_is_verified_once_for_a_form_and_tells_its_head(
    auditor: TestClient, resources: Resources
) -> None:
    form = form_of(auditor.get(PLACE).text, PLACE + "/verify")
    for change, status, code in (
        ({"csrf": "x"}, 403, "csrf"),
        ({"key": ""}, 422, "key_required"),
    ):
        refused = auditor.post(PLACE + "/verify", data=form | change)
        assert (refused.status_code, f'data-code="{code}"' in refused.text) == (status, True)
    assert verifier_of(resources).standing() is None

    for _ in range(2):
        done = auditor.post(PLACE + "/verify", data=form)
        assert (done.status_code, done.headers["Location"]) == (303, PLACE)
    text = waited(auditor)
    assert 'data-verification="done"' in text
    assert 'data-ok="true"' in text
    assert re.search(r"data-head>[0-9]+:[0-9a-f]{64}<", text)
    last = verifier_of(resources).standing()
    auditor.post(PLACE + "/verify", data=form)  # The same form, sent again later.
    assert verifier_of(resources).standing() == last
    assert BookVerifier(resources).standing() == last  # Another process tells the same.

    place = resources.home / "book" / "verification.json"
    place.write_text(place.read_text().replace('"done"', '"running"'))  # It was killed then.
    assert 'data-verification="stopped"' in auditor.get(PLACE).text
    assert "/audit/events/verify" in auditor.get(PLACE).text


@pytest.mark.parametrize(("wrong", "ok"), [(False, "true"), (True, "false")])
def test_a_head_of_ones_own_has_to_be_in_the_chain(
    auditor: TestClient, resources: Resources, *, wrong: bool, ok: str
) -> None:
    with resources.records.reading() as connection:
        number, digest = connection.execute(
            sa.select(events.c.number, events.c.hash).where(events.c.number == 1)
        ).one()
    given = f"{number}:{'0' * 64 if wrong else digest}"
    form = form_of(auditor.get(PLACE).text, PLACE + "/verify")
    assert auditor.post(PLACE + "/verify", data=form | {"head": given}).status_code == 303
    text = waited(auditor)
    assert f'data-ok="{ok}"' in text
    assert f"data-told>{given}<" in text


def test_what_is_no_head_is_refused_and_stays_as_it_was_typed(auditor: TestClient) -> None:
    auditor.cookies.set("deeptier_language", "zh")
    form = form_of(auditor.get(PLACE).text, PLACE + "/verify")
    refused = auditor.post(PLACE + "/verify", data=form | {"head": "12:xyz"})
    assert (refused.status_code, 'data-code="malformed"' in refused.text) == (422, True)
    assert 'value="12:xyz"' in refused.text
    assert "链头须为" in refused.text
    auditor.cookies.set("deeptier_language", "en")
