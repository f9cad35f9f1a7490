"""Part payments, flows of accounts and registrations: each column good, bad and blank."""

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.lake import manifest as manifests
from ingestion.lake import parts
from ingestion.run import ImportOutcome
from tests.ingestion.conftest import FIRMS, House

Told = Callable[[ImportOutcome], list[dict[str, str]]]
CLAIMS = "number,seller,buyer,amount_yuan,issued_on,due_on,已收金额\n"
REGISTERED = "登记证明编号,出质人,质权人,债务人,单证编号,登记金额,登记日期,登记到期日,登记状态\n"
FLOWS = "户名,交易日期,发生额,对方户名,类型\n"


@pytest.fixture
def firms(house: House) -> House:
    house.write("firms.csv", FIRMS)
    return house


def _paid(house: House) -> dict[str, int | None]:
    return {row["number"]: row["paid_fen"] for row in house.rows("receivables")}


def test_what_is_paid_is_kept_beside_the_amount(firms: House) -> None:
    rows = ["1,S1,C1,10,2026-01-05,2026-06-05,", "2,S1,C1,10,2026-01-05,2026-06-05,4.5"]
    firms.write(
        "receivables.csv", CLAIMS + "\n".join([*rows, rows[1].replace("2,", "3,", 1)[:-3] + "10"])
    )

    assert firms.take().set_aside == {}
    assert _paid(firms) == {"1": None, "2": 450, "3": 1000}


@pytest.mark.parametrize(
    ("paid", "column"), [("10.01", "paid_fen"), ("-1", "已收金额"), ("x", "已收金额")]
)
def test_more_than_is_owed_is_no_payment(firms: House, told: Told, paid: str, column: str) -> None:
    rows = f"1,S1,C1,10,2026-01-05,2026-06-05,10\n2,S1,C1,10,2026-01-05,2026-06-05,{paid}\n"
    firms.write("receivables.csv", CLAIMS + rows)

    outcome = firms.take()

    assert outcome.set_aside == {"bad_amount": 1}
    (issue,) = told(outcome)
    assert (issue["line"], issue["column"]) == ("3", column)
    assert _paid(firms) == {"1": 1000}


def test_a_later_payment_replaces_the_row(firms: House) -> None:
    firms.write("receivables.csv", CLAIMS + "1,S1,C1,10,2026-01-05,2026-06-05,2\n")
    firms.take()
    firms.write("receivables.csv", CLAIMS + "1,S1,C1,10,2026-01-05,2026-06-05,7\n")

    assert firms.take().published
    assert _paid(firms) == {"1": 700}


def test_a_part_of_an_earlier_release_is_read_as_it_was_meant(firms: House) -> None:
    """Its table had fewer columns; giving the same rows again changes nothing."""
    firms.write("receivables.csv", CLAIMS + "1,S1,C1,10,2026-01-05,2026-06-05,\n")
    version = firms.take().version
    folder = firms.home / "lake"
    _without(firms, "receivables", "paid_fen")

    ((_, part),) = manifests.read(folder, version.number).parts("receivables")
    assert parts.read(folder, part)["paid_fen"].to_pylist() == [None]
    assert parts.read(folder, part, ["paid_fen", "number"]).column_names == ["paid_fen", "number"]
    assert not firms.take().published
    firms.write("receivables.csv", CLAIMS + "1,S1,C1,10,2026-01-05,2026-06-05,3\n")
    assert firms.take().published
    assert _paid(firms) == {"1": 300}


def _without(house: House, table: str, column: str) -> None:
    """Write the served manifest anew with a part that lacks a column."""
    folder = house.home / "lake"
    assert house.current is not None
    served = manifests.read(folder, house.current.number)
    old = {
        source: tuple(
            parts.write(
                folder, table, pq.read_table(folder / part.file).drop_columns(column), part.origins
            )
            if part.table == table
            else part
            for part in given
        )
        for source, given in served.sources.items()
    }
    manifests.write(folder, manifests.Manifest(served.version, served.as_of, old, served.parties))


def _registered(house: House) -> list[dict[str, object]]:
    assert house.current is not None
    rows: pa.Table = house.lake.registrations(house.current.number)
    return rows.to_pylist()


def test_registrations_are_kept_with_the_firms_they_name(firms: House) -> None:
    rows = (
        "R1,东湖零件有限公司,某银行,C1,A-1,100,2026-01-05,2027-01-04,有效\nR2,S2,,,,,2026-01-06,,\n"
    )
    firms.write("应收账款质押登记.csv", REGISTERED + rows)
    firms.write("invoices.csv", "number,issued_on,seller,buyer,amount_yuan\n1,2026-03-05,S1,C1,5\n")

    assert firms.take().set_aside == {}
    first, second = _registered(firms)
    assert first == {
        "number": "R1", "pledgor": "S1", "secured_party": "某银行", "debtor": "C1",
        "document": "A-1", "amount_fen": 10_000, "registered_on": dt.date(2026, 1, 5),
        "expires_on": dt.date(2027, 1, 4), "status": "live",
        "known_on": None,
    }  # fmt: skip
    assert (second["pledgor"], second["debtor"], second["status"]) == ("S2", None, "live")


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        ("R9,S1,某银行,C1,,,,2027-01-04,有效", "missing", "登记日期"),
        ("R9,,某银行,C1,,,2026-01-05,,有效", "missing", "出质人"),
        ("R9,S1,某银行,C1,,x,2026-01-05,,有效", "bad_amount", "登记金额"),
        ("R9,S1,某银行,C1,,,2026-01-05,2026-13-01,有效", "bad_date", "登记到期日"),
        ("R9,S1,某银行,C1,,,2026-01-05,,待定", "unknown_status", "登记状态"),
        ("R9,S1,某银行,C1,,,2026-01-05,2026-01-04,有效", "ends_before_begins", "expires_on"),
        ("R9,S1,某银行,东湖零件有限公司,,,2026-01-05,,有效", "self_trade", "debtor"),
        ("R9,S1,某银行,C1,2.4442E+19,,2026-01-05,,有效", "lost_digits", "单证编号"),
        ("R9,S1,某银行,C1,,,2026-09-05,,有效", "future", "registered_on"),
        ("无,S1,某银行,C1,,,2026-01-05,,有效", "placeholder", "number"),
    ],
)
def test_a_registration_that_cannot_be_is_named(
    firms: House, told: Told, row: str, reason: str, column: str
) -> None:
    firms.write("registrations.csv", f"{REGISTERED}R1,S2,某银行,C1,,,2026-01-05,,有效\n{row}\n")

    outcome = firms.take()

    assert outcome.set_aside == {reason: 1}
    assert [(i["line"], i["column"]) for i in told(outcome)] == [("3", column)]
    assert [row["number"] for row in _registered(firms)] == ["R1"]


def test_a_registration_is_told_whole_and_its_last_telling_counts(firms: House) -> None:
    """Several rows of one file stand, one a document; a later file or import replaces them all."""
    rows = "R1,S1,某银行,C1,A,,2026-01-05,,\nR1,S1,某银行,C1,B,,2026-01-05,,\n"
    again = "R1,东湖零件有限公司,某银行,C1,B,,2026-01-05,,注销\n"
    firms.write("registrations_1.csv", REGISTERED + rows + again)

    assert firms.take().set_aside == {"replaced": 1}
    assert [(r["document"], r["status"]) for r in _registered(firms)] == [
        ("A", "live"),
        ("B", "cancelled"),
    ]

    firms.write("registrations_2.csv", REGISTERED + "R1,S1,某银行,C1,C,,2026-01-05,,\n")
    assert firms.take().set_aside == {"replaced": 3}
    assert [r["document"] for r in _registered(firms)] == ["C"]

    (firms.inbox / "registrations_1.csv").unlink()
    firms.write("registrations_2.csv", REGISTERED + "R1,S1,某银行,,,,2026-01-05,,注销\n")
    firms.take()
    assert [(r["document"], r["status"]) for r in _registered(firms)] == [(None, "cancelled")]


def test_a_registration_of_what_is_not_there_is_noted(firms: House) -> None:
    claims = "number,seller,buyer,amount_yuan,issued_on,due_on,registry_id\n"
    firms.write("receivables.csv", claims + "A,S1,C1,10,2026-01-05,2026-06-05,ZD-1\n")
    rows = ["R1,S1,,,A,,2026-01-05,,", "R2,S1,,,ZD-1,,2026-01-05,,", "R3,S1,,C1,,,2026-01-05,,"]
    rows += ["R4,S2,,,A,,2026-01-05,,", "R5,S1,,,B,,2026-01-05,,", "R6,S1,,,C,,2026-01-05,,注销"]
    firms.write("registrations.csv", REGISTERED + "\n".join(rows) + "\n")

    rows += ["R7,S1,,西岭材料有限公司,,,2026-01-05,,", "R8,S1,,见附件,,,2026-01-05,,"]
    firms.write("registrations.csv", REGISTERED + "\n".join(rows) + "\n")

    told = {each.code: each for each in firms.take().notes}

    document, debtor = told["document_unknown"], told["debtor_unknown"]
    assert "registrations: 2 name a document that their pledgor does not have" in document
    assert "the first is R4" in document
    assert "registrations: 2 name a debtor of whom their pledgor has no claim" in debtor
    assert "the first is R7" in debtor


def test_flows_are_kept_with_their_day_and_whom_they_name(firms: House) -> None:
    rows = [
        "S1,2026-02-05,-100.5,北山商贸有限公司,货款",
        "S1,2026-02-06,3,-,",
        "S1,2026-02-07,7,,工资",
    ]
    firms.write("流水.csv", FLOWS + "\n".join(rows) + "\n")

    assert firms.take().set_aside == {}
    assert firms.current is not None
    ((_, part),) = firms.lake.view(firms.current.number).manifest.parts("flows")
    kept = parts.read(firms.home / "lake", part)
    assert kept["amount_fen"].to_pylist() == [-10050, 300, 700]
    assert kept["kind"].to_pylist() == ["trade", None, "payroll"]
    assert kept["counterparty"].cast(pa.string()).to_pylist() == ["北山商贸有限公司", None, None]
    assert (part.first_on, part.last_on) == ("2026-02-05", "2026-02-07")
    assert {"北山商贸有限公司"} == {r["name"] for r in firms.rows("firms") if not r["listed"]}
    assert firms.rows("trades") == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-02-05,1,,", "missing"),
        ("S1,,1,,", "missing"),
        ("S1,2026-02-05,,,", "missing"),
        ("S1,2026-02-05,1.005,,", "bad_amount"),
        ("S1,20260230,1,,", "bad_date"),
        ("S1,2026-02-05,1,,gift", "unknown_word"),
        ("S1,2026-12-05,1,,", "future"),
    ],
)
def test_a_flow_that_cannot_be_read_is_named(
    firms: House, told: Told, row: str, reason: str
) -> None:
    firms.write("flows.csv", f"{FLOWS}S1,2026-02-04,1,,\n{row}\n")

    outcome = firms.take()

    assert outcome.set_aside == {reason: 1}
    assert [issue["line"] for issue in told(outcome)] == ["3"]
