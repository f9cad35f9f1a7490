"""Exports as companies have them, each described from the language alone and counted by hand."""

import datetime as dt
import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

if TYPE_CHECKING:
    from tests.ingestion.descriptions.conftest import Desk

Rows = Iterable[Sequence[object]]
OWN, OTHER, THIRD = "91990101MA0000C013", "91990101MA0000A01P", "91350100M000100Y43"


def book(
    path: Path, sheets: Mapping[str, Rows], merged: Sequence[str] = (), *, mac: bool = False
) -> None:
    """Write a workbook; blocks of cells are merged on its first sheet."""
    made = openpyxl.Workbook()
    if mac:
        made.epoch = CALENDAR_MAC_1904
    made.remove(made["Sheet"])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for block in merged:
        made.worksheets[0].merge_cells(block)
    made.save(path)


def counts(said: Mapping[str, Any]) -> tuple[int, int, dict[str, int]]:
    """Return rows, used and set aside, of a trial that is not refused."""
    assert said["refused"] is None, said["refused"]
    return said["rows"], said["used"], said["set_aside"]


def parties(facts: Iterable[Mapping[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    """Return of each fact some columns, of parties their names."""
    return [
        tuple(f[c].get("name") if isinstance(f.get(c), dict) else f.get(c) for c in columns)
        for f in facts
    ]


def test_parties_change_sides_with_the_kind_of_document(desk: "Desk") -> None:
    desk.house.write(
        "台账.csv",
        "方向,本方,本方税号,往来单位,往来税号,号码,日期,金额\n"
        f"销项,甲厂,{OWN},乙厂,{OTHER},1,2026-01-05,100\n"
        f"进项,甲厂,{OWN},乙厂,{OTHER},2,2026-01-06,200\n"
        f"进项红字,甲厂,{OWN},丙厂,000000000000000000,3,2026-01-07,50\n"
        f"其他,甲厂,{OWN},丁厂,,4,2026-01-08,60\n",
    )
    desk.say(
        """
        sets:
          rows: {files: '台账.*', header: [方向, 本方, 往来单位], keep: [{方向: {not: 其他}}]}
        tables:
        - table: invoices
          from: rows
          columns:
            number: 号码
            issued_on: 日期
            seller: {when: [{if: {方向: 销项}, then: {code: 本方税号, name: 本方}}],
                     else: {code: 往来税号, name: 往来单位}}
            buyer: {when: [{if: {方向: {matches: '进项.*'}}, then: {code: 本方税号, name: 本方}}],
                    else: {code: 往来税号, name: 往来单位}}
            amount: {from: 金额, red_when: {方向: 进项红字}}
            kind: {when: [{if: {方向: {matches: '.*红字'}}, then: {const: red}}],
                   else: {const: blue}}
        """
    )
    said = desk.check()

    assert counts(said) == (4, 3, {"left_out": 1})
    assert parties(desk.facts("invoices"), "seller", "buyer", "amount_fen", "kind") == [
        ("甲厂", "乙厂", 10000, "blue"), ("乙厂", "甲厂", 20000, "blue"),
        ("丙厂", "甲厂", -5000, "red"),
    ]  # fmt: skip
    assert desk.facts("invoices")[1]["seller"] == {"name": "乙厂", "code": OTHER}
    assert desk.facts("invoices")[2]["seller"] == {"name": "丙厂"}


def test_titles_between_rows_in_a_merged_line_hold_to_the_next(desk: "Desk") -> None:
    book(
        desk.house.inbox / "往来.xlsx",
        {
            "明细": [
                ["应收明细账"], ["编制单位：甲厂  单位：元"],
                ["日期", "单号", "摘要", "应收", "到期"],
                ["【0001】乙厂"],
                [dt.date(2026, 1, 5), 7, "货", 10.1, dt.date(2026, 4, 5)],
                [46028, "8", "货", "1,000.00", "2026/4/6"],
                ["", "", "小计", 1010.1],
                ["【0002】丙厂"],
                [dt.date(2026, 1, 7), 9, "货", 20, None],
                ["", "", "合计", 1030.1],
                ["制单：张三", "", "", "审核：李四"],
            ]
        },
        ["A1:E1", "A2:E2", "A4:E4", "A8:E8"],
    )  # fmt: skip
    desk.say(
        r"""
        sets:
          rows:
            files: '往来.*'
            header: [日期, 单号, 应收]
            keep: [{单号: {blank: false}}]
        tables:
        - table: receivables
          from: rows
          columns:
            number: 单号
            seller: {above: '编制单位：(\S+)'}
            buyer: {const: 某厂}
            amount: 应收
            issued_on: 日期
            due_on: 到期
        """
    )
    said = desk.check()

    assert counts(said) == (8, 2, {"left_out": 5, "missing": 1})
    assert parties(desk.facts("receivables"), "number", "seller", "amount_fen", "issued_on") == [
        ("7", "甲厂", 1010, "2026-01-05"), ("8", "甲厂", 100000, "2026-01-06"),
    ]  # fmt: skip


def test_blocks_with_headers_of_their_own_stand_in_one_sheet(desk: "Desk") -> None:
    rows = [
        ["一、应收账款"], ["客户", "单号", "金额", "日期", "到期"],
        ["乙厂", "1", "10", "2026-01-05", "2026-04-05"],
        ["丙厂", "2", "20", "2026-01-06", "2026-04-06"],
        ["合计", "", "30", "", ""],
        ["二、应收票据"], ["票号", "出票人", "持票人", "票面", "出票日", "到期日", "状态"],
        ["B1", "乙厂", "甲厂", "5", "2026-01-07", "2026-07-07", "在手"],
        ["B2", "丙厂", "甲厂", "6", "2026-01-08", "2026-07-08", "在手"],
    ]  # fmt: skip
    text = """
        sets:
          claims: {files: 'x[.].*', header: [客户, 单号], keep: [{日期: {matches: '[0-9]{4}-.*'}}]}
          bills: {files: 'x[.].*', header: [票号, 出票人]}
        tables:
        - {table: receivables, from: claims, columns: {number: 单号, seller: {const: 甲厂},
           buyer: 客户, amount: 金额, issued_on: 日期, due_on: 到期}}
        - {table: vouchers, from: bills, columns: {number: 票号, issuer: 出票人, holder: 持票人,
           amount: 票面, issued_on: 出票日, due_on: 到期日,
           status: {from: 状态, words: {在手: held}}}}
        """
    desk.say(text)
    book(desk.house.inbox / "x.xlsx", {"余额": rows})
    of_book = desk.check()
    book_facts = desk.facts("receivables") + desk.facts("vouchers")
    (desk.house.inbox / "x.xlsx").unlink()
    desk.house.write("x.csv", "\n".join(",".join(row) for row in rows))
    of_text = desk.check()

    # Of the first block every line to the end of the sheet is a row, of the second those below.
    assert counts(of_book) == (9, 4, {"left_out": 5})
    assert [file["rows"] for file in of_book["files"]] == [7, 2]
    assert counts(of_text) == counts(of_book)
    assert desk.facts("receivables") + desk.facts("vouchers") == book_facts
    assert [fact["number"] for fact in book_facts] == ["1", "2", "B1", "B2"]


def test_a_part_of_a_text_is_the_name_and_numbers_lost_their_noughts(desk: "Desk") -> None:
    desk.house.write(
        "凭证.csv",
        "科目,发票代码,发票号码,日期,借方,贷方\n"
        '1122.01 应收账款_乙厂（7月）,4400123456,12345,2026-01-05,"1,000.00",\n'
        "1122.02 应收账款_丙厂,4400123456,00000077,2026-01-06,-,5.00\n"
        "6001 主营业务收入,,,2026-01-06,,5.00\n",
    )
    desk.house.write("档案.csv", "代码号码,税率\n440012345600012345,13%\n440012345600000077,6%\n")
    desk.say(
        """
        sets:
          rows:
            files: '凭证.*'
            header: [科目, 发票代码]
            keep: [{科目: {matches: '1122.*'}}]
            joins:
            - {set: rates, ours: {text: '{发票代码}{发票号码|8}'}, theirs: 代码号码,
               take: {税率: 税率}, missing: set_aside}
          rates: {files: '档案.*', header: [代码号码]}
        tables:
        - table: events
          from: rows
          columns:
            firm: {from: 科目, matching: '[0-9.]+ 应收账款_([^（]+)'}
            happened_on: 日期
            kind: 税率
            amount: {from: 借方, less: 贷方}
            source: {text: '{发票代码}{发票号码|8}'}
        """
    )
    said = desk.check()

    assert counts(said) == (3, 2, {"left_out": 1})
    assert parties(desk.facts("events"), "firm", "kind", "amount_fen", "source") == [
        ("乙厂", "13%", 100000, "440012345600012345"), ("丙厂", "6%", -500, "440012345600000077"),
    ]  # fmt: skip
    (looked,) = said["lookups"]
    assert (looked["rows"], looked["matched"], looked["unmatched"]) == (2, 2, 0)


def test_units_differ_by_sheet_and_every_sheet_that_matches_is_read(desk: "Desk") -> None:
    head = ["客户", "单号", "金额", "日期", "到期"]
    book(
        desk.house.inbox / "月报.xlsx",
        {
            "一月（元）": [["单位：元"], head, ["乙厂", "1", 1234.5, "2026-01-05", "2026-04-05"]],
            "二月（万元）": [["单位：万元"], head,
                            ["乙厂", "2", 0.123456, "2026-02-05", "2026-05-05"],
                            ["乙厂", "3", 0.1234567, "2026-02-05", "2026-05-05"]],
            "说明": [["口径"], ["见附注"]],
        },
    )  # fmt: skip
    desk.say(
        """
        sets:
          rows: {files: '月报.*', sheet: '.月.*', header: [客户, 单号]}
        tables:
        - table: receivables
          from: rows
          columns:
            number: 单号
            seller: {const: 甲厂}
            buyer: 客户
            amount: {when: [{if: {_sheet: {matches: '.*万元.*'}},
                             then: {from: 金额, unit: 10k_yuan}}],
                     else: 金额}
            issued_on: 日期
            due_on: 到期
        """
    )
    said = desk.check()

    assert counts(said) == (3, 2, {"bad_amount": 1})
    assert [fact["amount_fen"] for fact in desk.facts("receivables")] == [123450, 123456]
    assert [(each["sheet"], each["path"][-7:]) for each in said["not_read"]] == [
        ("说明", "月报.xlsx")
    ]


def test_joins_look_into_two_files_and_twice_into_one_by_a_key_further_up(desk: "Desk") -> None:
    desk.house.write(
        "订单.csv",
        "单号,买方编码,卖方编码,行号,货号,数量金额,日期\n"
        "D1,0007,12,1,a,10,2026-01-05\n,,,2,b,20,2026-01-05\n,,,3,x,30,2026-01-05\n"
        "D2,8,12,1,a,40,2026-01-06\nD3,99,12,1,b,50,2026-01-07\n",
    )
    desk.house.write("往来A.csv", "编码,名称\n7,乙厂\n")
    desk.house.write("往来B.csv", "编码,名称\n0008,丙厂\n12,甲厂\n")
    desk.house.write("货.csv", "货号,品名\na,铁\nb,铜\n")
    desk.say(
        """
        sets:
          rows:
            files: '订单.*'
            header: [单号, 行号]
            hold: {by: 单号, columns: [单号, 买方编码, 卖方编码]}
            joins:
            - {set: partners, ours: 买方编码, theirs: 编码, take: {买方: 名称}, strip_zeros: true,
               missing: set_aside}
            - {set: partners, ours: 卖方编码, theirs: 编码, take: {卖方: 名称}, strip_zeros: true}
            - {set: goods, ours: 货号, take: {品名: 品名}}
          partners: {files: '往来[AB].*', header: [编码, 名称]}
          goods: {files: '货.*', header: [货号]}
        tables:
        - table: invoices
          from: rows
          columns: {number: {text: '{单号}-{行号}'}, issued_on: 日期, seller: 卖方, buyer: 买方,
                    amount: 数量金额, goods: [品名, 货号]}
        """
    )
    said = desk.check()

    assert counts(said) == (5, 4, {"unmatched": 1})
    assert parties(desk.facts("invoices"), "number", "seller", "buyer", "goods") == [
        ("D1-1", "甲厂", "乙厂", "铁"), ("D1-2", "甲厂", "乙厂", "铜"),
        ("D1-3", "甲厂", "乙厂", "x"),
        ("D2-1", "甲厂", "丙厂", "铁"),
    ]  # fmt: skip
    looked = [(Path(each["path"]).name, each["rows"], each["matched"]) for each in said["lookups"]]
    assert looked == [("往来A.csv", 1, 1), ("往来B.csv", 2, 2), ("货.csv", 2, 2)]


def test_a_collective_entry_is_put_together_from_its_parts(desk: "Desk") -> None:
    """Revenue, tax and claim of one entry are lines of one file; some of them cancel out."""
    desk.house.write(
        "凭证.csv",
        "凭证号,行,科目,客户,日期,借方,贷方\n"
        "记-1,1,应收账款,乙厂,2026-01-05,113.00,\n记-1,2,主营业务收入,,2026-01-05,,60.00\n"
        "记-1,3,主营业务收入,,2026-01-05,,40.00\n记-1,4,应交税费,,2026-01-05,,13.00\n"
        "记-2,1,应收账款,丙厂,2026-01-06,226.00,\n记-2,2,应收账款,丙厂,2026-01-06,-226.00,\n"
        "记-3,1,应收账款,丁厂,2026-01-07,10,\n记-3,2,银行存款,,2026-01-07,,10\n",
    )
    desk.say(
        """
        sets:
          claims:
            files: '凭证.*'
            header: [凭证号, 科目]
            keep: [{科目: 应收账款}]
            joins: [{set: taxes, ours: 凭证号, take: {税: 贷方}}]
            group: {by: [凭证号, 客户], sum: [借方]}
          taxes: {files: '凭证.*', header: [凭证号, 科目], keep: [{科目: 应交税费}]}
        tables:
        - table: invoices
          from: claims
          keep: [{positive: 借方}]
          columns: {number: 凭证号, issued_on: 日期, seller: {const: 甲厂}, buyer: 客户,
                    amount: {from: 借方, less: 税}, tax: 税, total: 借方}
        """
    )
    said = desk.check()

    # The two lines of the second entry cancel out: the table leaves both out.
    assert counts(said) == (8, 2, {"left_out": 6})
    columns = ("number", "buyer", "amount_fen", "tax_fen", "total_fen")
    assert parties(desk.facts("invoices"), *columns) == [
        ("记-1", "乙厂", 10000, 1300, 11300), ("记-3", "丁厂", 1000, None, 1000),
    ]  # fmt: skip


def test_a_set_that_is_looked_into_is_put_together_first(desk: "Desk") -> None:
    desk.house.write(
        "凭证.csv",
        "证,科,客,日,借,贷,备\n1,应收,乙厂,2026-01-05,113,,\n1,税,,2026-01-05,,10,x\n"
        "1,税,,2026-01-05,,3,y\n2,应收,丙厂,2026-01-05,5,,\n3,税,,2026-01-05,,3,z\n",
    )
    desk.say(
        """
        sets:
          claims:
            files: '凭证.*'
            header: [证, 科]
            keep: [{科: 应收}]
            joins: [{set: taxes, ours: 证, take: {税: 贷, 注: {all: 备}}}]
          taxes: {files: '凭证.*', header: [证, 科], keep: [{科: 税}],
                  group: {by: [证], sum: [贷]}}
        tables:
        - {table: invoices, from: claims, columns: {number: 证, issued_on: 日,
           seller: {const: 甲厂}, buyer: 客, amount: {from: 借, less: 税}, tax: 税, goods: 注}}
        """
    )
    said = desk.check()

    columns = ("number", "tax_fen", "amount_fen", "goods")
    assert parties(desk.facts("invoices"), *columns) == [
        ("1", 1300, 10000, "x；y"), ("2", None, 500, None),
    ]  # fmt: skip
    (looked,) = said["lookups"]
    assert (looked["rows"], looked["matched"], looked["unmatched"]) == (5, 3, 2)
    assert said["notes"] == []  # Each column is read by one of both sets.


def test_documents_of_several_versions_of_a_schema_give_one_table(desk: "Desk") -> None:
    one = (
        '<Inv xmlns="urn:x:1"><No>1</No><Date>2026-01-05</Date><S>甲厂</S><B>乙厂</B>'
        "<Amt>10</Amt><L><G>铁</G></L><L><G>铜</G></L></Inv>"
    )
    two = (
        '<q:Inv xmlns:q="urn:x:2" ver="2"><q:Head no="2" day="05/02/2026"/><q:Seller><q:Name>甲厂'
        "</q:Name></q:Seller><q:Buyer><q:Name>丙厂</q:Name></q:Buyer><q:Sum cur='EUR'>9</q:Sum>"
        "<q:Sum cur='CNY'>20</q:Sum><q:L><q:G>铝</q:G></q:L></q:Inv>"
    )
    many = (
        "<Batch><Bill><No>3</No><Date>2026-03-05</Date><S>甲厂</S><B>丁厂</B><Amt>30</Amt></Bill>\n"
        "<Bill void='1'><No>4</No><Date>2026-03-05</Date><S>甲厂</S><B>丁厂</B><Amt>30</Amt></Bill>"
        "\n<Note/></Batch>"
    )
    for name, text in (("a", one), ("b", two), ("c", many), ("d", "<Receipt/>")):
        desk.house.write(f"{name}.xml", text)
    desk.say(
        """
        sets:
          documents:
            files: '.*[.]xml'
            records:
            - {root: Inv, namespace: 'urn:x:1', fields: {day: d:Date}}
            - {root: Inv, namespace: 'urn:x:[2-9]', fields: {other_day: d:Head/@day}}
            - {root: Batch, each: Bill, fields: {day: Date, gone: '@void'}}
            fields:
              number: d:No | d:Head/@no | No
              seller: d:S | d:Seller/d:Name | S
              buyer: d:B | d:Buyer/d:Name | B
              amount: d:Amt | d:Sum[@cur = 'CNY'] | Amt
              goods: d:L/d:G
            void: [{gone: {blank: false}}]
        tables:
        - table: invoices
          from: documents
          columns: {number: number, issued_on: [day, {from: other_day, order: dmy}], seller: seller,
                    buyer: buyer, amount: amount, goods: {all: goods}}
        """
    )
    said = desk.check()

    assert counts(said) == (4, 3, {"void": 1})
    columns = ("number", "buyer", "amount_fen", "issued_on", "goods")
    assert parties(desk.facts("invoices"), *columns) == [
        ("1", "乙厂", 1000, "2026-01-05", "铁；铜"), ("2", "丙厂", 2000, "2026-02-05", "铝"),
        ("3", "丁厂", 3000, "2026-03-05", None),
    ]  # fmt: skip
    assert [Path(each["path"]).name for each in said["not_read"]] == ["d.xml"]


def test_days_in_month_day_order_and_days_of_a_workbook_of_1904(desk: "Desk") -> None:
    desk.house.write(
        "us.csv", "No,Date,From,To,Amt\n1,03/04/2026,A,B,$1.00\n2,3/25/26,A,B,1e5\n"
        "3,03-05-2026 11:59 PM,A,B,1E+2\n4,2026-03-06,A,B,(0.01)\n5,25/03/2026,A,B,7\n"
    )  # fmt: skip
    book(
        desk.house.inbox / "mac.xlsx",
        {"s": [["No", "Date", "From", "To", "Amt"], [6, dt.date(2026, 3, 7), "A", "B", 1e5],
               [7, dt.date(2026, 3, 8), "A", "B", 0.1 + 0.2]]},
        mac=True,
    )  # fmt: skip
    desk.say(
        """
        sets:
          rows: {files: '(us|mac)[.].*', header: [No, Date]}
        tables:
        - {table: invoices, from: rows, columns: {number: No, issued_on: {from: Date, order: mdy},
           seller: From, buyer: To, amount: Amt}}
        """
    )
    said = desk.check()

    assert [(f["number"], f["issued_on"], f["amount_fen"]) for f in desk.facts("invoices")] == [
        ("6", "2026-03-07", 10000000), ("7", "2026-03-08", 30),
        ("1", "2026-03-04", 100), ("3", "2026-03-05", 10000), ("4", "2026-03-06", -1),
    ]  # fmt: skip
    # Two figures of a year are no year; a month 25 is none.
    assert counts(said) == (7, 5, {"bad_date": 2})


def test_lines_are_told_right_whatever_ends_them_and_whatever_is_in_them(desk: "Desk") -> None:
    text = (
        '号,方,日,备注\r\n1,"甲\r\n公司",2026-01-05,"a\nb"\n2,乙,2026-01-06,"说""好"""\r'
        "\r\n3,丙,2026-01-07,x\r\n4,丁,bad,\n5,\x00戊,2026-01-08,\n6,己,2026-01-09,\n"
    )
    desk.house.write("a.csv.gz", gzip.compress(text.replace("\r\r", "\r").encode("gb18030")))
    desk.say(
        """
        sets:
          rows: {files: 'a[.].*', header: [号, 方], ignored: [备注]}
        tables:
        - {table: events, from: rows, columns: {firm: 方, happened_on: 日, kind: {const: x},
           source: 号}}
        """
    )
    said = desk.check()
    lines = (desk.house.home / "facts.jsonl").read_text(encoding="utf-8").splitlines()

    assert counts(said) == (6, 4, {"bad_date": 1, "unreadable": 1})
    assert [f["source"] for f in desk.facts("events")] == ["1", "2", "3", "6"]
    assert len(lines) == 4


def test_a_row_is_set_aside_for_the_first_reason_alone(desk: "Desk") -> None:
    head = "号,卖,买,日,额,态,码,币"
    desk.house.write(
        "a.csv",
        f"{head}\n"
        "1,甲,乙,2026-01-05,5,,k,\n"  # used
        "1,甲,乙,2026-01-05,5,,k,\n"  # duplicate
        "1,甲,乙,2026-01-05,5,,z,\n"  # unmatched, before duplicate
        "2,甲,乙,2026-01-05,x,废,z,\n"  # void, before unmatched and bad_amount
        "3,甲,乙,2026-01-05,5,删废,z,\n"  # left out, before void
        f"{head}\n"  # left out: the header again
        "4,甲,乙,2026-01-05,5,,z,USD\n"  # left out: another currency, before unmatched
        "\x005,甲,乙,2026-01-05,5,删,k,\n"  # unreadable, before left out
        "6,甲,乙,2026-01-05,x,,k,\n"  # bad_amount
        "合计,,,,9\n",  # left out, although it is short
    )
    desk.house.write("码.csv", "码,名\nk,n\n")
    desk.say(
        """
        sets:
          rows:
            files: 'a[.].*'
            header: [号, 卖]
            joins: [{set: codes, ours: 码, take: {名: 名}, missing: set_aside}]
            keep: [{态: {not: [删, 删废]}, 号: {not: 合计}}]
            void: [{态: {matches: '.*废'}}]
          codes: {files: '码.*', header: [码, 名]}
        tables:
        - {table: invoices, from: rows, columns: {number: 号, issued_on: 日, seller: 卖, buyer: 买,
           amount: 额, currency: 币}}
        """
    )
    said = desk.check()

    assert counts(said) == (
        10, 1,
        {"bad_amount": 1, "duplicate": 1, "left_out": 4, "unmatched": 1, "unreadable": 1,
         "void": 1},
    )  # fmt: skip
    assert said["currencies"] == {"USD": 1}
