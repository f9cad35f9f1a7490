"""What becomes of applications in the demo: officers decide, firms accept, sign and draw."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from app.books.approvals import TwoPersonAction
from app.books.approvals import service as approvals
from app.books.ledger import Reply
from app.cli.paying import DemoPaying
from app.cli.people import Agenda, DemoPeople, Work
from app.lending.applications import deciding, service
from app.lending.applications.deciding import OfficersView, Verdict
from app.lending.contracts import service as contracts
from app.lending.contracts.service import SigningAsked
from app.lending.servicing.checking import DrawAsked
from app.lending.servicing.drawing import draw
from app.lending.servicing.filing import file_account
from app.platform.auth.sight import EVERYTHING

LAST_DAYS = 12  # In which what waits may be waiting still at the end.
OFFICERS = {"approve": 60, "decline": 14, "return": 8, "withdraw": 8, "wait": 10}
FIRMS = {"accept": 76, "withdraw": 8, "lapse": 10, "better": 6}
DRAWS = {"draw": 94, "wait": 6}
FILED = {"approve": 95, "wait": 5}
CLERK, LENDER = ("demo-clerk", "outlet"), ("demo-lender", "technology")
ANALYST, MANAGER = ("demo-analyst", "branch"), ("demo-manager", "branch")
DIRECTOR, SECOND = ("demo-director", "head"), ("demo-second", "head")
Officer = tuple[str, str]  # A person and their unit.
Plan = tuple[str, int, int]  # Repayment; days or months, the other 0.


class DemoYear(NamedTuple):
    """When the books were opened, when everybody begins to be at work, and the day after."""

    opened: dt.date
    first: dt.date
    end: dt.date


class Borrower(NamedTuple):
    """A firm in the chain of a core."""

    core: str
    firm: str


@dataclass(slots=True)
class DemoRequest:
    """An application, and what its firm means to do with the loan."""

    id: str
    borrower: Borrower
    habit: str
    told: dict[str, Any] = field(default_factory=dict)


class DemoOffers:
    """Officers who decide, and firms that answer."""

    def __init__(
        self,
        people: DemoPeople,
        agenda: Agenda,
        actions: Mapping[str, TwoPersonAction],
        paying: DemoPaying,
    ) -> None:
        self._people = people
        self._resources = people.resources
        self._agenda = agenda
        self._actions = actions
        self._paying = paying
        self._end = paying.end
        self._on_file: dict[str, str] = {}
        self.today = paying.end

    def later(self, days: int, work: Work) -> None:
        """Let something be done so many days from today."""
        self._agenda.add(self.today + dt.timedelta(days=days), work)

    def _is_ending(self) -> bool:
        return (self._end - self.today).days <= LAST_DAYS

    def consider(self, request: DemoRequest) -> None:
        """Let officers look at what is referred to them."""
        act = self._people.one_of(OFFICERS)
        if act == "wait" and not self._is_ending():
            act = "approve"
        if act == "withdraw":
            self._withdraw(request)
        elif act == "return":
            self.recommend(request, "approved")
            self.later(1, partial(self._send_back, request))
        elif act != "wait":
            outcome: Verdict = "approved" if act == "approve" else "declined"
            hands = request.told["hands"]
            if hands != "one" or self._people.chance.randrange(2):
                self.recommend(request, outcome)
            self.later(1, partial(self._decide, request, outcome))

    def recommend(self, request: DemoRequest, outcome: Verdict) -> None:
        """Let an officer recommend what others decide."""
        view = OfficersView(outcome, "流水与发票相符" if outcome == "approved" else "订单不足")
        officer = self._people.officer(*ANALYST)
        work = partial(deciding.recommend, self._resources, officer, request.id, None, view)
        self._people.attempt("recommend", work)

    def _decide(self, request: DemoRequest, outcome: Verdict) -> None:
        """Let as many officers decide as are needed."""
        hands = request.told["hands"]
        those = {"one": (LENDER,), "two": (MANAGER,), "committee": (DIRECTOR, SECOND)}
        told = [self.vote(request, person, outcome) for person in those.get(hands, (DIRECTOR,))]
        if any(each is not None and each.document["state"] == "approved" for each in told):
            self.later(self._people.chance.randrange(3), partial(self.answer, request))

    def vote(self, request: DemoRequest, person: Officer, outcome: Verdict) -> Reply | None:
        """Let an officer decide, or vote."""
        officer = self._people.officer(*person)
        view = OfficersView(outcome, "同意" if outcome == "approved" else "不同意")
        work = partial(deciding.decide, self._resources, officer, request.id, None, view)
        return self._people.attempt("decide", work)

    def _send_back(self, request: DemoRequest) -> None:
        officer = self._people.officer(*DIRECTOR)
        words = "补充上下游合同"
        work = partial(deciding.send_back, self._resources, officer, request.id, None, words)
        reply = self._people.attempt("return", work)
        if reply is not None and reply.document["state"] == "referred":
            request.told = reply.document
            self.later(1, partial(self._decide_anew, request))

    def _decide_anew(self, request: DemoRequest) -> None:
        self.recommend(request, "approved")
        self.later(1, partial(self._decide, request, "approved"))

    def answer(self, request: DemoRequest) -> None:
        """Let a firm answer an offer."""
        act = self._people.one_of(FIRMS)
        if act == "accept":
            self.accept(request)
        elif act == "withdraw":
            self._withdraw(request)
        elif act == "better":  # The bank offers it at another rate.
            self.recommend(request, "approved")
            self.later(1, partial(self._decide, request, "approved"))

    def _withdraw(self, request: DemoRequest) -> None:
        firm = self._people.of_firm(request.borrower.firm)
        work = partial(service.withdraw, self._resources, firm, request.id, None, "已有其他资金")
        self._people.attempt("withdraw", work)

    def accept(self, request: DemoRequest) -> None:
        """Let a firm accept an offer, and sign it on the next day."""
        firm = self._people.of_firm(request.borrower.firm)
        work = partial(service.accept, self._resources, firm, request.id, None, "")
        if self._people.attempt("accept an offer", work) is not None:
            self.file_account_of(request.borrower.firm)
            self.later(1, partial(self._sign, request))

    def file_account_of(self, firm: str) -> None:
        """Let a firm put its account on file, and an officer approve it."""
        if firm in self._on_file:
            return
        account = f"6222 {len(self._on_file):04} {self._people.chance.randrange(10_000):04}"
        asker = self._people.of_firm(firm)
        work = partial(file_account, self._resources, asker, self._actions, firm, account)
        reply = self._people.attempt("file an account", work)
        if reply is None:
            return
        if self._is_ending() and self._people.one_of(FILED) == "wait":
            return
        name: str = reply.document["approval"]
        officer = self._people.officer(*LENDER)
        done = partial(
            approvals.decide, self._resources, officer, self._actions, (name, "approve", "")
        )
        if self._people.attempt("approve an account", done) is not None:
            self._on_file[firm] = account

    def _sign(self, request: DemoRequest) -> None:
        firm = self._people.of_firm(request.borrower.firm)
        asked = SigningAsked("zh", None, None)
        work = partial(contracts.sign, self._resources, firm, request.id, asked)
        if self._people.attempt("sign", work) is None:
            return
        if not self._is_ending() or self._people.one_of(DRAWS) == "draw":
            self.later(1, partial(self._draw, request))

    def _draw(self, request: DemoRequest) -> None:
        firm = request.borrower.firm
        if firm not in self._on_file:
            return
        told, _ = service.shown(self._resources, EVERYTHING, request.id)
        if told["offer"] is None:
            return
        amount, payee = told["offer"]["amount_fen"], told["core"] or firm
        asked = DrawAsked(amount, self._on_file[firm], payee)
        asker = self._people.of_firm(firm)
        work = partial(draw, self._resources, asker, request.id, asked)
        reply = self._people.attempt("draw", work)
        if reply is not None and reply.document["loan"]:
            self._paying.begin(reply.document["loan"], firm, request.habit)
