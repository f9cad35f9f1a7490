"""What is lent on documents is paid by what their debtors pay; the rest is the holder's."""

from typing import Any

import pytest

from app.books.errors import WrongState
from app.books.ledger import Plain, Reads, Reply, ledger_of, operations
from app.books.ledger.proof import verify
from app.chain.receivables.lender import DocumentPaid, NoLender
from app.lending.servicing.disbursing import BuiltInDisburser
from app.lending.servicing.lender import LoansOnDocuments
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.servicing.financed import (
    ACCOUNT,
    by_two,
    carries,
    closed,
    happened,
    held,
    lent,
    loan,
    on_file,
    paper,
    signed,
    stands_on,
)
from tests.app.lending.servicing.test_drawing import Bank

FACE = 800_000_000  # Of R1, in fen.
PAPER = "receivable:R1"


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    """Return a service whose book is new, with an account of MILL on file."""
    set_up(kept_desk.resources)
    on_file(kept_desk, "MILL")
    return kept_desk


def state(desk: Desk, name: str = "R1") -> str:
    return str(desk.get("officer", f"/receivables/{name}").json()["state"])


def test_a_receivable_that_is_settled_pays_its_loan_and_the_rest_is_the_holders(
    desk: Desk,
) -> None:
    name = lent(desk, "MILL", 2_000_000, PAPER)
    assert (state(desk), desk.figures(PAPER)["posted"]) == ("financed", 2_000_000)

    settled = desk.post("CORE1", "/receivables/R1/settle", key="once")
    again = desk.post("CORE1", "/receivables/R1/settle", key="once")
    other = desk.post("CORE1", "/receivables/R1/settle")

    assert (settled.status_code, settled.json()["state"], again.text) == (200, "paid", settled.text)
    assert (other.status_code, other.json()["code"]) == (409, "wrong_state")
    assert (loan(desk, name)["state"], loan(desk, name)["outstanding_fen"]) == ("repaid", 0)
    draw, paid, rest = happened(desk, name)
    assert (draw["operation"], paid["operation"]) == ("loan.draw", "loan.pay")
    assert (paid["document"], paid["amount_fen"]) == (PAPER, 2_000_000)  # On the day of the draw.
    assert (rest["operation"], rest["document"]) == ("remainder", PAPER)
    assert rest["amount_fen"] == FACE - 2_000_000
    kept = stands_on(desk.resources, PAPER)
    assert (kept["state"], kept["paid_fen"] + kept["remainder_fen"]) == ("paid", FACE)
    assert [desk.figures(each)["posted"] for each in ("bank", "firm:MILL", PAPER)] == [0, 0, 0]
    assert verify(desk.resources.records).ok


def test_a_voucher_pays_the_loan_on_it_and_the_firm_owes_what_it_does_not_reach(
    desk: Desk,
) -> None:
    """3,000,000 of the voucher for 62 days: it pays all of that; the interest is the firm's."""
    voucher = held(desk, "MILL", 3_000_000, "2026-08-31")
    name = lent(desk, "MILL", 3_000_000, voucher, tenor_days=62)
    number = voucher.removeprefix("voucher:")
    financed = desk.get("officer", f"/vouchers/{number}").json()
    assert (financed["state"], financed["financed_fen"], financed["held_fen"]) == (
        *("financed", 3_000_000, 0),
    )
    moved = desk.post("MILL", f"/vouchers/{number}/split", {"parts": [1, 2_999_999]})
    assert (moved.status_code, moved.json()["code"]) == (409, "wrong_state")

    closed(desk, "2026-08-30")
    owed = loan(desk, name)["owed"]
    settled = desk.post("CORE1", f"/vouchers/{number}/settle")

    assert (settled.status_code, settled.json()["state"]) == (200, "settled")
    interest = 12_917  # 3,000,000 x 0.025 x 62 / 360 = 12,916.67
    assert owed["all_fen"] == 3_000_000 + interest
    after = loan(desk, name)
    assert (after["state"], after["outstanding_fen"]) == ("active", interest)
    assert after["owed"]["all_fen"] == interest
    assert stands_on(desk.resources, voucher)["remainder_fen"] == 0
    assert desk.figures(voucher)["posted"] == 0
    assert desk.figures("firm:MILL")["posted"] == interest
    paid = desk.post("MILL", f"/loans/{name}/repayments", {"amount_fen": interest})
    assert (paid.status_code, loan(desk, name)["state"]) == (200, "repaid")
    assert verify(desk.resources.records).ok


def test_a_loan_that_the_firm_repays_gives_its_document_back(desk: Desk) -> None:
    voucher = held(desk, "MILL", 3_000_000, "2026-08-31")
    name = lent(desk, "MILL", 2_000_000, PAPER, voucher)
    assert [desk.figures(each)["posted"] for each in (PAPER, voucher)] == [2_000_000, 0]
    # The amount did not reach the voucher, which is its holder's as before.
    number = voucher.removeprefix("voucher:")
    assert desk.get("officer", f"/vouchers/{number}").json()["state"] == "held"

    body = {"amount_fen": 2_000_000, "prepay": True}
    assert desk.post("MILL", f"/loans/{name}/repayments", body).status_code == 200

    assert (state(desk), desk.figures(PAPER)["posted"]) == ("confirmed", 0)
    assert stands_on(desk.resources, PAPER)["state"] == "freed"
    assert lent(desk, "MILL", 1_000_000, PAPER) != name
    assert desk.post("CORE1", "/receivables/R1/settle").json()["state"] == "paid"
    assert verify(desk.resources.records).ok


def settle(desk: Desk, account: str) -> Any:
    kind, _, number = account.partition(":")
    return desk.post("CORE1", f"/{kind}s/{number}/settle")


def split_up(desk: Desk, account: str) -> dict[str, int]:
    """Return where what the debtor of a document paid went."""
    kept = stands_on(desk.resources, account)
    return {"state": kept["state"], "paid": kept["paid_fen"], "rest": kept["remainder_fen"]}


def test_who_is_not_paid_by_the_debtor_is_owed_by_the_firm_until_it_is(desk: Desk) -> None:
    """Five days late 3,000,000 + 6,667 bear 0.0375: 1,566.02 fen of penalty."""
    voucher = held(desk, "MILL", 4_000_000, "2026-08-01", total=3_000_000)
    name = lent(desk, "MILL", 3_000_000, voucher, tenor_days=32)
    closed(desk, "2026-08-05")
    number = voucher.removeprefix("voucher:")
    node = desk.get("officer", f"/vouchers/{number}").json()
    assert (node["state"], node["financed_fen"]) == ("dishonoured", 4_000_000)
    late = loan(desk, name)
    assert (late["state"], late["overdue_days"]) == ("overdue", 5)

    assert settle(desk, voucher).json()["state"] == "settled"

    assert late["owed"]["all_fen"] == 3_000_000 + 6_667 + 1_566
    assert split_up(desk, voucher) == {"state": "paid", "paid": 3_008_233, "rest": 991_767}
    after = loan(desk, name)
    assert (after["state"], desk.figures("firm:MILL")["posted"]) == ("repaid", 0)
    assert verify(desk.resources.records).ok


def test_each_of_several_documents_pays_in_its_turn(desk: Desk) -> None:
    """By its due day 3,000,000 bear 6,458 for 31 days; the first voucher pays 993,542 of it."""
    first = held(desk, "MILL", 1_000_000, "2026-07-31")
    second = held(desk, "MILL", 2_500_000, "2026-08-31")
    name = lent(desk, "MILL", 3_000_000, first, second, tenor_days=62)
    assert [desk.figures(each)["posted"] for each in (first, second)] == [1_000_000, 2_000_000]
    closed(desk, "2026-07-30")

    assert settle(desk, first).status_code == 200
    assert split_up(desk, first) == {"state": "paid", "paid": 1_000_000, "rest": 0}
    left = loan(desk, name)["outstanding_fen"]
    assert left == 3_000_000 - 993_542
    assert [desk.figures(each)["posted"] for each in (first, second)] == [0, 2_000_000]
    assert desk.figures("firm:MILL")["posted"] == left

    body = {"amount_fen": left, "prepay": True}
    assert desk.post("MILL", f"/loans/{name}/repayments", body).status_code == 200
    number = second.removeprefix("voucher:")
    node = desk.get("officer", f"/vouchers/{number}").json()
    assert (node["state"], node["held_fen"], desk.figures(second)["posted"]) == (
        *("held", 2_500_000, 0),
    )
    assert stands_on(desk.resources, second)["state"] == "freed"
    assert verify(desk.resources.records).ok


def test_parts_of_one_voucher_pay_a_loan_on_both_at_once(desk: Desk) -> None:
    root = held(desk, "MILL", 3_000_000, "2026-07-10").removeprefix("voucher:")
    parts = {"parts": [1_000_000, 2_000_000]}
    children = desk.post("MILL", f"/vouchers/{root}/split", parts).json()["children"]
    accounts = [carries(desk, each["id"], "MILL", each["amount_fen"]) for each in children]
    name = lent(desk, "MILL", 2_100_000, *accounts, tenor_days=10)
    closed(desk, "2026-07-09")

    assert settle(desk, f"voucher:{root}").status_code == 200

    assert loan(desk, name)["state"] == "repaid"
    found = [stands_on(desk.resources, each) for each in accounts]
    assert [each["paid_fen"] + each["remainder_fen"] for each in found] == [
        each["amount_fen"] for each in children
    ]
    assert sum(each["paid_fen"] for each in found) == 2_100_000 + 1_400  # 10 days at 0.024.
    assert {each["state"] for each in found} == {"paid"}
    assert verify(desk.resources.records).ok


def test_what_was_written_off_is_recovered_from_the_debtor(desk: Desk) -> None:
    name = lent(desk, "MILL", 2_000_000, PAPER)
    by_two(desk, f"/loans/{name}/write-off", {"reason": "insolvent"})
    assert state(desk) == "financed"  # The bank has the claim still.

    assert settle(desk, PAPER).status_code == 200

    found = loan(desk, name)
    assert (found["state"], found["lost_fen"], found["recovered_fen"]) == (
        *("written_off", 2_000_000, 2_000_000),
    )
    assert split_up(desk, PAPER) == {"state": "paid", "paid": 2_000_000, "rest": FACE - 2_000_000}
    assert [each["operation"] for each in happened(desk, name)][-2:] == [
        "loan.recover",
        "remainder",
    ]
    assert verify(desk.resources.records).ok


def test_a_restructured_loan_is_paid_what_it_is_owed_by_then(desk: Desk) -> None:
    name = lent(desk, "MILL", 2_000_000, PAPER)
    body = {"repayment": "equal_principal", "tenor_months": 4, "rate": "0.03", "reason": "slow"}
    by_two(desk, f"/loans/{name}/restructure", body)
    closed(desk, "2026-07-30")
    owed = loan(desk, name)["owed"]["all_fen"]

    assert settle(desk, PAPER).status_code == 200

    assert owed > 2_000_000
    assert split_up(desk, PAPER) == {"state": "paid", "paid": owed, "rest": FACE - owed}
    assert loan(desk, name)["state"] == "repaid"
    assert verify(desk.resources.records).ok


def test_a_settlement_is_final_and_another_repayment_taken_back_takes_the_document_again(
    desk: Desk,
) -> None:
    name = lent(desk, "MILL", 2_000_000, PAPER)
    whole = {"amount_fen": 2_000_000, "prepay": True}
    desk.post("MILL", f"/loans/{name}/repayments", whole)
    assert state(desk) == "confirmed"
    why = {"reason": "the bank's error"}
    by_two(desk, f"/loans/{name}/repayments/1/reverse", why)
    assert (state(desk), stands_on(desk.resources, PAPER)["state"]) == ("financed", "lent")
    assert (loan(desk, name)["state"], desk.figures(PAPER)["posted"]) == ("active", 2_000_000)

    desk.post("MILL", f"/loans/{name}/repayments", whole)
    assert settle(desk, PAPER).json()["state"] == "paid"  # It was free: the holder has all.
    by_two(desk, f"/loans/{name}/repayments/2/reverse", why)

    assert loan(desk, name)["outstanding_fen"] == 2_000_000
    posted = [desk.figures(each)["posted"] for each in (PAPER, "firm:MILL")]
    assert (state(desk), posted) == ("paid", [0, 2_000_000])  # The firm owes it alone.
    assert verify(desk.resources.records).ok


def test_what_a_debtor_paid_is_not_taken_back(desk: Desk) -> None:
    name = lent(desk, "MILL", 2_000_000, PAPER)
    settle(desk, PAPER)
    refused = desk.post("officer", f"/loans/{name}/repayments/1/reverse", {"reason": "no"})
    assert (refused.status_code, refused.json()["rule"]) == (409, "loan.settlement")


def test_a_document_that_is_settled_ends_what_is_asked_for_on_it(desk: Desk) -> None:
    name = signed(desk, "MILL", 2_000_000, PAPER)
    assert settle(desk, PAPER).json()["state"] == "paid"
    assert desk.get("MILL", f"/applications/{name}").json()["state"] == "expired"
    assert [desk.figures(each)["pending"] for each in (PAPER, "firm:MILL")] == [0, 0]
    drawn = desk.post(
        "MILL", f"/applications/{name}/draw", {"amount_fen": 2_000_000, "account": ACCOUNT}
    )
    assert (drawn.status_code, drawn.json()["code"]) == (409, "wrong_state")
    assert verify(desk.resources.records).ok


def test_no_document_is_settled_while_a_loan_on_it_is_paid_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = signed(desk, "MILL", 2_000_000, PAPER)
    bank = Bank("silent")
    desk.resources.once("disburser", BuiltInDisburser)
    monkeypatch.setattr(BuiltInDisburser, "pay_out", lambda _, asked: bank.pay_out(asked))
    order = {"amount_fen": 2_000_000, "account": ACCOUNT}
    assert desk.post("MILL", f"/applications/{name}/draw", order).json()["state"] == "drawing"

    early = settle(desk, PAPER)
    assert (early.status_code, early.json()["state"]) == (409, "drawing")
    assert desk.post("MILL", f"/applications/{name}/draw", order).json()["state"] == "active"
    assert settle(desk, PAPER).status_code == 200
    assert (len(bank.paid), split_up(desk, PAPER)["paid"]) == (1, 2_000_000)


def test_what_left_between_payment_and_booking_carries_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port is silent over the due day of the voucher, then says that it has paid."""
    voucher = held(desk, "MILL", 3_000_000, "2026-07-02")
    name = signed(desk, "MILL", 2_000_000, voucher)
    bank = Bank("silent", "silent", "silent", "silent")
    desk.resources.once("disburser", BuiltInDisburser)
    monkeypatch.setattr(BuiltInDisburser, "pay_out", lambda _, asked: bank.pay_out(asked))
    order = {"amount_fen": 2_000_000, "account": ACCOUNT}
    desk.post("MILL", f"/applications/{name}/draw", order)
    closed(desk, "2026-07-02")
    assert desk.get("MILL", f"/applications/{name}").json()["state"] == "drawing"

    told = desk.post("MILL", f"/applications/{name}/draw", order).json()

    assert told["state"] == "active"
    assert loan(desk, told["loan"])["outstanding_fen"] == 2_000_000
    assert [desk.figures(each)["posted"] for each in (voucher, "firm:MILL")] == [0, 2_000_000]
    assert settle(desk, voucher).json()["state"] == "settled"
    assert loan(desk, told["loan"])["outstanding_fen"] == 2_000_000
    assert verify(desk.resources.records).ok


def test_an_account_of_a_document_that_closed_since_stops_the_draw_and_is_named(
    desk: Desk,
) -> None:
    name = signed(desk, "MILL", 2_000_000, PAPER)
    closing = Plain(Reads([PAPER]), lambda m: Reply.of(200, operations.close(m, PAPER)))
    ledger_of(desk.resources).ask(closing)
    order = {"amount_fen": 2_000_000, "account": ACCOUNT}
    refused = desk.post("MILL", f"/applications/{name}/draw", order).json()
    assert (refused["code"], refused["accounts"][0]["account"]) == ("limit_exceeded", PAPER)


def test_a_loan_over_an_officers_reservation_stands_on_its_documents(desk: Desk) -> None:
    order = {"core": "CORE1", "firm": "MILL", "product": "docs", "amount_fen": 1_000_000}
    order |= {"documents": [paper(PAPER)], "seconds": 600}
    uses = [desk.post("officer", "/reservations", order).json()["id"] for _ in range(2)]
    body = {"amount_fen": 1_000_000, "rate": "0.05", "repayment": "bullet", "tenor_days": 30}
    body |= {"account": ACCOUNT, "reason": "agreed on paper"}
    shared = desk.post("officer", "/loans", body | {"reservation": uses[0]})
    assert (shared.status_code, shared.json()["code"]) == (409, "wrong_state")
    assert desk.post("officer", f"/reservations/{uses[1]}/void").status_code == 200

    name = by_two(desk, "/loans", body | {"reservation": uses[0]})["loan"]
    assert state(desk) == "financed"
    assert settle(desk, PAPER).status_code == 200
    assert loan(desk, name)["state"] == "repaid"
    assert split_up(desk, PAPER)["rest"] == FACE - 1_000_000
    assert verify(desk.resources.records).ok


def test_without_who_has_lent_nothing_that_is_financed_is_settled(desk: Desk) -> None:
    lent(desk, "MILL", 2_000_000, PAPER)
    before = desk.count()
    with pytest.raises(WrongState):
        NoLender().take(None, [DocumentPaid(PAPER, "MILL", FACE)])  # type: ignore[arg-type]
    desk.resources._opened["lender"] = NoLender()
    try:
        refused = settle(desk, PAPER)
    finally:
        desk.resources._opened["lender"] = LoansOnDocuments(desk.resources)
    assert (refused.status_code, refused.json()["state"], desk.count()) == (409, "financed", before)


def test_one_draw_is_made_on_documents_and_those_that_it_does_not_reach_are_as_before(
    desk: Desk,
) -> None:
    voucher = held(desk, "MILL", 3_000_000, "2026-08-31")
    name = signed(desk, "MILL", 5_000_000, PAPER, voucher)
    assert [desk.figures(each)["pending"] for each in (PAPER, voucher)] == [3_000_000, 2_000_000]
    order = {"amount_fen": 5_000_001, "account": ACCOUNT}
    more = desk.post("MILL", f"/applications/{name}/draw", order)
    assert more.json()["rule"] == "draw.amount"

    drawn = desk.post("MILL", f"/applications/{name}/draw", order | {"amount_fen": 2_500_000})

    assert (drawn.json()["state"], drawn.json()["left_fen"]) == ("active", 0)
    assert [desk.figures(each)["pending"] for each in (PAPER, voucher)] == [0, 0]
    assert [desk.figures(each)["posted"] for each in (PAPER, voucher)] == [2_500_000, 0]
    number = voucher.removeprefix("voucher:")
    assert desk.get("officer", f"/vouchers/{number}").json()["state"] == "held"
    assert desk.post("MILL", f"/vouchers/{number}/split", {"parts": [1, 2_999_999]}).is_success
    assert settle(desk, PAPER).status_code == 200
    assert desk.get("MILL", f"/applications/{name}").json()["state"] in ("repaid", "closed")
    assert verify(desk.resources.records).ok


def test_a_discount_takes_its_face_of_what_the_debtor_pays_early(desk: Desk) -> None:
    name = lent(desk, "MILL", 2_000_000, PAPER, repayment="discount")
    assert settle(desk, PAPER).status_code == 200
    assert (loan(desk, name)["state"], split_up(desk, PAPER)["paid"]) == ("repaid", 2_000_000)
