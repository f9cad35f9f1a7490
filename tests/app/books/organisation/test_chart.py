"""Units in a tree and the table of authority: read strictly, in force on a day."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.books.organisation import OrganisationBook
from app.books.organisation.chart import SHIPPED, read_organisation
from app.platform.errors import Malformed, Unready
from graph.errors import InvalidInput

FIRST = min(SHIPPED.glob("*.yml"))
DAY = dt.date(2026, 6, 30)
YUAN = 100


def read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FIRST.read_text(encoding="utf-8"))
    return found


def write(folder: Path, content: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "mine.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("amount_fen", "hands", "level"),
    [
        (1, "machine", None),
        (1_000_000 * YUAN, "machine", None),
        (1_000_000 * YUAN + 1, "one", "technology"),
        (3_000_000 * YUAN, "one", "technology"),
        (3_000_000 * YUAN + 1, "two", "branch"),
        (10_000_000 * YUAN, "two", "branch"),
        (10_000_000 * YUAN + 1, "committee", "head"),
        (2**62, "committee", "head"),
    ],
)
def test_the_shipped_table_says_who_decides_how_much(
    amount_fen: int, hands: str, level: str | None
) -> None:
    row = OrganisationBook(None).on(DAY).authority(amount_fen)

    assert (row.hands, row.level) == (hands, level)


def test_grades_and_products_have_rows_of_their_own(tmp_path: Path) -> None:
    content = read()
    own = {"to_fen": 500, "grades": ["R1", "none"], "products": ["p"], "hands": "committee"}
    content["authority"].insert(0, own | {"level": "head", "source": "x"})
    write(tmp_path / "organisation", content)
    bank = OrganisationBook(tmp_path).on(DAY)

    asked = [("R1", "p"), (None, "p"), ("R2", "p"), ("R1", "q"), ("R1", None)]
    found = [bank.authority(500, grade=grade, product=product).hands for grade, product in asked]
    assert found == ["committee", "committee", "machine", "machine", "machine"]
    assert bank.authority(501, grade="R1", product="p").hands == "machine"


def test_a_unit_decides_for_those_below_it_and_an_unknown_one_for_nobody() -> None:
    bank = OrganisationBook(None).on(DAY)

    levels = ["head", "branch", "specialised", "technology", "outlet"]
    may = {unit: [bank.may_decide(unit, level) for level in levels] for unit in bank.units}  # type: ignore[arg-type]  # levels
    for at, unit in enumerate(levels):
        assert may[unit] == [each >= at for each in range(5)], unit
    assert bank.may_decide("outlet", None)
    assert not bank.may_decide("closed", None)
    with pytest.raises(Malformed, match="no unit 'closed'; there are head, branch"):
        bank.require("closed")


@pytest.mark.parametrize(
    ("unit", "change", "said"),
    [
        ("branch", {"parent": "north"}, "branch: there is no unit 'north'"),
        ("branch", {"parent": "outlet"}, "branch: branch cannot be below outlet"),
        ("branch", {"parent": "branch"}, "branch: branch cannot be below branch"),
        ("branch", {"parent": None}, "branch: only the head office is below no other"),
        ("branch", {"level": "street"}, r"units\.branch\.level: must be 'head'"),
        ("head", {"level": "branch"}, "head: only the head office is below no other"),
    ],
)
def test_units_that_are_no_tree_are_refused(
    tmp_path: Path, unit: str, change: dict[str, Any], said: str
) -> None:
    content = read()
    content["units"][unit].update(change)

    with pytest.raises(InvalidInput, match=rf"^mine\.yml: .*{said}"):
        read_organisation(write(tmp_path, content))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"to_fen": 1}, "the last row must be for every amount"),
        ({"grades": ["R1"]}, "the last row must be for every amount"),
        ({"grades": ["R99"]}, r"unknown grades \['R99'\]"),
        ({"level": None}, "level is given where people decide"),
        ({"hands": "machine"}, "level is given where people decide"),
        ({"to_fen": 1.5}, "must be a whole number"),
    ],
)
def test_a_table_that_leaves_something_open_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    content = read()
    content["authority"][-1].update(change)

    with pytest.raises(InvalidInput, match=rf"^mine\.yml: .*{said}"):
        read_organisation(write(tmp_path, content))


def test_a_bank_without_its_head_office_is_none(tmp_path: Path) -> None:
    content = read()
    content["units"] = {"hq": content["units"]["head"]}
    write(tmp_path / "organisation", content)

    with pytest.raises(Unready, match="'head' must be there"):
        OrganisationBook(tmp_path).on(DAY)
