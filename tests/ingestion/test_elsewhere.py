"""What several sources tell counts once, whichever came first, and comes back when one forgets."""

import datetime as dt
from typing import Any

import pytest

from tests.ingestion.conftest import FIRMS, House

HEADS = {
    "invoices": "number,issued_on,seller,buyer,amount_yuan,tax_yuan",
    "orders": "number,placed_on,seller,buyer,amount_yuan,delivered_on",
    "receivables": "number,seller,buyer,amount_yuan,issued_on,due_on",
    "vouchers": "number,issuer,holder,amount_yuan,issued_on,due_on",
    "holdings": "owner,owned,share,from",
    "events": "firm,happened_on,kind,amount_yuan",
}
SAME = {
    "invoices": "1,2026-01-05,S1,C1,10,",
    "orders": "1,2026-01-05,S1,C1,10,2026-01-06",
    "receivables": "1,S1,C1,10,2026-01-05,2026-06-05",
    "vouchers": "1,C1,S1,10,2026-01-05,2026-06-05",
    "holdings": "C1,S1,0.2,2020-01-01",
    "events": "S1,2026-01-05,fire,10",
}
DAY = dt.date(2026, 7, 1)


def counted(house: House) -> dict[str, Any]:
    version = house.store.current()
    number = version.number if version else 0
    totals = house.lake.pair_totals(number, after=dt.date(2025, 7, 1), until=DAY)
    return {
        "trades": house.rows("trades"),
        "totals": totals.to_pylist(),
        "evidence": house.lake.invoices_of(number, "S1", "C1")["amount_fen"].to_list(),
        "events": house.lake.events(number).num_rows,
        **{name: house.rows(name) for name in ("receivables", "vouchers", "holdings")},
    }


@pytest.mark.parametrize("table", SAME)
def test_a_fact_of_two_sources_counts_once_in_either_order(house: House, table: str) -> None:
    firms = house.write("firms.csv", FIRMS)
    path = house.write(f"{table}.csv", f"{HEADS[table]}\n{SAME[table]}\n")
    house.take("files", firms, path)
    alone = counted(house)

    late = house.take("demo", path)
    assert counted(house) == alone
    assert late.set_aside == {"told_elsewhere": 1}
    assert late.rows == late.used + 1
    assert not house.take("demo", path).published

    house.take("files", firms, path, replace=True)
    assert counted(house) == alone


def test_the_fuller_telling_counts_else_that_of_the_last_source(house: House) -> None:
    firms = house.write("firms.csv", FIRMS)
    rows = {
        "files": "1,2026-01-05,S1,C1,10,\n2,2026-01-05,S1,C1,20,\n3,2026-01-05,S1,C1,40,\n",
        "demo": "1,2026-01-05,东湖零件有限公司,C1,10,1.3\n2,2026-01-05,S1,C1,21,\n",
    }
    paths = {
        name: house.write(f"invoices_{name}.csv", f"{HEADS['invoices']}\n{text}")
        for name, text in rows.items()
    }
    house.take("files", firms, paths["files"])
    late = house.take("demo", paths["demo"])

    one_differs = "invoices: 2 are told by source files too, 1 of them with other amounts"
    assert late.notes == (f"{one_differs}: each counts once",)
    assert counted(house)["evidence"] == [1000, 2000, 4000]
    assert counted(house)["trades"][0]["amount_fen"] == 7000
    assert counted(house)["totals"][0]["total_fen"] == 7130

    again = house.take("files", paths["files"])
    assert (again.published, again.set_aside) == (False, {"told_elsewhere": 1})


def test_what_one_source_takes_back_the_other_still_tells(house: House) -> None:
    firms = house.write("firms.csv", FIRMS)
    path = house.write("invoices.csv", f"{HEADS['invoices']}\n{SAME['invoices']}\n")
    house.take("files", firms, path)
    house.take("demo", path)
    head = f"{HEADS['invoices']},status"
    house.write("invoices.csv", f"{head}\n{SAME['invoices']},void\n9,2026-01-05,S2,C1,1,,\n")

    house.take("files", path)

    assert house.trades() == {("S1", "C1"): 1000, ("S2", "C1"): 100}
