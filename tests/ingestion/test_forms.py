"""What a source may give agrees with what a version holds, and headers name it."""

import pytest

from graph import model
from graph.errors import InvalidInput
from ingestion.forms import KNOWN, form, forms, table_of

RENAMED = {"from": "from_on", "to": "to_on"}
DERIVED = {"id", "listed"}


@pytest.mark.parametrize("name", [name for name in model.TABLES if name != "trades"])
def test_every_column_of_a_version_can_be_given(name: str) -> None:
    given = {RENAMED.get(c.stored, c.stored) for c in form(name).columns.values()}

    assert set(model.table(name).columns) - DERIVED == given - {KNOWN}


@pytest.mark.parametrize("name", [name for name in model.TABLES if name != "trades"])
def test_what_a_version_requires_is_required_or_has_a_default(name: str) -> None:
    columns = {RENAMED.get(c.stored, c.stored): c for c in form(name).columns.values()}
    for attribute in model.table(name).attributes:
        if attribute.required and attribute.name not in DERIVED:
            column = columns[attribute.name]
            assert column.required or column.default is not None


@pytest.mark.parametrize("name", forms())
def test_no_two_columns_of_a_table_share_a_header(name: str) -> None:
    columns = form(name).columns.values()
    headers = [h for c in columns for h in (c.name, *c.zh)]

    assert len(headers) == len(set(headers))


@pytest.mark.parametrize("name", forms())
def test_keys_and_ends_are_columns(name: str) -> None:
    shape = form(name)

    assert {*shape.key, *shape.ends, *([shape.dated] if shape.dated else [])} <= set(shape.columns)


def test_money_needs_its_unit_unless_the_header_is_chinese() -> None:
    invoices = form("invoices")

    units = {}
    for header in ("amount_fen", "AMOUNT", "金额", "金额(分)", "金额（元）", "amount_usd"):
        found = invoices.named(header)
        units[header] = None if found is None else found[1]

    assert units == {
        "amount_fen": "fen",
        "AMOUNT": None,
        "金额": "yuan",
        "金额(分)": "fen",
        "金额（元）": "yuan",
        "amount_usd": None,
    }


def test_files_are_named_after_their_tables() -> None:
    names = [
        "invoices",
        "Invoices_2025",
        "invoices-2026.1",
        "发票",
        "发票（1月）",
        "firmsx",
        "truth",
    ]

    assert [table_of(name) for name in names] == ["invoices"] * 5 + [None, None]


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no table 'people'"):
        form("people")
