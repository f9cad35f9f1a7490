"""Refusals in Chinese: of what readers say now, and speaking of the same."""

import re
import string
from pathlib import Path

import pytest

from app.data.imports.refusals import catalogue, spoken
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.folders import SHIPPED
from ingestion.descriptions.reading import read

ROOT = Path(__file__).parents[4]
SAID = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ingestion").rglob("*.py"))
SAID += (ROOT / "app/data/sources/service.py").read_text(encoding="utf-8")
PLAIN = re.sub(r'"\s*\n?\s*f?"', "", SAID)  # Texts that stand on several lines are one.
CHINESE = re.compile("[\u4e00-\u9fff]")


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("entry", catalogue(), ids=lambda each: each["en"][:40])
def test_what_has_words_is_still_said_and_speaks_of_the_same(entry: dict[str, str]) -> None:
    fixed = [part for part in re.split(r"\{\w+\}", entry["en"]) if len(part) > len("; ")]

    assert [part for part in fixed if part not in PLAIN] == []
    assert names(entry["en"]) >= names(entry["zh"]) >= names(entry["en"]) - {"place"}
    assert CHINESE.search(entry["zh"])


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        (
            "a.xlsx: set lines: no sheet is called 信息.*; there are 表1, 表2",
            "a.xlsx：数据集 lines：没有名为 信息.* 的工作表；现有 表1, 表2",
        ),
        (
            "a.csv: no row has the header of set s, 号, 额; line 2 comes nearest and lacks 额",
            "a.csv：没有一行是数据集 s 的表头（号, 额）；第 2 行最接近，缺少 额",
        ),
        (
            "invoices: 30 of 40 rows cannot be used (bad_date 30); source a allows 20; see x",
            (
                "发票：40 行中有 30 行不能使用（bad_date 30）；来源 a 最多允许 20 行；"
                "请下载未使用的行查看"
            ),
        ),
        ("something that nobody has words for", "something that nobody has words for"),
    ],
)
def test_a_refusal_says_in_chinese_where_and_what(said: str, chinese: str) -> None:
    assert spoken(said, "zh") == chinese
    assert spoken(said, "en") == said


def test_every_mistake_of_a_key_has_chinese_words() -> None:
    text = (SHIPPED / "tax_bureau_workbook.yml").read_text(encoding="utf-8")
    for old, new in [
        ("header:", "heder:"),
        ("tax: 税额", "tex: 税额"),
        ("table: invoices", "table: invoice"),
        ("owner: ", "wner: "),
        ("issued_on: 开票日期\n", "\n"),
        ("set: lines", "set: line"),
        ("schema: 1", "schema: [1"),
    ]:
        faults = Faults("own")
        read("own", text.replace(old, new, 1), faults)
        assert faults.messages()
        for told in faults.messages():
            assert CHINESE.search(spoken(told, "zh").partition("：")[2]), told
