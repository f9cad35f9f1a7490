"""Each shipped description reads its own small sample."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingestion.descriptions.folders import SHIPPED, SourceFolders
from ingestion.trial import check

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

SAMPLES = SHIPPED / "samples"
# Used rows, rows set aside and facts by table.
TOLD: dict[str, tuple[int, dict[str, int], dict[str, int]]] = {
    "bank_statement_csv": (2, {"left_out": 2}, {"events": 2}),
    "bill_list_workbook": (1, {"left_out": 2}, {"vouchers": 1}),
    "cumcm": (6, {"duplicate": 1, "void": 1}, {"firms": 2, "invoices": 4}),
    "einvoice_xml": (2, {}, {"invoices": 2}),
    "erp_receivables_workbook": (2, {"left_out": 2}, {"receivables": 2}),
    "erp_sql": (3, {"void": 1}, {"orders": 1, "invoices": 2}),
    "registry_investments_csv": (2, {"left_out": 1}, {"holdings": 2, "firms": 2}),
    "sap_line_items": (0, {"left_out": 2, "missing": 1}, {"receivables": 0}),
    "tax_bureau_workbook": (2, {"left_out": 1, "void": 1}, {"invoices": 2}),
    "ubl_invoices": (2, {"left_out": 1}, {"invoices": 2, "receivables": 1}),
}


def tried(house: "House", name: str) -> dict[str, Any]:
    paths, environ = [SAMPLES / name], {}
    script = SAMPLES / name / "erp.sql"
    if script.is_file():
        database = house.home / "erp.db"
        with sqlite3.connect(database) as connection:
            connection.executescript(script.read_text(encoding="utf-8"))
        connection.close()
        paths, environ = [], {"DEEPTIER_SOURCE_ERP_URL": f"sqlite:///{database}"}
    job = replace(house.job, environ=environ)
    return dict(check(name, paths, job=job).document)


def test_every_described_source_has_a_sample() -> None:
    described = {name for name in SourceFolders().names() if name not in ("demo", "files")}

    assert described == set(TOLD)


@pytest.mark.parametrize("name", TOLD)
def test_a_sample_gives_what_it_holds(house: "House", name: str) -> None:
    used, aside, tables = TOLD[name]
    said = tried(house, name)

    assert (said["used"], said["set_aside"]) == (used, aside)
    assert {table: found["facts"] for table, found in said["tables"].items()} == tables
    told = [line for line in said["notes"] if "column" in line]
    assert told == [], "columns that nobody reads are ignored by name"


def test_a_source_that_is_ready_would_be_imported(house: "House") -> None:
    said = tried(house, "tax_bureau_workbook")

    assert said["refused"] is None
    assert said["tables"]["invoices"]["first"][0]["goods"] == "*通用设备*阀门；*通用设备*泵"


def test_what_no_file_tells_is_a_question(house: "House") -> None:
    said = tried(house, "sap_line_items")

    assert "TODO: whose receivables are these?" in said["refused"]


def test_every_file_of_a_sample_is_small_and_of_an_invented_firm() -> None:
    files = [path for path in Path(SAMPLES).rglob("*") if path.is_file()]

    assert all(path.stat().st_size < 20_000 for path in files)
