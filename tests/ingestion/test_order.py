"""The order of rows and files changes nothing that an import says."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from graph.model import TABLES
from graph.stores import open_store
from ingestion.resolve.codes import check_letter
from ingestion.run import ImportJob, ingest
from tests.ingestion.conftest import NOW

ONE, TWO = (body + check_letter(body) for body in ("91350100M000100Y4", "91350100M000200X4"))
FIRMS = [
    f"F1,云栖机械有限公司,{ONE}",
    f"F2,东湖机械有限公司,{TWO}",
    "F3,云栖机械有限责任公司,",
    "F4,西岭材料有限公司,000000000000000000",
    "F5,西岭材料 有限公司,无",
    f"F6,东湖零件厂,{TWO}",
    f"F7,南山机械有限公司,{ONE}",
    "F8,南山机械有限公司,",
]
INVOICES = [
    "1,2026-01-05,F1,F2,10,valid",
    "1,2026-01-05,云栖机械有限公司,F2,10,valid",
    "2,2026-01-05,F1,F4,20,valid",
    "2,2026-01-05,F1,F5,20,void",
    "3,2026-01-05,F4,东湖零件厂,30,valid",
    "4,2026-01-06,南山机械有限公司,F6,40,valid",
    "5,2026-01-06,无名小店,F6,50,valid",
    "6,2026-01-06,F8,F6,60,valid",
]
HEADS = {"firms": "firm,name,uscc", "invoices": "number,issued_on,seller,buyer,amount_yuan,status"}


def published(folder: Path, seed: int | None) -> dict[str, Any]:
    """Return what an import of the rows in some order publishes, in one file or in several."""
    random = Random(seed)
    inbox = folder / f"in {seed}"
    inbox.mkdir()
    for table, rows in (("firms", FIRMS), ("invoices", INVOICES)):
        turned = list(rows)
        cut = len(rows)
        if seed is not None:
            random.shuffle(turned)
            cut = random.randint(1, len(rows))
        for at, part in enumerate((turned[:cut], turned[cut:])):
            if part:
                text = "\n".join([HEADS[table], *part]) + "\n"
                (inbox / f"{table}_{at}.csv").write_text(text, encoding="utf-8")
    home = folder / f"home {seed}"
    home.mkdir()
    with open_store(f"sqlite:///{home}/graph.db") as store:
        outcome = ingest("files", [inbox], job=ImportJob(store, home, NOW))
        found = {name: store.reader().columns(name).to_pylist() for name in TABLES}
    return found | {"set_aside": dict(outcome.set_aside)}


@pytest.mark.parametrize("seed", range(6))
def test_an_import_says_the_same_in_any_order(tmp_path: Path, seed: int) -> None:
    assert published(tmp_path, seed) == published(tmp_path, None)


def test_this_is_what_it_says(tmp_path: Path) -> None:
    found = published(tmp_path, None)

    # F1, F3, F7, F8 hang together by one code; F2 and F6 by the other; F4 and F5 by name.
    assert [row["firm"] for row in found["firms"] if row["listed"]] == ["F1", "F2", "F4"]
    trades = {(row["supplier"], row["buyer"]): row["amount_fen"] for row in found["trades"]}
    stranger = next(row["firm"] for row in found["firms"] if not row["listed"])
    assert trades == {("F1", "F2"): 11000, ("F4", "F2"): 3000, (stranger, "F2"): 5000}
    assert found["set_aside"] == {"told_twice": 1, "void": 1, "voided": 1}
