"""
Callers that race for the same caps, and processes killed while they draw.

Tests run a bounded part of it, `make soak` the whole (`soak`).
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.books.errors import LimitExceeded
from app.books.ledger import AccountLedger, AccountTotal, Element, Identity, Key, UseOrder
from app.books.ledger.proof import verify
from app.books.ledger.tables import accounts
from app.platform.clock import utc_now
from app.platform.errors import Busy
from app.platform.events.tables import events
from app.platform.records import Records, open_records

ROOM = 1_000_000  # Of the cap that all race for: some hundred draws.
PLENTY = 10**15
DRAW_MAX = 20_000
FIRMS = 20
NAIVE_PAUSE_SECONDS = 0.002
BEGIN_SECONDS = 60
ASKED_AGAIN_MAX = 1_000


class Outcome(NamedTuple):
    """What came of a race: counts, by how much the cap was passed, and what the book says."""

    counts: Counter[str]
    over_fen: int
    difference: str | None
    seconds: float


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
    return Outcome(counts, over, None if found is None else found.words(), seconds)


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


class Kills(NamedTuple):
    """What came of killing: counts, and what the book says at the end."""

    counts: Counter[str]
    difference: str | None


def kill(url: str, folder: Path, *, times: int, callers: int = 8, processes: int = 2) -> Kills:
    """
    Return what is lost or done twice where processes are killed while they draw and post.

    Args:
        url: An empty records database.
        folder: Where they write what they ask and what they are answered.
        times: How often all of them are killed.
        callers: Of each process.
        processes: How many draw at a time.
    """
    set_up(url, PLENTY)
    rng = random.Random(5)
    counts: Counter[str] = Counter()
    answered: dict[str, str] = {}
    for turn in range(times):
        log = folder / f"asked-{turn}"
        _killed(url, log, rng, (turn, processes, callers))
        counts["kills"] += processes
        counts += _asked_again(url, log, answered)
    with open_records(url) as records:
        found = verify(records).difference
        counts += _lost_or_twice(records, answered)
    return Kills(counts, None if found is None else found.words())


def _killed(url: str, log: Path, rng: random.Random, sizes: tuple[int, int, int]) -> None:
    turn, processes, callers = sizes
    spawn = multiprocessing.get_context("spawn")
    workers = [
        spawn.Process(target=_victim, args=(url, log, f"{turn}-{number}", callers), daemon=True)
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    until = time.monotonic() + BEGIN_SECONDS
    while time.monotonic() < until and not (log.exists() and log.stat().st_size):
        time.sleep(0.01)
    time.sleep(rng.uniform(0, 0.4))
    for worker in workers:
        os.kill(worker.pid or 0, signal.SIGKILL)
    for worker in workers:
        worker.join()


def _victim(url: str, log: Path, name: str, callers: int) -> None:
    """Write what is asked before it is asked, what is answered before anything else is asked."""
    ledger = AccountLedger(open_records(url), utc_now)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def call(number: int) -> None:
        """Reserve and post without end."""
        count = 0
        while True:
            count += 1
            for operation in ("reserve", "post"):
                asked = f"{operation} {name}-{number}-{count}"
                os.write(out, f"ask {asked}\n".encode())
                os.write(out, f"got {asked} {_answer(ledger, asked)}\n".encode())

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _answer(ledger: AccountLedger, asked: str) -> str:
    operation, use = asked.split()
    key, amount = Key("p", asked, asked), 1 + sum(map(ord, use)) % 500
    if operation == "post":
        return ledger.post(use, amount, key=key).text
    return ledger.reserve(UseOrder(use, "F1", "P", path_of(1), amount), key=key).text


def _asked_again(url: str, log: Path, answered: dict[str, str]) -> Counter[str]:
    """Return counts of those who heard nothing and asked again, with the same key, twice."""
    counts: Counter[str] = Counter()
    asked: set[str] = set()
    for line in log.read_text().splitlines(keepends=True) if log.exists() else []:
        word, operation, use, *told = line.rstrip("\n").split(" ", 3)
        if word == "ask" and line.endswith("\n"):
            asked.add(f"{operation} {use}")
        elif line.endswith("\n"):
            answered[f"{operation} {use}"] = told[0]
            counts["acknowledged"] += 1
    with open_records(url) as records:
        ledger = AccountLedger(records, utc_now)
        for each in sorted(asked - answered.keys(), reverse=True)[:ASKED_AGAIN_MAX]:
            first, again = _answer(ledger, each), _answer(ledger, each)
            counts["in doubt"] += 1
            counts["answered otherwise"] += first != again
            answered[each] = first
        ledger.close()
    return counts


def _lost_or_twice(records: Records, answered: dict[str, str]) -> Counter[str]:
    query = sa.select(events.c.key, sa.func.count()).where(events.c.key != "").group_by("key")
    with records.reading() as connection:
        found = {key: int(count) for key, count in connection.execute(query)}
    return Counter(
        {
            "lost": sum(each not in found for each in answered),
            "twice": sum(count > 1 for count in found.values()),
            "never asked": sum(each not in answered for each in found),
        }
    )
