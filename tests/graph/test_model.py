"""The model as data: every table reads, and says what it means in both languages."""

import pytest

from graph.errors import InvalidInput
from graph.model import TABLES, table


@pytest.mark.parametrize("name", TABLES)
def test_every_attribute_is_described_in_both_languages(name: str) -> None:
    for attribute in table(name).attributes:
        assert attribute.description.zh
        assert attribute.description.en
        assert attribute.description.zh != attribute.description.en


@pytest.mark.parametrize("name", TABLES)
def test_keys_and_ends_are_required_columns(name: str) -> None:
    model = table(name)

    for column in (*model.key, *model.ends):
        assert model.attribute(column).required
        assert not model.arrow.field(column).nullable


@pytest.mark.parametrize("name", TABLES)
def test_money_says_its_unit_last(name: str) -> None:
    for attribute in table(name).attributes:
        assert attribute.name.endswith("_fen") == (attribute.type == "fen")


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no table 'ships'"):
        table("ships")


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(InvalidInput, match="table trades has no attribute 'colour'"):
        table("trades").attribute("colour")
