"""
Firms of the demo that borrow: what they ask for, what people decide, what is signed and drawn.

Amounts are a share of what the accounts leave, so that most is lent, some in part, some not. What
becomes of a hundred is in the tables; a few loans have their fate from the beginning, so that there
is one of each class on the last day.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from app.books.approvals import TwoPersonAction
from app.books.approvals import service as approvals
from app.books.ledger import Reply
from app.books.ledger.answering import Asker
from app.books.ledger.reading import accounts_of
from app.chain.limits.documents import results_of
from app.cli.paying import DemoPaying
from app.cli.people import Agenda, DemoPeople, Work
from app.data.versions.service import AskedVersion, policy_of
from app.lending.applications import asking, deciding, service
from app.lending.applications.deciding import OfficersView, Verdict
from app.lending.contracts import service as contracts
from app.lending.contracts.service import SigningAsked
from app.lending.decisions.forms import Asked
from app.lending.servicing.drawing import DrawAsked, draw
from app.lending.servicing.filing import file_account
from app.platform.auth.sight import EVERYTHING

MEMBERS = 60  # Of a chain who may come to borrow: those with the largest limits.
LIMIT_MIN_FEN = 300_000
FLOOR_FEN = 100_000
STEP_FEN = 10_000
MACHINE_FEN = 90_000_000  # Below what the machine may lend alone.
EVERY_DAYS = (6, 13)  # Between two who ask, before everybody is at work.
A_DAY = (1, 4)  # Who ask on a day, once everybody is.
LAST_DAYS = 12  # In which what waits may be waiting still at the end.
TRIES = 12
AT_ONCE = 500
WAITING_FEN = (90_000_000, 250_000_000, 800_000_000, 1_500_000_000)  # For each of those who decide.
CLERK, ANALYST, LENDER = (
    ("demo-clerk", "outlet"),
    ("demo-analyst", "branch"),
    ("demo-lender", "technology"),
)
MANAGER, DIRECTOR, SECOND = (
    ("demo-manager", "branch"),
    ("demo-director", "head"),
    ("demo-second", "head"),
)
# What becomes of a hundred of each.
SHARES = {"part": 78, "all": 8, "more": 14}  # Of what the accounts leave it asks for.
WHOEVER = {"anybody": 12, "who may": 88}
PRODUCTS = {"data-credit": 85, "order-finance": 15}
ASKERS = {"firm": 88, "clerk": 12}
OFFICERS = {"approve": 60, "decline": 14, "return": 8, "withdraw": 8, "wait": 10}
FIRMS = {"accept": 76, "withdraw": 8, "lapse": 10, "better": 6}
DRAWS = {"draw": 94, "wait": 6}
FILED = {"approve": 95, "wait": 5}
HABITS = {
    "in time": 46,
    "late": 18,
    "lower": 8,
    "shorten": 8,
    "early": 8,
    "reversed": 3,
    "never": 9,
}
PLANS = {  # Repayment, days or months.
    ("bullet", 30, 0): 18,
    ("bullet", 60, 0): 14,
    ("bullet", 90, 0): 18,
    ("bullet", 180, 0): 10,
    ("bullet_monthly", 0, 6): 10,
    ("equal_principal", 0, 6): 10,
    ("equal_principal", 0, 12): 6,
    ("equal_instalment", 0, 6): 8,
    ("equal_instalment", 0, 12): 6,
}


Officer = tuple[str, str]  # A person and their unit.
Plan = tuple[str, int, int]  # Repayment; days or months, the other 0.


class DemoYear(NamedTuple):
    """When the books were opened, when everybody begins to be at work, and the day after."""

    opened: dt.date
    first: dt.date
    end: dt.date


class Fate(NamedTuple):
    """What becomes of a loan, its days, and how many of them it is overdue on the last day."""

    habit: str
    tenor_days: int
    overdue_days: int


FATES = (
    *(Fate("written off", 30, 400), Fate("recovered", 30, 395), Fate("recovered whole", 30, 390)),
    *(Fate("never", 60, 370), Fate("never", 45, 365), Fate("never", 90, 310)),
    *(Fate("never", 90, 280), Fate("never", 60, 200), Fate("never", 60, 120)),
    *(Fate("never", 30, 45), Fate("never", 30, 12), Fate("never", 30, 3)),
    *(Fate("restructured", 60, 250), Fate("restructured", 30, 150)),
    *(Fate("cured", 90, 160), Fate("reversed", 60, 100)),
    *(Fate("in time", 45, -3), Fate("in time", 30, -5)),
)


class Borrower(NamedTuple):
    """A firm in the chain of a core."""

    core: str
    firm: str


@dataclass(slots=True)
class Request:
    """An application, and what its firm means to do with the loan."""

    id: str
    borrower: Borrower
    habit: str
    told: dict[str, Any] = field(default_factory=dict)


class DemoLending:
    """Those who borrow, and the officers who decide."""

    def __init__(self, people: DemoPeople, cores: Sequence[str], year: DemoYear) -> None:
        from app.routes import APPROVAL_ACTIONS  # noqa: PLC0415  # It knows all domains.

        self._people = people
        self._resources = people.resources
        self._year = year
        self._agenda = Agenda()
        self._actions: dict[str, TwoPersonAction] = {
            each.name: each for each in (make(self._resources) for make in APPROVAL_ACTIONS)
        }
        self._paying = DemoPaying(people, self._agenda, self._actions, year.end)
        self._everybody = self._members(cores)
        self._roster = [*self._everybody]
        self._on_file: dict[str, str] = {}
        self._today = year.opened
        self._plan()

    @property
    def next_day(self) -> dt.date:
        """Return the next day on which somebody means to do something."""
        return self._agenda.next_day

    def live_a_day(self, day: dt.date) -> None:
        """Let everybody do what they mean to do on a business day."""
        self._today = self._paying.today = day
        self._agenda.work_on(day)

    def wait_for_somebody(self, day: dt.date) -> None:
        """Let there be something on the last day for each who may sign in."""
        self._today = self._paying.today = day
        for amount in WAITING_FEN:
            self._wait_for(amount)
        for borrower in self._some_who_may_not()[:TRIES]:
            request = self._ask(borrower, FLOOR_FEN, ("bullet", 60, 0), None, later=False)
            told = request.told["decision"] if request else {}
            if told and told["outcome"] == "declined" and told["path_to_yes"]:
                break
        self._paying.wait_for_somebody()

    def _wait_for(self, amount: int) -> None:
        """Let an application of an amount wait for those who decide on so much."""
        for borrower, room in self._rooms(self._everybody).items():
            if room >= amount:
                request = self._ask(borrower, amount, ("bullet", 90, 0), None, later=False)
                if request is not None and request.told["decision"]["amount_fen"] == amount:
                    self._half_decided(request)
                    return

    def _half_decided(self, request: Request) -> None:
        """Recommend what needs more than one, and let one of a committee vote."""
        if request.told["hands"] in ("two", "committee"):
            self._recommend(request, "approved")
        if request.told["hands"] == "committee":
            self._vote(request, SECOND, "approved")
        if request.told["state"] == "approved":
            self._file_account(request.borrower.firm)

    def _some_who_may_not(self) -> list[Borrower]:
        """Return firms to which the accounts leave less than the least amount."""
        return [each for each, room in self._rooms(self._everybody).items() if room < FLOOR_FEN]

    def _members(self, cores: Sequence[str]) -> list[Borrower]:
        """Return who may come to borrow, in an order of chance."""
        results = results_of(self._resources, AskedVersion(), EVERYTHING)
        found, seen = [], set(cores)
        for core in cores:
            members, _ = results.members(core, "limit_fen", descending=True, size=MEMBERS)
            for each in members:
                if (each.limit_fen or 0) >= LIMIT_MIN_FEN and each.id not in seen:
                    seen.add(each.id)
                    found.append(Borrower(core, each.id))
        self._people.chance.shuffle(found)
        return found

    def _able(self) -> Borrower | None:
        """Return the next who may borrow; once in a while one who may not."""
        for _ in range(TRIES):
            if not self._roster:
                return None
            borrower = self._roster.pop()
            asks = self._people.one_of(WHOEVER) == "anybody"
            if asks or self._room_fen(borrower) >= FLOOR_FEN:
                return borrower
        return None

    def _plan(self) -> None:
        """Note on which days firms will ask."""
        year, chance = self._year, self._people.chance
        for fate in FATES:
            ask_on = year.end - dt.timedelta(days=fate.overdue_days + fate.tenor_days + 2)
            if ask_on >= year.opened:
                self._agenda.add(ask_on, partial(self._ask_small, fate))
        day = year.opened
        while (day := day + dt.timedelta(days=chance.randrange(*EVERY_DAYS))) < year.first:
            self._agenda.add(day, self._ask_something)
        for number in range((year.end - year.first).days):
            for _ in range(chance.randrange(*A_DAY)):
                self._agenda.add(year.first + dt.timedelta(days=number), self._ask_something)

    def _ask_small(self, fate: Fate) -> None:
        """Let a firm ask for what the machine lends alone, and whose loan has a fate."""
        for _ in range(TRIES):
            borrower = self._able()
            if borrower is None:
                return
            room = min(self._room_fen(borrower), MACHINE_FEN)
            amount = _rounded(room * self._people.chance.randrange(40, 90) // 100)
            plan = ("bullet", fate.tenor_days, 0)
            if amount < FLOOR_FEN or self._room_fen(borrower) < amount:
                continue
            request = self._ask(borrower, amount, plan, fate)
            if request is not None and request.told["state"] == "approved":
                return

    def _ask_something(self) -> None:
        """Let a firm ask for a share of what the accounts leave it, or for more."""
        borrower = self._able()
        if borrower is None:
            return
        share, room = self._people.one_of(SHARES), self._room_fen(borrower)
        chance = self._people.chance
        per_cent = {
            "part": chance.randrange(25, 95),
            "all": 100,
            "more": chance.randrange(120, 260),
        }
        amount = max(FLOOR_FEN, _rounded(room * per_cent[share] // 100))
        plans = list(PLANS)
        plan = chance.choices(plans, list(PLANS.values()))[0]
        self._ask(borrower, amount, plan, None)

    def _room_fen(self, borrower: Borrower) -> int:
        """Return what the accounts leave a firm in a chain."""
        return self._rooms([borrower])[borrower]

    def _rooms(self, borrowers: Sequence[Borrower]) -> dict[Borrower, int]:
        """Return what the accounts leave each firm in a chain."""
        kappa = policy_of(self._resources, self._today).decimal("kappa_relation")
        wanted = {each: _accounts(each) for each in borrowers}
        names = sorted({name for each in wanted.values() for name in each})
        found: dict[str, int] = {}
        for part in range(0, len(names), AT_ONCE):
            some = names[part : part + AT_ONCE]
            seen = accounts_of(self._resources.records, some, self._resources.now())
            found |= {each.account: each.available for each in seen}
        return {
            each: min(int(found.get(core, 0) / kappa), *(found.get(name, 0) for name in own))
            for each, (core, *own) in wanted.items()
        }

    def _ask(
        self,
        borrower: Borrower,
        amount: int,
        plan: Plan,
        fate: Fate | None,
        *,
        later: bool = True,
    ) -> Request | None:
        """Let a firm ask, and note what comes of it; return its application."""
        people, (repayment, days, months) = self._people, plan
        product = people.one_of(PRODUCTS)
        if fate or not later or repayment not in ("bullet", "bullet_monthly"):
            product = "data-credit"
        asked = Asked(
            *(borrower.core, borrower.firm, product, amount),
            *(days or None, months or None, repayment),
            purpose="procurement" if product == "order-finance" else "working_capital",
        )
        by_clerk = fate is None and people.one_of(ASKERS) == "clerk"
        asker = people.officer(*CLERK) if by_clerk else people.of_firm(borrower.firm)
        reply = people.attempt("ask", partial(asking.apply, self._resources, asker, asked))
        if reply is None:
            return None
        told = reply.document
        people.life.outcomes[told["decision"]["outcome"]] += 1
        habit = fate.habit if fate else people.one_of(HABITS)
        request = Request(told["id"], borrower, habit, told)
        if later and told["state"] == "approved":
            answer = self._accept if fate else self._answer
            self._later(0 if fate else people.chance.randrange(3), partial(answer, request))
        elif later and told["state"] == "referred":
            self._later(people.chance.randrange(3), partial(self._consider, request))
        return request

    def _later(self, days: int, work: Work) -> None:
        self._agenda.add(self._today + dt.timedelta(days=days), work)

    def _is_ending(self) -> bool:
        return (self._year.end - self._today).days <= LAST_DAYS

    def _consider(self, request: Request) -> None:
        """Let officers look at what is referred to them."""
        act = self._people.one_of(OFFICERS)
        if act == "wait" and not self._is_ending():
            act = "approve"
        if act == "withdraw":
            self._withdraw(request)
        elif act == "return":
            self._recommend(request, "approved")
            self._later(1, partial(self._send_back, request))
        elif act != "wait":
            outcome: Verdict = "approved" if act == "approve" else "declined"
            hands = request.told["hands"]
            if hands != "one" or self._people.chance.randrange(2):
                self._recommend(request, outcome)
            self._later(1, partial(self._decide, request, outcome))

    def _recommend(self, request: Request, outcome: Verdict) -> None:
        view = OfficersView(outcome, "流水与发票相符" if outcome == "approved" else "订单不足")
        officer = self._people.officer(*ANALYST)
        work = partial(deciding.recommend, self._resources, officer, request.id, None, view)
        self._people.attempt("recommend", work)

    def _decide(self, request: Request, outcome: Verdict) -> None:
        """Let as many officers decide as are needed."""
        hands = request.told["hands"]
        those = {"one": (LENDER,), "two": (MANAGER,), "committee": (DIRECTOR, SECOND)}
        told = [self._vote(request, person, outcome) for person in those.get(hands, (DIRECTOR,))]
        if any(each is not None and each.document["state"] == "approved" for each in told):
            self._later(self._people.chance.randrange(3), partial(self._answer, request))

    def _vote(self, request: Request, person: Officer, outcome: Verdict) -> Reply | None:
        """Let an officer decide, or vote."""
        officer = self._people.officer(*person)
        view = OfficersView(outcome, "同意" if outcome == "approved" else "不同意")
        work = partial(deciding.decide, self._resources, officer, request.id, None, view)
        return self._people.attempt("decide", work)

    def _send_back(self, request: Request) -> None:
        officer = self._people.officer(*DIRECTOR)
        words = "补充上下游合同"
        work = partial(deciding.send_back, self._resources, officer, request.id, None, words)
        reply = self._people.attempt("return", work)
        if reply is not None and reply.document["state"] == "referred":
            request.told = reply.document
            self._later(1, partial(self._decide_anew, request))

    def _decide_anew(self, request: Request) -> None:
        self._recommend(request, "approved")
        self._later(1, partial(self._decide, request, "approved"))

    def _answer(self, request: Request) -> None:
        """Let a firm answer an offer."""
        act = self._people.one_of(FIRMS)
        if act == "accept":
            self._accept(request)
        elif act == "withdraw":
            self._withdraw(request)
        elif act == "better":  # The bank offers it at another rate.
            self._recommend(request, "approved")
            self._later(1, partial(self._decide, request, "approved"))

    def _withdraw(self, request: Request) -> None:
        firm = self._people.of_firm(request.borrower.firm)
        work = partial(service.withdraw, self._resources, firm, request.id, None, "已有其他资金")
        self._people.attempt("withdraw", work)

    def _accept(self, request: Request) -> None:
        firm = self._people.of_firm(request.borrower.firm)
        work = partial(service.accept, self._resources, firm, request.id, None, "")
        if self._people.attempt("accept an offer", work) is not None:
            self._file_account(request.borrower.firm)
            self._later(1, partial(self._sign, request))

    def _file_account(self, firm: str) -> None:
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
        officer: Asker = self._people.officer(*LENDER)
        done = partial(
            approvals.decide, self._resources, officer, self._actions, (name, "approve", "")
        )
        if self._people.attempt("approve an account", done) is not None:
            self._on_file[firm] = account

    def _sign(self, request: Request) -> None:
        firm = self._people.of_firm(request.borrower.firm)
        asked = SigningAsked("zh", None, None)
        work = partial(contracts.sign, self._resources, firm, request.id, asked)
        if self._people.attempt("sign", work) is None:
            return
        if not self._is_ending() or self._people.one_of(DRAWS) == "draw":
            self._later(1, partial(self._draw, request))

    def _draw(self, request: Request) -> None:
        firm = request.borrower.firm
        if firm not in self._on_file:
            return
        told, _ = service.shown(self._resources, EVERYTHING, request.id)
        if told["offer"] is None:
            return
        asked = DrawAsked(told["offer"]["amount_fen"], self._on_file[firm])
        asker = self._people.of_firm(firm)
        work = partial(draw, self._resources, asker, request.id, asked)
        reply = self._people.attempt("draw", work)
        if reply is not None and reply.document["loan"]:
            self._paying.begin(reply.document["loan"], firm, request.habit)


def _accounts(borrower: Borrower) -> list[str]:
    """Return the accounts that a loan without documents takes, that of the core first."""
    core, firm = borrower
    return [f"core:{core}", f"relation:{core}:{firm}", f"chain:{core}:{firm}", f"firm:{firm}"]


def _rounded(amount: int) -> int:
    return amount // STEP_FEN * STEP_FEN
