"""
Callers that race for the same caps. Tests run a bounded part of it, `make soak` the whole (`soak`).
"""

import multiprocessing
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.books.errors import LimitExceeded
from app.books.ledger import AccountLedger, AccountTotal, Element, Identity, UseOrder
from app.books.ledger.proof import verify
from app.books.ledger.tables import accounts
from app.platform.clock import utc_now
from app.platform.console.progress import Step, quietly
from app.platform.errors import Busy
from app.platform.records import Records, open_records

PRELOADED = [  # Once, not in each of many processes.
    "tests.app.books.ledger.killing",
    "tests.app.chain.vouchers.killing",
    "tests.app.lending.servicing.settling",
    "tests.app.lending.soaking",  # With it `soak`, which each of them imports, costs nothing.
]
ROOM = 1_000_000  # Of the cap that all race for: some hundred draws.
PLENTY = 10**15
DRAW_MAX = 20_000
GIVEN_BACK = 0.1  # The share of draws after which a caller gives one back that it holds.
FIRMS = 20
NAIVE_PAUSE_SECONDS = 0.002
BEGIN_SECONDS, GRACE_SECONDS, TELLS_SECONDS = 60, 60, 0.5
DRAWN = ("accepted", "refused", "busy", "refused without the account")
WRONG = ("refused without the account", "not drawn in time", "never answered", "broken")


@dataclass(frozen=True)
class Callers:
    """Who races: so many processes, callers in each, and draws of each of those."""

    processes: int
    threads: int
    draws: int
    is_naive: bool = False  # They read the account and then write it, as one must not.
    waits_for_disk: bool = True  # Nothing dies in a race: what a crash would lose may be lost.
    seconds_max: float = 600

    @property
    def total(self) -> int:
        """Return how many draws they make."""
        return self.processes * self.threads * self.draws


class Outcome(NamedTuple):
    """What came of a race: counts, by how much the cap was passed, and what the book says."""

    counts: Counter[str]
    over_fen: int
    difference: str | None
    seconds: float
    is_naive: bool

    @property
    def faults(self) -> int:
        """Return how much of it is wrong; a naive twin is wrong where it does not pass the cap."""
        wrong = sum(self.counts[each] for each in WRONG)
        if self.is_naive:
            return wrong + int(not self.over_fen)
        return wrong + int(self.over_fen > 0) + int(self.difference is not None)


def path_of(firm: int) -> tuple[Element, ...]:
    """Return the accounts of a use; their order differs from firm to firm."""
    path = (Element("bank"), Element(f"firm:F{firm}"), Element("core:C", 1, 2))
    return path if firm % 2 else path[::-1]


def set_up(url: str, room: int) -> None:
    """Make a book whose bank has so much room, everybody else plenty."""
    names = ["bank", "core:C", *(f"firm:F{firm}" for firm in range(FIRMS))]
    with open_records(url) as records:
        ledger = AccountLedger(records, utc_now)
        totals = [
            AccountTotal(each, Identity(each.partition(":")[0]), room if each == "bank" else PLENTY)
            for each in names
        ]
        ledger.set_totals(totals, {"run": "race"})
        ledger.close()


def race(url: str, callers: Callers, progress: Step = quietly) -> Outcome:
    """
    Return what comes of callers that draw on one cap until each has drawn so often.

    Args:
        url: An empty records database.
        callers: Who they are.
        progress: Told how far they are.
    """
    set_up(url, ROOM)
    began = time.monotonic()
    counts = _run(url, callers, progress)
    progress("the book is verified", None)
    with open_records(url) as records:
        over = max(0, _pending(records) - ROOM)
        found = None if callers.is_naive else verify(records).difference
    words = None if found is None else found.words()
    return Outcome(counts, over, words, time.monotonic() - began, callers.is_naive)


def _pending(records: Records) -> int:
    query = sa.select(accounts.c.pending).where(accounts.c.account == "bank")
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)


def _run(url: str, callers: Callers, progress: Step) -> Counter[str]:
    """Return what processes tell that all begin at one moment."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(PRELOADED)
    ends, workers = [], []
    for seed in range(callers.processes):
        ours, theirs = forks.Pipe()
        workers.append(forks.Process(target=_racer, args=(theirs, seed, url, callers), daemon=True))
        workers[-1].start()
        theirs.close()  # So that the end of one that dies is heard.
        ends.append(ours)
    for end in ends:
        if end.poll(BEGIN_SECONDS):
            end.recv()
    for end in ends:
        end.send("go")
    counts = _heard(ends, callers, progress)
    for worker in workers:
        worker.join(GRACE_SECONDS if not counts["never answered"] else 0)
        if worker.is_alive():
            worker.kill()
    return counts


def _heard(ends: Sequence[Connection], callers: Callers, progress: Step) -> Counter[str]:
    """Return what processes tell in the end; what one that went silent was to draw is missing."""
    drawn = dict.fromkeys(range(len(ends)), 0)
    heard: dict[int, Counter[str]] = {}
    until = time.monotonic() + callers.seconds_max + GRACE_SECONDS
    while len(heard) < len(ends) and time.monotonic() < until:
        ready = wait([end for seed, end in enumerate(ends) if seed not in heard], TELLS_SECONDS)
        for seed, end in enumerate(ends):
            if end in ready:
                told = _told(end)
                if isinstance(told, int):
                    drawn[seed] = told
                else:
                    heard[seed] = told
        done = sum(drawn.values())
        progress(f"{done:,} of {callers.total:,} draws", done / callers.total)
    counts = sum(heard.values(), Counter[str]())
    counts["never answered"] += len(ends) - len(heard)
    counts["not drawn in time"] += callers.total - sum(counts[each] for each in DRAWN)
    return +counts


def _told(end: Connection) -> int | Counter[str]:
    """Return how often a process has drawn, or what it tells in the end."""
    try:
        told: int | Counter[str] = end.recv()
    except EOFError:
        return Counter({"broken": 1})
    return told


def _racer(pipe: Connection, seed: int, url: str, callers: Callers) -> None:
    records = open_records(url)
    if not callers.waits_for_disk:
        sa.event.listen(records.engine, "connect", wait_for_no_disk)
        records.engine.dispose()
    ledger = AccountLedger(records, utc_now)
    counts = [Counter[str]() for _ in range(callers.threads)]
    pipe.send(0)
    pipe.recv()
    until = time.monotonic() + callers.seconds_max

    def call(number: int) -> None:
        """Draw until the time is over."""
        rng = random.Random(f"{seed} {number}")
        drawer = NaiveDrawer(records, rng) if callers.is_naive else Drawer(ledger, rng)
        for count in range(callers.draws):
            if time.monotonic() > until:
                return
            counts[number].update(drawer.draw(f"U{seed}-{number}-{count}"))

    threads = [threading.Thread(target=call, args=(each,)) for each in range(callers.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(TELLS_SECONDS)
            pipe.send(sum(one[each] for one in counts for each in DRAWN))
    ledger.close()
    records.close()
    pipe.send(sum(counts, Counter()))


def wait_for_no_disk(connection: Any, _: object) -> None:
    """Let the system write down what is committed when it likes, on either database."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF").close()
        return
    connection.autocommit = True
    connection.execute("SET synchronous_commit = off")
    connection.autocommit = False


class Drawer:
    """Draws, and gives back some of it."""

    def __init__(self, ledger: AccountLedger, rng: random.Random) -> None:
        self.ledger, self.rng = ledger, rng
        self.held: list[str] = []

    def draw(self, use: str) -> list[str]:
        """Return what came of it, in words."""
        said = [self._reserve(use, self.rng.randrange(FIRMS), self.rng.randrange(1, DRAW_MAX))]
        if said == ["accepted"]:
            self.held.append(use)
        if self.held and self.rng.random() < GIVEN_BACK:
            said.append(self._void(self.held.pop()))
        return said

    def _reserve(self, use: str, firm: int, amount: int) -> str:
        try:
            self.ledger.reserve(UseOrder(use, f"F{firm}", "P", path_of(firm), amount))
        except LimitExceeded as refused:
            named = [each["account"] for each in refused.further["accounts"]]
            return "refused" if named == ["bank"] else "refused without the account"
        except Busy:
            return "busy"
        return "accepted"

    def _void(self, use: str) -> str:
        try:
            self.ledger.void(use)
        except Busy:
            self.held.append(use)
            return "void later"
        return "void"


class NaiveDrawer:
    """Reads, judges, writes: the twin that must be seen to fail."""

    def __init__(self, records: Records, rng: random.Random) -> None:
        self.records, self.rng = records, rng

    def draw(self, _: str) -> list[str]:
        """Return what came of it, in words."""
        bank, amount = accounts.c.account == "bank", self.rng.randrange(1, DRAW_MAX)
        room = accounts.c.total - accounts.c.pending
        with self.records.reading() as connection:
            if int(connection.scalar(sa.select(room).where(bank)) or 0) < amount:
                return ["refused"]
        time.sleep(NAIVE_PAUSE_SECONDS)
        more = {"pending": accounts.c.pending + amount, "ceiling": PLENTY}
        with self.records.writing(patient=True) as connection:
            connection.execute(sa.update(accounts).where(bank).values(more))
        return ["accepted"]
