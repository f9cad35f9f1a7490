"""Sheets that people open in a spreadsheet."""

import csv
import io
import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.platform.web.downloads import plain
from graph.sheets import FORMULA_SIGNS, cell, written


@given(st.text())
def test_no_text_begins_with_a_formula_sign(text: str) -> None:
    shown = cell(text)

    assert not shown.startswith(FORMULA_SIGNS)
    assert shown.removeprefix("'") == text.removeprefix("'") or shown == text


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert [cell(value) for value in (-5, 0, None, True)] == ["-5", "0", "", "True"]


def test_a_sheet_reads_back_as_it_was() -> None:
    rows = [["甲,乙", 'say "no"', 5], ["line\nbreak", None, -1]]
    written_out = written(["a", "b", "c"], rows)
    read = list(csv.reader(io.StringIO(written_out.decode("utf-8-sig"), newline="")))

    assert read == [["a", "b", "c"], ["甲,乙", 'say "no"', "5"], ["line\nbreak", "", "-1"]]
    assert written_out.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in written_out


@given(st.integers(-(10**18), 10**18))
def test_money_in_a_file_is_exact_yuan_with_two_places(fen: int) -> None:
    shown = str(plain(fen, "money"))

    assert shown.rpartition(".")[2].isdigit()
    assert len(shown.rpartition(".")[2]) == 2
    assert int(shown.replace(".", "")) == fen
    assert cell(plain(fen, "money")) == shown


@given(st.decimals(-10, 10, places=12))
def test_a_share_in_a_file_is_in_per_cent_and_exact(share: Decimal) -> None:
    shown = cell(plain(str(share), "share"))

    assert Decimal(shown) == share * 100
    assert "E" not in shown


def test_what_is_used_without_a_limit_is_endless() -> None:
    assert plain(math.inf, "share") == "∞"
