"""What a run gives the accounts of the book, held to figures worked out by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.chain.limits.storage import save
from app.chain.limits.totals import firm_totals
from app.chain.runs.totals import RunFrames, totals_of
from graph.errors import NotFound
from tests.app.chain.limits.test_book import known, node
from tests.app.chain.limits.test_laws import POLICY, Found
from tests.app.chain.limits.test_papers import CONFIRMED, CORE, WHOLE, ago, found, paper, row

Account = dict[str, Any]


def accounts(result: Found, folder: Path, groups: pl.DataFrame | None = None) -> dict[str, Account]:
    """Return the totals of a run by account."""
    none = pl.DataFrame(schema={"group": pl.String, "firm": pl.String})
    beside = {"groups": none if groups is None else groups}
    save(result.outcome, result.handed, POLICY, folder / "run", {}, beside=beside)
    rows = totals_of(RunFrames.open(folder / "run")).to_dicts()
    return {each.pop("account"): each for each in rows}


def test_every_layer_has_its_totals(tmp_path: Path) -> None:
    """
    S holds 1,000,000 yuan confirmed in a file and claims 1,000,000 more that are open.

    0.95 of the document and 0.70 of the claim: 1,650,000 in C's chain, 700,000 of it relation.
    """
    result = found(row(**CONFIRMED), row(number="A2"), vouchers=[paper("V1", WHOLE, holder="B")])

    found_here = accounts(result, tmp_path)

    assert {name: each["total"] for name, each in found_here.items()} == {
        "bank": 20_000_000_000_000,
        "core:C": result.cores["C"]["facility"]
        and int(result.cores["C"]["facility"].split(".")[0]),
        "chain:C:S": 165_000_000,
        "chain:C:B": 95_000_000,
        "relation:C:S": 70_000_000,
        "relation:C:B": 0,
        "firm:C": 0,
        "firm:S": 165_000_000,
        "firm:B": 95_000_000,
        "receivable:A1": 95_000_000,
        "voucher:V1": 95_000_000,
    }
    assert found_here["core:C"]["outside"] == 2 * WHOLE
    assert found_here["receivable:A1"] == {
        "layer": "document",
        "core": "C",
        "firm": "S",
        "thing": "A1",
        "total": 95_000_000,
        "outside": 0,
        "valid_to": 20260829,
    }


def test_what_was_confirmed_or_issued_here_is_not_outside(tmp_path: Path) -> None:
    result = found(row(), known=[known("confirmed")], nodes=[node()])

    found_here = accounts(result, tmp_path)

    assert found_here["core:C"]["outside"] == 0
    assert found_here["receivable:A1"]["total"] == found_here["voucher:V1"]["total"] == 95_000_000


def test_what_was_passed_on_of_a_voucher_carries_nothing_here(tmp_path: Path) -> None:
    passed = node("V1.1", holder="B", held=WHOLE // 4, occupies=0)

    found_here = accounts(found(nodes=[node(held=WHOLE * 3 // 4), passed]), tmp_path)

    assert found_here["voucher:V1"]["total"] == 71_250_000
    assert found_here["voucher:V1.1"]["total"] == 23_750_000
    assert found_here["core:C"]["outside"] == 0


def test_a_firm_has_what_its_chains_give_up_to_the_cap_of_one_borrower() -> None:
    most = int(POLICY.decimal("single_borrower_share") * POLICY.whole("bank_capital_fen"))
    members = pl.DataFrame(
        {"firm": [1, 1, 2, 3, 4], "limit_fen": [100, 50, most, most, None]},
        {"firm": pl.Int64, "limit_fen": pl.Int64},
    )
    firms = pl.DataFrame({"row": [1, 2, 3, 4], "loans_fen": [None, 7, most + 1, 0]})

    assert firm_totals(members, firms, POLICY).rows() == [(1, 150), (2, most - 7), (3, 0)]


def test_documents_are_floored_where_they_stand_above_the_facility(tmp_path: Path) -> None:
    """A facility of a third of what is occupied: 0.95 x 1/3 of 1,000,000.00 yuan, cut down."""
    poor = CORE | {"operating_cash_flow": 2 * WHOLE, "cash": 0}  # Half of it is the cash cap.
    papers = [row(number=f"A{n}", **CONFIRMED) for n in range(3)]

    found_here = accounts(found(*papers, firms=[poor, {"firm": "S"}, {"firm": "B"}]), tmp_path)

    assert found_here["core:C"]["total"] == WHOLE
    assert [found_here[f"receivable:A{n}"]["total"] for n in range(3)] == [31_666_666] * 3


def test_numbers_that_several_share_name_all_but_the_first_by_their_parties(tmp_path: Path) -> None:
    result = found(row(**CONFIRMED), row(seller="B", **CONFIRMED))

    assert {name for name in accounts(result, tmp_path) if name.startswith("receivable:")} == {
        "receivable:A1",
        "receivable:A1~S~C",
    }


def test_what_others_have_as_security_and_what_is_past_due_has_no_account(tmp_path: Path) -> None:
    past = row(number="A2", **CONFIRMED | {"due_on": ago(1)})
    given = {"pledgor": "S", "document": "A1", "registered_on": ago(3), "status": "live"}

    found_here = accounts(found(row(**CONFIRMED), past, registrations=[given]), tmp_path)

    assert not [name for name in found_here if name.startswith("receivable:")]


def test_a_core_without_facility_and_a_firm_without_limit_have_nothing(tmp_path: Path) -> None:
    bare = [{"firm": "C", "core": True}, {"firm": "S"}]

    found_here = accounts(found(row(), firms=bare), tmp_path)

    assert found_here["core:C"]["total"] == 0
    assert found_here["chain:C:B"]["total"] == found_here["relation:C:B"]["total"] == 0
    assert "firm:B" not in found_here  # Known as a counterparty only.


@pytest.mark.parametrize("name", ["G1", "S"])
def test_a_connected_group_has_a_share_of_the_bank_s_capital(name: str, tmp_path: Path) -> None:
    groups = pl.DataFrame({"firm": ["S", "B"], "group": [name, name]})

    group = accounts(found(row()), tmp_path, groups=groups)[f"group:{name}"]

    assert (group["total"], group["thing"]) == (1_000_000_000_000, name)


def test_a_run_of_an_older_release_gives_no_totals(tmp_path: Path) -> None:
    result = found(row())
    save(result.outcome, result.handed, POLICY, tmp_path / "run", {})
    (tmp_path / "run" / "digests.json").unlink()
    (tmp_path / "run" / "run.json").write_text(
        (tmp_path / "run" / "run.json").read_text().replace('"sealed": true', '"sealed": false')
    )
    (tmp_path / "run" / "papers.parquet").unlink()

    with pytest.raises(NotFound, match="refresh the version"):
        RunFrames.open(tmp_path / "run")


def test_an_account_is_valid_to_the_due_day(tmp_path: Path) -> None:
    due = dt.date(2026, 12, 1)

    result = found(row(**CONFIRMED | {"due_on": due}))

    assert accounts(result, tmp_path)["receivable:A1"]["valid_to"] == 20261201
