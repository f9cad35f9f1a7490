"""Settled, repaid and drawn at the same moment: one comes first, and nothing is paid twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from app.books.ledger.proof import verify
from graph.testing.waiting import WAIT_S
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.servicing.financed import (
    ACCOUNT,
    happened,
    lent,
    loan,
    on_file,
    signed,
    stands_on,
)

PAPER, LENT, ROUNDS = "receivable:R1", 2_000_000, 3
SETTLE = "/receivables/R1/settle"


def together(*asked: Callable[[], Any]) -> list[Any]:
    """Return the answers to what is asked at the same moment."""
    barrier = Barrier(len(asked))

    def one(each: Callable[[], Any]) -> Any:
        barrier.wait(WAIT_S)
        return each()

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(one, asked))


def again(desk: Desk) -> None:
    """Begin the book anew."""
    set_up(desk.resources)
    on_file(desk, "MILL")


def test_a_settlement_and_a_repayment_at_once_pay_the_loan_once(
    kept_desk: Desk,
) -> None:
    desk = kept_desk
    for _ in range(ROUNDS):
        again(desk)
        name = lent(desk, "MILL", LENT, PAPER)
        body = {"amount_fen": LENT, "prepay": True}
        settled, repaid, twice = together(
            partial(desk.post, "CORE1", SETTLE),
            partial(desk.post, "MILL", f"/loans/{name}/repayments", body),
            partial(desk.post, "CORE1", SETTLE),
        )

        assert sorted([settled.status_code, twice.status_code]) == [200, 409]
        kept = stands_on(desk.resources, PAPER)
        by_firm, by_debtor = repaid.status_code == 200, kept["state"] == "paid"
        assert by_firm is not by_debtor
        paid = [each for each in happened(desk, name) if each["operation"] == "loan.pay"]
        assert [each["amount_fen"] for each in paid] == [LENT]
        assert (loan(desk, name)["state"], desk.figures("firm:MILL")["posted"]) == ("repaid", 0)
        assert verify(desk.resources.records).ok


def test_a_settlement_and_a_draw_at_once_leave_no_loan_without_its_money(
    kept_desk: Desk,
) -> None:
    desk = kept_desk
    for _ in range(ROUNDS):
        again(desk)
        name = signed(desk, "MILL", LENT, PAPER)
        body = {"amount_fen": LENT, "account": ACCOUNT}
        settled, drawn = together(
            partial(desk.post, "CORE1", SETTLE),
            partial(desk.post, "MILL", f"/applications/{name}/draw", body),
        )

        if settled.status_code == 409:  # The port was being asked: it is settled after that.
            assert (settled.json()["state"], drawn.json()["state"]) == ("drawing", "active")
            assert desk.post("CORE1", SETTLE).status_code == 200
        if drawn.status_code == 200:
            assert loan(desk, drawn.json()["loan"])["state"] == "repaid"
            assert stands_on(desk.resources, PAPER)["paid_fen"] == LENT
        else:
            assert drawn.json()["code"] == "wrong_state"
            assert desk.get("MILL", f"/applications/{name}").json()["state"] == "expired"
        figures = desk.figures("firm:MILL")
        assert (figures["posted"], figures["pending"]) == (0, 0)
        assert verify(desk.resources.records).ok
