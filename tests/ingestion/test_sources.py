"""Every source reads its own sample, and tells what it cannot know."""

import re
from typing import TYPE_CHECKING

import pytest

from ingestion import source
from ingestion.descriptions.folders import SHIPPED, SourceFolders
from ingestion.errors import BadFile, TooManyBadRows

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

ASIDE = {"cumcm": {"duplicate": 1, "void": 1}, "demo": {}, "files": {"void": 1}}
TRADES = {
    "cumcm": {
        ("A00001", "E1"): 94340, ("A00002", "E1"): -5000,
        ("E1", "B00001"): 940171, ("E2", "B00002"): 817094,
    },
    "demo": {("F00001", "C001"): 2000000},
    "files": {
        ("S1", "C1"): 27400000, ("S2", "S1"): 5130000, ("cp-1d3d41b23a1e8f11", "S2"): 720000
    },
}  # fmt: skip


FOLDERS = SourceFolders()


def test_the_sources_of_the_package_are_there() -> None:
    assert set(ASIDE) < set(FOLDERS.names())


@pytest.mark.parametrize("name", ASIDE)
def test_a_sample_becomes_a_version(house: "House", name: str) -> None:
    outcome = house.take(name, SHIPPED / "samples" / name)

    assert outcome.set_aside == ASIDE[name]
    assert outcome.notes == ()
    assert sorted(house.trades().values()) == sorted(TRADES[name].values())
    named = {pair for pair in house.trades() if not pair[0].startswith("cp-")}
    assert named == {pair for pair in TRADES[name] if not pair[0].startswith("cp-")}


@pytest.mark.parametrize("name", FOLDERS.names())
def test_a_source_says_whose_it_is(name: str) -> None:
    found = FOLDERS.load(name, questions=False)

    assert found.owner
    assert found.schedule
    assert found.label.zh
    assert found.label.en
    assert 0 < found.bounds.share_max < 1


def test_a_file_of_the_contest_is_known_by_its_name(house: "House") -> None:
    for path in (SHIPPED / "samples" / "cumcm").iterdir():
        house.write(path.name.replace("附件1", "附件12"), path.read_bytes())
    house.write("invoices.csv", "nothing")

    outcome = house.take("cumcm")

    assert len(outcome.files) == 3
    assert outcome.notes == ("invoices.csv: no set of the description asks for it",)


def test_one_path_given_twice_is_read_once(house: "House") -> None:
    path = house.write("firms.csv", "firm,name\nA,a\n")

    found, strays = source.find("files", [house.inbox, path])

    assert [item.path.name for item in found] == ["firms.csv"]
    assert strays == []


def test_a_folder_without_tables_is_refused(house: "House") -> None:
    house.write("notes.txt", "nothing")

    with pytest.raises(BadFile, match="nothing that source files knows"):
        house.take()


def test_hidden_and_strange_files_are_told_of(stocked: "House") -> None:
    stocked.write("notes.txt", "nothing")
    stocked.write(".invoices.csv", "nothing")
    (stocked.inbox / "truth").mkdir()

    assert stocked.take().notes == ("notes.txt: no table of this source",)


LOOK_ALIKES = [
    "invoices.xlsb", "invoices.et", "invoice.csv", "invoices.csv.bak", "invoices.zip",
    "发票明细.xlsx", "letters.csv", "发票.rar", "Receivables.ODS", "order.json",
    "kunden.tsv.gz", "发票说明.html",
]  # fmt: skip


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_file_that_looks_like_a_table_is_never_lost_in_silence(
    stocked: "House", name: str
) -> None:
    stocked.write(name, "number\n1\n")

    (note,) = stocked.take().notes
    with pytest.raises(BadFile, match=re.escape(name)):
        stocked.take(replace=True)

    assert note.startswith(f"{name}: looks like a table and is not read: ")
    assert len(stocked.store.versions()) == 1


@pytest.mark.parametrize("name", ["invoices.et", "invoices.ods", "发票.XLSB"])
def test_a_workbook_that_is_not_read_says_how_to_save_it(stocked: "House", name: str) -> None:
    path = stocked.write(name, b"PK")

    assert stocked.take().notes[0].endswith("; save it as .xlsx")
    with pytest.raises(BadFile, match=r"save it as \.xlsx"):
        stocked.take("files", path)


@pytest.mark.parametrize(
    "name", ["notes.txt", "firmware.bin", "发票扫描.pdf", "Makefile", "event.log"]
)
def test_a_file_that_is_no_table_does_not_hold_an_import_up(stocked: "House", name: str) -> None:
    stocked.write(name, "nothing")

    assert stocked.take(replace=True).notes == (f"{name}: no table of this source",)


def test_a_table_behind_a_link_that_leads_out_is_told(stocked: "House") -> None:
    (stocked.inbox / "orders.csv").symlink_to(stocked.home / "graph.db")

    assert "a link that leads out" in stocked.take().notes[0]


@pytest.mark.parametrize(
    "name", ["发票2026.csv", "发票（1月）.csv", "发票(1).csv", "Invoices.CSV", "invoices 2026.csv",
             "INVOICES\u200b_1.csv", "invoices2026.csv"]
)  # fmt: skip
def test_a_table_may_come_in_files_of_many_names(stocked: "House", name: str) -> None:
    stocked.write(name, "number,issued_on,seller,buyer,amount_fen\n9,2026-01-05,S2,C1,7\n")

    assert stocked.take(replace=True).notes == ()
    assert stocked.trades()["S2", "C1"] == 7


def test_a_file_that_the_source_knows_and_does_without_is_no_table(house: "House") -> None:
    for path in (SHIPPED / "samples" / "cumcm").iterdir():
        house.write(path.name, path.read_bytes())
    house.write("附件3_贷款年利率与客户流失率.xlsx", "rates")

    outcome = house.take("cumcm", replace=True)

    assert outcome.notes == (
        "附件3_贷款年利率与客户流失率.xlsx: no set of the description asks for it",
    )


def test_more_files_than_are_read_at_once_are_refused(
    stocked: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "FILES_MAX", 1)

    with pytest.raises(BadFile, match="at most 1"):
        stocked.take()


def test_a_file_with_a_header_alone_is_told(stocked: "House") -> None:
    stocked.write("orders.csv", "number,placed_on,seller,buyer,amount_fen\n")

    assert stocked.take().notes == ("orders.csv: there are no rows below the header",)


def test_a_table_with_too_few_rows_is_refused(house: "House") -> None:
    house.write("firms.csv", "firm,name\n")
    house.write("invoices.csv", "number,issued_on,seller,buyer,amount_fen\n1,2026-01-05,A,B,5\n")

    with pytest.raises(
        TooManyBadRows, match=r"firms: only 0 rows can be used: firms\.csv has no rows"
    ):
        house.take("demo")


@pytest.mark.parametrize("inner", ["2026/invoices.csv", "2026/1月/发票.xlsx", "invoices/a.csv"])
def test_a_folder_with_tables_in_the_folder_is_told_and_never_forgotten(
    house: "House", inner: str
) -> None:
    house.write("firms.csv", "firm,name\nA,甲有限公司\n")
    other = house.inbox / inner
    other.parent.mkdir(parents=True)
    other.write_text("number\n", encoding="utf-8")
    (house.inbox / "pictures").mkdir()
    folder = inner.partition("/")[0]

    (note,) = house.take().notes

    assert note == f"{folder}: holds tables and is not read: it is a folder in the folder"
    with pytest.raises(BadFile, match=f"{folder}: it is a folder in the folder: with --replace"):
        house.take(replace=True)
