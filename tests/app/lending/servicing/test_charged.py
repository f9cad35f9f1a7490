"""Fees of a contract in the book: charged by events, paid first, told, taken back."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.books.business_day.closing import close_days
from app.books.ledger.proof import verify
from app.jobs.closing import STEPS
from app.lending.loans.fees import SHARED, FeeTerms
from app.lending.servicing.ahead import statement
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from tests.app.chain.booked import API, resources_of, send, set_up
from tests.app.conftest import Bearer
from tests.app.lending.servicing.lent import no_step, opened

Headers = dict[str, str]
LOANS = [each for each in STEPS if each.name in ("approvals", "loans")]


def fee(when: Any, share: str, **further: Any) -> FeeTerms:
    kept = {"fen": None, "of": SHARED[when][0], "share": Decimal(share)} | further
    return FeeTerms(when, f"{when} 费", f"{when} fee", when, **kept)


FEES = (
    fee("draw", "0.001"),
    fee("due", "0.0005"),
    fee("prepayment", "0.01"),
    fee("overdue_once", "0.01", cap_fen=20_000),
)


@pytest.fixture
def resources(client: TestClient) -> Resources:
    found = resources_of(client)
    set_up(found)
    opened(
        *(found,),
        amount_fen=9_000_000,
        rate=Decimal("0.06"),
        repayment="equal_principal",
        days=None,
        months=3,
        fees=FEES,
    )
    return found


def closed(resources: Resources, until: str) -> None:
    close_days(resources, dt.date.fromisoformat(until), LOANS, no_step)


def read(client: TestClient, who: Headers, rest: str = "") -> dict[str, Any]:
    return dict(client.get(f"{API}/loans/L1{rest}", headers=who).json())


def charged(client: TestClient, who: Headers) -> list[tuple[str, str, int]]:
    """Return the day, the name and the fen of each fee that an event charged."""
    found = read(client, who, "/events")["items"]
    return [
        (each["day"], each["fee"], each["amount_fen"])
        for each in found
        if each["operation"] == "loan.charge"
    ]


def test_a_fee_is_an_event_of_its_day_owed_from_then_on_paid_first_and_stated(
    client: TestClient, resources: Resources, bearer: Bearer
) -> None:
    mill = bearer("supplier", "MILL")
    assert (read(client, mill)["due_fen"], read(client, mill)["outstanding_fen"]) == (
        *(9_000, 9_000_000),
    )
    plan = read(client, mill, "/schedule")
    assert [each["fees_fen"] for each in plan["items"]] == [1_523, 1_516, 1_508]
    assert plan["total_fees_fen"] == 9_000 + 1_523 + 1_516 + 1_508
    closed(resources, "2026-07-30")

    # 30 days: interest 45,000; 3,045,000 x 0.0005 = 1,522.5, half up 1,523; the day after 20,000.
    assert charged(client, mill) == [
        ("2026-06-30", "draw", 9_000),
        ("2026-07-30", "due", 1_523),
        ("2026-07-31", "overdue_once", 20_000),
    ]
    due = read(client, mill)["due_fen"]
    paid = send(client, mill, "/loans/L1/repayments", {"amount_fen": due}).json()
    assert paid["allocation"]["fees_fen"] == 30_523
    ahead = {"amount_fen": 1_010_000 + 1_000, "prepay": True}
    more = send(client, mill, "/loans/L1/repayments", ahead).json()
    # A day of 6,000,000 is 1,000; 1,010,000 pay 1,000,000 and the fee of them.
    assert (more["allocation"]["fees_fen"], more["allocation"]["principal_fen"]) == (
        *(10_000, 1_000_000),
    )
    assert len(more["events"]) == 3  # The fee, what is lent no more, the payment.

    lines = statement(resources, "L1", EVERYTHING)
    fees = [each for each in lines if each.kind == "charge"]
    assert [each.n for each in lines] == [*range(len(lines))]
    assert [each.amount_fen for each in fees] == [9_000, 1_523, 20_000, 10_000]
    assert sum(each.fees_fen for each in lines) == sum(each.amount_fen for each in fees)
    assert sum(each.change_fen for each in lines) == lines[-1].outstanding_fen == 5_000_000
    assert verify(resources.records).ok


def test_a_prepayment_taken_back_takes_back_its_fee_by_an_event(
    client: TestClient,
    resources: Resources,
    person: Callable[[str], Headers],
) -> None:
    one, other = person("ann"), person("ben")
    ahead = {"amount_fen": 1_019_000, "prepay": True}
    n = send(client, one, "/loans/L1/repayments", ahead).json()["n"]
    assert read(client, one)["outstanding_fen"] == 8_000_000

    body = {"reason": "returned"}
    asked = send(client, one, f"/loans/L1/repayments/{n}/reverse", body).json()["approval"]
    assert send(client, other, f"/approvals/{asked}/approve", {}).status_code == 200

    found = read(client, one)
    assert (found["outstanding_fen"], found["owed"]["fees_fen"]) == (9_000_000, 9_000)
    assert found["owed"]["all_fen"] == 9_000_000 + 9_000 + 90_000
    assert [each[1:] for each in charged(client, one)] == [
        ("draw", 9_000),
        ("prepayment", 10_000),
        ("prepayment", -10_000),
    ]
    assert verify(resources.records).ok
