"""What is told of an import is told in both languages."""

import pickle
import re
import string
from pathlib import Path

import pytest

import ingestion
from ingestion.cli import described
from ingestion.notes import NOTES, Note, about, note
from tests.ingestion.conftest import FIRMS, House

CHINESE = re.compile("[\u3400-\u9fff]")


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", NOTES)
def test_a_kind_of_note_says_the_same_in_both_languages(code: str) -> None:
    label = NOTES[code]

    assert values(label.zh) == values(label.en)
    assert CHINESE.search(label.zh)
    assert not CHINESE.search(label.en)


def test_every_kind_of_note_is_told_somewhere() -> None:
    folder = Path(ingestion.__file__).parent
    source = "".join(
        path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if path.name != "notes.py"
    )
    built = {"revenue_below_trades", "cost_below_trades"}  # By the name of a column.

    assert [code for code in NOTES if f'"{code}"' not in source and code not in built] == []


def test_a_note_comes_whole_out_of_another_process() -> None:
    told = about("a.csv", note("no_table"))

    back = pickle.loads(pickle.dumps(told))  # noqa: S301  # Our own.

    assert (back, back.zh, back.code) == (told, "a.csv：不是该来源的数据表", "no_table")
    assert Note("as it stands").zh == "as it stands"


def test_an_import_tells_in_both_languages(house: House) -> None:
    house.write("firms.csv", FIRMS)
    house.write(
        "invoices.csv", "number,issued_on,seller,buyer,amount_yuan,备注\n1,2026-01-05,S1,C1,5,x\n"
    )
    house.write("invoice.csv", "")

    outcome = house.take()

    said = outcome.document()
    assert said["notes"] == [each["label"]["en"] for each in said["remarks"]]
    assert said["remarks"] == [
        {
            "code": "column_not_read",
            "label": {
                "zh": "invoices.csv：未读取列 '备注'",
                "en": "invoices.csv: column '备注' is not read",
            },
        },
        {
            "code": "table_not_read",
            "label": {
                "zh": "invoice.csv：像是数据表但未读取：来源 files 没有此名称的数据表",
                "en": "invoice.csv: looks like a table and is not read: "
                "source files knows no table of that name",
            },
        },
    ]
    assert "remarks" not in described(outcome)
