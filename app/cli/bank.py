"""
Business days of a bank at work, for the demo: what people would have done, by its services.

Cores confirm, dispute and issue; firms accept, refuse, split and pass on, and borrow; officers
reserve, post, give back, and decide; every day is closed. A seed decides who does what. Nothing is
written past the services: what they refuse did not happen, and is counted.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.business_day.closing import close_days
from app.books.business_day.tables import closings
from app.books.ledger import Reply
from app.books.ledger.answering import Asker
from app.books.ledger.reading import one_account
from app.chain.chains.cores import cores_of
from app.chain.receivables import service as receivables
from app.chain.receivables.repository import WantedReceivables
from app.chain.runs.refreshing import refresh_version
from app.chain.uses import service as uses
from app.chain.uses.schemas import ReservationOrder
from app.chain.vouchers import service as vouchers
from app.chain.vouchers.acts import VoucherDraft
from app.cli.lending import DemoLending
from app.cli.offers import DemoYear
from app.cli.people import BankLife, DemoPeople
from app.jobs.closing import STEPS
from app.platform.console.progress import Step, quietly
from app.platform.deps import Resources
from graph.model import FirmId

DAYS = 40
CORES = 12  # Cores that are busy.
DOCUMENTS = 60  # Of each of them, at most.
ROOM_KEPT = 8  # A core promises no more while less than one in so many of what it may is left.
TENORS_DAYS = (12, 25, 38, 60, 90)  # Some vouchers fall due within these days, some after.
HELD_SECONDS = 30 * 24 * 3600  # How long a reservation is held.
TICKET_FEN = 1_000_000
TICKETS_MAX = 50
PARTNERS_READ = 50
# What becomes of a hundred of each.
DEBTOR_ACTS = {"dispute": 10, "confirm": 45, "issue": 45}
HOLDER_ANSWERS = {"reject": 8, "accept": 82, "lapse": 10}
HOLDER_MOVES = {"split": 20, "pass": 40, "keep": 40}
ISSUER_ACTS = {"settle": 90, "dishonour": 10}  # At the close of the day it was due.
OFFICER_ACTS = {"post": 70, "void": 30}
RECOURSE = {"with": 50, "without": 50}


@dataclass(frozen=True, slots=True)
class HeldVoucher:
    """A voucher in somebody's hands."""

    voucher: str
    holder: str
    amount_fen: int


class DuePaper(NamedTuple):
    """The root of a voucher, or a confirmed receivable, and how its debtor pays it."""

    due_on: dt.date
    number: str
    debtor: str
    settle: Callable[[Resources, Asker, str], Reply]


def live_once(resources: Resources, *, progress: Step = quietly) -> BankLife | None:
    """Return what happened in the demo's business days; None where the book has days already."""
    with resources.records.reading() as connection:
        if connection.scalar(sa.select(sa.func.count()).select_from(closings)):
            return None
    return live(resources, progress=progress)


def live(
    resources: Resources, *, days: int = DAYS, seed: int = 1, progress: Step = quietly
) -> BankLife:
    """
    Return what happened in the business days of the bank.

    Where the books were opened before the last day that the current version has seen, loans are
    made in the days up to it, some of them days on which nobody is at work; then come so many
    business days on each of which everybody is.
    """
    from app.routes import APPROVAL_ACTIONS, LENDER  # noqa: PLC0415  # It knows all domains.

    resources.once("lender", lambda: LENDER(resources))
    actions = {each.name: each for each in (make(resources) for make in APPROVAL_ACTIONS)}
    version = resources.version()
    cores = cores_of(resources, version.number)[:CORES]
    people = DemoPeople(resources, frozenset(cores), seed)
    opened = business_day(resources)
    first = max(opened, version.as_of)
    year = DemoYear(opened, first, first + dt.timedelta(days=days))
    lending = DemoLending(people, actions, cores, year)
    while (day := business_day(resources)) < first:
        progress("business days", (day - opened) / (first - opened) / 2)
        lending.live_a_day(day)
        _close_before(resources, min(first, lending.next_day))
    bank = DemoBank(people, version.number, cores)
    for number in range(days):
        progress("business days", (number / days + 1) / 2)
        bank.live_a_day()
        lending.live_a_day(business_day(resources))
        if number == days // 3:  # Documents of these days get accounts.
            refresh_version(resources, None, progress=quietly)
        if number > days // 3:
            lending.ask_on_documents()
        close_days(resources, None, STEPS, quietly)
    lending.wait_for_somebody(business_day(resources))
    return people.life


def _close_before(resources: Resources, day: dt.date) -> None:
    """Close all days before one; the business day, where it is not before it."""
    today = business_day(resources)
    close_days(resources, max(today, day - dt.timedelta(days=1)), STEPS, quietly)


class DemoBank:
    """What cores, holders and officers do with documents and reservations, and what waits."""

    def __init__(self, people: DemoPeople, version: int, cores: Sequence[str]) -> None:
        self.resources = people.resources
        self._people = people
        self._reader = self.resources.store.reader(version)
        self._debts = {core: self._debts_of(core) for core in cores}
        self._offered: list[HeldVoucher] = []  # They wait to be accepted.
        self._held: list[HeldVoucher] = []
        self._due: list[DuePaper] = []
        self._reserved: list[tuple[str, int]] = []
        self._posted: list[tuple[str, int]] = []

    def live_a_day(self) -> None:
        """Let everybody act on one business day."""
        day = business_day(self.resources)
        for core, debts in self._debts.items():
            acts = min(len(debts), self._people.chance.randrange(3))
            for _ in range(acts if self._has_room(core) else 0):
                self._debtor_acts(core, *debts.pop(), day)
        for voucher in self._people.some_of(self._offered):
            self._holder_answers(voucher)
        for voucher in self._people.some_of(self._held):
            self._holder_moves(voucher)
        self._settle_what_is_due(day)
        self._officers_act()

    def _has_room(self, core: str) -> bool:
        """Return whether a core keeps enough of its limit for whoever signs in as it."""
        seen = one_account(self.resources.records, f"core:{core}", self.resources.now())
        if seen is None:
            return False
        own = seen.figures.total - seen.figures.outside
        return seen.available * ROOM_KEPT >= own

    def _debts_of(self, core: str) -> list[tuple[str, str]]:
        """Return open receivables on a core that are not due yet, in an order of chance."""
        wanted = WantedReceivables(debtor=core, state="open")
        found = receivables.listed(self.resources, self._reader.version, wanted)
        day = business_day(self.resources).isoformat()
        debts = [(row["receivable"], row["creditor"]) for row in found if row["due_on"] > day]
        self._people.chance.shuffle(debts)
        return debts[:DOCUMENTS]

    def _debtor_acts(self, core: str, number: str, creditor: str, day: dt.date) -> None:
        asker, act = self._people.of_firm(core), self._people.one_of(DEBTOR_ACTS)
        if act == "dispute":
            said = "goods short of the order"
            self._people.attempt(
                "dispute", partial(receivables.dispute, self.resources, asker, number, said)
            )
        elif act == "confirm":
            work = partial(receivables.confirm, self.resources, asker, [number], several=False)
            reply = self._people.attempt("confirm", work)
            if reply is not None and "due_on" in reply.document:
                due_on = dt.date.fromisoformat(str(reply.document["due_on"]))
                self._due.append(DuePaper(due_on, number, core, receivables.settle))
        else:
            self._issue(core, number, creditor, day)

    def _issue(self, core: str, number: str, creditor: str, day: dt.date) -> None:
        draft = VoucherDraft(
            number=vouchers.number_for(self.resources, core, day),
            holder=creditor,
            amount_fen=None,
            due_on=day + dt.timedelta(days=self._people.chance.choice(TENORS_DAYS)),
            receivables=(number,),
            recourse=self._people.one_of(RECOURSE) == "with",
            related=True,
        )
        reply = self._people.attempt(
            "issue", partial(vouchers.issue, self.resources, self._people.of_firm(core), draft)
        )
        if reply is not None:
            amount = reply.document["amount_fen"]
            self._offered.append(HeldVoucher(draft.number, creditor, amount))
            self._due.append(DuePaper(draft.due_on, draft.number, core, vouchers.settle))

    def _holder_answers(self, offered: HeldVoucher) -> None:
        asker, act = self._people.of_firm(offered.holder), self._people.one_of(HOLDER_ANSWERS)
        if act == "reject":
            work = partial(vouchers.reject, self.resources, asker, offered.voucher)
            self._people.attempt("reject", work)
        elif act == "accept":
            work = partial(vouchers.accept, self.resources, asker, offered.voucher)
            if self._people.attempt("accept", work) is not None:
                self._held.append(offered)

    def _holder_moves(self, held: HeldVoucher) -> None:
        asker, act = self._people.of_firm(held.holder), self._people.one_of(HOLDER_MOVES)
        half = held.amount_fen // 2
        if act == "split" and half:
            parts = [half, held.amount_fen - half]
            work = partial(vouchers.split, self.resources, asker, held.voucher, parts)
            reply = self._people.attempt("split", work)
            for child in reply.document["children"] if reply else ():
                self._held.append(HeldVoucher(child["id"], held.holder, child["amount_fen"]))
        elif act == "pass" and (creditor := self._supplier_of(held.holder)) is not None:
            work = partial(
                vouchers.pass_on,
                *(self.resources, asker, held.voucher),
                holder=creditor,
                amount_fen=None,
            )
            if (reply := self._people.attempt("pass", work)) is not None:
                child = reply.document["children"][-1]
                self._offered.append(HeldVoucher(child["id"], creditor, child["amount_fen"]))

    def _supplier_of(self, firm: str) -> str | None:
        """Return one of who sells to a firm, no core; None where there is none."""
        trades = self._reader.trades_of(FirmId(firm), size=PARTNERS_READ)
        sellers = [str(trade.supplier) for trade in trades if trade.buyer == firm]
        sellers = [each for each in sellers if each not in self._debts]
        return self._people.chance.choice(sellers) if sellers else None

    def _settle_what_is_due(self, day: dt.date) -> None:
        for due in [each for each in self._due if each.due_on == day]:
            self._due.remove(due)
            if self._people.one_of(ISSUER_ACTS) == "settle":
                debtor = self._people.of_firm(due.debtor)
                work = partial(due.settle, self.resources, debtor, due.number)
                self._people.attempt("settle", work)

    def _officers_act(self) -> None:
        for use, amount in self._people.some_of(self._reserved):
            officer = self._people.officer()
            if self._people.one_of(OFFICER_ACTS) == "post":
                work = partial(uses.post, self.resources, officer, use, amount)
                if self._people.attempt("post", work) is not None:
                    self._posted.append((use, amount))
            else:
                work = partial(uses.void, self.resources, officer, use)
                self._people.attempt("void", work)
        for use, amount in self._people.some_of(self._posted):
            half = max(1, amount // 2)
            work = partial(uses.release, self.resources, self._people.officer(), use, half)
            self._people.attempt("release", work)
        core = self._people.chance.choice(list(self._debts))
        if (firm := self._supplier_of(core)) is not None:
            self._reserve(core, firm)

    def _reserve(self, core: str, firm: str) -> None:
        order = ReservationOrder(
            core=core,
            firm=firm,
            product="data-credit",
            amount_fen=self._people.chance.randrange(1, TICKETS_MAX) * TICKET_FEN,
            seconds=HELD_SECONDS,
        )
        work = partial(uses.reserve, self.resources, self._people.officer(), order)
        if (reply := self._people.attempt("reserve", work)) is not None:
            self._reserved.append((reply.document["id"], order.amount_fen))
