"""Between the event that moves the day and the closing of each voucher: as if it were closed."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.books.business_day.closing import close_days
from app.chain.vouchers.endings import close
from app.platform.console.progress import quietly
from app.platform.events.tables import events, head
from tests.app.chain.asking import Desk
from tests.app.chain.vouchers.test_vouchers import conserved, issued, tree

FACE = 10_000_000


@pytest.fixture(scope="module", autouse=True)
def desk(kept_desk: Desk) -> Desk:
    kept_desk.open_account("core:CORE1", 100 * FACE)
    return kept_desk


@pytest.fixture(autouse=True)
def first_day(desk: Desk) -> None:
    """Begin each test on the first day, as a test may and nobody else."""
    with desk.resources.records.writing() as connection:
        connection.execute(sa.update(head).values(day="2026-06-30"))


def go_to(desk: Desk, day: dt.date) -> None:
    """Move the business day, as a closing does that is killed before it has come to anything."""
    close_days(desk.resources, day - dt.timedelta(days=1), [], quietly)


def voucher_due(desk: Desk, due: str) -> str:
    body = {"holder": "MILL", "amount_fen": FACE, "due_on": due, "recourse": True}
    voucher = str(desk.post("CORE1", "/vouchers", body).json()["id"])
    assert desk.post("MILL", f"/vouchers/{voucher}/accept").status_code == 200
    return voucher


def test_after_its_last_day_nothing_is_accepted_and_its_giver_has_it(desk: Desk) -> None:
    whole, waiting = issued(desk), issued(desk, accept=False)
    body = {"holder": "ORE", "amount_fen": 4_000_000}
    (part,) = desk.post("MILL", f"/vouchers/{whole}/pass", body).json()["children"]
    go_to(desk, dt.date(2026, 7, 6))

    for who, voucher in (("ORE", part["id"]), ("MILL", waiting)):
        late = desk.post(who, f"/vouchers/{voucher}/accept").json()
        assert (late["code"], late["state"]) == ("wrong_state", "rejected")
    halves = {"parts": [FACE // 2, FACE // 2]}  # Of all of it: what nobody took is back.
    assert desk.post("MILL", f"/vouchers/{whole}/split", halves).json()["state"] == "split"
    assert conserved(tree(desk, whole))
    query = sa.select(events.c.actor).where(events.c.subject == f"voucher:{part['id']}")
    with desk.resources.records.reading() as connection:
        last = connection.scalar(query.order_by(events.c.number.desc()))
    assert last == "machine"  # Nobody in person let it lapse.
    close(desk.resources, dt.date(2026, 7, 5))
    assert tree(desk, waiting)["state"] == "rejected"


def test_what_is_due_is_not_moved_any_more_and_is_settled(desk: Desk) -> None:
    voucher = voucher_due(desk, "2026-07-02")
    go_to(desk, dt.date(2026, 7, 2))

    for step, body in (("split", {"parts": [1, FACE - 1]}), ("pass", {"holder": "ORE"})):
        refused = desk.post("MILL", f"/vouchers/{voucher}/{step}", body).json()
        assert (refused["code"], refused["state"]) == ("wrong_state", "matured")
    assert desk.post("CORE1", f"/vouchers/{voucher}/settle").json()["state"] == "settled"
    assert close(desk.resources, dt.date(2026, 7, 1)) == 0


def test_who_has_not_paid_by_the_end_of_the_due_day_issues_nothing(desk: Desk) -> None:
    voucher = voucher_due(desk, "2026-07-02")
    go_to(desk, dt.date(2026, 7, 2))
    more = {"holder": "MILL", "amount_fen": 1, "due_on": "2026-09-30"}
    assert desk.post("CORE1", "/vouchers", more).status_code == 201  # The due day itself.
    go_to(desk, dt.date(2026, 7, 3))

    assert desk.post("CORE1", "/vouchers", more).json()["rule"] == "core.stop_issue_on"
    assert desk.post("CORE1", f"/vouchers/{voucher}/settle").json()["state"] == "settled"
    assert desk.post("CORE1", "/vouchers", more).status_code == 201
