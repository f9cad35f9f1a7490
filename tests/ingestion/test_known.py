"""A version sees what the bank knew on its day: not what it learned later, nor what lags."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from ingestion.forms import forms
from tests.ingestion.conftest import FIRMS, INVOICES

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

MARCH = dt.date(2026, 3, 31)
LATE, EARLY = "2026-04-01", "2026-03-31"
# A row a table, dated in time, with the rest of its cells; the bank learns of it one day late.
ROWS = {
    "invoices": "number,issued_on,seller,buyer,amount_fen\nL,2026-03-09,S1,C1,700\n",
    "orders": "number,placed_on,seller,buyer,amount_fen,delivered_on\n"
    "L,2026-03-09,S1,C1,700,2026-03-10\n",
    "receivables": "number,seller,buyer,amount_fen,issued_on,due_on\n"
    "L,S1,C1,700,2026-03-09,2026-09-09\n",
    "vouchers": "number,issuer,holder,amount_fen,issued_on,due_on\n"
    "L,C1,S1,700,2026-03-09,2026-09-09\n",
    "holdings": "owner,owned,share,from\nC1,S1,0.5,2026-03-09\n",
    "guarantees": "guarantor,debtor,amount_fen,from\nC1,S1,700,2026-03-09\n",
    "events": "firm,happened_on,kind\n乙公司,2026-03-09,fee\n",
    "flows": "firm,happened_on,amount_fen\n乙公司,2026-03-09,700\n",
    "registrations": "number,pledgor,registered_on\nL,乙公司,2026-03-09\n",
    "firms": "firm,name\nX9,丙公司\n",
}
OWN = (
    "schema: 1\nowner: risk@bank.example\nids_shared: true\nlag_days: {{{lags}}}\n"
    "sets: {{files: {{forms: true}}}}\n"
)


def known(text: str, day: str) -> str:
    """Return a table whose row says when the bank learned of it."""
    head, row, _ = text.split("\n")
    return f"{head},known_on\n{row},{day}\n"


def described(house: "House", lags: str) -> None:
    folder = house.home / "sources"
    folder.mkdir(exist_ok=True)
    version = len(list((house.home / "lake" / "descriptions").glob("own-*.yml"))) + 1
    text = OWN.format(lags=lags) + f"version: {version}\n"
    (folder / "own.yml").write_text(text, encoding="utf-8")


def published(house: "House") -> dict[str, Any]:
    """Return all that a version says: its tables, and what the lake tells of it."""
    assert house.current is not None
    number = house.current.number
    tables = {name: house.rows(name) for name in ("firms", "trades", "receivables", "vouchers",
                                                  "holdings", "guarantees")}  # fmt: skip
    lake = house.lake
    rows = [lake.events(number), lake.orders(number), lake.registrations(number)]
    evidence = lake.invoices_of(number, "S1", "C1").drop("file_sha256", "file")
    pairs = lake.pair_totals(number, after=dt.date(2025, 1, 1), until=MARCH)
    return {
        **tables,
        "lake": [each.to_pylist() for each in [*rows, pairs]],
        "told": evidence.rows(),
    }


def test_every_table_may_say_when_the_bank_learned_of_a_row() -> None:
    assert set(ROWS) == set(forms())
    assert all(form.columns["known_on"].kind == "date" for form in forms().values())


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_what_is_known_later_does_not_change_a_version(house: "House") -> None:
    house.write("firms.csv", FIRMS)
    house.write("invoices.csv", INVOICES)
    house.take(as_of=MARCH)
    before = published(house)

    for table, text in ROWS.items():
        house.write(f"{table}_more.csv", known(text, LATE))
    late = house.take(as_of=MARCH)

    assert late.set_aside == {"future": len(ROWS)}
    assert published(house) == before

    for table, text in ROWS.items():
        house.write(f"{table}_more.csv", known(text, EARLY))
    assert house.take(as_of=MARCH).set_aside == {}
    assert changed(before, published(house)) == set(before)


def test_a_row_that_lags_is_kept_and_seen_from_its_day_on(house: "House") -> None:
    lagging = [name for name in ROWS if name != "firms"]
    described(house, ", ".join(f"{name}: 22" for name in lagging))
    house.write("firms.csv", FIRMS)
    house.write("invoices.csv", INVOICES)
    house.take("own", as_of=dt.date(2026, 3, 30))
    before = published(house)

    for table in lagging:
        house.write(f"{table}_more.csv", ROWS[table])
    told = house.take("own", as_of=dt.date(2026, 3, 30))

    assert told.set_aside == {}
    assert published(house) == before
    house.take("own", as_of=MARCH)
    assert changed(before, published(house)) == set(before)


def test_a_version_of_no_day_given_is_of_the_day_on_which_the_last_row_was_known(
    house: "House",
) -> None:
    house.write("firms.csv", FIRMS)
    house.write("invoices.csv", INVOICES)
    assert house.take().version.as_of == dt.date(2026, 3, 7)
    house.write("invoices_late.csv", known(ROWS["invoices"], "2026-05-05"))
    assert house.take().version.as_of == dt.date(2026, 5, 5)
    assert house.take().version.as_of == dt.date(2026, 5, 5)

    described(house, "invoices: 30")
    assert house.take("own").version.as_of == dt.date(2026, 5, 5)
    described(house, "invoices: 90")
    assert house.take("own").version.as_of == dt.date(2026, 6, 7)
    described(house, "invoices: 400")
    ended = house.take("own")
    assert ended.version.as_of == dt.date(2026, 7, 1)  # Today: nothing of it is known yet.


def test_a_lag_that_changes_counts_for_all_that_its_source_gave(house: "House") -> None:
    house.write("firms.csv", FIRMS)
    house.write("invoices.csv", INVOICES)
    described(house, "invoices: 40")
    house.take("own", as_of=MARCH)
    assert len(house.rows("trades")) == 1
    described(house, "")
    house.take("own", as_of=MARCH)
    assert len(house.rows("trades")) == 2


def test_what_another_source_tells_counts_until_the_fuller_telling_is_known(
    house: "House",
) -> None:
    house.write("firms.csv", FIRMS)
    house.write(
        "invoices.csv", "number,issued_on,seller,buyer,amount_fen\n1001,2026-01-05,S1,C1,9\n"
    )
    house.take(as_of=MARCH)
    described(house, "invoices: 60")
    house.write("invoices.csv", INVOICES)
    house.take("own", as_of=dt.date(2026, 3, 1))
    early = pl.DataFrame(house.rows("trades"))
    house.take("own", as_of=MARCH)
    late = pl.DataFrame(house.rows("trades"))

    assert early["amount_fen"].to_list() == [9]
    assert late.filter(supplier="S1")["amount_fen"].to_list() == [100_000]
