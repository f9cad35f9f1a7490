"""Callers that reserve and post over one records database: the ledger, and a bare twin of it."""

import multiprocessing
import random
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol, Self

import sqlalchemy as sa

from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Element,
    Identity,
    Key,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    operations,
)
from app.books.ledger.moving import LedgerRound
from app.books.ledger.reading import one_account
from app.books.ledger.statements import Statements
from app.books.ledger.tables import uses
from app.platform.clock import utc_now
from app.platform.events import Head
from app.platform.events.tables import head
from app.platform.records import open_records
from tests.bench.bare import DAY, Bare

CORES, FIRMS = 50, 200
PLENTY = 10**15
USES_AT_ONCE = 5_000
BEGIN_SECONDS = 120
LAYERS = ("bank", "group", "firm", "core", "chain", "relation", "product", "programme")
TWIN = "twin"


class Call(NamedTuple):
    """What is asked of every process for one measurement."""

    who: str
    callers: int
    seconds: float
    hot: bool
    reads: bool = False  # One more caller reads accounts, one after another.


class Came(NamedTuple):
    """What came of it in all processes together: operations and reads a second."""

    moved: float
    read: float


class Bookkeeper(Protocol):
    """Who reserves and posts."""

    def reserve(self, use: str, path: Sequence[Element], amount: int) -> None: ...

    def post(self, use: str, path: Sequence[Element], amount: int) -> None: ...

    def read(self, account: str) -> None: ...

    def close(self) -> None: ...


def path_of(core: int, firm: int) -> tuple[Element, ...]:
    """Return the eight accounts of a use."""
    own = f"C{core}", f"F{firm}"
    names = (
        "bank",
        f"group:G{firm % 20}",
        f"firm:{own[1]}",
        f"core:{own[0]}",
        f"chain:{own[0]}:{own[1]}",
        f"relation:{own[0]}:{own[1]}",
        "product:P",
        f"programme:R{core % 5}",
    )
    return tuple(Element(name, 1, 2 if name.startswith("core:") else 1) for name in names)


def filled(url: str, cores: int = CORES, firms: int = FIRMS) -> None:
    """Make the accounts of all paths, with room for whatever is asked."""
    named = {
        e.account for core in range(cores) for firm in range(firms) for e in path_of(core, firm)
    }
    with open_records(url) as records:
        with records.writing() as connection:
            connection.execute(sa.update(head).values(day=DAY))
        ledger = AccountLedger(records, utc_now)
        totals = [AccountTotal(n, Identity(n.partition(":")[0]), PLENTY) for n in sorted(named)]
        ledger.set_totals(totals, {"run": "bench"})
        ledger.close()


def long_book(url: str, count: int) -> None:
    """Make a filled book of so many events more: uses reserved and posted, many at once."""
    filled(url)
    with open_records(url) as records:
        say = Statements(sqlite=records.backend == "sqlite")
        for start in range(0, count // 2, USES_AT_ONCE):
            with records.writing() as connection:
                driver: Any = connection.connection.driver_connection
                stands = Head(*driver.cursor().execute(say.head).fetchone())
                round_ = LedgerRound(connection, say, stands, utc_now())
                for number in range(start, min(start + USES_AT_ONCE, count // 2)):
                    for order in _orders_of(number, round_):
                        answer = round_.decide(order)
                        if not isinstance(answer, Reply):
                            raise answer
                round_.flush()


def _orders_of(number: int, round_: LedgerRound) -> Iterator[Plain]:
    """Yield the orders of one use, which nobody needs to look for."""
    core, firm = number % CORES, number * 7 % FIRMS
    asked = UseOrder(f"U{number}", f"F{firm}", "P", path_of(core, firm), 1 + number % 1000)
    round_.rows[uses, asked.use] = None

    def reserve(moving: Moving) -> Reply:
        return Reply.of(200, operations.reserve(moving, asked)["state"])

    def post(moving: Moving) -> Reply:
        return Reply.of(200, operations.post(moving, asked.use, asked.amount)["state"])

    yield Plain(Reads(), reserve)
    yield Plain(Reads(), post)


class OurLedger:
    """The ledger as domains call it."""

    def __init__(self, url: str) -> None:
        self.records = open_records(url)
        self._ledger = AccountLedger(self.records, utc_now)

    def reserve(self, use: str, path: Sequence[Element], amount: int) -> None:
        asked = UseOrder(use, "F", "P", path, amount, core="C")
        self._ledger.reserve(asked, key=Key("p", f"{use}r", use))

    def post(self, use: str, path: Sequence[Element], amount: int) -> None:
        self._ledger.post(use, amount, key=Key("p", f"{use}p", use))

    def read(self, account: str) -> None:
        if one_account(self.records, account, utc_now()) is None:
            raise RuntimeError(f"no account {account}")

    def close(self) -> None:
        self._ledger.close()
        self.records.close()


class Crew:
    """Processes that call when they are told to; a context manager."""

    def __init__(self, processes: int, urls: dict[str, str]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._workers = []
        for seed in range(processes):
            ours, theirs = spawn.Pipe()
            worker = spawn.Process(target=_member, args=(theirs, seed, urls), daemon=True)
            worker.start()
            self._workers.append(worker)
            self._ends.append(ours)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._ends:
            end.send(None)
        for worker in self._workers:
            worker.join(BEGIN_SECONDS)

    def called(self, *calls: Call) -> Came:
        """Return what came of a call of each process (the same where one is given), all at once."""
        given = calls if len(calls) > 1 else calls * len(self._ends)
        for end, call in zip(self._ends, given, strict=True):
            end.send(call)
        for end in self._ends:
            self._heard(end)
        for end in self._ends:
            end.send("go")
        told = [self._heard(end) for end in self._ends]
        return Came(*(sum(each) for each in zip(*told, strict=True)))

    def _heard(self, end: Connection) -> Any:
        if not end.poll(BEGIN_SECONDS):
            raise RuntimeError("a process of callers does not answer")
        return end.recv()


def _member(pipe: Connection, seed: int, urls: dict[str, str]) -> None:
    keepers: dict[str, Bookkeeper] = {
        who: Bare(url) if who == TWIN else OurLedger(url) for who, url in urls.items()
    }
    turn = 0
    while (call := pipe.recv()) is not None:
        turn += 1
        pipe.send("ready")
        pipe.recv()
        pipe.send(_measured(keepers[call.who], call, f"{seed}-{turn}"))
    for keeper in keepers.values():
        keeper.close()


def _measured(keeper: Bookkeeper, call: Call, name: str) -> Came:
    counts, read = [0] * call.callers, [0]
    began = time.perf_counter()
    until = began + call.seconds

    def caller(place: int) -> None:
        """Reserve and post until the time is over."""
        rng = random.Random(f"{name} {place}")
        while time.perf_counter() < until:
            path = path_of(0 if call.hot else rng.randrange(CORES), rng.randrange(FIRMS))
            use, amount = f"U{name}-{place}-{counts[place]}", rng.randrange(1, 1000)
            keeper.reserve(use, path, amount)
            keeper.post(use, path, amount)
            counts[place] += 2

    def reader() -> None:
        """Read one account after another until the time is over."""
        rng = random.Random(name)
        while time.perf_counter() < until:
            keeper.read(f"firm:F{rng.randrange(FIRMS)}")
            read[0] += 1

    threads = [threading.Thread(target=caller, args=(n,)) for n in range(call.callers)]
    threads += [threading.Thread(target=reader)] if call.reads else []
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    return Came(sum(counts) / seconds, read[0] / seconds)
