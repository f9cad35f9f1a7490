"""What each step of a voucher leaves as it is, and where it ends."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest

from app.books.errors import RuleBroken
from app.books.ledger import Element, UseOrder, ledger_of
from app.chain.vouchers import acts
from app.chain.vouchers.acts import Passing, VoucherDraft
from app.chain.vouchers.endings import close
from app.platform.events.tables import events
from app.platform.records import Records
from tests.app.chain.asking import Desk
from tests.app.chain.vouchers.test_conservation import DAY, Economy, records
from tests.app.chain.vouchers.test_vouchers import conserved, issued, tree

__all__ = ["records"]
FACE = 10_000_000
FIELDS = {
    *("id", "issuer", "holder", "amount_fen", "held_fen", "financed_fen", "state", "due_on"),
    *("parent", "tier", "recourse", "children"),
}


@pytest.fixture(scope="module")
def desk(kept_desk: Desk) -> Desk:
    for core in ("CORE1", "CORE2"):
        kept_desk.open_account(f"core:{core}", 100 * FACE)
    return kept_desk


def passed(desk: Desk, voucher: str, amount: int | None = None, *, accept: bool = True) -> str:
    """Pass an amount from MILL on to ORE; return the new part."""
    body = {"holder": "ORE"} | ({} if amount is None else {"amount_fen": amount})
    answer = desk.post("MILL", f"/vouchers/{voucher}/pass", body)
    assert answer.status_code == 200, answer.text
    part = str(next(each["id"] for each in answer.json()["children"] if each["state"] == "issued"))
    if accept:
        assert desk.post("ORE", f"/vouchers/{part}/accept").status_code == 200
    return part


def test_splitting_and_passing_touch_no_account_of_the_core_and_keep_issuer_and_due_day(
    desk: Desk,
) -> None:
    voucher = issued(desk, recourse=True)
    before = desk.figures("core:CORE1")
    parts = desk.post("MILL", f"/vouchers/{voucher}/split", {"parts": [1, 4_000_000, 5_999_999]})
    (small, middle, _) = parts.json()["children"]
    passed(desk, small["id"])
    child = passed(desk, middle["id"], 1_500_000)

    assert desk.figures("core:CORE1") == before
    whole = tree(desk, voucher)
    assert set(whole) >= FIELDS
    assert conserved(whole)
    below = [*whole["children"], *(each for part in whole["children"] for each in part["children"])]
    assert {(each["issuer"], each["due_on"], each["recourse"]) for each in below} == {
        ("CORE1", whole["due_on"], True)
    }
    ours = next(each for each in below if each["id"] == child)
    assert (ours["tier"], ours["parent"], ours["held_fen"]) == (2, middle["id"], 1_500_000)


def test_it_replaces_what_its_issuer_owes_its_holder_at_their_sum_and_nothing_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3 is what CORE2 owes PART, who sells to CORE1 as well."""
    body = {"holder": "PART", "due_on": "2026-09-30", "receivables": ["R3"]}
    before, accounts = desk.count(), [desk.figures(f"core:CORE{n}") for n in (1, 2)]

    others = desk.post("CORE1", "/vouchers", body)
    unknown = desk.post("CORE1", "/vouchers", body | {"receivables": ["NONE"]})
    assert (others.status_code, unknown.status_code) == (404, 404)
    assert others.json()["detail"].replace("R3", "NONE") == unknown.json()["detail"]
    for amount in (99_999_999, 100_000_001):
        refused = desk.post("CORE2", "/vouchers", body | {"amount_fen": amount}).json()
        assert refused["rule"] == "voucher.amount"
    twice = desk.post("CORE2", "/vouchers", body | {"receivables": ["R3", "R3"]})
    assert twice.status_code == 422
    monkeypatch.setattr("app.chain.vouchers.service.related_as_issuer", lambda *_: True)
    stranger = desk.post("CORE2", "/vouchers", body | {"holder": "MILL"}).json()
    assert stranger["rule"] == "voucher.receivables"
    assert desk.count() == before
    assert [desk.figures(f"core:CORE{n}") for n in (1, 2)] == accounts
    assert desk.get("CORE2", "/receivables/R3").json()["state"] == "open"


def test_the_fifth_change_of_holder_is_the_last(records: Records) -> None:
    economy = Economy(records, 1)
    due = DAY + dt.timedelta(days=90)
    draft = VoucherDraft("V", "A", FACE // 10, due, (), recourse=False, related=True)
    assert economy.ask("X", lambda acting, debt: acts.issue(acting, draft, debt))
    holders = ["A", "B", "C", "D", "A", "B"]
    for place, (holder, following) in enumerate(pairwise(holders), 1):
        own, new = "V" * place, "V" * (place + 1)
        asked = Passing(new, following, None, related=True)
        assert economy.ask(holder, lambda acting, _, own=own: acts.accept(acting, own))
        refused: list[str] = []

        def step(acting: Any, _: Any, own: str = own, asked: Passing = asked) -> None:
            try:
                acts.pass_on(acting, own, asked)
            except RuleBroken as error:
                refused.append(error.further["rule"])  # noqa: B023  # at once

        assert economy.ask(holder, step)
        assert refused == ([] if place < 5 else ["voucher.tiers"])
    assert max(row["tier"] for row in economy.rows()) == 5
    economy.ledger.close()


@pytest.mark.parametrize("stands", ["pending", "posted"])
def test_on_what_something_stands_it_is_neither_moved_nor_ended(desk: Desk, stands: str) -> None:
    voucher, waiting = issued(desk), issued(desk, accept=False)
    ledger, names = ledger_of(desk.resources), (voucher, waiting)
    for name in names:
        desk.open_account(f"voucher:{name}", FACE)
        use = f"{stands}-{name}"
        ledger.reserve(UseOrder(use, "MILL", "P", [Element(f"voucher:{name}")], 1_000))
        if stands == "posted":
            ledger.post(use, 1_000)
    state = {"pending": "financing", "posted": "financed"}[stands]

    for who, name, step, body in (
        ("MILL", voucher, "split", {"parts": [1, FACE - 1]}),
        ("MILL", voucher, "pass", {"holder": "ORE"}),
        ("CORE1", waiting, "cancel", None),
    ):
        refused = desk.post(who, f"/vouchers/{name}/{step}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state"), step
        assert refused.json()["state"] == state


def test_a_part_that_nobody_accepts_in_time_goes_back_to_its_giver(desk: Desk) -> None:
    voucher = issued(desk)
    part = passed(desk, voucher, 4_000_000, accept=False)
    waits = desk.get("ORE", f"/vouchers/{part}").json()
    assert waits["accept_by"] == "2026-07-05"  # Five days of the books.

    close(desk.resources, dt.date(2026, 7, 4))
    assert tree(desk, voucher)["held_fen"] == 6_000_000
    close(desk.resources, dt.date(2026, 7, 5))

    whole = tree(desk, voucher)
    assert (whole["held_fen"], whole["children"][0]["state"]) == (FACE, "rejected")
    late = desk.post("ORE", f"/vouchers/{part}/accept")
    assert late.json()["code"] == "wrong_state"


def test_what_waits_for_its_holder_is_given_back_at_maturity(desk: Desk) -> None:
    due = "2026-07-02"
    body = {"holder": "MILL", "amount_fen": FACE, "due_on": due}
    voucher = desk.post("CORE1", "/vouchers", body).json()["id"]
    desk.post("MILL", f"/vouchers/{voucher}/accept")
    passed(desk, voucher, 3, accept=False)
    unaccepted = desk.post("CORE1", "/vouchers", body).json()["id"]
    before = desk.figures("core:CORE1")["posted"]

    close(desk.resources, dt.date(2026, 7, 1))

    whole = tree(desk, voucher)
    assert (whole["state"], whole["held_fen"]) == ("matured", FACE)
    assert whole["children"][0]["state"] == "rejected"
    assert tree(desk, unaccepted)["state"] == "rejected"
    assert desk.figures("core:CORE1")["posted"] == before - FACE
    desk.post("CORE1", f"/vouchers/{voucher}/settle")


def test_without_recourse_nobody_falls_back_on_who_passed_it(desk: Desk) -> None:
    body = {"holder": "MILL", "amount_fen": FACE, "due_on": "2026-07-03"}
    voucher = desk.post("CORE1", "/vouchers", body).json()["id"]
    desk.post("MILL", f"/vouchers/{voucher}/accept")
    part = passed(desk, voucher, 7)
    for day in (2, 3):
        close(desk.resources, dt.date(2026, 7, day))

    whole = tree(desk, voucher)
    assert (whole["state"], whole["children"][0]["state"]) == ("dishonoured", "dishonoured")
    refused = desk.post("CORE1", f"/vouchers/{part}/settle")
    assert refused.json()["rule"] == "voucher.root"
    before = desk.count()
    assert desk.post("CORE1", f"/vouchers/{voucher}/settle").json()["state"] == "settled"
    assert desk.count() == before + 1  # All that hold of it are paid in one event.
    with desk.resources.records.reading() as connection:
        detail = connection.execute(
            events.select()
            .where(events.c.operation == "voucher.settle")
            .order_by(events.c.number.desc())
        ).first()
    assert detail is not None
    assert f'["{part}","ORE",0,7]' in detail.detail
    assert f'["{voucher}","MILL",0,{FACE - 7}]' in detail.detail


def test_the_bank_alone_stops_what_was_accepted_by_freezing_its_account(desk: Desk) -> None:
    voucher = issued(desk)
    desk.open_account(f"voucher:{voucher}", FACE)
    path = f"/accounts/voucher:{voucher}/freeze"
    assert desk.post("CORE1", path, {"reason": "x"}).status_code == 403
    frozen = desk.post("officer", path, {"reason": "fraud"})
    assert frozen.json()["state"] == "frozen"

    for step, body in (("split", {"parts": [1, FACE - 1]}), ("pass", {"holder": "ORE"})):
        refused = desk.post("MILL", f"/vouchers/{voucher}/{step}", body).json()
        assert (refused["code"], refused["state"]) == ("wrong_state", "frozen")


def test_a_step_that_is_not_the_holder_s_is_nobody_s(desk: Desk) -> None:
    voucher = issued(desk, accept=False)
    for who in ("ORE", "PART", "CORE2"):
        for step in ("accept", "reject"):
            refused = desk.post(who, f"/vouchers/{voucher}/{step}")
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert desk.post("CORE2", f"/vouchers/{voucher}/cancel").status_code == 404
    rejected = desk.post("MILL", f"/vouchers/{voucher}/reject").json()
    assert rejected["state"] == "rejected"
    again = desk.post("MILL", f"/vouchers/{voucher}/accept").json()
    assert (again["code"], again["state"], again["allowed"]) == (
        "wrong_state",
        "rejected",
        ["issued"],
    )
