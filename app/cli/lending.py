"""
Firms of the demo that borrow: who asks for how much on which day.

Amounts are a share of what the accounts leave, so that most is lent, some in part, some not. What
becomes of a hundred is in the tables; a few loans have their fate from the beginning, so that there
is one of each class on the last day.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from app.books.approvals import TwoPersonAction
from app.books.ledger.figures import day_text
from app.books.ledger.reading import AccountsAsked, accounts_after, accounts_of
from app.chain.limits.documents import results_of
from app.chain.receivables import service as receivables
from app.chain.vouchers import service as vouchers
from app.chain.vouchers.repository import WantedVouchers
from app.cli.offers import CLERK, SECOND, Borrower, DemoOffers, DemoRequest, DemoYear, Plan
from app.cli.paying import DemoPaying
from app.cli.people import Agenda, DemoPeople
from app.data.versions.service import AskedVersion, policy_of
from app.lending.applications import asking
from app.lending.decisions import service as decisions
from app.lending.decisions.forms import Asked, DocumentRef
from app.platform.auth.sight import EVERYTHING

MEMBERS = 60  # Of a chain who may come to borrow: those with the largest limits.
LIMIT_MIN_FEN = 300_000
FLOOR_FEN = 100_000
STEP_FEN = 10_000
FATED_FEN = 50_000_000  # Below what the machine may lend alone.
EVERY_DAYS = (9, 18)  # Between two who ask, before everybody is at work.
A_DAY = (1, 3)  # Who ask on a day, once everybody is.
TRIES = 12
AT_ONCE = 500
SHORT_DAYS = 60
DECLINES_MAX = 100  # Looked at for one with a path to yes.
FEW = 4  # One in so many.
FAR = 3  # Tiers.
SOON = dt.timedelta(days=8)  # By then a loan on it would hardly be drawn.
WAITING_FEN = (90_000_000, 250_000_000, 800_000_000, 1_500_000_000)  # For each of those who decide.
# What becomes of a hundred of each.
SHARES = {"part": 78, "all": 8, "more": 14}  # Of what the accounts leave it asks for.
WHOEVER = {"anybody": 12, "who may": 88}
PRODUCTS = {"data-credit": 85, "order-finance": 15}
ON_DOCUMENTS = {"bullet": 60, "discount": 40}
ASKERS = {"firm": 88, "clerk": 12}
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


class DemoPaper(NamedTuple):
    """A document that a loan may stand on, and how far down the chain it is held."""

    borrower: Borrower
    account: str
    due_on: dt.date
    tier: int
    room_fen: int


class DemoLending:
    """Those who borrow."""

    def __init__(
        self,
        people: DemoPeople,
        actions: Mapping[str, TwoPersonAction],
        cores: Sequence[str],
        year: DemoYear,
    ) -> None:
        self._people = people
        self._resources = people.resources
        self._year = year
        self._agenda = Agenda()
        self._paying = DemoPaying(people, self._agenda, actions, year.end)
        self._offers = DemoOffers(people, self._agenda, actions, self._paying)
        self._cores = cores
        self._everybody = self._members(cores)
        self._came: set[str] = set()  # Who has asked for something.
        self._papers: list[DemoPaper] | None = None  # On which loans may stand still.
        self._fates = 0  # For which a borrower is to be found still.
        self._today = year.opened
        self._plan()

    @property
    def next_day(self) -> dt.date:
        """Return the next day on which somebody means to do something."""
        return self._agenda.next_day

    def live_a_day(self, day: dt.date) -> None:
        """Let everybody do what they mean to do on a business day."""
        self._today = self._offers.today = self._paying.today = day
        self._agenda.work_on(day)

    def wait_for_somebody(self, day: dt.date) -> None:
        """Let there be something on the last day for each who may sign in."""
        self._today = self._offers.today = self._paying.today = day
        for amount in WAITING_FEN:
            self._wait_for(amount)
        self._decline_somebody()
        self._paying.wait_for_somebody()

    def ask_on_documents(self) -> None:
        """Let holders ask for money on documents of busy cores."""
        if self._papers is None:  # Accounts of documents are opened by passes alone.
            self._papers = self._documents()
        for _ in range(self._people.chance.randrange(*A_DAY)):
            while self._papers:
                paper = self._papers.pop(0)
                seen = accounts_of(self._resources.records, [paper.account], self._resources.now())
                if (
                    seen
                    and seen[0].available == paper.room_fen
                    and paper.due_on > self._today + SOON
                ):
                    self._ask_on(paper)
                    break

    def _documents(self) -> list[DemoPaper]:
        """Return what a loan may stand on: what is held far down first, then what is due soon."""
        resources, found = self._resources, []
        nodes = {row["voucher"]: row for row in vouchers.page(resources, WantedVouchers())}
        asked = AccountsAsked(layer="document", state="open")
        for seen in accounts_after(resources.records, asked, resources.now()):
            core, holder, due = seen.identity.core, seen.identity.firm, seen.figures.valid_to
            kind, _, number = seen.account.partition(":")
            known = kind == "receivable" or number in nodes
            due_on = day_text(due) if due else None
            if not core or core not in self._cores or not holder or due_on is None:
                continue
            if seen.available < 2 * FLOOR_FEN or (not known and self._people.chance.randrange(FEW)):
                continue  # Most of what is lent stands on what the platform knows.
            tier = nodes[number]["tier"] if number in nodes else 0
            day = dt.date.fromisoformat(due_on)
            found.append(DemoPaper(Borrower(core, holder), seen.account, day, tier, seen.available))
        self._people.chance.shuffle(found)
        return sorted(found, key=lambda each: (each.tier < FAR, each.due_on >= self._year.end))

    def _ask_on(self, paper: DemoPaper) -> None:
        """Let a holder ask for most of what a document carries, until its debtor pays."""
        chance = self._people.chance
        days = (paper.due_on - self._today).days
        amount = _rounded(paper.room_fen * chance.randrange(60, 100) // 100)
        repayment = self._people.one_of(ON_DOCUMENTS)
        self._ask(paper.borrower, amount, (repayment, days, 0), None, on=paper)
        kind, number = paper.account.split(":", 1)
        if kind == "receivable":
            self._agenda.add(paper.due_on, partial(self._settle, paper, number))

    def _settle(self, paper: DemoPaper, number: str) -> None:
        """Let a debtor pay a receivable on which its holder has borrowed."""
        debtor = self._people.of_firm(paper.borrower.core)
        work = partial(receivables.settle, self._resources, debtor, number)
        self._people.attempt("settle", work)

    def _wait_for(self, amount: int) -> None:
        """Let an application of an amount wait for those who decide on so much."""
        for borrower, room in self._rooms(self._everybody).items():
            if room >= amount:
                request = self._ask(borrower, amount, ("bullet", 90, 0), None, later=False)
                if request is not None and request.told["decision"]["amount_fen"] == amount:
                    self._half_decided(request)
                    return

    def _half_decided(self, request: DemoRequest) -> None:
        """Recommend what needs more than one, and let one of a committee vote."""
        if request.told["hands"] in ("two", "committee"):
            self._offers.recommend(request, "approved")
        if request.told["hands"] == "committee":
            self._offers.vote(request, SECOND, "approved")
        if request.told["state"] == "approved":
            self._offers.file_account_of(request.borrower.firm)

    def _decline_somebody(self) -> None:
        """Let a firm be declined that is told what leads to yes: of no document, or too little."""
        results = results_of(self._resources, AskedVersion(), EVERYTHING)
        tried = []
        for core in self._cores:
            members, _ = results.members(core, "limit_fen", descending=True)
            bare = [each.id for each in members][:TRIES]
            tried += [(Borrower(core, firm), "document-finance") for firm in bare]
            low = [each.id for each in members if 0 < (each.limit_fen or 0) < FLOOR_FEN]
            tried += [(Borrower(core, firm), "data-credit") for firm in low[:TRIES]]
        for borrower, product in tried[:DECLINES_MAX]:
            asked = Asked(*borrower, product, FLOOR_FEN, SHORT_DAYS, None, "bullet")
            decision = decisions.decide(self._resources, asked).decision
            if decision.outcome == "declined" and decision.path_to_yes:
                firm = self._people.of_firm(borrower.firm)
                self._people.attempt("ask", partial(asking.apply, self._resources, firm, asked))
                self._people.life.outcomes["declined"] += 1
                return

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
        """Return who may borrow next, once in a while one who may not; None: no more come."""
        left = [each for each in self._everybody if each.firm not in self._came]
        anybody = self._people.one_of(WHOEVER) == "anybody"
        for borrower in left[: max(0, len(left) - self._fates)]:
            if anybody or self._room_fen(borrower) >= FLOOR_FEN:
                return borrower
        return None

    def _plan(self) -> None:
        """Note on which days firms will ask."""
        year, chance = self._year, self._people.chance
        for fate in FATES:
            ask_on = year.end - dt.timedelta(days=fate.overdue_days + fate.tenor_days + 2)
            if ask_on >= year.opened:
                self._agenda.add(ask_on, partial(self._ask_small, fate))
                self._fates += 1
        day = year.opened
        while (day := day + dt.timedelta(days=chance.randrange(*EVERY_DAYS))) < year.first:
            self._agenda.add(day, self._ask_something)
        for number in range((year.end - year.first).days):
            for _ in range(chance.randrange(*A_DAY)):
                self._agenda.add(year.first + dt.timedelta(days=number), self._ask_something)

    def _ask_small(self, fate: Fate) -> None:
        """Let a firm ask for what the machine lends alone, and whose loan has a fate."""
        self._fates -= 1
        rooms = self._rooms(self._everybody)
        able = [each for each in self._everybody if rooms[each] >= 2 * FLOOR_FEN]
        able.sort(key=lambda each: each.firm in self._came)  # Who has borrowed comes last.
        for borrower in able[:TRIES]:
            room = min(rooms[borrower], FATED_FEN)
            amount = _rounded(room * self._people.chance.randrange(50, 90) // 100)
            request = self._ask(borrower, amount, ("bullet", fate.tenor_days, 0), fate)
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
        on: DemoPaper | None = None,
    ) -> DemoRequest | None:
        """Let a firm ask, and note what comes of it; return its application."""
        people, (repayment, days, months) = self._people, plan
        self._came.add(borrower.firm)
        product = people.one_of(PRODUCTS)
        if fate or not later or repayment not in ("bullet", "bullet_monthly"):
            product = "data-credit"
        documents: tuple[DocumentRef, ...] = ()
        if on is not None:
            product, documents = "document-finance", (DocumentRef(*on.account.split(":", 1)),)
        asked = Asked(
            *(borrower.core, borrower.firm, product, amount),
            *(days or None, months or None, repayment),
            documents=documents,
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
        if on is not None:  # The debtor pays; of a voucher of files nobody settles it here.
            habit = "never" if on.tier or on.account.startswith("receivable:") else "in time"
        request = DemoRequest(told["id"], borrower, habit, told)
        if later and told["state"] == "approved":
            answer = self._offers.accept if fate else self._offers.answer
            self._offers.later(0 if fate else people.chance.randrange(3), partial(answer, request))
        elif later and told["state"] == "referred":
            self._offers.later(people.chance.randrange(3), partial(self._offers.consider, request))
        return request


def _accounts(borrower: Borrower) -> list[str]:
    """Return the accounts that a loan without documents takes, that of the core first."""
    core, firm = borrower
    return [f"core:{core}", f"relation:{core}:{firm}", f"chain:{core}:{firm}", f"firm:{firm}"]


def _rounded(amount: int) -> int:
    return amount // STEP_FEN * STEP_FEN
