"""A second economy under the ids of the first is refused; renames and second sources are not."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingestion.errors import OtherEconomy
from ingestion.resolve.codes import check_letter

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

ONE, TWO, THREE = (
    body + check_letter(body)
    for body in ("91350100M00010000", "91350100M00020000", "91350100M00030000")
)
HEAD = "firm,name,uscc,aliases\n"
FIRST = HEAD + f"A,云栖机械有限公司,{ONE},\nB,东湖零件有限公司,,\nC,西岭材料有限公司,,\n"
INVOICE = "number,issued_on,seller,buyer,amount_yuan\n1,2026-01-05,B,A,100\n"


@pytest.fixture
def settled(house: "House") -> "House":
    house.write("firms.csv", FIRST)
    house.write("invoices.csv", INVOICE)
    house.take()
    return house


def names(house: "House") -> dict[str, str]:
    return {row["firm"]: row["name"] for row in house.rows("firms")}


def kept(house: "House") -> set[Path]:
    return {path for path in (house.home / "lake").rglob("*") if path.is_file()}


OTHERS = {
    "another code of the same name": f"A,云栖机械有限公司,{TWO},\n",
    "another code and another name": f"A,北川电子有限公司,{TWO},\nB,东湖零件有限公司,,\n",
    "no firm of several as it was": "B,北川电子有限公司,,\nC,南浦汽车有限公司,,\n",
}


@pytest.mark.parametrize("rows", OTHERS.values(), ids=OTHERS)
def test_a_second_economy_is_refused_and_nothing_is_half_done(settled: "House", rows: str) -> None:
    before, files = names(settled), kept(settled)
    settled.write("firms.csv", HEAD + rows)

    with pytest.raises(OtherEconomy, match="Nothing was published"):
        settled.take()

    assert settled.current is not None
    assert settled.current.number == 1
    assert (names(settled), kept(settled)) == (before, files)


def test_the_refusal_names_both_sides_and_what_to_do(settled: "House") -> None:
    settled.write("firms.csv", HEAD + f"A,北川电子有限公司,{TWO},\nC,西岭材料有限公司,,\n")

    with pytest.raises(OtherEconomy) as refused:
        settled.take()

    said = str(refused.value)
    assert said.startswith("1 of 2 firms that stand already are others here: A is 云栖机械有限公司")
    assert f"({ONE}) in what files gave, 北川电子有限公司 ({TWO}) here" in said
    assert "DEEPTIER_HOME" in said
    assert "--replace" in said
    issues = max((settled.home / "issues").glob("*.csv")).read_text(encoding="utf-8")
    assert f"firms.csv,2,uscc,{TWO},contradicts" in issues


def test_replace_puts_it_in_the_place_of_what_the_source_gave(settled: "House") -> None:
    settled.write("firms.csv", HEAD + f"A,北川电子有限公司,{TWO},\nB,南浦汽车有限公司,,\n")

    settled.take(replace=True)

    assert names(settled) == {"A": "北川电子有限公司", "B": "南浦汽车有限公司"}


RENAMES = {
    "with its code": f"A,云栖智能装备有限公司,{ONE},\n",
    "without a code": "B,东湖精密有限公司,,\n",
    "one of several": "B,新安精密有限公司,,\nC,西岭材料有限公司,,\n",
    "with their former names": (
        "B,新安精密有限公司,,东湖零件有限公司\nC,长兴材料有限公司,,西岭材料有限公司\n"
    ),
    "with its former code": f"A,云栖机械有限公司,{TWO},{ONE}\n",
    "a code that came later": f"B,东湖零件有限公司,{THREE},\n",
}


@pytest.mark.parametrize("rows", RENAMES.values(), ids=RENAMES)
def test_what_the_same_source_says_anew_of_a_firm_is_taken(settled: "House", rows: str) -> None:
    settled.write("firms.csv", HEAD + rows)

    assert settled.take().version.number == 2


def test_a_second_source_joins_under_the_same_ids(settled: "House") -> None:
    folder = settled.inbox / "tax"
    folder.mkdir()
    (folder / "firms.csv").write_text(
        HEAD + f"A,云栖机械有限责任公司,{ONE},\nB,湖北东湖零件,{TWO},\nC,西岭材料有限公司,,\n",
        encoding="utf-8",
    )
    (folder / "invoices.csv").write_text(INVOICE, encoding="utf-8")

    settled.take("demo", folder)

    assert set(names(settled)) == {"A", "B", "C"}


def test_a_rename_holds_though_a_second_source_has_the_old_name(settled: "House") -> None:
    folder = settled.inbox / "tax"
    folder.mkdir()
    (folder / "firms.csv").write_text(FIRST, encoding="utf-8")
    (folder / "invoices.csv").write_text(INVOICE, encoding="utf-8")
    settled.take("demo", folder)

    settled.write("firms.csv", HEAD + "B,新安精密有限公司,,\n")

    assert settled.take("files", settled.inbox / "firms.csv").published


def test_another_economy_of_a_second_source_is_refused_whatever_is_replaced(
    settled: "House",
) -> None:
    folder = settled.inbox / "other"
    folder.mkdir()
    (folder / "firms.csv").write_text(
        HEAD + "A,北川电子有限公司,,\nB,东湖零件有限公司,,\nC,南浦汽车有限公司,,\n",
        encoding="utf-8",
    )
    (folder / "invoices.csv").write_text(INVOICE, encoding="utf-8")

    with pytest.raises(OtherEconomy, match="files stays here") as refused:
        settled.take("demo", folder, replace=True)

    assert "--replace" not in str(refused.value)


def test_the_same_delivery_again_is_nothing_new(settled: "House") -> None:
    assert not settled.take().published
