"""Cells into values: what is read, and what is not guessed."""

import datetime as dt
from decimal import Decimal

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


@given(st.lists(FEN, min_size=1, max_size=20))
def test_amounts_without_a_sign_refuse_those_below_nought(amounts: list[int]) -> None:
    found = fields.money(pa.array([str(a) for a in amounts]), unit="fen", signed=False)

    assert found.to_pylist() == [a if a >= 0 else None for a in amounts]


@pytest.mark.parametrize(
    "text",
    ["1.234", "1,000", "1e3", "0x10", "1.", ".5", "--1", "1 000", "¥5", "inf", "NaN", "1e400",
     "９", "90071992547409.92", "99999999999999999999"],
)  # fmt: skip
def test_what_is_no_plain_amount_is_not_read(text: str) -> None:
    assert fields.money(pa.array([text]), unit="yuan", signed=True).to_pylist() == [None]


@pytest.mark.parametrize(
    "text", ["2017/8/4", "2017-08-04", "2017.8.4", "2017年8月4日", "2017-08-04 00:00:00",
             "2017-08-04T00:00:00.000"]
)  # fmt: skip
def test_a_day_is_read_in_the_ways_that_files_write_it(text: str) -> None:
    assert fields.date(pa.array([text])).to_pylist() == [dt.date(2017, 8, 4)]


@pytest.mark.parametrize(
    "text",
    ["2017-8/4", "04/08/2017", "2017-02-29", "2017-08-04 12:30:00", "20170804", "1066-10-14",
     "42951", "2017-08-04x"],
)  # fmt: skip
def test_what_may_be_another_day_is_not_read(text: str) -> None:
    assert fields.date(pa.array([text])).to_pylist() == [None]


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


def test_the_largest_amount_fits_every_json_reader() -> None:
    assert float(fields.FEN_MAX) == fields.FEN_MAX
