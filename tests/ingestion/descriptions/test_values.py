"""What each form of a value reads, and what it does not."""

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.descriptions.amounts import fen

if TYPE_CHECKING:
    from tests.ingestion.descriptions.conftest import Desk

SET = "sets:\n  rows: {files: '.*[.]csv', header: [方]}\ntables:\n- table: events\n  from: rows\n"


def told(desk: "Desk", rows: str, columns: str, more: str = "") -> list[dict[str, Any]]:
    desk.house.write("a.csv", rows)
    desk.say(SET.replace("header: [方]", f"header: [方]{more}") + f"  columns: {{{columns}}}\n")
    said = desk.check()
    assert said["refused"] is None, said["refused"]
    return desk.facts("events")


def test_texts_are_filled_in_and_numbers_get_their_noughts_back(desk: "Desk") -> None:
    facts = told(
        desk,
        "方,日,码,号\n甲,2026-01-01,12,345\n乙,2026-01-01,,345\n",
        "firm: 方, happened_on: 日, kind: {const: fee}, source: {text: 'x:{码|4}-{号|8}'}",
    )

    assert [fact.get("source") for fact in facts] == ["x:0012-00000345", None]


def test_the_first_that_is_not_blank_counts_and_one_of_several_columns_may_lack(
    desk: "Desk",
) -> None:
    facts = told(
        desk,
        "方,日,二\n甲,2026-01-01,b\n",
        "firm: 方, happened_on: 日, kind: [一, 二]",
    )

    assert facts[0]["kind"] == "b"


def test_a_part_of_a_text_is_the_name(desk: "Desk") -> None:
    facts = told(
        desk,
        "方,日\n应收账款_甲公司（7月）,2026-01-01\n",
        "firm: {from: 方, matching: '应收账款_([^（]+)'}, happened_on: 日, kind: {const: fee}",
    )

    assert facts[0]["firm"] == {"name": "甲公司"}


def test_lines_above_the_header_tell_what_holds_for_all_rows(desk: "Desk") -> None:
    facts = told(
        desk,
        "明细表,\n单位：乙公司　　期间：7月,\n方,日\n甲,2026-01-01\n",
        "firm: {above: '单位：(\\S+)'}, happened_on: 日, kind: 方",
    )

    assert facts[0]["firm"] == {"name": "乙公司"}


def test_sides_change_with_the_kind_of_document(desk: "Desk") -> None:
    facts = told(
        desk,
        "方,付,收,日\n出,甲,乙,2026-01-01\n入,丙,甲,2026-01-01\n",
        "firm: {when: [{if: {方: 出}, then: {name: 收}}], else: {name: 付}}, happened_on: 日, "
        "kind: 方, source: {when: [{if: {收: 乙}, then: {const: z}}]}",
    )

    assert [fact["firm"]["name"] for fact in facts] == ["乙", "丙"]
    assert [fact.get("source") for fact in facts] == ["z", None]


def test_the_first_other_party_is_not_the_own_one(desk: "Desk") -> None:
    facts = told(
        desk,
        "方,付,收,日\n甲有限公司,甲有限责任公司,乙,2026-01-01\n"
        "甲有限公司,丙,甲有限公司,2026-01-01\n",
        "firm: {first_other: {of: [付, 收], than: 方}}, happened_on: 日, kind: {const: fee}",
    )

    assert [fact["firm"]["name"] for fact in facts] == ["乙", "丙"]


def test_a_code_counts_by_its_check_character_alone(desk: "Desk") -> None:
    facts = told(
        desk,
        "方,码,日\n甲,cn91990101ma0000c013,2026-01-01\n乙,91990101MA0000C014,2026-01-01\n"
        "丙,000000000000000000,2026-01-01\n,91990101MA0000C013,2026-01-01\n",
        "firm: {code: 码, name: 方}, happened_on: 日, kind: {const: fee}",
    )

    code = "91990101MA0000C013"
    assert [fact["firm"] for fact in facts] == [
        {"name": "甲", "code": code}, {"name": "乙"}, {"name": "丙"}, {"code": code},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("ymd", "2026年6月5日 10:30", "2026-06-05"), ("ymd", "20260605 23:59:59", "2026-06-05"),
        ("dmy", "05.06.2026", "2026-06-05"), ("dmy", "5/6/2026 08:00", "2026-06-05"),
        ("dmy", "05062026", "2026-06-05"), ("dmy", "5-Jun-2026", "2026-06-05"),
        ("mdy", "6/5/2026", "2026-06-05"), ("mdy", "June 5, 2026", "2026-06-05"),
        ("mdy", "5 Jun 2026", "2026-06-05"), ("dmy", "Jun 5, 2026 10:00", "2026-06-05"),
        ("dmy", "5 Foo 2026", None),
        ("mdy", "2026-06-05 00:00:00", "2026-06-05"), ("mdy", "13/5/2026", None),
        ("ymd", "05.06.2026", None),
    ],
)  # fmt: skip
def test_days_are_read_in_the_order_that_is_said(
    desk: "Desk", order: str, text: str, day: str | None
) -> None:
    facts = told(
        desk,
        f'方,日\n甲,"{text}"\n乙,2026-01-01\n',
        f"firm: 方, happened_on: {{from: 日, order: {order}}}, kind: {{const: fee}}",
    )

    days = {fact["firm"]["name"]: fact["happened_on"] for fact in facts}
    assert days.get("甲") == day


def test_a_moment_is_the_day_that_it_is_where_is_said(desk: "Desk") -> None:
    facts = told(
        desk,
        "方,日\n甲,1780241400000\n",
        "firm: 方, happened_on: {from: 日, epoch: ms, zone: UTC}, kind: {const: fee}",
    )

    assert facts[0]["happened_on"] == "2026-05-31"


AMOUNTS = [
    ("1,000.00", ".", "yuan", 100000), ("(1.00)", ".", "yuan", -100), ("1.00-", ".", "yuan", -100),
    ("¥1,234.5", ".", "yuan", 123450), ("－１２．５", ".", "yuan", -1250),
    ("1.234,56-", ",", "yuan", -123456),
    ("1 234,50", ",", "yuan", 123450), ("22600.000000000004", ".", "yuan", 2260000),
    ("113000.1", ".", "yuan", 11300010), ("4999.995", ".", "yuan", None),
    ("0.01000002", ".", "yuan", None),
    ("0.010000001", ".", "yuan", 1), ("0.0099999999", ".", "yuan", 1),
    ("1.23456789", ".", "10k_yuan", None),
    ("1.234567", ".", "10k_yuan", 1234567), ("3", ".", "1k_yuan", 300000),
    ("0.5", ".", "100m_yuan", 5000000000),
    ("1.5E3", ".", "yuan", 150000), ("12,34.5", ".", "yuan", None), ("--1", ".", "yuan", None),
    ("(-1)", ".", "yuan", None), ("1.2.3", ".", "yuan", None),
    ("90071992547409.91", ".", "yuan", 2**53 - 1),
    ("90071992547409.92", ".", "yuan", None), ("9" * 40, ".", "yuan", None),
    ("元", ".", "yuan", None),
    ("", ".", "yuan", None), ("100元", ".", "yuan", 10000), ("250", ".", "fen", 250),
]  # fmt: skip


@pytest.mark.parametrize(("text", "decimal", "unit", "amount"), AMOUNTS)
def test_amounts_are_whole_fen_or_none(
    text: str, decimal: str, unit: str, amount: int | None
) -> None:
    assert fen(pl.Series([text]), unit, decimal).to_list() == [amount]


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_every_amount_is_read_as_it_was_written(amount: int) -> None:
    sign, whole = "-" if amount < 0 else "", f"{abs(amount) // 100:,}"
    plain = f"{sign}{whole}.{abs(amount) % 100:02}"
    german = f"{whole.replace(',', '.')},{abs(amount) % 100:02}{sign}"

    assert fen(pl.Series([plain, plain]), "yuan", ".").to_list() == [amount] * 2
    assert fen(pl.Series([german]), "yuan", ",").to_list() == [amount]


def test_an_amount_is_lowered_turned_and_made_red(desk: "Desk") -> None:
    amount = "{from: 收, less: 支, minus_when: {类: b}, red_when: {类: 红}}"
    facts = told(
        desk,
        "方,日,收,支,类\n甲,2026-01-01,-,5.00,a\n乙,2026-01-01,7.00,0.00,b\n丙,2026-01-01,3,-,红\n",
        f"firm: 方, happened_on: 日, kind: 类, amount: {amount}",
    )

    assert [fact["amount_fen"] for fact in facts] == [-500, -700, -300]


def test_a_share_is_exact_and_of_a_hundred_where_it_says_so(desk: "Desk") -> None:
    desk.house.write("a.csv", "方,被,比\n甲,乙,0.333%\n甲,丙,30\n甲,丁,-\n甲,戊,200\n")
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [方, 被]}
        tables:
        - table: holdings
          from: rows
          columns: {owner: 方, owned: 被, share: {from: 比, per_cent: true, default: '5'}}
        """
    )
    said = desk.check()

    assert [fact["share"] for fact in desk.facts("holdings")] == [0.00333, 0.3, 0.05]
    assert said["set_aside"] == {"bad_number": 1}


def test_so_many_words_without_meaning_are_told_and_no_more(desk: "Desk") -> None:
    rows = "".join(f"{at},甲,乙,5,2026-01-01,2026-03-01,词{at}\n" for at in range(1200))
    desk.house.write("a.csv", f"号,方,持,额,起,止,态\n{rows}")
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [号, 方]}
        tables:
        - table: vouchers
          from: rows
          columns: {number: 号, issuer: 方, holder: 持, amount: 额, issued_on: 起, due_on: 止,
                    status: {from: 态, words: {在手: held}}}
        """
    )
    said = desk.check()

    assert len(said["words"]) == 1000
    assert said["set_aside"] == {"unknown_status": 1200}
    assert "vouchers: more than 1000 words have no meaning: so many are told" in said["notes"]


def test_words_without_meaning_are_told_with_a_stub_to_fill_in(desk: "Desk") -> None:
    desk.house.write("a.csv", "号,方,持,额,起,止,态\n1,甲,乙,5,2026-01-01,2026-03-01,在手\n"
                     "2,甲,乙,5,2026-01-01,2026-03-01,质押\n"
                         "3,甲,乙,5,2026-01-01,2026-03-01,质押\n")  # fmt: skip
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [号, 方]}
        tables:
        - table: vouchers
          from: rows
          columns: {number: 号, issuer: 方, holder: 持, amount: 额, issued_on: 起, due_on: 止,
                    status: {from: 态, words: {在手: held}}}
        """
    )
    said = desk.check()

    assert said["set_aside"] == {"unknown_status": 2}
    assert said["words"] == [
        {"set": "rows", "table": "vouchers", "column": "status", "word": "质押", "rows": 2}
    ]
    assert "质押: 'TODO: held, transferred" in said["stub"]
