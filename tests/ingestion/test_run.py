"""From small files to a published version, and what a second import changes."""

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from ingestion.errors import ImportBusy, ImportRefused
from ingestion.lake.housekeeping import alone
from ingestion.resolve import near
from ingestion.run import ImportOutcome

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

Told = Callable[[ImportOutcome], list[dict[str, str]]]
HEADER = "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status\n"


def test_three_invoices_become_two_trades(stocked: "House") -> None:
    assert stocked.trades() == {("S1", "C1"): 125050, ("S2", "S1"): 8000}
    assert [row["firm"] for row in stocked.rows("firms") if row["core"]] == ["C1"]
    assert stocked.current is not None
    assert stocked.current.as_of == dt.date(2026, 3, 7)


def test_the_document_accounts_for_every_row(house: "House") -> None:
    house.write("firms.csv", "firm,name\nS1,a\nC1,b\n")
    house.write(
        "invoices.csv",
        HEADER
        + "1,2026-01-05,S1,C1,10,,,valid\n1,2026-01-05,S1,C1,10,,,valid\n"
        + "2,2026-01-06,S1,C1,x,,,void\n"
        + "3,2026-01-06,S1,S1,1,,,valid\n4,2026-09-01,S1,C1,1,,,valid\n5,2026-01-06,S1,C1,1\n",
    )

    said = house.take().document()

    assert said["set_aside"] == {
        "duplicate": 1, "future": 1, "self_trade": 1, "unreadable": 1, "void": 1
    }  # fmt: skip
    assert said["rows"] == said["used"] + sum(said["set_aside"].values()) == 8
    assert [file["rows"] for file in said["files"]] == [2, 6]


def test_an_issue_names_file_line_column_value_and_reason(house: "House", told: Told) -> None:
    house.write("firms.csv", "firm,name\nS1,a\nC1,b\n")
    house.write(
        "invoices.csv", HEADER + "1,2026-01-05,S1,C1,10,,,valid\n2,2026-02-30,S1,C1,1,,,valid\n"
    )

    (issue,) = told(house.take())

    assert issue["file"].endswith("invoices.csv")
    assert (issue["line"], issue["column"]) == ("3", "issued_on")
    assert (issue["value"], issue["reason"]) == ("2026-02-30", "bad_date")


def test_red_letters_lower_the_trade_that_they_correct(house: "House") -> None:
    house.write(
        "invoices.csv",
        "number,issued_on,seller,buyer,amount_fen,kind\n"
        "1,2026-01-05,A,B,1000,blue\n2,2026-01-06,A,B,-300,\n3,2026-01-07,A,B,200,red\n",
    )

    house.take()

    (trade,) = house.rows("trades")
    assert (trade["amount_fen"], trade["blue_fen"], trade["red_fen"]) == (500, 1000, 500)
    assert trade["count"] == 3


def test_a_trade_that_nets_below_nought_stays_listed(house: "House") -> None:
    house.write("invoices.csv", "number,issued_on,seller,buyer,amount_fen\n1,2026-01-05,A,B,-500\n")

    house.take()

    assert house.trades() == {("A", "B"): -500}


def test_trades_count_the_365_days_and_keep_older_pairs(house: "House") -> None:
    house.write(
        "invoices.csv",
        "number,issued_on,seller,buyer,amount_fen\n1,2025-06-30,A,B,500\n2,2025-07-01,A,C,70\n"
        "3,2026-06-30,A,C,11\n",
    )

    house.take()

    assert house.trades() == {("A", "B"): 0, ("A", "C"): 81}
    (old,) = [row for row in house.rows("trades") if row["buyer"] == "B"]
    assert (old["count"], old["first_on"]) == (0, dt.date(2025, 6, 30))


def test_the_same_file_again_changes_nothing(stocked: "House") -> None:
    before = stocked.lake.view(1).manifest

    again = stocked.take()

    assert not again.published
    assert again.document()["version"] == 1
    assert stocked.lake.view(1).manifest == before
    assert len(stocked.store.versions()) == 1


def test_one_month_more_adds_only_its_difference(stocked: "House") -> None:
    path = stocked.write("invoices_april.csv", HEADER + "1004,2026-04-08,S2,C1,40,,,valid\n")

    outcome = stocked.take("files", path)

    assert outcome.version.number == 2
    before, after = (stocked.store.reader(at).columns("trades").to_pylist() for at in (1, 2))
    added = [row for row in after if row not in before]
    assert [(row["supplier"], row["buyer"]) for row in added] == [("S2", "C1")]
    assert [row for row in before if row not in after] == []
    assert stocked.trades() == {("S1", "C1"): 125050, ("S2", "C1"): 4000, ("S2", "S1"): 8000}


def test_a_row_with_a_known_key_replaces_the_old_one(stocked: "House") -> None:
    path = stocked.write("invoices_fix.csv", HEADER + "1003,2026-03-07,S2,S1,99,,,valid\n")

    stocked.take("files", path)

    assert stocked.trades()["S2", "S1"] == 9900


def test_a_party_named_otherwise_still_replaces_its_row(stocked: "House") -> None:
    path = stocked.write(
        "invoices_fix.csv", HEADER + "1003,2026-03-07,西岭材料有限责任公司,S1,99,,,valid\n"
    )

    stocked.take("files", path)

    assert stocked.trades() == {("S1", "C1"): 125050, ("S2", "S1"): 9900}


def test_two_invoices_with_one_key_are_both_used(stocked: "House") -> None:
    path = stocked.write(
        "invoices_two.csv",
        HEADER + "7,2026-03-08,S2,C1,5,,,valid\n7,2026-03-08,S2,C1,6,,,valid\n",
    )

    stocked.take("files", path)
    again = stocked.take("files", path)

    assert stocked.trades()["S2", "C1"] == 1100
    assert not again.published


def test_replace_forgets_what_the_source_gave(stocked: "House") -> None:
    path = stocked.write("invoices.csv", HEADER + "9,2026-03-09,S2,C1,5,,,valid\n")

    stocked.take("files", path, replace=True)

    assert stocked.trades() == {("S2", "C1"): 500}
    assert {row["firm"]: row["listed"] for row in stocked.rows("firms")} == {
        "C1": False,
        "S2": False,
    }


def test_an_older_version_keeps_its_lake(stocked: "House") -> None:
    day = dt.date(2025, 12, 31), dt.date(2026, 12, 31)
    path = stocked.write("invoices_fix.csv", HEADER + "1003,2026-03-07,S2,S1,99,,,valid\n")
    stocked.take("files", path)

    sums = [
        stocked.lake.pair_totals(version, after=day[0], until=day[1])["amount_fen"].to_pylist()
        for version in (1, 2)
    ]

    assert sums == [[125050, 8000], [125050, 9900]]


def test_a_day_given_hides_what_comes_after_it(stocked: "House", told: Told) -> None:
    outcome = stocked.take(as_of=dt.date(2026, 2, 6), replace=True)

    assert outcome.set_aside == {"future": 1}
    assert told(outcome)[0]["value"] == "2026-03-07"
    assert stocked.trades() == {("S1", "C1"): 125050}


def test_two_sources_stand_beside_each_other(stocked: "House") -> None:
    stocked.write("firms.csv", "firm,name\nX1,x\n")
    stocked.write("invoices.csv", HEADER + "1,2026-01-05,X1,C1,3,,,valid\n")

    stocked.take("demo")

    assert stocked.trades()["X1", "C1"] == 300
    assert stocked.trades()["S1", "C1"] == 125050


def test_a_second_import_at_once_is_refused(stocked: "House") -> None:
    with alone(stocked.home / "lake"), pytest.raises(ImportBusy):
        stocked.take()


def test_a_lake_that_belongs_to_another_store_is_refused(stocked: "House") -> None:
    (stocked.home / "lake" / "manifests" / "1.json").unlink()

    with pytest.raises(ImportRefused, match="does not belong"):
        stocked.take()


def test_the_other_tables_are_published_with_their_identities(stocked: "House") -> None:
    stocked.write(
        "receivables.csv",
        "number,seller,buyer,amount_yuan,issued_on,due_on,confirmed_on,paid_on,status\n"
        "R1,S1,C1,500,2026-01-05,2026-04-05,2026-01-10,2026-09-09,已确权\n"
        "R2,S1,C1,500,2026-01-05,2026-04-05,,,void\n",
    )
    stocked.write(
        "vouchers.csv",
        "number,issuer,holder,amount_fen,issued_on,due_on,parent,status\n"
        "V1,C1,S1,900,2026-01-05,2026-07-05,,split\nV2,C1,S2,400,2026-02-05,2026-07-05,V1,held\n",
    )
    stocked.write("holdings.csv", "owner,owned,share,kind,from\nC1,S1,0.51,control,2020-01-01\n")
    stocked.write("guarantees.csv", "guarantor,debtor,amount_yuan,to\nC1,S2,10000,2027-01-01\n")
    stocked.write(
        "orders.csv",
        "number,placed_on,seller,buyer,amount_fen,delivered_on\nO1,2026-01-02,S1,C1,700,2026-02-02\nO2,2026-01-03,S1,C1,800,\n",
    )
    stocked.write("events.csv", "firm,happened_on,kind,amount_yuan\nS2,2026-02-02,lawsuit,12.5\n")

    outcome = stocked.take()

    assert outcome.set_aside == {}
    assert [row["id"] for row in stocked.rows("receivables")] == ["R1|S1|C1", "R2|S1|C1"]
    assert stocked.rows("receivables")[0]["paid_on"] == dt.date(2026, 9, 9)
    assert [(r["id"], r["parent"]) for r in stocked.rows("vouchers")] == [
        ("V1|C1", None),
        ("V2|C1", "V1"),
    ]
    assert stocked.rows("holdings")[0]["share"] == 0.51
    assert stocked.rows("guarantees")[0]["to_on"] == dt.date(2027, 1, 1)
    assert stocked.rows("trades")[0]["delivered_fen"] == 700
    assert stocked.lake.events(2)["amount_fen"].to_pylist() == [1250]
    assert stocked.lake.orders(2)["number"].to_pylist() == ["O1", "O2"]


def test_an_event_alone_gives_a_new_version(stocked: "House") -> None:
    path = stocked.write("events.csv", "firm,happened_on,kind\nS2,2026-02-02,lawsuit\n")

    assert stocked.take("files", path).version.number == 2


def test_ids_of_a_source_of_its_own_may_not_clash(house: "House") -> None:
    house.write("firms.csv", "firm,name\nE1,a\n")
    house.write("invoices.csv", "number,issued_on,seller,buyer,amount_fen\n1,2019-01-05,E1,B,5\n")
    house.take()
    other = house.inbox / "other"
    other.mkdir()
    (other / "附件1_企业信息.csv").write_text("企业代号,企业名称\nE1,***\n", encoding="utf-8")
    (other / "附件1_销项发票信息.csv").write_text(
        "企业代号,发票号码,开票日期,购方单位代号,金额,税额,价税合计,发票状态\nE1,1,2019/1/1,B1,1.0,0.1,1.1,有效发票\n",
        encoding="utf-8",
    )

    with pytest.raises(ImportRefused, match="a home of its own"):
        house.take("cumcm", other)


def test_every_invoice_of_a_trade_can_be_traced_to_its_line(stocked: "House") -> None:
    path = stocked.write(
        "invoices_april.csv", HEADER + "1004,2026-03-08,东湖零件有限责任公司,C1,40,,,valid\n"
    )
    stocked.take("files", path)

    found = stocked.lake.invoices_of(2, "S1", "C1").to_dicts()

    assert [(row["file"], row["line"], row["seller_text"]) for row in found] == [
        ("invoices.csv", 2, "S1"),
        ("invoices.csv", 3, "S1"),
        ("invoices_april.csv", 2, "东湖零件有限责任公司"),
    ]
    assert all(len(row["file_sha256"]) == 64 for row in found)
    assert stocked.lake.invoices_of(2, "S1", "nobody").is_empty()


def test_names_beyond_those_that_are_compared_are_told(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "NAMES_MAX", 1)
    house.write("firms.csv", "firm,name\nS1,云栖机械有限公司\nC1,东湖零件有限公司\n")
    house.write(
        "invoices.csv",
        HEADER
        + "1,2026-01-05,杭州云栖机械,C1,10,,,valid\n2,2026-01-05,海风渔具,C1,10,,,valid\n"
        + "3,2026-01-06,S1,天山牧业,10,,,valid\n",
    )

    assert house.take().notes == (
        "2 names were not compared with those of listed firms: one import compares 1",
    )


def test_a_filler_in_place_of_a_code_joins_nobody(house: "House") -> None:
    codes = ("000000000000000000", "000000000000000000", "N/A", "无")
    rows = [f"F{at},第{at}机械有限公司,{code}\n" for at, code in enumerate(codes)]
    house.write("firms.csv", "firm,name,uscc\n" + "".join(rows))
    house.write("invoices.csv", HEADER + "1,2026-01-05,F0,F1,10,,,valid\n")

    outcome = house.take()

    assert outcome.set_aside == {}
    assert outcome.version.firms == 4
    assert house.trades() == {("F0", "F1"): 1000}
