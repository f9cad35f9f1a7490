"""Cells as the exports of others have them: words, dates, numbers, signs that cannot be seen."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.errors import BadFile
from ingestion.run import ImportOutcome

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

Told = Callable[[ImportOutcome], list[dict[str, str]]]
HEAD = "number,issued_on,seller,buyer,amount_yuan"
BUREAU = (
    "序号,发票代码,发票号码,数电发票号码,销方识别号,销方名称,购方识别号,购买方名称,开票日期,金额,税额,价税合计,"
    "发票来源,发票票种,发票状态,是否正数发票,发票风险等级,开票人,备注"
)


def bureau(*rows: tuple[str, ...]) -> str:
    """Return rows of code, number, digital number, amount, state, positive as an export."""
    lines = [BUREAU]
    for at, (code, number, digital, amount, state, positive) in enumerate(rows, start=1):
        lines.append(
            f"{at},{code},{number},{digital},,东湖零件有限公司,,云栖整机股份有限公司,"
            f"2026-01-05 09:12:44,{amount},,,电子发票服务平台,数电发票（增值税专用发票）,"
            f"{state},{positive},正常,甲,"
        )
    return "\n".join(lines) + "\n"


def test_a_red_flushed_invoice_stays_and_its_red_letter_lowers_it(stocked: "House") -> None:
    path = stocked.write(
        "发票.csv",
        bureau(
            ("", "", "26992000000000000104", "8000", "已红冲-全额", "是"),
            ("", "", "26992000000000000105", "-8000", "正常", "否"),
            ("", "", "26992000000000000106", "3000", "已红冲－部分", "是"),
            ("", "", "26992000000000000107", "500", "正常", "否"),
            ("", "", "26992000000000000108", "7", "已作废", "是"),
        ),
    )

    outcome = stocked.take("files", path, replace=True)

    assert outcome.set_aside == {"void": 1}
    assert list(stocked.trades().values()) == [250000]


@pytest.mark.parametrize(
    ("word", "fate"),
    [("正常", "used"), ("全额红冲", "used"), ("部分红冲", "used"), ("红冲", "used"),
     ("已红冲（全额）", "used"), ("已红冲：部分", "used"), ("全部已红冲", "used"),
     ("已冲红/全额", "used"),
     ("红字冲销", "used"), ("未作废", "used"), ("Normal", "used"),
     ("VALID", "used"), (" 有 效 ", "used"), ("作废", "void"),
     ("已作废", "void"), ("作废发票", "void"), ("失控", "unknown_status"),
     ("异常", "unknown_status"), ("待红冲", "unknown_status"), ("正常?", "unknown_status")],
)  # fmt: skip
def test_words_of_state_are_known_for_certain_or_named(
    stocked: "House", word: str, fate: str
) -> None:
    rows = f"{HEAD},发票状态\n1,2026-01-05,S2,C1,5,正常\n2,2026-01-05,S2,C1,6,{word}\n"

    outcome = stocked.take("files", stocked.write("invoices_more.csv", rows))

    assert outcome.set_aside == ({} if fate == "used" else {fate: 1})


def test_an_invoice_of_old_is_told_apart_by_code_and_number(stocked: "House") -> None:
    path = stocked.write(
        "发票.csv",
        bureau(
            ("0990012140", "00012345", "", "100", "正常", "是"),
            ("0990012141", "00012345", "", "20", "正常", "是"),
            ("", "", "26992000000000000104", "3", "正常", "是"),
        ),
    )
    stocked.take("files", path, replace=True)
    (pair,) = stocked.trades()

    found = stocked.lake.invoices_of(2, *pair)

    numbers = sorted(found["number"].to_list())
    assert numbers == ["099001214000012345", "099001214100012345", "26992000000000000104"]


def test_noughts_that_a_spreadsheet_took_off_a_code_and_number_are_back(stocked: "House") -> None:
    for code, number in (("011001900111", "00012345"), ("11001900111", "12345")):
        row = (code, number, "", "100", "正常", "是")
        stocked.take("files", stocked.write("发票.csv", bureau(row)))

    assert sum(stocked.trades().values()) == 100_00 + 1250_50 + 80_00


@pytest.mark.parametrize(
    ("word", "amount", "fate"),
    [("增值税专用发票", "5", 500), ("数电发票(普通发票)", "5", 500),
     ("红字增值税专用发票", "5", -500),
     ("负数电子发票", "-5", -500), ("蓝字", "5", 500), ("红字", "5", -500), ("maybe", "5", None),
     ("红冲蓝字发票", "5", None)],
)  # fmt: skip
def test_the_form_of_paper_tells_red_or_blue_only_where_it_says_so(
    stocked: "House", word: str, amount: str, fate: int | None
) -> None:
    rows = f"{HEAD},发票种类\n1,2026-01-05,S2,C1,1,\n2,2026-01-05,S2,C1,{amount},{word}\n"

    outcome = stocked.take("files", stocked.write("invoices_more.csv", rows))

    assert outcome.set_aside == ({"unknown_word": 1} if fate is None else {})
    assert stocked.trades()["S2", "C1"] == 100 + (fate or 0)


@pytest.mark.parametrize(
    ("header", "word", "fate"),
    [("作废标志", "是", "void"), ("是否作废", "Y", "void"), ("作废标志", "已作废", "void"),
     ("作废标志", "否", None), ("作废标志", "0", None), ("作废标志", "", None),
     ("作废标志", "maybe", "unknown_word")],
)  # fmt: skip
def test_a_column_of_its_own_may_say_that_an_invoice_is_void(
    stocked: "House", header: str, word: str, fate: str | None
) -> None:
    rows = f"1,2026-01-05,S2,C1,5,,否\n2,2026-01-05,S2,C1,6,正常,{word}\n"

    outcome = stocked.take(
        "files", stocked.write("invoices_b.csv", f"{HEAD},发票状态,{header}\n{rows}")
    )

    assert outcome.set_aside == ({fate: 1} if fate else {})
    assert stocked.trades()["S2", "C1"] == (500 if fate else 1100)
    alone = stocked.write("invoices_b.csv", f"{HEAD},{header}\n1,2026-01-05,S2,C1,5,是\n")
    assert stocked.take("files", alone).set_aside == {"void": 1}


def test_a_column_of_its_own_may_say_that_an_invoice_is_red(stocked: "House") -> None:
    rows = "1,2026-01-05,S2,C1,5,否,01\n2,2026-01-05,S2,C1,2,是,10\n"

    outcome = stocked.take(
        "files", stocked.write("invoices_b.csv", f"{HEAD},是否红字发票,发票种类\n{rows}")
    )

    assert outcome.set_aside == {}
    assert stocked.trades()["S2", "C1"] == 300


@pytest.mark.parametrize(
    "header",
    ["发票号码,开具日期,销方企业名称,购方企业名称,合计金额",
     "发票号码*,开票日期,*销货单位,购货单位：,票面金额",
     "发票号码,开票时间,销售方纳税人名称,购买方纳税人名称,金额/元",
     "发票号码,开票日期,销方,购方,金额（人民币）"],
)  # fmt: skip
def test_headers_of_several_exports_are_known(stocked: "House", header: str) -> None:
    path = stocked.write("发票.csv", f"{header}\n1,2026-01-05,S2,C1,5\n")

    outcome = stocked.take("files", path)

    assert (outcome.used, outcome.notes) == (1, ())
    assert stocked.trades()["S2", "C1"] == 500


def test_void_orders_are_void_and_cancelled_ones_were_placed(house: "House") -> None:
    house.write("firms.csv", "firm,name\nA,a\nB,b\n")
    rows = [
        f"{at},2026-01-05,A,B,5,{word}"
        for at, word in enumerate(["已取消", "作废", "Void", "已发货", "Canceled"])
    ]
    house.write("orders.csv", "\n".join(["number,placed_on,seller,buyer,amount_fen,status", *rows]))

    outcome = house.take()

    assert outcome.set_aside == {"void": 2}
    assert outcome.used == 5  # Two firms; a cancelled order was an order.


def test_numbers_without_their_digits_are_never_keys(stocked: "House", told: Told) -> None:
    rows = "".join(f"2.4442E+19,2026-01-05,S2,C1,{amount}\n" for amount in (10, 10, 25))
    path = stocked.write("invoices_more.csv", f"{HEAD}\n{rows}123456789012345,2026-01-05,S2,C1,5\n")

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {"lost_digits": 3}
    assert {(i["column"], i["value"]) for i in told(outcome)} == {("number", "2.4442E+19")}
    assert stocked.trades()["S2", "C1"] == 500


@pytest.mark.parametrize(
    ("line", "reason"),
    [("9.1990101E+17,甲有限公司,", "lost_digits"), ("10012345.0,甲有限公司,", "lost_digits"),
     ("A,甲有限公司,9.1990101MA+17", None), ("A,甲有限公司,9.1990101E+17", "lost_digits"),
     ("#REF!,甲有限公司,", "cell_error"), ("A,#N/A,", "cell_error"),
     ("A\ufffd,甲有限公司,", "unreadable")],
)  # fmt: skip
def test_a_firm_is_never_known_by_what_is_no_text(
    house: "House", line: str, reason: str | None
) -> None:
    house.write("firms.csv", f"firm,name,uscc\nB,乙有限公司,\n{line}\n")

    assert house.take().set_aside == ({} if reason is None else {reason: 1})


def test_a_firm_with_signs_that_cannot_be_seen_is_the_same_firm(stocked: "House") -> None:
    rows = (
        "\u200b1,2026-01-05,S2\ufeff,C1,5\n2,2026-01-05,\u202aS2,Ｃ１,6\n"
        "3,2026-01-05,西岭\u00ad材料\u200d有限公司\u3000,C1,7\u200b\n4,2026-01-05,S2,\u00a0C1,8\n"
    )
    path = stocked.write(
        "invoices_more.csv", f"num\u200bber,issued_on,\ufeffSeller ,buyer,AMOUNT_Yuan\n{rows}"
    )

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {}
    firms = {row["firm"] for row in stocked.rows("firms")}
    assert firms == {"C1", "S1", "S2"}
    assert stocked.trades()["S2", "C1"] == 2600


def test_an_error_in_any_cell_that_is_read_is_never_a_default(stocked: "House") -> None:
    rows = "1,2026-01-05,S2,C1,5,#N/A,\n2,2026-01-05,S2,C1,6,,#VALUE!\n3,2026-01-05,S2,C1,7,,\n"

    outcome = stocked.take(
        "files", stocked.write("invoices_b.csv", f"{HEAD},status,total_yuan\n{rows}")
    )

    assert outcome.set_aside == {"cell_error": 2}
    assert stocked.trades()["S2", "C1"] == 700


def test_two_headers_that_look_the_same_are_refused(stocked: "House") -> None:
    path = stocked.write("invoices_b.csv", f"{HEAD},sel\u200bler\n1,2026-01-05,S1,C1,5,S1\n")

    with pytest.raises(BadFile, match=r"invoices_b\.csv: line 1: column 'seller' stands twice"):
        stocked.take("files", path)


def test_a_firm_may_be_told_by_its_code_alone(house: "House") -> None:
    code = "91350100M000100Y43"
    house.write("firms.csv", f"firm,name,uscc\nA,甲有限公司,{code}\nB,乙有限公司,\n")
    house.write(
        "发票.csv",
        f"发票号码,开票日期,销方识别号,购方名称,金额\n1,2026-01-05,{code},乙有限公司,5\n",
    )
    head = "发票号码,开票日期,销方识别号,销方名称,购方名称,金额"
    house.write("发票2.csv", f"{head}\n2,2026-01-05,{code},,乙有限公司,5\n")

    outcome = house.take()

    assert outcome.notes == ()
    assert house.trades() == {("A", "B"): 1000}


def test_floats_of_a_parquet_file_are_never_ids(stocked: "House") -> None:
    out = io.BytesIO()
    table = {"number": [2.6992000000000102e19, 7.0], "issued_on": ["2026-01-05"] * 2}
    table |= {"seller": ["S2"] * 2, "buyer": ["C1"] * 2, "amount_yuan": [1234.5600000000001, 5.0]}
    pq.write_table(pa.table(table), out)

    outcome = stocked.take("files", stocked.write("invoices_b.parquet", out.getvalue()))

    assert outcome.set_aside == {"lost_digits": 1}
    assert stocked.trades()["S2", "C1"] == 500


def test_a_header_says_that_amounts_are_in_ten_thousand_yuan(house: "House") -> None:
    head = "企业编号,企业名称,注册资本（万元）,营业收入(万元),净资产/万元"
    house.write("企业.csv", f"{head}\nA,甲有限公司,5000,1234.5678,-0.5\n")

    outcome = house.take()

    (firm,) = house.rows("firms")
    assert outcome.notes == ()
    assert (firm["capital_fen"], firm["revenue_fen"], firm["equity_fen"]) == (
        5_000_000_000, 1_234_567_800, -500_000
    )  # fmt: skip
