"""From files to a published version by pages: proposed, corrected, saved, previewed, published."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.data.drafts import repository, service
from graph.testing.waiting import until
from ingestion.descriptions.folders import SHIPPED
from ingestion.descriptions.reading.scope import OPEN
from ingestion.lake.housekeeping import alone
from ingestion.lake.manifest import durable
from tests.app.data.drafts.conftest import SAMPLES, TAX, Desk, desk_of, field

SAP = [(path.name, path.read_bytes()) for path in sorted((SAMPLES / "sap_line_items").iterdir())]
SHIPPED_TAX = (SHIPPED / "tax_bureau_workbook.yml").read_text(encoding="utf-8")


def chosen(text: str, column: str) -> str:
    """Return what the form says that a column is."""
    row = re.search(rf'<tr data-column="{re.escape(column)}">(.*?)</tr>', text, re.DOTALL)
    assert row is not None, column
    found = re.search(r'<option value="([^"]*)" selected>', row[1])
    assert found is not None
    return found[1]


def name_of(text: str, column: str) -> str:
    """Return the name of the field in which a column is chosen."""
    row = re.search(rf'<tr data-column="{re.escape(column)}">(.*?)</tr>', text, re.DOTALL)
    assert row is not None, column
    return re.findall(r'<select id="(as-[^"]+)"', row[1])[0]


def test_what_files_are_is_proposed_with_its_evidence_and_first_facts(desk: Desk) -> None:
    draft = desk.begun(source="")

    text = desk.page(draft)

    assert chosen(text, "销方识别号") == "seller code"
    assert "check characters of credit codes 3/3" in text
    assert "header in line 1" in text
    assert 'data-rows="4" data-used="2"' in text
    assert 'data-facts="invoices"' in text
    assert "owner: a risk" in desk.text(draft)


def test_a_correction_changes_the_text_alone_where_it_says_so(desk: Desk) -> None:
    draft = desk.begun()
    page = desk.page(draft)

    done = desk.send(draft, **{name_of(page, "税额"): "", name_of(page, "金额"): "amount"})
    page = desk.page(draft)

    assert done.headers["Location"] == draft
    assert chosen(page, "金额") == "amount"
    assert desk.text(draft) == SHIPPED_TAX.replace("    tax: 税额\n", "")


def test_a_text_shows_as_a_form_and_its_faults_with_line_and_key(desk: Desk) -> None:
    draft = desk.begun()
    broken = SHIPPED_TAX.replace(
        "header: [数电发票号码, 开票日期", "heder: [数电发票号码, 开票日期"
    )

    assert desk.send(draft, view="text", text=broken).status_code == 303
    page = desk.page(f"{draft}?view=text")
    assert "line 10:" in page
    assert "unknown key heder; did you mean header" in page
    assert "data-used" not in page

    desk.send(
        draft, view="text", text=SHIPPED_TAX.replace("tax: 税额", "tax: 金额").replace("\n", "\r\n")
    )
    assert desk.text(draft) == SHIPPED_TAX.replace("tax: 税额", "tax: 金额")
    assert chosen(desk.page(draft), "金额") == "="
    assert desk.send(draft, view="text", text="a: [").status_code == 303
    assert "It cannot be shown column by column" in desk.page(draft)


def test_what_was_changed_elsewhere_is_not_written_over(desk: Desk) -> None:
    draft = desk.begun()
    page = desk.page(draft)
    old = field(page, "stamp")
    desk.send(draft, **{name_of(page, "税额"): ""})
    before = desk.text(draft)

    answer = desk.client.post(
        draft, data={"csrf": desk.csrf, "stamp": old, name_of(page, "金额"): "tax"}
    )

    assert answer.status_code == 409
    assert 'data-code="draft_changed"' in answer.text
    assert desk.text(draft) == before


def test_an_unsaved_query_is_not_asked_for_a_text_that_is_saved_meanwhile(
    desk: Desk, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = SHIPPED_TAX
    query = "schema: 1\nowner: a\nsets:\n  q: {query: SELECT 1, address_from: DEEPTIER_SOURCE_A}\n"
    query += "tables:\n- {table: events, from: q, columns: {firm: a, happened_on: b, kind: c}}\n"
    draft = desk.begun()
    desk.page(draft)
    resources = client.app.state.resources  # type: ignore[attr-defined]  # a FastAPI
    own = repository.find(resources, draft.rpartition("/")[2], "a risk")
    repository.keep_text(resources, own, query)
    read = repository.text_of

    def then_saved(*found: Any) -> str:
        """Return the text, and put the saved one back behind who reads it."""
        text = read(*found)
        repository.keep_text(*found, saved)
        return text

    monkeypatch.setattr(repository, "text_of", then_saved)
    told = service.tried(resources, own, with_queries=False)

    assert told["used"] == 2 or "for admin" in told["refused"]
    assert told["refused"] is None or "DEEPTIER_SOURCE_A" not in told["refused"]


def test_a_form_of_another_session_changes_nothing(desk: Desk) -> None:
    draft = desk.begun()

    answer = desk.client.post(draft, data={"csrf": "forged", "act": "discard"})

    assert (answer.status_code, 'data-code="draft_other_session"' in answer.text) == (403, True)
    assert desk.client.get(draft).status_code == 200
    assert desk.client.post("/sources/new", data={"csrf": "x"}).status_code == 403


def test_questions_are_answered_and_words_get_a_meaning(desk: Desk) -> None:
    draft = desk.begun(*SAP, source="sap_line_items")
    assert 'data-question="party"' in desk.page(draft)

    desk.send(draft, **{"answer-0": "云栖整机样本有限公司", "code-0": "91990101MA0000D01Q"})

    page = desk.page(draft)
    assert 'data-question="party"' not in page
    assert (
        "seller: {name: {const: 云栖整机样本有限公司}, code: {const: 91990101MA0000D01Q}}"
        in desk.text(draft)
    )
    assert "# The list names its company by a number of its own." in desk.text(draft)


def test_a_word_without_meaning_is_asked_for_and_then_read(desk: Desk) -> None:
    file = ("bills.csv", "号,方,日,额,态\n1,甲,2026-01-01,5,怪\n2,乙,2026-01-02,6,open\n".encode())
    text = (
        "schema: 1\nowner: a\nsets:\n  s: {files: '.*[.]csv', header: [号, 态]}\ntables:\n"
        "- {table: receivables, from: s, columns: {number: 号, seller: 方, buyer: {const: 丙},"
        " amount: 额, issued_on: 日, due_on: 日, status: 态}}\n"
    )
    draft = desk.begun(file, source="cumcm")
    desk.send(draft, view="text", text=text)
    assert 'data-reason="unknown_status"' in desk.page(draft)

    desk.send(draft, **{"word-0": "paid"})

    assert 'data-used="2"' in desk.page(draft)
    assert "{const: paid}" in desk.text(draft)


def test_a_description_is_saved_under_a_name_that_is_free(desk: Desk, home: Path) -> None:
    draft = desk.begun()
    page = desk.page(draft)
    desk.send(draft, **{name_of(page, "税额"): ""})

    for name, code in [
        ("files", "draft_no_name"),
        ("New tax", "draft_no_name"),
        ("new", "draft_name_taken"),
        ("cumcm", "draft_name_taken"),
    ]:
        answer = desk.send(draft, act="save", name=name)
        assert f'data-code="{code}"' in answer.text, name
        assert f'value="{name}"' in answer.text
    done = desk.send(draft, act="save", name="my_tax")

    assert done.headers["Location"] == f"{draft}?view=import"
    assert (home / "sources" / "my_tax.yml").read_text(encoding="utf-8") == desk.text(draft)
    assert 'href="/sources/my_tax"' in desk.page("/sources?origin=own")
    assert "tax: " not in desk.page("/sources/my_tax").partition("<pre")[2].partition("</pre>")[0]


def test_a_source_that_somebody_else_changed_meanwhile_is_not_replaced(
    desk: Desk, home: Path
) -> None:
    draft = desk.begun()
    other = SHIPPED_TAX.replace("risk-data", "other")
    (home / "sources").mkdir(exist_ok=True)
    durable(home / "sources" / "tax_bureau_workbook.yml", other.encode())
    desk.send(draft, view="text", text=SHIPPED_TAX.replace("risk-data", "mine"))

    answer = desk.send(draft, act="save", name="tax_bureau_workbook")

    assert (answer.status_code, 'data-code="draft_outdated"' in answer.text) == (409, True)
    assert (home / "sources" / "tax_bureau_workbook.yml").read_text() == other


def test_a_query_is_for_an_administrator(desk: Desk, client: TestClient) -> None:
    query = (
        (SHIPPED / "erp_sql.yml")
        .read_text(encoding="utf-8")
        .replace("schema: 1\n", "schema: 1\nversion: 2\n")
    )
    draft = desk.begun(("a.csv", b"x,y\n1,2\n"), source="cumcm")

    assert desk.send(draft, view="text", text=query).status_code == 303
    answer = desk.send(draft, act="save", name="mine")

    assert "for admin to set" in desk.page(draft)
    assert (answer.status_code, 'data-code="draft_query"' in answer.text) == (403, True)
    admin = desk_of(client, "admin")
    own = admin.begun(("a.csv", b"x,y\n1,2\n"), source="cumcm")
    admin.send(own, view="text", text=query)
    assert admin.send(own, act="save", name="mine").status_code == 303


@pytest.mark.slow
def test_what_is_published_is_an_import_and_pressed_twice_it_is_one(desk: Desk, home: Path) -> None:
    draft = desk.begun()
    preview = f"{draft}?view=import"
    assert "Publish as the source tax_bureau_workbook?" in desk.page(preview)

    with alone(home / "lake"):  # So that it waits.
        first, again = (desk.send(preview, act="publish") for _ in range(2))
        place = first.headers["Location"]
        assert again.headers["Location"] == place
        assert desk.client.get(draft).headers["Location"] == place
        assert "You may leave this page" in desk.page(place)
        assert draft not in desk.page("/sources")
        (home / "uploads" / place.rpartition("/")[2] / TAX.name).write_bytes(b"broken meanwhile")
    until(lambda: 'data-state="failed"' in desk.page(place))
    assert "It was refused, and nothing was published" in desk.page(place)


def test_nothing_is_published_that_is_not_saved_or_has_no_files(desk: Desk) -> None:
    draft = desk.begun()
    desk.send(draft, view="text", text=SHIPPED_TAX.replace("risk-data", "mine"))
    empty = desk.bring(source="tax_bureau_workbook").headers["Location"]

    for each in (draft, empty):
        assert 'value="publish"' not in desk.page(f"{each}?view=import")
        assert desk.send(f"{each}?view=import", act="publish").status_code == 409


def test_the_rows_set_aside_are_a_file_without_the_server_s_folders(desk: Desk) -> None:
    draft = desk.begun()
    desk.page(draft)

    told = desk.client.get(f"{draft}/issues.csv")

    lines = told.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "file,line,column,value,reason"
    assert lines[1].startswith(TAX.name)
    assert len(lines) == 3
    assert "issues.csv" in told.headers["Content-Disposition"]


def test_files_that_nothing_can_read_are_told_with_why(desk: Desk, home: Path) -> None:
    answer = desk.bring(("setup.exe", b"MZ\x90\x00"), ("b.xlsx", b"no workbook"))

    assert (answer.status_code, 'data-code="draft_unread"' in answer.text) == (422, True)
    assert "setup.exe: its ending is none of" in answer.text
    assert "b.xlsx: " in answer.text
    assert str(home) not in answer.text
    assert not list((home / "drafts").glob("*"))


def test_a_wrong_file_of_a_known_source_says_what_it_lacks(desk: Desk) -> None:
    wrong = (
        "全量发票查询导出结果.xlsx",
        (SAMPLES / "bill_list_workbook").iterdir().__next__().read_bytes(),
    )

    text = desk.page(desk.begun(wrong))

    assert "An import would be refused as it is" in text
    assert "全量发票查询导出结果.xlsx" in text
    assert "no sheet is called 信息汇总表" in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tables: x",
        "tables: [x, {table: [a], from: s, columns: {b: c}}]",
        "sets: []\ntables: [{table: invoices, from: s, columns: x}]",
        "sets: {s: {files: '('}}\ntables: [{table: no, from: [s], columns: {a: {when: x}}}]",
        "sets: {s: {files: x, sheet: '['}}\ntables: [{from: s}]",
        "{[a]: b}",
        "a: &x 1\nb: *x",
        OPEN,
        f"owner: {{{OPEN}: who}}\ntables: [{{table: {OPEN}, from: s, columns: {{a: {OPEN}}}}}]",
    ],
)
def test_no_text_breaks_the_page(desk: Desk, text: str) -> None:
    draft = desk.begun(("a.csv", b"x,y\n1,2\n"), source="cumcm")

    assert desk.send(draft, view="text", text=text).status_code == 303

    for view in ("", "?view=text", "?view=import"):
        desk.page(f"{draft}{view}")
    sent = {"table-0": "invoices", "as-0-0": "amount", "answer-0": "x", "answer-1": "invoices"}
    assert desk.send(draft, **sent).status_code == 303
    desk.page(draft)
