"""What columns are for a table, and the text in which they are something else."""

from ingestion.descriptions.editing import plain
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.folders import SHIPPED
from ingestion.descriptions.reading import read
from ingestion.descriptions.roles import (
    assigned,
    meant,
    option,
    optioned,
    retabled,
    roles,
    roles_of,
    woven,
)
from ingestion.forms import form, forms

TAX = (SHIPPED / "tax_bureau_workbook.yml").read_text(encoding="utf-8")
SAP = (SHIPPED / "sap_line_items.yml").read_text(encoding="utf-8")
COLUMNS = ("tables", 0, "columns")


def faults(text: str) -> list[str]:
    found = Faults("own")
    read("own", text, found)
    return found.messages(questions=False)


def test_roles_are_told_by_column_and_what_is_put_together_apart() -> None:
    found = roles(TAX, 0)

    assert found["销方名称"] == ["seller name"]
    assert found["销方识别号"] == ["seller code"]
    assert found["数电发票号码"] == ["number"]
    assert woven(TAX, 0)["发票号码"] == ["number"]
    assert "发票号码" not in found


def test_every_role_of_every_table_can_be_given_and_taken_back() -> None:
    for name in forms():
        table = f"{{table: {name}, from: s, columns: {{}}}}"
        text = f"schema: 1\nowner: a\nsets: {{s: {{files: x}}}}\ntables: [{table}]\n"
        for role in roles_of(form(name)):
            given = assigned(text, 0, {"甲, 乙": role})
            assert roles(given, 0) == {"甲, 乙": [role]}
            assert plain(assigned(given, 0, {"甲, 乙": ""})) == plain(text)


def test_a_column_that_takes_over_keeps_how_it_is_read() -> None:
    text = assigned(SAP, 0, {"Doc. Date": "", "Posting": "issued_on"})

    assert plain(text, (*COLUMNS, "issued_on")) == {"from": "Posting", "order": "dmy"}
    assert faults(text) == []


def test_columns_change_places() -> None:
    text = assigned(TAX, 0, {"金额": "total", "价税合计": "amount"})

    assert plain(text, (*COLUMNS, "amount")) == "价税合计"
    assert plain(text, (*COLUMNS, "total")) == "金额"


def test_of_two_columns_with_one_role_the_first_that_is_not_blank_counts() -> None:
    text = assigned(TAX, 0, {"购方": "buyer name", "备用税额": "tax"})

    assert plain(text, (*COLUMNS, "buyer")) == {
        "code": "购方识别号",
        "name": ["购买方名称", "购方"],
    }
    assert plain(text, (*COLUMNS, "tax")) == ["税额", "备用税额"]
    assert faults(text) == []


def test_a_question_is_answered_by_a_column() -> None:
    text = assigned(SAP, 0, {"Company": "seller code"})

    assert plain(text, (*COLUMNS, "seller")) == {"code": "Company"}


def test_a_part_beside_a_whole_party_makes_it_two_parts() -> None:
    text = TAX.replace("seller: {code: 销方识别号, name: 销方名称}", "seller: 销方名称")

    text = assigned(text, 0, {"税号": "seller code"})

    assert plain(text, (*COLUMNS, "seller")) == {"code": "税号", "name": "销方名称"}


def test_units_and_orders_come_and_go() -> None:
    wide = optioned(TAX, 0, "amount", unit="10k_yuan")

    assert option(wide, 0, "amount", "unit") == "10k_yuan"
    assert faults(wide) == []
    assert option(optioned(wide, 0, "amount", unit=""), 0, "amount", "unit") == ""
    assert optioned(TAX, 0, "goods", order="") == TAX


def test_words_get_a_meaning_beside_those_that_have_one() -> None:
    text = assigned(TAX, 0, {"发票状态": "status"})

    text = meant(meant(text, 0, "status", {"怪": "void"}), 0, "status", {"另": "valid"})
    text = meant(text, 0, "kind", {"未知": "blue"})

    assert plain(text, (*COLUMNS, "kind", "words")) == {"是": "blue", "否": "red", "未知": "blue"}
    assert plain(text, (*COLUMNS, "status", "else")) == "发票状态"
    assert [case["if"] for case in plain(text, (*COLUMNS, "status", "when"))] == [
        {"发票状态": "怪"},
        {"发票状态": "另"},
    ]
    assert roles(text, 0)["发票状态"] == ["status"]
    assert faults(text) == []


def test_another_table_keeps_the_columns_that_it_has() -> None:
    text = retabled(TAX, 0, "orders")

    assert plain(text, ("tables", 0, "table")) == "orders"
    assert set(plain(text, COLUMNS)) <= {*form("orders").columns}
    assert "amount" in plain(text, COLUMNS)
