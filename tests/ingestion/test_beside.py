"""Rows of trade that give credit codes beside names, imported."""

from ingestion.resolve.codes import check_letter
from tests.ingestion.conftest import House

ONE, TWO = (body + check_letter(body) for body in ("91350100M000100Y4", "91350100M000200X4"))
LISTED = f"firm,name,uscc\nA,甲机械有限公司,{ONE}\nB,乙零件有限公司,\nC,丙材料厂,\n"
HEAD = "发票号码,开票日期,销方识别号,销方名称,购买方识别号,购买方名称,金额,发票状态\n"


def test_codes_beside_names_are_read_with_them(house: House) -> None:
    house.write("firms.csv", LISTED)
    rows = [
        f"1,2026-01-05,{ONE.lower()},甲机械厂,{TWO},乙零件有限公司,1,",
        f"2,2026-01-05,,甲机械有限公司,{TWO},,2,",
        "3,2026-01-05,9.1350100E+17,甲机械有限公司,无,乙零件有限公司,4,",
        f"4,2026-01-05,{ONE},,,B,8,",
    ]
    house.write("发票.csv", HEAD + "\n".join(rows) + "\n")

    outcome = house.take()

    assert house.trades() == {("A", "B"): 1500}
    assert outcome.set_aside == {}
    named = [note.split(": what stands")[0] for note in outcome.notes]
    assert named == [
        "invoices: 1 rows hold no credit code in 销方识别号, the first in 发票.csv line 4",
        "invoices: 1 rows hold no credit code in 购买方识别号, the first in 发票.csv line 4",
    ]
    found = house.lake.invoices_of(1, "A", "B")["seller_text"].to_list()
    assert found == ["甲机械厂", "甲机械有限公司", "甲机械有限公司", ONE]


def test_a_code_of_another_firm_than_the_name_is_told_with_its_line(house: House) -> None:
    house.write("firms.csv", LISTED)
    house.write("invoices.csv", HEAD + f"1,2026-01-05,,C,,B,1,\n2,2026-01-05,{ONE},B,,C,1,\n")

    outcome = house.take()

    (note,) = outcome.notes
    assert "1 rows name another firm in seller than the code beside it" in note
    assert "the first in invoices.csv line 3" in note
    assert house.trades() == {("A", "C"): 100, ("C", "B"): 100}


def test_every_table_may_give_codes(house: House) -> None:
    house.write("firms.csv", LISTED)
    house.write(
        "receivables.csv",
        "number,seller_code,buyer,债务人统一社会信用代码,amount_yuan,issued_on,due_on\n"
        f"1,{ONE},乙零件,{TWO},1,2026-01-05,2026-06-05\n2,{ONE},B,{TWO},1,2026-01-05,2026-06-05\n",
    )

    house.take()

    assert {(row["seller"], row["buyer"]) for row in house.rows("receivables")} == {("A", "B")}


def test_a_wrong_code_that_was_replaced_tells_nobody_apart_any_more(house: House) -> None:
    house.write("firms.csv", LISTED)
    wrong = f"1,2026-01-05,{TWO},甲机械有限公司,,C,1,\n2,2026-01-05,,甲机械有限公司,,C,2,\n"
    house.write("invoices.csv", HEAD + wrong)
    house.take()
    assert ("A", "C") not in house.trades()

    void = house.write("invoices_2.csv", HEAD + wrong.splitlines()[0] + "作废\n")
    house.take("files", void)
    assert house.trades() == {("A", "C"): 200}
    assert not house.take("files", void).published


def test_a_row_set_aside_shows_name_and_code(house: House) -> None:
    house.write("firms.csv", LISTED)
    house.write("invoices.csv", HEAD + f"1,2026-01-05,{ONE},甲厂,{ONE},甲机械有限公司,1,\n")
    house.write("invoices_2.csv", HEAD + "2,2026-01-05,,A,,C,1,\n")

    outcome = house.take()

    assert outcome.set_aside == {"self_trade": 1}
    assert f",甲机械有限公司 ({ONE}),self_trade" in outcome.issues.read_text(encoding="utf-8")
