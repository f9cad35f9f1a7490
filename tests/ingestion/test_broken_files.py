"""Files that are wrong: refused or set aside, and the served version stays as it was."""

import gzip
import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import InvalidInput
from ingestion.errors import BadFile, TooManyBadRows
from ingestion.readers import chunk as reading
from ingestion.run import ImportOutcome

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

Told = Callable[[ImportOutcome], list[dict[str, str]]]
HEAD = "number,issued_on,seller,buyer,amount_yuan"
GOOD = f"{HEAD}\n1,2026-01-05,S1,C1,10\n"


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


NESTED = parquet(pa.table({"number": [["a"]], "issued_on": ["2026-01-05"]}))
REFUSED = {
    "an empty file": ("invoices.csv", b"", "empty"),
    "blank lines only": ("invoices.csv", b"\n\n\n", "empty"),
    "a missing column": ("invoices.csv", b"number,issued_on,seller\n1,2026-01-05,S1\n", "buyer"),
    "a money column without a unit": (
        "invoices.csv",
        b"number,issued_on,seller,buyer,amount\n1,2026-01-05,S1,C1,10\n",
        "amount_fen or amount_yuan",
    ),
    "a column twice": (
        "invoices.csv",
        f"{HEAD},seller\n1,2026-01-05,S1,C1,10,S1\n".encode(),
        "stands twice",
    ),
    "a column twice in two languages": (
        "invoices.csv",
        f"{HEAD},销方\n1,2026-01-05,S1,C1,10,S1\n".encode(),
        "both mean seller",
    ),
    "a broken archive": ("invoices.csv.gz", gzip.compress(GOOD.encode() * 99)[:-30], "archive"),
    "no archive at all": ("invoices.csv.gz", GOOD.encode(), "ending"),
    "an archive under a plain name": ("invoices.csv", gzip.compress(GOOD.encode()), "ending"),
    "neither encoding": (
        "invoices.csv",
        f"{HEAD}\n".encode() + b"1,2026-01-05,\xff\xff,C1,10\n",
        "neither UTF-8 nor GB18030",
    ),
    "UTF-16": ("invoices.csv", GOOD.encode("utf-16"), "UTF-16"),
    "a quote that is never closed": (
        "invoices.csv",
        f'{HEAD}\n1,2026-01-05,"S1,C1,10\n2,2026-01-05,S1,C1,10\n'.encode(),
        "line 2: a quote",
    ),
    "a broken workbook": ("invoices.xlsx", b"PK\x03\x04 nothing more", "workbook"),
    "a broken Parquet file": ("invoices.parquet", b"PAR1 nothing more", "Parquet"),
    "nested columns": ("invoices.parquet", NESTED, "no plain column"),
    "a file of no table": ("letters.csv", GOOD.encode(), "letters.csv"),
    "another ending": ("invoices.json", b"{}", "invoices.json"),
    "not one row used": ("invoices.csv", f"{HEAD}\n1,2026-01-05,S1,C1,ten\n".encode(), "cannot be"),
    "a header alone": (
        "invoices.csv",
        HEAD.encode(),
        r"not one row can be used: invoices\.csv has no rows",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_file_is_refused_and_the_version_stays(stocked: "House", name: str) -> None:
    file, content, message = REFUSED[name]
    path = stocked.write(file, content)
    before = stocked.rows("trades")

    with pytest.raises(InvalidInput, match=message):
        stocked.take("files", path)

    assert stocked.rows("trades") == before
    assert [version.number for version in stocked.store.versions()] == [1]


CELLS = {
    "an amount out of this world": ("1,2026-01-05,S1,C1,1e400", "bad_amount", "amount_yuan"),
    "an amount that is no number": ("1,2026-01-05,S1,C1,NaN", "bad_amount", "amount_yuan"),
    "an amount beyond 64 bits": (
        "1,2026-01-05,S1,C1,92233720368547758.08",
        "bad_amount",
        "amount_yuan",
    ),
    "an amount beyond 53 bits": (
        "1,2026-01-05,S1,C1,99999999999999.99",
        "bad_amount",
        "amount_yuan",
    ),
    "three places of yuan": ("1,2026-01-05,S1,C1,1.005", "bad_amount", "amount_yuan"),
    "a thousands separator": ('1,2026-01-05,S1,C1,"1,000"', "bad_amount", "amount_yuan"),
    "a sign alone": ("1,2026-01-05,S1,C1,-", "bad_amount", "amount_yuan"),
    "no amount": ("1,2026-01-05,S1,C1,", "missing", "amount_yuan"),
    "no number": (" ,2026-01-05,S1,C1,5", "missing", "number"),
    "a day that never was": ("1,2026-02-29,S1,C1,5", "bad_date", "issued_on"),
    "a day the American way": ("1,01/05/2026,S1,C1,5", "bad_date", "issued_on"),
    "a year before all books": ("1,0026-01-05,S1,C1,5", "bad_date", "issued_on"),
    "a row too long": ("1,2026-01-05,S1,C1,5,6", "unreadable", ""),
    "a row too short": ("1,2026-01-05,S1,C1", "unreadable", ""),
    "a NUL byte": ("1,2026-01-05,S\x001,C1,5", "unreadable", ""),
    "a firm that sells to itself": ("1,2026-01-05,S1,S1,5", "self_trade", "buyer"),
    "a firm that sells to itself by name": (
        "1,2026-01-05,S1,东湖零件有限责任公司,5",
        "self_trade",
        "buyer",
    ),
    "a day to come": ("1,2026-12-05,S1,C1,5", "future", "issued_on"),
    "an overlong text": (f"{'9' * 5000},2026-01-05,S1,C1,5", "too_long", "number"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_wrong_row_is_set_aside_and_the_others_are_used(
    stocked: "House", told: Told, name: str
) -> None:
    line, reason, column = CELLS[name]
    path = stocked.write(
        "invoices_more.csv", f"{HEAD}\n8,2026-01-05,S2,C1,5\n{line}\n9,2026-01-05,S2,C1,6\n"
    )

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {reason: 1}
    (issue,) = told(outcome)
    assert (issue["line"], issue["column"]) == ("3", column)
    assert stocked.trades()["S2", "C1"] == 1100


def test_a_spoilt_byte_sets_its_row_aside_in_a_chinese_file(stocked: "House", told: Told) -> None:
    content = f"{HEAD},goods\n1,2026-01-05,S2,C1,5,钢材\n".encode()
    content += b"2,2026-01-05,S2,C1,5,\xe9\x92\n3,2026-01-05,S2,C1,6,\xe9\x93\x9c\n"

    outcome = stocked.take("files", stocked.write("invoices_more.csv", content))

    assert outcome.set_aside == {"unreadable": 1}
    assert "\\xe9\\x92" in told(outcome)[0]["value"]
    assert stocked.lake.invoices_of(2, "S2", "C1")["goods"].to_list() == ["钢材", "铜"]


def test_a_firm_given_twice_with_other_content_is_set_aside(house: "House", told: Told) -> None:
    house.write("firms.csv", "firm,name\nA,甲有限公司\nB,乙有限公司\nA,甲有限公司\nA,丙有限公司\n")

    outcome = house.take()

    assert outcome.set_aside == {"conflict": 1, "duplicate": 1}
    assert [(i["line"], i["reason"]) for i in told(outcome)] == [
        ("4", "duplicate"),
        ("5", "conflict"),
    ]


def test_words_that_are_unknown_set_rows_aside(house: "House") -> None:
    house.write(
        "firms.csv",
        "firm,name,size,rating,core\nA,a,huge,,\nB,b,,R16,\nC,c,,,maybe\nD,d,小型,R3,是\n",
    )
    house.write(
        "invoices.csv",
        "number,issued_on,seller,buyer,amount_fen,status\n1,2026-01-05,A,B,5,maybe\n2,2026-01-05,A,B,5,\n",
    )
    house.write("holdings.csv", "owner,owned,share\nA,B,1.5\nA,D,51%\nB,D,0.5\n")
    house.write(
        "receivables.csv",
        "number,seller,buyer,amount_fen,issued_on,due_on\n1,A,B,-5,2026-01-05,2026-02-05\n2,A,B,5,2026-01-05,2026-02-05\n",
    )

    outcome = house.take()

    assert outcome.set_aside == {
        "bad_amount": 1, "bad_flag": 1, "bad_number": 2, "unknown_status": 1, "unknown_word": 2
    }  # fmt: skip
    assert outcome.used == 4


def test_a_void_row_is_void_whatever_else_is_wrong_with_it(stocked: "House") -> None:
    path = stocked.write(
        "invoices_more.csv",
        f"{HEAD},status\n8,2026-01-05,S2,C1,5,\n,,,,, 作废发票\n10,2026-01-05,S2,C1,5,void\n",
    )

    assert stocked.take("files", path).set_aside == {"void": 2}


def test_a_repeat_of_a_wrong_row_is_a_duplicate(stocked: "House") -> None:
    path = stocked.write(
        "invoices_more.csv",
        f"{HEAD}\n8,2026-01-05,S2,C1,5\n9,2026-01-05,S2,C1,x\n9,2026-01-05,S2,C1,x\n9,2026-01-05,S2,C1,y\n",
    )

    assert stocked.take("files", path).set_aside == {"bad_amount": 2, "duplicate": 1}


def test_rows_that_differ_in_an_unknown_column_are_no_duplicates(stocked: "House") -> None:
    path = stocked.write(
        "invoices_more.csv", f"{HEAD},remark\n8,2026-01-05,S2,C1,5,a\n8,2026-01-05,S2,C1,5,b\n"
    )

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {}
    assert outcome.notes == ("invoices_more.csv: column 'remark' is not read",)


def test_more_wrong_rows_than_allowed_refuse_the_import(stocked: "House") -> None:
    rows = "".join(f"{n},2026-01-05,S1,C1,x\n" for n in range(30))
    path = stocked.write("invoices_more.csv", f"{HEAD}\n1,2026-01-05,S1,C1,5\n{rows}")

    with pytest.raises(TooManyBadRows, match=r"30 of 31 rows cannot be used \(bad_amount 30\)"):
        stocked.take("files", path)

    assert stocked.trades() == {("S1", "C1"): 125050, ("S2", "S1"): 8000}


def test_a_missing_folder_is_refused(stocked: "House") -> None:
    with pytest.raises(BadFile, match="no such file or folder"):
        stocked.take("files", stocked.inbox / "nowhere")


def test_an_unknown_source_is_refused(stocked: "House") -> None:
    with pytest.raises(InvalidInput, match="no source 'cloud'"):
        stocked.take("cloud")


def test_a_link_out_of_the_folder_is_not_followed(house: "House") -> None:
    secret = house.home / "invoices.csv"
    secret.write_text(GOOD, encoding="utf-8")
    house.write("firms.csv", "firm,name\nA,a\n")
    (house.inbox / "invoices.csv").symlink_to(secret)

    assert [path for path, _ in house.take().files] == [str(house.inbox / "firms.csv")]


def test_an_archive_that_swells_is_refused(
    stocked: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "UNPACKED_BYTES_FREE", 100_000)
    swollen = gzip.compress(f"{HEAD}\n".encode() + b"1,2026-01-05,S1,C1,5\n" * 50_000)
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 5_000_000)

    for name, content in (("invoices.csv.gz", swollen), ("invoices.xlsx", book.getvalue())):
        with pytest.raises(BadFile, match="too large"):
            stocked.take("files", stocked.write(name, content))


def test_a_sum_beyond_64_bits_is_refused(stocked: "House") -> None:
    rows = "".join(f"{n},2026-01-05,S1,C1,90000000000000.00\n" for n in range(1100))
    path = stocked.write("invoices_more.csv", f"{HEAD}\n{rows}")

    with pytest.raises(InvalidInput, match="does not fit 64 bits"):
        stocked.take("files", path)

    assert [version.number for version in stocked.store.versions()] == [1]


def test_a_value_that_a_spreadsheet_would_run_is_written_harmless(
    stocked: "House", told: Told
) -> None:
    path = stocked.write(
        "invoices_more.csv", f"{HEAD}\n1,2026-01-05,S2,C1,=1+1\n2,2026-01-05,S2,=A1,5\n"
    )

    (issue,) = told(stocked.take("files", path))

    assert issue["value"] == "'=1+1"
    assert "=A1" in {row["name"] for row in stocked.rows("firms")}
