"""A book of loans over closed days: no fen is made or lost, also where a closing is cut short."""

import datetime as dt
import json
import random
from decimal import Decimal

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.books.business_day.closing import close_days
from app.books.errors import BookRefusal
from app.books.ledger.answering import Asker
from app.books.ledger.orders import Key
from app.books.ledger.proof import verify
from app.books.ledger.tables import uses
from app.jobs.closing import STEPS
from app.lending.loans.advancing import advance, at, draw
from app.lending.loans.exact import half_up
from app.lending.servicing import closing
from app.lending.servicing.repayments import RepaymentAsked, repay
from app.lending.servicing.rows import standing
from app.lending.servicing.tables import loan_acts, loans
from app.lending.servicing.values import values_today
from app.platform.auth.principals import Principal
from app.platform.deps import Resources
from tests.app.chain.booked import PLENTY, STACK, resources_of, set_up
from tests.app.lending.servicing.lent import TODAY, no_step, opened, terms

STEP = [each for each in STEPS if each.name == "loans"]
KINDS = ("bullet_monthly", "equal_principal", "equal_instalment")
LOANS, ROUNDS = 8, 12


@pytest.fixture
def resources(client: TestClient) -> Resources:
    found = resources_of(client)
    set_up(found, STACK)
    set_up(found, {"chain:CORE1:MILL": PLENTY})
    return found


def rows(resources: Resources, table: sa.Table) -> list[dict[str, object]]:
    with resources.records.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def check(resources: Resources) -> None:
    """Check the laws of every loan, its use and what was told of its payments."""
    values = values_today(resources)
    used = {row["use"]: row["left_fen"] for row in rows(resources, uses)}
    paid: dict[object, int] = {}
    told: dict[object, int] = {}
    for act in rows(resources, loan_acts):
        if act["kind"] == "pay":
            asked, answer = json.loads(str(act["asked"])), json.loads(str(act["told"]))
            paid[act["loan"]] = paid.get(act["loan"], 0) + asked["amount_fen"]
            total = sum(answer["allocation"].values())
            told[act["loan"]] = told.get(act["loan"], 0) + total
    for row in rows(resources, loans):
        loan = at(standing(row), values.day, values.rules)
        totals = loan.totals
        assert paid.get(row["loan"], 0) == told.get(row["loan"], 0) == totals.paid.total
        assert row["amount_fen"] == totals.paid.principal + loan.outstanding_fen
        assert used[row["use"]] == loan.outstanding_fen == row["outstanding_fen"]
        borne = half_up(loan.interest_exact, loan.terms.scale.unit)
        assert loan.interest_posted == totals.posted.interest <= borne
        assert totals.posted.interest == totals.paid.interest + sum(
            each.interest_fen for each in loan.due
        )


@pytest.mark.parametrize("seed", [1, 2])
def test_no_fen_is_made_or_lost_over_closed_days(resources: Resources, seed: int) -> None:
    draws, officer = random.Random(seed), Principal("ann", "officer")
    for number in range(LOANS):
        further = {"days": None, "months": draws.randint(2, 6), "repayment": draws.choice(KINDS)}
        rate = Decimal(draws.randint(0, 1200)) / 10_000
        amount = draws.randint(100_000, 3_000_000)
        opened(resources, f"L{number}", amount_fen=amount, rate=rate, **further)
    day, booked = TODAY, 0
    for turn in range(ROUNDS):
        day += dt.timedelta(days=draws.randint(1, 25))
        close_days(resources, day, STEP, no_step)
        for number in range(LOANS):
            asked = RepaymentAsked(
                draws.randint(1, 900_000),
                draws.random() < 0.4,
                draws.choice(("lower", "shorten")),
                "",
            )
            key = Key("officer  ann", f"{turn}-{number}", "0")
            try:
                repay(resources, Asker(officer, key), f"L{number}", asked)
                booked += 1
            except BookRefusal:
                continue
        check(resources)

    assert booked > LOANS
    assert verify(resources.records).ok


def test_a_closing_that_is_cut_short_goes_on_to_the_same_books(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        opened(resources, f"L{number}", amount_fen=1_000_000 + number, days=3)
    monkeypatch.setattr(closing, "AT_ONCE", 2)
    take, parts = closing._take, []

    def broken(*given: object) -> int:
        """Take a part, and fail at the second of them."""
        parts.append(given)
        if len(parts) == 2:
            raise RuntimeError("killed")
        return int(take(*given))

    monkeypatch.setattr(closing, "_take", broken)
    until = TODAY + dt.timedelta(days=3)
    with pytest.raises(RuntimeError, match="killed"):
        close_days(resources, until, STEP, no_step)
    close_days(resources, until, STEP, no_step)

    rules, following = values_today(resources).rules, until + dt.timedelta(days=1)
    for number, row in enumerate(sorted(rows(resources, loans), key=lambda row: str(row["loan"]))):
        agreed = terms(TODAY, amount_fen=1_000_000 + number, days=3)
        assert standing(row) == advance(draw(agreed, rules), following, rules).loan
        assert row["state"] == "overdue"
    assert (
        len(parts) == 2 * 3 + 1
    )  # Three of each of the two days that touch, and the one cut short.
    assert verify(resources.records).ok
