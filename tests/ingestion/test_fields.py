"""Cells into values: what is read, and what is not guessed."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import fields

FEN = st.integers(-fields.FEN_MAX, fields.FEN_MAX)


@given(st.lists(FEN, min_size=1, max_size=20))
def test_yuan_come_back_as_the_same_fen(amounts: list[int]) -> None:
    texts = pa.array([f"{Decimal(amount) / 100:.2f}" for amount in amounts])

    assert fields.money(texts, unit="yuan", signed=True).to_pylist() == amounts


@given(st.lists(FEN, min_size=1, max_size=20))
def test_fen_come_back_as_they_are(amounts: list[int]) -> None:
    found = fields.money(pa.array([str(a) for a in amounts]), unit="fen", signed=True)

    assert found.to_pylist() == amounts


@given(st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=20))
def test_doubles_and_trailing_zeros_are_the_fen_that_they_stand_for(amounts: list[int]) -> None:
    doubles = pa.array([f"{amount / 100 * 3 / 3:.17f}" for amount in amounts])
    zeros = pa.array([f"{Decimal(amount) / 100:.2f}000" for amount in amounts])
    grouped = pa.array([f"{Decimal(amount) / 100:,.2f}" for amount in amounts])

    for texts in (doubles, zeros, grouped):
        assert fields.money(texts, unit="yuan", signed=True).to_pylist() == amounts


@pytest.mark.parametrize(
    ("text", "fen"),
    [("100.000", 10000), ("1234.5600000000001", 123456), ("1234.5599999999999", 123456),
     ("22600.000000000004", 2260000), ("0.30000000000000004", 30), ("-0.00", 0),
     ("1,234.50", 123450), ("1,234,567.8", 123456780), ("943.4000000001", 94340),
     ("12345678901.230000000", 1234567890123)],
)  # fmt: skip
def test_an_amount_that_is_whole_fen_is_read_in_whatever_places(text: str, fen: int) -> None:
    assert fields.money(pa.array([text]), unit="yuan", signed=True).to_pylist() == [fen]


def test_whole_fen_may_be_written_with_a_point() -> None:
    texts = pa.array(["12345.0", "12345.00", "12344.999999999998", "12345.5", "1,234.00"])

    found = fields.money(texts, unit="fen", signed=True).to_pylist()

    assert found == [12345, 12345, 12345, None, 1234]


@given(st.lists(FEN, min_size=1, max_size=20))
def test_amounts_without_a_sign_refuse_those_below_nought(amounts: list[int]) -> None:
    found = fields.money(pa.array([str(a) for a in amounts]), unit="fen", signed=False)

    assert found.to_pylist() == [a if a >= 0 else None for a in amounts]


@pytest.mark.parametrize(
    "text",
    ["1.234", "1,000", "1e3", "0x10", "1.", ".5", "--1", "1 000", "¥5", "inf", "NaN", "1e400",
     "９", "90071992547409.92", "99999999999999999999", "0.005", "1.2345", "100.0001",
     "1,23.00", "12,34.50", "1.234,56", "1,234", "(100.00)", "100-", "100元", "99999999999.9912",
     "1000.0000000001x", "1,2345.00"],
)  # fmt: skip
def test_what_is_no_plain_amount_is_not_read(text: str) -> None:
    assert fields.money(pa.array([text]), unit="yuan", signed=True).to_pylist() == [None]


@pytest.mark.parametrize(
    "text", ["2017/8/4", "2017-08-04", "2017.8.4", "2017年8月4日", "2017-08-04 00:00:00",
             "2017-08-04T00:00:00.000", "20170804", "2017/8/4 0:00", "2017/8/4 0:00:00",
             "2017-08-04 12:30:00", "2017/8/4 9:05", "2017.8.4 23:59:60", "2017年8月4日 10:30",
             "2017年8月4日10时30分", "2017-08-04T10:30:00.123456789", "2017/8/4 10:30:00 PM",
             "2017/8/4 下午 3:07", "20170804 103000", "20170804103000", "20170804T1030",
             "2017-08-04T00:00:00Z", "2017-08-04T09:00:00+08:00", "2017-08-04 09:00:00+0800",
             "2017-08-03T16:00:00Z", "2017-08-04T23:59:59.9+08", "20170804T000000Z"]
)  # fmt: skip
def test_a_day_is_read_in_the_ways_that_files_write_it(text: str) -> None:
    assert fields.date(pa.array([text])).to_pylist() == [dt.date(2017, 8, 4)]


@pytest.mark.parametrize(
    "text",
    ["2017-8/4", "04/08/2017", "2017-02-29", "1066-10-14", "42951", "2017-08-04x", "17/8/4",
     "8/4/2017 10:30", "2017-08-04 24:00", "2017-08-04 10:60", "2017-08", "2017", "20171304",
     "04082017", "2017-08-0412:30", "201708041", "2017-08-04 25:00:00+08:00", "1501804800000",
     "2017-08-04 10:30 PST", "2017-08-04T10:30:00+25:00", "10:30:00", "42951.5"],
)  # fmt: skip
def test_what_may_be_another_day_is_not_read(text: str) -> None:
    assert fields.date(pa.array([text])).to_pylist() == [None]


def test_a_moment_with_its_offset_is_the_day_that_it_is_at_the_bank() -> None:
    moment = pa.array(["2017-08-04T20:00:00Z", "2017-08-04T20:00:00", "2017-08-05T01:00+09:00"])

    shanghai = fields.date(moment).to_pylist()
    lisbon = fields.date(moment, zone=ZoneInfo("Europe/Lisbon")).to_pylist()

    assert [day.day for day in shanghai] == [5, 4, 5]
    assert [day.day for day in lisbon] == [4, 4, 4]


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)))
def test_eight_digits_are_the_same_day_in_no_other_order(day: dt.date) -> None:
    digits = f"{day:%Y%m%d}"

    assert fields.date(pa.array([digits])).to_pylist() == [day]
    for order in ("%d%m%Y", "%m%d%Y"):
        try:
            other = dt.datetime.strptime(digits, order).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        assert not 1900 <= other.year <= 2200


@pytest.mark.parametrize(
    ("epoch", "day"),
    [(dt.date(1899, 12, 30), dt.date(2026, 1, 5)), (dt.date(1904, 1, 1), dt.date(2030, 1, 6))],
)
def test_five_digits_are_a_day_where_the_workbook_says_from_when_it_counts(
    epoch: dt.date, day: dt.date
) -> None:
    texts = pa.array(["46027", "46027.75", "2026", "460270"])

    assert fields.date(texts, epoch=epoch).to_pylist() == [day, day, None, None]


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)))
def test_every_day_comes_back(day: dt.date) -> None:
    texts = pa.array([day.isoformat(), f"{day.year}/{day.month}/{day.day}"])

    assert fields.date(texts).to_pylist() == [day, day]


def test_shares_lie_between_nought_and_one() -> None:
    texts = pa.array(["0", "1", "0.25", "1.01", "-0.1", "50%", ".5", "1e-2", "1e99", "nan"])

    found = fields.ratio(texts, share=True).to_pylist()

    assert found == [0.0, 1.0, 0.25, None, None, None, 0.5, 0.01, None, None]


def test_growth_may_be_below_nought() -> None:
    assert fields.ratio(pa.array(["-0.1", "+2"]), share=False).to_pylist() == [-0.1, 2.0]
    assert str(fields.ratio(pa.array(["-0"]), share=False).to_pylist()) == "[0.0]"


def test_blank_cells_are_null_and_others_trimmed() -> None:
    found = fields.trim(pa.array([" a ", "", "\u3000", "b\t"]))

    assert found.to_pylist() == ["a", None, None, "b"]


@pytest.mark.parametrize(
    "text",
    ["S1\u200b", "\ufeffS1", "S\u00ad1", "\u202aS1\u202c", "S1\ufe0f", "\u2060S\u200d1",
     "\u00a0S1\u3000", "\u2007S1\t", "S1\x7f", "\x1fS1", "Ｓ１", '="S1"', "S1\U000e0100",
     "S1\u3164", "S1\u2800", "S1\U00013430"],
)  # fmt: skip
def test_what_cannot_be_seen_does_not_make_another_text(text: str) -> None:
    assert fields.trim(pa.array([text, "x"])).to_pylist() == ["S1", "x"]


def test_names_keep_every_sign_that_can_be_seen() -> None:
    texts = ["云栖（中国）有限公司", "A＆B　有限公司", "'t Hooft", "O'Neill", '="a', "№1", "1²"]

    assert fields.trim(pa.array(texts)).to_pylist() == texts
    assert fields.trim(pa.array(["'007", "（１２）－３"])).to_pylist() == ["007", "(12)-3"]
    marked = ["'A", "'云栖整机股份有限公司", "'-5.50", "’007", "’t"]
    plain = ["A", "云栖整机股份有限公司", "-5.50", "007", "’t"]
    assert fields.trim(pa.array(marked)).to_pylist() == plain


def test_numbers_that_went_through_a_spreadsheet_have_lost_digits() -> None:
    texts = ["2.4442E+19", "2.44420000000226e+19", "1E+12", "1.5E3", "10012345.0", "2E19", "1.0a",
             "26992000000000000000", "26992000000000000101", None]  # fmt: skip

    found = fields.lost_digits(pa.array(texts)).tolist()

    assert found == [True] * 5 + [False] * 5


@pytest.mark.parametrize(
    "text", ["9,1110E+17", "91.11E+16", "911.1e15", "9.1110 E+17", "10,012,345", "12,345.00"]
)
def test_a_number_has_lost_digits_however_it_is_shown(text: str) -> None:
    assert fields.lost_digits(pa.array([text, "A-1,234", "1e17"])).tolist() == [True, False, False]


def test_more_zeros_at_the_end_than_by_chance_are_lost_digits() -> None:
    kept = [f"2699200000000{at:07}" for at in range(1, 3000)]
    lost = ["26992000000022500000", "26992000000022600000", "26992000000022500000"]
    once = fields.lost_digits(pa.array([*kept, lost[0]]))

    assert fields.lost_digits(pa.array([*kept, *lost])).tolist() == [False] * 2999 + [True] * 3
    assert not once.any()
    ids = pa.array([str(10**16 + at) for at in range(1000)])  # Every hundredth ends in zeros.
    assert not fields.lost_digits(ids).any()


def test_a_day_that_was_a_number_is_no_number() -> None:
    texts = pa.array(["12-Mar", "Mar-12", "3月12日", "2026-03-12 00:00:00", "10:30:00", "S1"])

    assert fields.turned(texts, typed=False).tolist() == [True] * 3 + [False] * 3
    assert fields.turned(texts, typed=True).tolist() == [True] * 5 + [False]


@pytest.mark.parametrize("text", ["'S1", "'S1\u3000", "\uff07S1", '\uff1d"S1"', "'S1\u200b"])
def test_marks_that_keep_text_are_no_part_of_it(text: str) -> None:
    assert fields.trim(pa.array([text])).to_pylist() == ["S1"]


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1", 1_000_000), ("1234.567891", 1234567891), ("1,234.50", 1234500000), ("0.1000000", 100000),
     ("-2.5", -2500000), ("0.0000005", None), ("12345678901", None), ("1,234", None)],
)  # fmt: skip
def test_ten_thousand_yuan_are_read_to_the_fen(text: str, fen: int | None) -> None:
    assert fields.money(pa.array([text]), unit="wan", signed=True).to_pylist() == [fen]


def test_half_a_fen_is_never_rounded_however_large_the_amount() -> None:
    texts = pa.array(["12345678901234.565", "12345678901234.56", "90071992547409.915"])

    assert fields.money(texts, unit="yuan", signed=True).to_pylist() == [
        None, 1234567890123456, None
    ]  # fmt: skip


def test_long_numbers_that_all_end_in_zeros_have_lost_digits() -> None:
    lost = pa.array(["26992000000000100000", "26992000000000200000", "12345678"])
    kept = pa.array(["26992000000000100000", "26992000000000200001", "12345678"])

    assert fields.lost_digits(lost).tolist() == [True, True, False]
    assert fields.lost_digits(kept).tolist() == [False] * 3


@pytest.mark.parametrize(
    "text",
    [
        "#N/A",
        "#REF!",
        "#DIV/0!",
        "#NAME?",
        "########",
        "Err:502",
        "错误:508",
        "#名称?",
        "#NV",
        "#BEZUG!",
    ],
)
def test_an_error_of_a_spreadsheet_is_no_value(text: str) -> None:
    assert fields.errors(pa.array([text, "#1 Group", None])).tolist() == [True, False, False]


def test_the_largest_amount_fits_every_json_reader() -> None:
    assert float(fields.FEN_MAX) == fields.FEN_MAX
