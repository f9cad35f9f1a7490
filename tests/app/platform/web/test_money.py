"""Money in two languages."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.web.money import amount, count, percent, scale

FEN = st.integers(min_value=-(10**16), max_value=10**16)


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (0, "0 元", "CNY 0"),
        (5, "0.05 元", "CNY 0.05"),
        (99_999, "1,000 元", "CNY 1,000"),
        (1_000_000, "1.00 万元", "CNY 10.0k"),
        (1_386_000_000, "1,386 万元", "CNY 13.9m"),
        (14_400_000_000, "1.44 亿元", "CNY 144m"),
        (123_456_789_000_000, "12,346 亿元", "CNY 1,235bn"),
        (-390_000_00, "-39.0 万元", "CNY -390k"),
    ],
)
def test_an_amount_reads_as_its_readers_count(fen: int, zh: str, en: str) -> None:
    assert str(amount(fen, "zh")) == zh
    assert str(amount(fen, "en")) == en


@given(FEN)
def test_the_exact_amount_always_stands_beside(fen: int) -> None:
    for language in ("zh", "en"):
        assert Decimal(amount(fen, language).exact.replace(",", "")) * 100 == fen


@given(st.lists(FEN, min_size=1), FEN)
def test_a_column_keeps_the_order_of_its_amounts(fens: list[int], other: int) -> None:
    for language in ("zh", "en"):
        unit = scale([*fens, other], language)
        shown = [
            unit(fen) for fen in sorted([*fens, other]) if not unit(fen).startswith(("<", ">"))
        ]
        figures = [Decimal(text.replace(",", "")) for text in shown]
        assert figures == sorted(figures)


def test_a_column_of_a_core_and_one_of_a_small_firm_have_their_own_units() -> None:
    assert scale([14_400_000_000_00], "zh").unit == "亿元"
    assert scale([390_000_00, None], "zh").unit == "万元"
    assert scale([14_400_000_000_00], "en").unit == "CNY m"
    assert scale([390_000_00], "en").unit == "CNY k"
    assert scale([], "zh")(None) == "–"


def test_what_is_not_nothing_never_reads_as_nothing() -> None:
    unit = scale([9_280_000_00], "zh")

    assert unit(1) == "<0.1"
    assert unit(-1) == ">-0.1"
    assert unit(0) == "0"


def test_shares_and_counts() -> None:
    assert percent("0.822033898305") == "82.2%"
    assert percent(None) == "–"
    assert count(9000) == "9,000"
    assert count(None) == "–"
