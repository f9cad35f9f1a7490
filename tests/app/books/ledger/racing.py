"""
Callers that race for the same caps. Tests run a bounded part of it, `make soak` the whole (`soak`).
"""

import multiprocessing
import random
import threading
import time
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.books.errors import LimitExceeded
from app.books.ledger import AccountLedger, AccountTotal, Element, Identity, UseOrder
from app.books.ledger.proof import verify
from app.books.ledger.tables import accounts
from app.platform.clock import utc_now
from app.platform.errors import Busy
from app.platform.records import Records, open_records

ROOM = 1_000_000  # Of the cap that all race for: some hundred draws.
PLENTY = 10**15
DRAW_MAX = 20_000
FIRMS = 20
NAIVE_PAUSE_SECONDS = 0.002
BEGIN_SECONDS = 60


class Outcome(NamedTuple):
    """What came of a race: counts, by how much the cap was passed, and what the book says."""

    counts: Counter[str]
    over_fen: int
    difference: str | None
    seconds: float
    is_naive: bool


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


def race(url: str, *, processes: int, threads: int, draws: int, is_naive: bool = False) -> Outcome:
    """
    Return what comes of many callers that draw on one cap until each has drawn so often.

    Args:
        url: An empty records database.
        processes: How many of them there are.
        threads: Callers of each.
        draws: Draws of each caller.
        is_naive: They read the account and then write it, as one must not.
    """
    set_up(url, ROOM)
    began = time.monotonic()
    told = _run(processes, _racer, url, threads, draws, is_naive)
    counts: Counter[str] = sum(told, Counter())
    with open_records(url) as records:
        over = max(0, _pending(records) - ROOM)
        found = None if is_naive else verify(records).difference
    seconds = time.monotonic() - began
    words = None if found is None else found.words()
    return Outcome(counts, over, words, seconds, is_naive)


def _pending(records: Records) -> int:
    query = sa.select(accounts.c.pending).where(accounts.c.account == "bank")
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)


def _run(processes: int, work: Any, *given: Any) -> list[Any]:
    """Return what processes tell that all begin at one moment."""
    spawn = multiprocessing.get_context("spawn")
    ends, workers = [], []
    for seed in range(processes):
        ours, theirs = spawn.Pipe()
        workers.append(spawn.Process(target=work, args=(theirs, seed, *given), daemon=True))
        workers[-1].start()
        ends.append(ours)
    for end in ends:
        if end.poll(BEGIN_SECONDS):
            end.recv()
    for end in ends:
        end.send("go")
    told = [end.recv() for end in ends]
    for worker in workers:
        worker.join()
    return told


def _racer(
    pipe: Connection,
    seed: int,
    url: str,
    threads: int,
    draws: int,
    is_naive: bool,  # noqa: FBT001  # sent to a process
) -> None:
    records = open_records(url)
    ledger = AccountLedger(records, utc_now)
    counts: Counter[str] = Counter()
    lock = threading.Lock()
    pipe.send("ready")
    pipe.recv()

    def call(number: int) -> None:
        """Draw, and give back some of it."""
        rng = random.Random(f"{seed} {number}")
        mine: Counter[str] = Counter()
        held: list[str] = []
        for count in range(draws):
            use, amount = f"U{seed}-{number}-{count}", rng.randrange(1, DRAW_MAX)
            firm = rng.randrange(FIRMS)
            said = _naive(records, amount) if is_naive else _draw(ledger, use, firm, amount)
            mine[said] += 1
            if said == "accepted":
                held.append(use)
            if held and not is_naive and rng.random() < 0.2:
                mine[_void(ledger, held.pop())] += 1
        with lock:
            counts.update(mine)

    callers = [threading.Thread(target=call, args=(number,)) for number in range(threads)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    ledger.close()
    records.close()
    pipe.send(counts)


def _draw(ledger: AccountLedger, use: str, firm: int, amount: int) -> str:
    try:
        ledger.reserve(UseOrder(use, f"F{firm}", "P", path_of(firm), amount))
    except LimitExceeded as refused:
        named = [each["account"] for each in refused.further["accounts"]]
        return "refused" if named == ["bank"] else "refused without the account"
    except Busy:
        return "busy"
    return "accepted"


def _void(ledger: AccountLedger, use: str) -> str:
    try:
        ledger.void(use)
    except Busy:
        return "busy"
    return "void"


def _naive(records: Records, amount: int) -> str:
    """Read, judge, write: the twin that must be seen to fail."""
    bank = accounts.c.account == "bank"
    room = accounts.c.total - accounts.c.pending
    with records.reading() as connection:
        if int(connection.scalar(sa.select(room).where(bank)) or 0) < amount:
            return "refused"
    time.sleep(NAIVE_PAUSE_SECONDS)
    more = {"pending": accounts.c.pending + amount, "ceiling": PLENTY}
    with records.writing(patient=True) as connection:
        connection.execute(sa.update(accounts).where(bank).values(more))
    return "accepted"
