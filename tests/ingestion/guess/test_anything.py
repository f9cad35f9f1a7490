"""Whatever grid is looked at, what is proposed is in the language: only questions are left."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.descriptions.faults import Faults
from ingestion.descriptions.reading import read
from ingestion.guess import guess
from ingestion.guess.vocabulary import vocabulary
from tests.ingestion.guess.formats import CORE, EAST

HOSTILE = [
    *("a: b", "{x}", "it's", '"q"', "two\nlines", "TODO", "TODO: x", "{NAME|8}", "a|8", "any", "*"),
    *("positive", ".*[", "^a$", "", "- x", "& a", "! t", "null", "No", "x" * 300, "NAME#2", "_1"),
    *("{", "}", "金额（百万元）", "合计", "_line", "count", "\\", "#", "% a", "😀", "a{b}c"),
]
CELLS = [
    *(EAST[0], EAST[1], CORE[0], CORE[1], "100.00", "1.234,56", "-", "", "13.00", "113.00", "50%"),
    *("2026-07-01", "01/02/2026", "13.02.2026", "20260701", "合计", "正常", "已作废", "*", "0.5"),
    *("TODO", "TODO: what", "S", "H", "RV", "DZ", "00012345", "注销", "银行承兑汇票", "x" * 500),
    *("商业承兑汇票", "a: b", "{x}", "#N/A", "null", "1e5", "(1.00)", "USD", "1788190200000"),
]
ABOVE = [
    "单位：万元",
    f"编制单位：{EAST[0]}",
    "Firma: A GmbH",
    "{x}: [",
    "核算组织：TODO: x",
    "户名：{a}",
]
NAMES = ["a.csv", "发票(1).csv", "b*.csv", "x[1].csv", "应收 {x}.csv", "r|s.csv", "TODO: a.csv"]


@st.composite
def grids(draw: st.DrawFn) -> str:
    """Rows of text below a header that has words of some table, and others."""
    words = vocabulary().tables[draw(st.sampled_from(sorted(vocabulary().tables)))]
    known = st.sampled_from(sorted(words.headers))
    head = draw(st.lists(st.one_of(known, known, st.sampled_from(HOSTILE)), min_size=2, max_size=9))
    row = st.lists(st.sampled_from(CELLS), min_size=len(head), max_size=len(head))
    above = [[line] for line in draw(st.lists(st.sampled_from(ABOVE), max_size=2))]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=draw(st.sampled_from(",;\t")))
    writer.writerows([*above, head, *draw(st.lists(row, min_size=1, max_size=6))])
    return stream.getvalue()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.dictionaries(st.sampled_from(NAMES), grids(), min_size=1, max_size=2))
def test_what_is_proposed_for_any_grids_is_read_without_a_fault(
    texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("grids")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")

    found = guess([folder])

    faults = Faults("proposed")
    if found["proposals"]:
        assert read("proposed", found["description"], faults) is not None
    assert not faults.told
