"""
Business days of a bank at work, for the demo: what people would have done, by its services.

Cores confirm, dispute and issue; firms accept, refuse, split and pass on; officers reserve, post
and give back; every day is closed. A seed decides who does what. Nothing is written past the
services: what they refuse did not happen, and is counted.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.business_day.closing import close_days
from app.books.business_day.tables import closings
from app.books.ledger import Key, Reply, digest_of
from app.books.ledger.answering import Asker
from app.chain.chains.cores import cores_of
from app.chain.receivables import service as receivables
from app.chain.receivables.repository import WantedReceivables
from app.chain.uses import service as uses
from app.chain.uses.schemas import ReservationOrder
from app.chain.vouchers import service as vouchers
from app.chain.vouchers.acts import VoucherDraft
from app.jobs.closing import STEPS
from app.platform.auth.principals import Principal, Role
from app.platform.console.progress import Step, quietly
from app.platform.deps import Resources
from app.platform.errors import AppError
from graph.model import FirmId

DAYS = 40
CORES = 12  # Cores that are busy.
DOCUMENTS = 60  # Of each of them, at most.
TENORS_DAYS = (12, 25, 38, 60, 90)  # Some vouchers fall due within these days, some after.
HELD_SECONDS = 30 * 24 * 3600  # How long a reservation is held.
TICKET_FEN = 1_000_000
TICKETS_MAX = 50
PARTNERS_READ = 50
OFFICER = "demo-officer"
# What becomes of a hundred of each.
DEBTOR_ACTS = {"dispute": 10, "confirm": 45, "issue": 45}
HOLDER_ANSWERS = {"reject": 8, "accept": 82, "lapse": 10}
HOLDER_MOVES = {"split": 20, "pass": 40, "keep": 40}
ISSUER_ACTS = {"settle": 90, "dishonour": 10}  # At the close of the day it was due.
OFFICER_ACTS = {"post": 70, "void": 30}
RECOURSE = {"with": 50, "without": 50}
TURN = {"now": 50, "later": 50}
Thing = TypeVar("Thing")


@dataclass(slots=True)
class BankLife:
    """What happened, by act, and what was refused."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class HeldVoucher:
    """A voucher in somebody's hands."""

    voucher: str
    holder: str
    amount_fen: int


def live_once(resources: Resources, *, progress: Step = quietly) -> BankLife | None:
    """Return what happened in the demo's business days; None where the book has days already."""
    with resources.records.reading() as connection:
        if connection.scalar(sa.select(sa.func.count()).select_from(closings)):
            return None
    return live(resources, progress=progress)


def live(
    resources: Resources, *, days: int = DAYS, seed: int = 1, progress: Step = quietly
) -> BankLife:
    """Return what happened in so many business days of the bank."""
    bank = DemoBank(resources, seed)
    for number in range(days):
        progress("business days", number / days)
        bank.live_a_day()
        close_days(resources, None, STEPS, quietly)
    return bank.life


class DemoBank:
    """The people of the demo, and what waits for each of them."""

    def __init__(self, resources: Resources, seed: int) -> None:
        self.resources = resources
        self.life = BankLife()
        self._chance = random.Random(seed)  # noqa: S311  # it decides who does what in a demo
        version = resources.version()
        self._reader = resources.store.reader(version.number)
        self._debts = {
            core: self._debts_of(core) for core in cores_of(resources, version.number)[:CORES]
        }
        self._offered: list[HeldVoucher] = []  # They wait to be accepted.
        self._held: list[HeldVoucher] = []
        self._due: list[tuple[dt.date, str, str]] = []  # Roots: the day, the voucher, its issuer.
        self._reserved: list[tuple[str, int]] = []
        self._posted: list[tuple[str, int]] = []

    def live_a_day(self) -> None:
        """Let everybody act on one business day."""
        day = business_day(self.resources)
        for core, debts in self._debts.items():
            for _ in range(min(len(debts), self._chance.randrange(3))):
                self._debtor_acts(core, *debts.pop(), day)
        for voucher in self._some_of(self._offered):
            self._holder_answers(voucher)
        for voucher in self._some_of(self._held):
            self._holder_moves(voucher)
        self._settle_what_is_due(day)
        self._officers_act()

    def _debts_of(self, core: str) -> list[tuple[str, str]]:
        """Return open receivables on a core that are not due yet, in an order of chance."""
        wanted = WantedReceivables(debtor=core, state="open")
        found = receivables.listed(self.resources, self._reader.version, wanted)
        day = business_day(self.resources).isoformat()
        debts = [(row["receivable"], row["creditor"]) for row in found if row["due_on"] > day]
        self._chance.shuffle(debts)
        return debts[:DOCUMENTS]

    def _debtor_acts(self, core: str, number: str, creditor: str, day: dt.date) -> None:
        asker, act = self._asker(core), self._one_of(DEBTOR_ACTS)
        if act == "dispute":
            said = "goods short of the order"
            self._try("dispute", partial(receivables.dispute, self.resources, asker, number, said))
        elif act == "confirm":
            work = partial(receivables.confirm, self.resources, asker, [number], several=False)
            self._try("confirm", work)
        else:
            self._issue(core, number, creditor, day)

    def _issue(self, core: str, number: str, creditor: str, day: dt.date) -> None:
        draft = VoucherDraft(
            number=vouchers.number_for(self.resources, core, day),
            holder=creditor,
            amount_fen=None,
            due_on=day + dt.timedelta(days=self._chance.choice(TENORS_DAYS)),
            receivables=(number,),
            recourse=self._one_of(RECOURSE) == "with",
            related=True,
        )
        reply = self._try(
            "issue", partial(vouchers.issue, self.resources, self._asker(core), draft)
        )
        if reply is not None:
            amount = reply.document["amount_fen"]
            self._offered.append(HeldVoucher(draft.number, creditor, amount))
            self._due.append((draft.due_on, draft.number, core))

    def _holder_answers(self, offered: HeldVoucher) -> None:
        asker, act = self._asker(offered.holder), self._one_of(HOLDER_ANSWERS)
        if act == "reject":
            work = partial(vouchers.reject, self.resources, asker, offered.voucher)
            self._try("reject", work)
        elif act == "accept":
            work = partial(vouchers.accept, self.resources, asker, offered.voucher)
            if self._try("accept", work) is not None:
                self._held.append(offered)

    def _holder_moves(self, held: HeldVoucher) -> None:
        asker, act = self._asker(held.holder), self._one_of(HOLDER_MOVES)
        half = held.amount_fen // 2
        if act == "split" and half:
            parts = [half, held.amount_fen - half]
            work = partial(vouchers.split, self.resources, asker, held.voucher, parts)
            reply = self._try("split", work)
            for child in reply.document["children"] if reply else ():
                self._held.append(HeldVoucher(child["id"], held.holder, child["amount_fen"]))
        elif act == "pass" and (creditor := self._supplier_of(held.holder)) is not None:
            work = partial(
                vouchers.pass_on,
                *(self.resources, asker, held.voucher),
                holder=creditor,
                amount_fen=None,
            )
            if (reply := self._try("pass", work)) is not None:
                child = reply.document["children"][-1]
                self._offered.append(HeldVoucher(child["id"], creditor, child["amount_fen"]))

    def _supplier_of(self, firm: str) -> str | None:
        """Return one of who sells to a firm, no core; None where there is none."""
        trades = self._reader.trades_of(FirmId(firm), size=PARTNERS_READ)
        sellers = [str(trade.supplier) for trade in trades if trade.buyer == firm]
        sellers = [each for each in sellers if each not in self._debts]
        return self._chance.choice(sellers) if sellers else None

    def _settle_what_is_due(self, day: dt.date) -> None:
        for due in [each for each in self._due if each[0] == day]:
            self._due.remove(due)
            _, voucher, issuer = due
            if self._one_of(ISSUER_ACTS) == "settle":
                work = partial(vouchers.settle, self.resources, self._asker(issuer), voucher)
                self._try("settle", work)

    def _officers_act(self) -> None:
        for use, amount in self._some_of(self._reserved):
            officer = self._officer()
            if self._one_of(OFFICER_ACTS) == "post":
                work = partial(uses.post, self.resources, officer, use, amount)
                if self._try("post", work) is not None:
                    self._posted.append((use, amount))
            else:
                work = partial(uses.void, self.resources, officer, use)
                self._try("void", work)
        for use, amount in self._some_of(self._posted):
            half = max(1, amount // 2)
            work = partial(uses.release, self.resources, self._officer(), use, half)
            self._try("release", work)
        core = self._chance.choice(list(self._debts))
        if (firm := self._supplier_of(core)) is not None:
            self._reserve(core, firm)

    def _reserve(self, core: str, firm: str) -> None:
        order = ReservationOrder(
            core=core,
            firm=firm,
            product="data-credit",
            amount_fen=self._chance.randrange(1, TICKETS_MAX) * TICKET_FEN,
            seconds=HELD_SECONDS,
        )
        work = partial(uses.reserve, self.resources, self._officer(), order)
        if (reply := self._try("reserve", work)) is not None:
            self._reserved.append((reply.document["id"], order.amount_fen))

    def _some_of(self, waiting: list[Thing]) -> list[Thing]:
        """Take some of what waits; the rest waits for another day."""
        taken = [each for each in waiting if self._one_of(TURN) == "now"]
        waiting[:] = [each for each in waiting if each not in taken]
        return taken

    def _one_of(self, acts: Mapping[str, int]) -> str:
        """Return one of the acts, each as often as it is given."""
        return self._chance.choices(list(acts), list(acts.values()))[0]

    def _officer(self) -> Asker:
        return Asker(Principal(OFFICER, "officer"), self._key(OFFICER))

    def _key(self, person: str) -> Key:
        text = f"demo-{self._chance.getrandbits(64):016x}"
        return Key(person, text, digest_of(text))

    def _asker(self, firm: str) -> Asker:
        """Return who acts for a core or firm."""
        person = f"demo-of-{firm}"
        role: Role = "core" if firm in self._debts else "supplier"
        return Asker(Principal(person, role, firm), self._key(person))

    def _try(self, act: str, work: Callable[[], Reply]) -> Reply | None:
        """Return the answer to an act; None where it is refused."""
        try:
            reply = work()
        except AppError:
            self.life.refused[act] += 1
            return None
        self.life.done[act] += 1
        return reply
