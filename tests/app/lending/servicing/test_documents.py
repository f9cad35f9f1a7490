"""What is lent on documents is paid by what their debtors pay; the rest is the holder's."""

import pytest

from app.books.ledger.proof import verify
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.servicing.financed import (
    closed,
    happened,
    held,
    lent,
    loan,
    on_file,
    stands_on,
)

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
