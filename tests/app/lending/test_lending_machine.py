"""
Applications and loans together: whoever does what in any order, the bank is what a model says.

The model has the states of applications by their arrows, and of each loan only what was agreed and
what was done: a clerk who writes every day by himself, in fractions, says what is owed.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.books.business_day.closing import close_days
from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.books.ledger.proof import verify
from app.jobs.closing import STEPS
from app.lending.applications.tables import applications
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.tables import contracts
from app.lending.loans.acts import Act, WriteOff
from app.lending.loans.loan import Payment
from app.lending.loans.rules import KINDS
from app.lending.loans.terms import LoanTerms
from app.lending.servicing.disbursing import Disbursement
from app.lending.servicing.tables import firm_accounts
from app.lending.servicing.values import values_today
from app.main import create_app
from app.platform.auth.principals import Role, RoleScope
from app.platform.auth.tokens import Bearer, issue_to
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources
from app.platform.events import canonical
from tests.app.chain.asking import Desk
from tests.app.chain.booked import DAY, PLENTY, STACK, set_up
from tests.app.computing import Here
from tests.app.conftest import NOW
from tests.app.lending.applications.asked import AMOUNT, put
from tests.app.lending.loans.test_laws import by_clerk
from tests.app.lending.servicing.borrowers import FEES

ACCOUNT, CHAIN = "6222 0001", "chain:CORE1:MILL"
OFFERED = ("approved", "offer_accepted", "signed", "draw_failed")
HELD = (*OFFERED, "drawing")
LOST_DAYS = 90
RATES = {"rate": "0.05", "day_base": 360, "penalty_factor": "1.5"}
TENOR = {"repayment": "bullet", "tenor_days": 90, "tenor_months": None}
CHARGED = {"fees": [each.document() for each in FEES]}
AGREED = canonical({"contract": {**RATES, **TENOR, **CHARGED}})
CLOSED = [each for each in STEPS if each.name in ("applications", "draws", "loans")]
WHO = ("MILL", "ORE", "ann", "ben", "auditor")
OFFICERS = ("ann", "ben")


@dataclass
class ModelLoan:
    """What was agreed of a loan, and what was done to it."""

    name: str
    terms: LoanTerms
    acts: list[Act] = field(default_factory=list)
    ended: str = ""


@dataclass
class ModelApplication:
    """An application, as the model has it."""

    name: str
    state: str
    until: dt.date
    said: str | None = None  # Who recommended it.
    loan: ModelLoan | None = None


class Port:
    """Pays, refuses or is silent, as it is told to; it pays once for a key."""

    def __init__(self) -> None:
        self.says = "paid"
        self.paid: dict[str, int] = {}

    def pay_out(self, asked: Disbursement) -> Literal["paid", "refused"]:
        if self.says == "refused":
            return "refused"
        self.paid[asked.key] = asked.amount_fen
        if self.says == "silent":
            raise NoAnswer("bank")
        return "paid"


class LendingMachine(RuleBasedStateMachine):
    """Firms, officers and the close of days."""

    desk: Desk
    names = itertools.count()  # Of all examples: keys are never used again.

    def __init__(self) -> None:
        super().__init__()
        self.resources: Resources = self.desk.resources
        set_up(self.resources, STACK)
        set_up(self.resources, {CHAIN: PLENTY})
        self.day = dt.date.fromisoformat(DAY)
        self.all: list[ModelApplication] = []
        self.stopped = False  # Whether a write-off has frozen the firm.
        self.port = self.resources.once("disburser", Port)
        self.port.paid.clear()
        self._record(firm_accounts, {"firm": "MILL", "account": ACCOUNT, "filed_on": DAY})

    def _record(self, table: Any, row: dict[str, Any]) -> None:
        def work(moving: Moving) -> Reply:
            """Record a row as it is."""
            moving.record("test", "test:1", rows=[(table, row)])
            return Reply.of(200, {})

        ledger_of(self.resources).ask(Plain(Reads(), work))

    @initialize()
    def begin(self) -> None:
        for state in ("referred", "approved", "signed"):
            self.asked(state)

    @rule(state=st.sampled_from(["referred", "approved", "signed", "signed"]))
    def asked(self, state: str) -> None:
        name, until = f"M{next(self.names)}", self.day + dt.timedelta(days=10)
        product = {"product": "data-credit", "hands": "one" if state == "referred" else "machine"}
        put(self.resources, name, state, offer_until=until.isoformat(), **product)
        if state == "signed":
            signed = {"sha256": "0" * 64, "file": AGREED, "signed_on": DAY}
            self._record(contracts, {"application": name, **signed})
        self.all.append(ModelApplication(name, state, until))

    def _told(self, who: str, told: ModelApplication, what: str, body: Any = None) -> str:
        """Return the state after an order, or the code of its refusal."""
        read = self.desk.post(who, f"/applications/{told.name}/{what}", body).json()
        return str(read.get("code", read.get("state")))

    def _by_firm(self, who: str) -> str:
        """Return the code of the refusal of whoever is not the firm; nothing for the firm."""
        return {"MILL": "", "ORE": "not_found"}.get(who, "forbidden")

    @rule(place=st.integers(0, 9), who=st.sampled_from(WHO))
    def accepted(self, place: int, who: str) -> None:
        told = self.all[place % len(self.all)]
        expected = self._by_firm(who) or "wrong_state"
        if who == "MILL" and told.state == "approved":
            told.state = expected = "offer_accepted"
        assert self._told(who, told, "accept") == expected

    @rule(place=st.integers(0, 9), who=st.sampled_from(WHO))
    def withdrawn(self, place: int, who: str) -> None:
        told = self.all[place % len(self.all)]
        expected = self._by_firm(who) or "wrong_state"
        if who == "MILL" and told.state in (*OFFERED, "referred", "recommended"):
            told.state = expected = "withdrawn"
        assert self._told(who, told, "withdraw") == expected

    @rule(place=st.integers(0, 9), who=st.sampled_from(WHO))
    def declined(self, place: int, who: str) -> None:
        """One officer decides on what is referred."""
        told = self.all[place % len(self.all)]
        expected = "wrong_state" if who in OFFICERS else "forbidden"
        if who in OFFICERS and told.state == "referred":
            told.state = expected = "declined"
        body = {"outcome": "declined", "comment": "no"}
        assert self._told(who, told, "decide", body) == expected

    @rule(
        place=st.integers(0, 9),
        who=st.sampled_from(WHO),
        says=st.sampled_from(["paid", "paid", "refused", "silent"]),
        whole=st.integers(0, 4),
    )
    def drawn(self, place: int, who: str, says: str, whole: int) -> None:
        told, self.port.says = self.all[place % len(self.all)], says
        body = {"amount_fen": AMOUNT if whole else AMOUNT + 1, "account": ACCOUNT}
        expected = self._by_firm(who) or "wrong_state"
        if who == "MILL" and told.state in ("signed", "draw_failed", "drawing"):
            if whole:
                self._paid_out(told)
                expected = told.state
            elif told.state != "drawing":
                expected = "rule"
        assert self._told(who, told, "draw", body) == expected

    def _paid_out(self, told: ModelApplication) -> None:
        """The port says what becomes of a draw."""
        says = {"paid": "active", "refused": "draw_failed", "silent": "drawing"}
        told.state = says[self.port.says]
        if told.state == "active":
            terms = self._terms()
            number = self._event_of(told)
            told.loan = ModelLoan(number, terms)
            told.state = "suspended" if self.stopped else "active"

    def _event_of(self, told: ModelApplication) -> str:
        """Return the application by which its loan is looked for, since it has no id yet."""
        return told.name

    def _terms(self) -> LoanTerms:
        """Return the terms of what `put` offers, drawn today."""
        bullet: dict[str, Any] = {"repayment": "bullet", "days": 90, "months": None}
        exact = {"rate": Decimal("0.05"), "penalty_factor": Decimal("1.5")}
        day = {"drawn_on": self.day, "settle_day": None, "day_base": 360, "grace_days": 0}
        return LoanTerms(amount_fen=AMOUNT, fees=FEES, **bullet, **exact, **day)

    @rule(days=st.sampled_from([1, 1, 3, 11, 60, 95]), says=st.sampled_from(["paid", "silent"]))
    def closed(self, days: int, says: str) -> None:
        """Offers end, silent ports are asked again, loans go on."""
        self.port.says = says
        until = self.day + dt.timedelta(days=days)
        close_days(self.resources, until - dt.timedelta(days=1), CLOSED, quietly)
        for _ in range(days):
            self.day += dt.timedelta(days=1)
            for told in self.all:
                if told.state == "drawing" and says == "paid":
                    self._paid_out(told)
                elif told.state in OFFERED and told.until < self.day:
                    told.state = "expired"
        for told in self.all:
            if told.loan and not told.loan.ended:
                told.state = self._led(told.loan)
            elif told.state == "repaid":
                told.state = "closed"

    def _owed(self, loan: ModelLoan) -> dict[str, int]:
        rules = values_today(self.resources).rules
        return by_clerk(loan.terms, loan.acts, self.day, rules)

    def _state_of(self, loan: ModelLoan) -> str:
        """Return the state of a bullet: it is late from the day after its due day on."""
        owed = self._owed(loan)
        due = sum(owed[each] for each in KINDS[1:])  # Fees alone make no loan overdue.
        late = (self.day - loan.terms.drawn_on).days - (loan.terms.days or 0)
        if not due or late <= 0:
            return "active"
        return "defaulted" if late > LOST_DAYS else "overdue"

    def _led(self, loan: ModelLoan) -> str:
        """Return where a loan leads its application; while its firm is stopped, suspended."""
        state = self._state_of(loan)
        return "suspended" if self.stopped and state == "active" else state

    def _lent(self) -> list[ModelApplication]:
        return [told for told in self.all if told.loan is not None]

    @precondition(lambda self: self._lent())
    @rule(
        place=st.integers(0, 9),
        who=st.sampled_from(WHO),
        share=st.sampled_from([1, 30, 100, 100, 101]),
        prepay=st.booleans(),
    )
    def repaid(self, place: int, who: str, share: int, *, prepay: bool) -> None:
        told = self._lent()[place % len(self._lent())]
        loan, owed = told.loan, self._owed(told.loan) if told.loan else {}
        assert loan is not None
        due = sum(owed[each] for each in KINDS)
        of = sum(owed.values()) if prepay else due
        amount = max(1, of * share // 100)
        body = {"amount_fen": amount, "prepay": prepay}
        answer = self.desk.post(who, f"/loans/{self._name(told)}/repayments", body)
        if who in ("ORE", "auditor"):
            assert answer.status_code == (404 if who == "ORE" else 403)
        elif loan.ended:
            assert answer.json()["code"] == "wrong_state"
        elif amount > sum(owed.values()):
            assert answer.json()["rule"] == "loan.overpaid", answer.text
        elif amount > due and not prepay:
            assert answer.json()["code"] == "nothing_due"
        else:
            assert sum(answer.json()["allocation"].values()) == amount
            loan.acts.append(Payment(self.day, amount, prepay=prepay))
            loan.ended = "" if sum(self._owed(loan).values()) else "repaid"
            told.state = loan.ended or self._led(loan)

    @precondition(lambda self: any(told.state == "defaulted" for told in self.all))
    @rule(place=st.integers(0, 9), first=st.sampled_from(OFFICERS), then=st.sampled_from(OFFICERS))
    def written_off(self, place: int, first: str, then: str) -> None:
        """Two officers give up a loan in default."""
        late = [told for told in self._lent() if told.state == "defaulted"]
        told = late[place % len(late)]
        name = self._name(told)
        asked = self.desk.post(first, f"/loans/{name}/write-off", {"reason": "lost"}).json()
        done = self.desk.post(then, f"/approvals/{asked['approval']}/approve")
        if then == first:
            assert done.json()["code"] == "same_person"
            self.desk.post(first, f"/approvals/{asked['approval']}/reject", {"reason": "mine"})
            return
        assert done.status_code == 200, done.text
        if told.loan is not None:
            told.loan.acts.append(WriteOff(self.day))
            told.loan.ended = told.state = "written_off"
        self.stopped = True  # What it has drawn besides is suspended: its account is frozen.
        for each in self.all:
            each.state = "suspended" if each.state == "active" else each.state

    def _name(self, told: ModelApplication) -> str:
        """Return the id of the loan of an application."""
        if told.loan and told.loan.name == told.name:
            events = self.desk.get("ann", f"/applications/{told.name}/events?size=100").json()
            number = max(each["number"] for each in events["items"] if each["after"] == "drawing")
            told.loan.name = f"L-{told.name}-{number}"
        return told.loan.name if told.loan else ""

    @invariant()
    def stands_as_the_model_says(self) -> None:
        with self.resources.records.reading() as connection:
            found = connection.execute(
                applications.select().with_only_columns(
                    applications.c.application, applications.c.state
                )
            ).all()
        assert dict(map(tuple, found)) == {told.name: told.state for told in self.all}
        owed = {told.name: self._owed(told.loan) for told in self._lent() if told.loan}
        live = [told for told in self._lent() if told.loan and not told.loan.ended]
        lent = sum(owed[told.name]["principal"] + owed[told.name]["undue"] for told in live)
        held = AMOUNT * sum(told.state in HELD for told in self.all)
        figures = self.desk.figures(CHAIN)
        assert (figures["pending"], figures["posted"]) == (held, lent)
        assert set(self.port.paid.values()) <= {AMOUNT}

    def teardown(self) -> None:
        for told in self._lent():
            found = self.desk.get("auditor", f"/loans/{self._name(told)}").json()
            owed, loan = self._owed(told.loan) if told.loan else {}, told.loan
            assert loan is not None
            assert found["state"] == (loan.ended or self._state_of(loan))
            if not loan.ended:
                assert found["owed"]["all_fen"] == sum(owed.values())
        assert verify(self.resources.records).ok


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def desk(request: pytest.FixtureRequest, home: Any) -> Iterator[Desk]:
    """Yield the service over either kind of database."""
    url = request.getfixturevalue("empty_postgres_url") if request.param == "postgres" else ""
    there = Settings(home=home, records_url=url)
    app = create_app(there, now=lambda: NOW, computer=Here)
    with TestClient(app, raise_server_exceptions=False) as client:
        records, key = app.state.resources.records, there.signing_key()

        def headers(role: Role, firm: str | None = None) -> dict[str, str]:
            """Return the headers of a person: an officer by name, or a role and its firm."""
            name = str(role) if role in OFFICERS else f"{role} {firm}"
            scope = RoleScope("officer" if role in OFFICERS else role, firm)
            token = issue_to(records, key, Bearer(name, scope), days=1, now=NOW)
            return {"Authorization": f"Bearer {token}"}

        yield Desk(client, headers)


def tried(desk: Desk, examples: int, steps: int) -> None:
    """Try so many examples of so many steps."""
    run_state_machine_as_test(
        type("Machine", (LendingMachine,), {"desk": desk}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whoever_does_what_the_bank_is_what_the_model_says(desk: Desk) -> None:
    tried(desk, 2, 12)

    assert verify(desk.resources.records).ok


@pytest.mark.slow
def test_whoever_does_what_at_length(desk: Desk) -> None:
    tried(desk, 4, 30)

    assert verify(desk.resources.records).ok
