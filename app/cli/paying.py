"""Firms of the demo that pay back, in time or not, and what the bank does where they do not."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from app.books.approvals import TwoPersonAction
from app.books.approvals import service as approvals
from app.books.ledger import Reply
from app.cli.people import Agenda, DemoPeople
from app.lending.servicing import service
from app.lending.servicing.asking import ask
from app.lending.servicing.repayments import RepaymentAsked, repay
from app.lending.servicing.repository import WantedLoans
from app.platform.auth.sight import EVERYTHING

Mode = Literal["lower", "shorten"]
COLLECTOR, DIRECTOR = ("demo-collector", "branch"), ("demo-director", "head")
LATE_DAYS = (2, 40)
CURED_DAYS = 45
RESTRUCTURED_DAYS = 95  # Overdue by then.
WRITTEN_OFF_DAYS = 363
RECOVERED_DAYS = 12  # Later.
REVERSED_DAYS = 2
LOOKED_AT = 100
LOAN_ACTIONS = {
    "restructure": "loan_restructure",
    "write off": "loan_write_off",
    "recover": "loan_recover",
    "take back": "loan_reverse",
}


class DemoPaying:
    """What becomes of loans."""

    def __init__(
        self,
        people: DemoPeople,
        agenda: Agenda,
        actions: Mapping[str, TwoPersonAction],
        end: dt.date,
    ) -> None:
        self._people = people
        self._resources = people.resources
        self._agenda = agenda
        self._actions = actions
        self.end = end
        self._payments = 0
        self.today = end

    def wait_for_somebody(self) -> None:
        """Let the bank ask for what others have to approve still."""
        wanted = WantedLoans(state="defaulted")
        late = service.listed(self._resources, wanted, EVERYTHING, after="", size=LOOKED_AT)
        for loan in [each["id"] for each in late if each["class"] == "loss"][:1]:
            self._ask_for("write off", {"loan": loan, "reason": "无可供执行财产"})
        for loan in [each["id"] for each in late if each["class"] == "substandard"][:1]:
            self._ask_for("restructure", _new_terms(loan))

    def begin(self, loan: str, firm: str, habit: str) -> None:
        """Note what will be done with a loan that was drawn today."""
        if habit == "never":
            return
        first = self._next_due(loan)
        if first is None:
            return
        late = {
            "restructured": RESTRUCTURED_DAYS,
            "cured": CURED_DAYS,
            "late": self._people.chance.randrange(*LATE_DAYS),
            **dict.fromkeys(("written off", "recovered", "recovered whole"), WRITTEN_OFF_DAYS),
        }
        works = {
            "restructured": self._restructure,
            "early": self._pay_off,
            "reversed": self._pay_and_take_back,
            **dict.fromkeys(("lower", "shorten"), self._prepay),
            **dict.fromkeys(("written off", "recovered", "recovered whole"), self._write_off),
        }
        on = first + dt.timedelta(days=late.get(habit, 0))
        if habit == "early":
            on = self.today + (first - self.today) / 2
        self._agenda.add(on, partial(works.get(habit, self._pay_due), loan, firm, habit))

    def _next_due(self, loan: str) -> dt.date | None:
        """Return the next due day of a loan; None where it has no more."""
        rows = service.schedule(self._resources, loan, EVERYTHING)["items"]
        days = [dt.date.fromisoformat(str(each["due_on"])) for each in rows]
        return min((each for each in days if each > self.today), default=None)

    def _owed(self, loan: str) -> dict[str, Any]:
        return service.read(self._resources, loan, EVERYTHING)

    def _pay(self, loan: str, firm: str, amount: int, mode: Mode | None = None) -> Reply | None:
        """Let a firm pay; with a mode it prepays."""
        if amount <= 0:
            return None
        self._payments += 1
        asked = RepaymentAsked(
            amount, mode is not None, mode or "lower", f"demo-{self._payments:05}"
        )
        asker = self._people.of_firm(firm)
        act = "repay" if mode is None else "prepay"
        return self._people.attempt(act, partial(repay, self._resources, asker, loan, asked))

    def _pay_due(self, loan: str, firm: str, habit: str) -> None:
        """Let a firm pay what is due, and again on the next due day."""
        self._pay(loan, firm, self._owed(loan)["due_fen"])
        following = self._next_due(loan)
        if following is not None:
            days = self._people.chance.randrange(*LATE_DAYS) if habit == "late" else 0
            on = following + dt.timedelta(days=days)
            self._agenda.add(on, partial(self._pay_due, loan, firm, habit))

    def _prepay(self, loan: str, firm: str, habit: str) -> None:
        """Let a firm pay what is due, a third of the rest with it, and the rest in time."""
        owed = self._owed(loan)
        more = owed["owed"]["undue_fen"] // 3
        mode: Mode = "shorten" if habit == "shorten" else "lower"
        self._pay(loan, firm, owed["due_fen"] + more, mode if more else None)
        if (following := self._next_due(loan)) is not None:
            self._agenda.add(following, partial(self._pay_due, loan, firm, "in time"))

    def _pay_off(self, loan: str, firm: str, _: str) -> None:
        """Let a firm pay all that it owes, before it is due."""
        self._pay(loan, firm, self._owed(loan)["owed"]["all_fen"], "lower")

    def _pay_and_take_back(self, loan: str, firm: str, _: str) -> None:
        """Let a firm pay what is due, and the bank find that it did not come."""
        reply = self._pay(loan, firm, self._owed(loan)["due_fen"])
        if reply is not None:
            asked = {"loan": loan, "n": reply.document["n"], "reason": "退票"}
            on = self.today + dt.timedelta(days=REVERSED_DAYS)
            self._agenda.add(on, partial(self._by_two, "take back", asked))

    def _restructure(self, loan: str, firm: str, _: str) -> None:
        """Let the bank give new terms, which the firm keeps."""
        if self._by_two("restructure", _new_terms(loan)) and (following := self._next_due(loan)):
            self._agenda.add(following, partial(self._pay_due, loan, firm, "in time"))

    def _write_off(self, loan: str, firm: str, habit: str) -> None:
        """Let the bank give a loan up; what is recovered comes later."""
        del firm
        if self._by_two("write off", {"loan": loan, "reason": "无可供执行财产"}):
            lost = self._owed(loan)["lost_fen"]
            amount = {"recovered": lost // 3, "recovered whole": lost}.get(habit, 0)
            asked = {"loan": loan, "amount_fen": amount, "reference": f"court-{loan}"}
            on = self.today + dt.timedelta(days=RECOVERED_DAYS)
            if amount:
                self._agenda.add(on, partial(self._by_two, "recover", {**asked, "reason": ""}))

    def _by_two(self, act: str, asked: dict[str, Any]) -> bool:
        """Let one officer ask and another approve; return whether it was done."""
        reply = self._ask_for(act, asked)
        if reply is None:
            return False
        name: str = reply.document["approval"]
        officer = self._people.officer(*DIRECTOR)
        done = partial(
            approvals.decide, self._resources, officer, self._actions, (name, "approve", "")
        )
        return self._people.attempt(act, done) is not None

    def _ask_for(self, act: str, asked: dict[str, Any]) -> Reply | None:
        """Let an officer ask for what another has to approve."""
        asker = self._people.officer(*COLLECTOR)
        work = partial(ask, self._resources, asker, self._actions, LOAN_ACTIONS[act], asked)
        return self._people.attempt(f"ask to {act}", work)


def _new_terms(loan: str) -> dict[str, Any]:
    return {
        "loan": loan,
        "repayment": "equal_instalment",
        "tenor_days": None,
        "tenor_months": 6,
        "rate": "0.05",
        "capitalise": ["interest"],
        "waive": ["penalty"],
        "reason": "订单恢复，重组还款",
    }
