"""
Processes killed with SIGKILL while they work on a book, and what is lost or done twice by it.

A work says what its callers ask and how it is answered; each writes what it asks before it asks,
and what it is answered before it asks anything else. Whoever heard nothing asks again, twice, with
the same key. Tests run a bounded part of it, `make soak` the whole (`soak`).
"""

import contextlib
import itertools
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from app.books.ledger import AccountLedger, Key, UseOrder
from app.books.ledger.proof import verify
from app.books.ledger.tables import keys
from app.platform.clock import utc_now
from app.platform.console.progress import Step, quietly
from app.platform.events.tables import events
from app.platform.records import Records, open_records
from tests.app.books.ledger.racing import PLENTY, PRELOADED, path_of, set_up

WRONG = (
    "lost",
    "twice",
    "never asked",
    "answered otherwise",
    "not as it should be",
    "not killed in time",
)
BEGIN_SECONDS = 60
LIVES_SECONDS = 0.15  # At most, from the last answer that is waited for.
WAITED_SECONDS_MAX = 20
ASKED_AGAIN_MAX = 1_000


class Session(Protocol):
    """A work that a process has open."""

    def plan(self, name: str) -> Iterator[str]:
        """Yield what a caller of this name asks, one after the other."""
        ...

    def answer(self, asked: str) -> str:
        """Return the answer to what is asked, under a key that is its own."""
        ...


class KilledWork(Protocol):
    """What processes do until they are killed; it is sent to them."""

    @property
    def callers(self) -> int:
        """Return how many threads of a process ask."""
        ...

    @property
    def answers_max(self) -> int:
        """Return how many answers are waited for at most before they are killed."""
        ...

    def set_up(self, url: str) -> None:
        """Make the book that they work on."""
        ...

    def feed(self, url: str, turn: int) -> None:
        """Make what they will find to do before they begin."""
        ...

    def session(self, url: str) -> contextlib.AbstractContextManager[Session]:
        """Open it in a process."""
        ...

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return what is wrong with the book in the end, by what it is (`WRONG`)."""
        ...


class Turns(NamedTuple):
    """How often all processes are killed, how many they are, and how long it may take."""

    times: int
    processes: int
    seconds_max: float = 600

    @property
    def total(self) -> int:
        """Return how many processes are killed."""
        return self.times * self.processes


class Kills(NamedTuple):
    """What came of killing: counts, what the book says at the end, and how long it took."""

    counts: Counter[str]
    difference: str | None
    seconds: float

    @property
    def faults(self) -> int:
        """Return how much of it is wrong."""
        return sum(self.counts[each] for each in WRONG) + int(self.difference is not None)

    def __add__(self, other: object) -> "Kills":
        """Return both together, done beside each other."""
        if not isinstance(other, Kills):
            return NotImplemented
        difference = self.difference or other.difference
        return Kills(self.counts + other.counts, difference, max(self.seconds, other.seconds))


def kill(
    url: str, folder: Path, work: KilledWork, turns: Turns, *, progress: Step = quietly
) -> Kills:
    """
    Return what is lost or done twice where processes are killed while they work.

    Args:
        url: An empty records database.
        folder: Where they write what they ask and what they are answered; its name decides when
            they are killed.
        work: What they do.
        turns: How often all of them are killed.
        progress: Told how far it is.
    """
    began = time.monotonic()
    work.set_up(url)
    rng = random.Random(folder.name)
    counts: Counter[str] = Counter()
    answered: dict[str, str] = {}
    for turn in range(turns.times):
        if time.monotonic() - began > turns.seconds_max:
            break
        progress(f"kill {counts['kills']} of {turns.total}", counts["kills"] / turns.total)
        work.feed(url, turn)
        log = folder / f"asked-{turn}"
        names = [f"{turn}-{each}" for each in range(turns.processes)]
        _killed(work, url, log, names=names, rng=rng)
        counts["kills"] += turns.processes
        counts += _asked_again(work, url, log, answered)
    counts["not killed in time"] = turns.total - counts["kills"]
    with open_records(url) as records:
        found = verify(records).difference
        counts += work.faults(records, answered)
    words = None if found is None else found.words()
    return Kills(counts, words, time.monotonic() - began)


def _killed(work: KilledWork, url: str, log: Path, *, names: list[str], rng: random.Random) -> None:
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(PRELOADED)
    workers = [forks.Process(target=_victim, args=(work, url, log, name)) for name in names]
    for worker in workers:
        worker.start()
    _wait_for(log, rng.randint(0, work.answers_max))
    time.sleep(rng.uniform(0, LIVES_SECONDS))
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join()


def _wait_for(log: Path, answers: int) -> None:
    """Wait until something was asked, and so often answered; not for ever on a slow machine."""
    until = time.monotonic() + BEGIN_SECONDS
    while time.monotonic() < until and not (log.exists() and log.stat().st_size):
        time.sleep(0.005)
    until = time.monotonic() + WAITED_SECONDS_MAX
    while time.monotonic() < until and log.exists():
        if log.read_bytes().count(b"got\t") >= answers:
            return
        time.sleep(0.002)


def _victim(work: KilledWork, url: str, log: Path, name: str) -> None:
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with work.session(url) as session:

        def call(number: int) -> None:
            """Ask without end."""
            for asked in session.plan(f"{name}-{number}"):
                os.write(out, f"ask\t{asked}\n".encode())
                os.write(out, f"got\t{asked}\t{session.answer(asked)}\n".encode())

        threads = [threading.Thread(target=call, args=(each,)) for each in range(work.callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _asked_again(work: KilledWork, url: str, log: Path, answered: dict[str, str]) -> Counter[str]:
    """Return counts of those who heard nothing and asked again, with the same key, twice."""
    counts: Counter[str] = Counter()
    asked: set[str] = set()
    for line in log.read_text().splitlines(keepends=True) if log.exists() else []:
        word, text, *told = line.rstrip("\n").split("\t")
        if word == "ask" and line.endswith("\n"):
            asked.add(text)
        elif line.endswith("\n"):
            answered[text] = told[0]
            counts["acknowledged"] += 1
    with work.session(url) as session:
        for each in sorted(asked - answered.keys(), reverse=True)[:ASKED_AGAIN_MAX]:
            first, again = session.answer(each), session.answer(each)
            counts["in doubt"] += 1
            counts["answered otherwise"] += first != again
            answered[each] = first
    return counts


def by_keys(records: Records, answered: dict[str, str]) -> Counter[str]:
    """Return what is lost or done twice where what is asked is its own key."""
    done = sa.select(events.c.key, sa.func.count()).where(events.c.key != "")
    done = done.group_by(events.c.key, events.c.operation, events.c.subject)
    with records.reading() as connection:
        kept = set(connection.scalars(sa.select(keys.c.key)))
        counted = [(key, int(count)) for key, count in connection.execute(done)]
    found = {key for key, _ in counted}
    return Counter(
        {
            "lost": sum(each not in kept or each not in found for each in answered),
            "twice": sum(count > 1 for _, count in counted),
            "never asked": sum(each not in answered for each in kept | found),
        }
    )


class LedgerSession:
    """A ledger that a process has open, asked by texts."""

    def __init__(self, ledger: AccountLedger) -> None:
        self.ledger = ledger

    @classmethod
    @contextlib.contextmanager
    def opened(cls, url: str) -> Iterator["LedgerSession"]:
        """Yield one over a records database."""
        with open_records(url) as records:
            ledger = AccountLedger(records, utc_now)
            yield cls(ledger)
            ledger.close()


class DrawSession(LedgerSession):
    """Reserves and posts, without end."""

    def plan(self, name: str) -> Iterator[str]:
        """Yield a reservation, then that it is posted."""
        for count in itertools.count():
            yield f"reserve {name}-{count}"
            yield f"post {name}-{count}"

    def answer(self, asked: str) -> str:
        """Return the use."""
        operation, use = asked.split()
        key, amount = Key("p", asked, asked), 1 + sum(map(ord, use)) % 500
        if operation == "post":
            return self.ledger.post(use, amount, key=key).text
        return self.ledger.reserve(UseOrder(use, "F1", "P", path_of(1), amount), key=key).text


@dataclass(frozen=True)
class Draws:
    """Callers draw on one cap that has plenty."""

    callers: int = 8
    answers_max: int = 100

    def set_up(self, url: str) -> None:
        """Make the caps."""
        set_up(url, PLENTY)

    def feed(self, url: str, turn: int) -> None:
        """Make nothing: there is always something to draw."""

    session: Callable[[str], contextlib.AbstractContextManager[Session]] = DrawSession.opened

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return what is lost or done twice."""
        return by_keys(records, answered)
