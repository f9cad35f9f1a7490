"""Sheets that people open in a spreadsheet."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from app.platform.web.sheets import sheet
from graph.sheets import FORMULA_SIGNS, cell


@given(st.text())
def test_no_text_begins_with_a_formula_sign(text: str) -> None:
    shown = cell(text)

    assert not shown.startswith(FORMULA_SIGNS)
    assert shown.removeprefix("'") == text.removeprefix("'") or shown == text


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert [cell(value) for value in (-5, 0, None, True)] == ["-5", "0", "", "True"]


def test_a_sheet_reads_back_as_it_was() -> None:
    rows = [["甲,乙", 'say "no"', 5], ["line\nbreak", None, -1]]
    answer = sheet("limits-C1/甲.csv", ["a", "b", "c"], rows)
    read = list(csv.reader(io.StringIO(bytes(answer.body).decode("utf-8-sig"), newline="")))

    assert read == [["a", "b", "c"], ["甲,乙", 'say "no"', "5"], ["line\nbreak", "", "-1"]]
    assert answer.headers["Content-Disposition"].endswith("limits-C1_%E7%94%B2.csv")
