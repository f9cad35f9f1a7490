"""Files as banks have them: every one gives its rows, its header and its lines."""

import sqlite3
from pathlib import Path

import pytest

from ingestion.sets import Grid, Inputs, Query, Record, Xml
from tests.ingestion.sets.reading import batches, columns, frame

CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "sources"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the project")
COMPONENTS = "urn:oasis:names:specification:ubl:schema:xsd:"
UBL = {
    "cbc": f"{COMPONENTS}CommonBasicComponents-2",
    "cac": f"{COMPONENTS}CommonAggregateComponents-2",
}
GRIDS = {
    "bank_statement_csv": (Grid("s", r"账户明细.*\.csv", ("账号", "对方户名")), 9, (6,)),
    "registry_investments_csv": (Grid("s", r".*\.csv", ("企业名称", "被投资企业名称")), 8, (3,)),
    "sap_line_items": (Grid("s", r"FBL5N.*\.txt", ("Customer", "LC amnt")), 12, (3,)),
    "bill_list_workbook": (Grid("s", r".*\.xlsx", ("票据（包）号码", "子票区间")), 8, (3,)),
    "tax_bureau_workbook": (
        Grid("s", r".*\.xlsx", ("数电发票号码", "销方识别号"), sheet="发票基础信息.*"),
        12,
        (1,),
    ),
    "erp_receivables_workbook": (
        Grid("s", r".*\.xlsx", ("客户名称", "核销/未核销"), header_rows=2),
        10,
        (3, 4),
    ),
}


@pytest.mark.parametrize("case", GRIDS)
def test_a_grid_has_the_rows_below_its_header(case: str) -> None:
    grid, rows, lines = GRIDS[case]

    found = batches(grid, CASES / case)

    assert sum(batch.rows for batch in found) == rows
    assert {batch.header_lines for batch in found} == {lines}
    assert found[0].frame["_line"][0] > lines[-1]
    assert not any(batch.unread or batch.repeated or batch.ragged for batch in found)


def test_the_lines_above_say_whose_file_it_is() -> None:
    (bank,) = batches(GRIDS["bank_statement_csv"][0], CASES / "bank_statement_csv")
    (books,) = batches(GRIDS["erp_receivables_workbook"][0], CASES / "erp_receivables_workbook")

    assert any("账户名称：样例云岭整机股份有限公司" in line for line in bank.above)
    assert any("核算组织：样例东湖零件有限公司" in line for line in books.above)


def test_cells_come_without_what_keeps_them_as_text() -> None:
    held = columns(GRIDS["registry_investments_csv"][0], CASES / "registry_investments_csv")
    paid = columns(GRIDS["bank_statement_csv"][0], CASES / "bank_statement_csv")

    assert held["持股比例"][:2] == ["62.5%", "30.0000%"]
    assert held["被投资企业名称"][6] is None
    assert paid["账号"][0] == "99050161000000000001"


def test_merged_cells_and_two_rows_of_header_keep_their_places() -> None:
    found = columns(GRIDS["erp_receivables_workbook"][0], CASES / "erp_receivables_workbook")

    assert found["客户编码"][:5] == ["K001", None, None, None, None]
    assert found["核销/未核销"][:2] == ["113,000.00", "10000"]
    assert found["应收金额/价税合计"][1] == "22600"
    assert found["业务日期"][:5] == ["2026-07-08", "2026-07-20", "2026-08-05", None, "2026/8/9"]


def test_a_file_in_utf_16_has_a_column_without_a_name() -> None:
    found = columns(GRIDS["sap_line_items"][0], CASES / "sap_line_items")
    master = columns(Grid("s", r"KNA1\.txt", ("Customer", "City")), CASES / "sap_line_items")

    assert found["_1"][-1] == "**"
    assert found["Amount in DC"][0] == "113.000,00"
    assert master["Customer"] == ["0000100021", "0000100022", "0000100030"]


def test_what_no_set_asks_for_is_told() -> None:
    folder = CASES / "tax_bureau_workbook"
    lines = Grid("lines", r".*\.xlsx", ("货物或应税劳务名称",), sheet="信息汇总表.*")
    with Inputs([folder]) as inputs:
        rows = [sum(b.rows for b in inputs.read(s)) for s in (GRIDS[folder.name][0], lines)]
        told = [
            (each.sheet, str(each.why)) for each in inputs.not_read() if each.path.suffix != ".json"
        ]

    assert rows == [12, 14]
    assert told == [("货物运输服务", "no set of the description asks for it")]

    with Inputs([CASES / "erp_receivables_workbook"]) as inputs:
        list(inputs.read(GRIDS["erp_receivables_workbook"][0]))
        assert [
            (each.sheet, each.why.code) for each in inputs.not_read() if each.path.suffix != ".json"
        ] == [("_参数", "not_asked_hidden")]


def test_documents_are_rows_and_those_of_another_kind_are_told() -> None:
    basic = "EInvoiceData/BasicInformation"
    fields = {
        "number": "TaxSupervisionInfo/InvoiceNumber",
        "total": f"{basic}/TotalTax-includedAmount",
        "goods": "EInvoiceData/IssuItemInformation/ItemName",
    }
    asked = Xml("s", r".*\.xml", (Record("EInvoice"),), fields)
    with Inputs([CASES / "einvoice_xml"]) as inputs:
        (batch,) = inputs.read(asked, extra=("_file",))
        told = [
            (each.path.name, each.why.code)
            for each in inputs.not_read()
            if each.path.suffix != ".json"
        ]

    assert batch.frame["_file"].to_list()[:2] == [
        "dzfp_26992000000000000201_20260803 (1).xml",
        "dzfp_26992000000000000201_20260803.xml",
    ]
    assert batch.frame["total"].to_list()[2:] == [["-226.00"], ["1004.34"], ["56.50"]]
    assert batch.frame["goods"].to_list()[0] == ["*通用设备*联轴器"] * 2
    assert told == [("回执.xml", "other_root")]


def test_documents_of_two_roots_have_fields_in_common() -> None:
    records = (
        Record("Invoice", fields={"goods": "cac:InvoiceLine/cac:Item/cbc:Name"}),
        Record("CreditNote", f"{COMPONENTS}.*", fields={"goods": "cac:CreditNoteLine//cbc:Name"}),
    )
    currency = "@currencyID = /*/cbc:DocumentCurrencyCode"
    fields = {"number": "cbc:ID", "tax": f"cac:TaxTotal/cbc:TaxAmount[{currency}]"}
    asked = Xml("s", r".*\.xml", records, fields, UBL)

    found = frame(asked, CASES / "ubl_invoices", extra=("_root",))

    assert found["_root"].to_list() == ["CreditNote", "Invoice", "Invoice", "Invoice"]
    assert found["tax"].to_list() == [["130.00"], ["2600.00"], ["910.00"], ["390.00"]]
    assert found["goods"].to_list()[:2] == [["Bearing 608"], ["Bearing 608", "Coupling"]]


def test_rows_of_a_query_keep_every_digit(tmp_path: Path) -> None:
    script = (CASES / "erp_sql" / "erp.sql").read_text(encoding="utf-8")
    with sqlite3.connect(tmp_path / "erp.db") as base:
        base.executescript(script)
    base.close()
    query = "SELECT bill_no, amount, delivered FROM so_order WHERE dr = 0 ORDER BY bill_no"
    asked = Query("orders", query, "DEEPTIER_SOURCE_ERP_URL")

    found = columns(asked, environ={asked.address_from: f"sqlite:///{tmp_path}/erp.db"})

    assert found["amount"] == ["113000.1", "0.1", "4999.995", "67800.0", "200000000.29"]
    assert found["delivered"][1] is None
