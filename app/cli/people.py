"""The people of the demo: who acts, under which key, by what chance, and what came of it."""

import datetime as dt
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from app.books.ledger import Key, Reply, digest_of
from app.books.ledger.answering import Asker
from app.platform.auth.principals import HEAD, Principal, Role
from app.platform.deps import Names, Resources
from app.platform.errors import AppError

OFFICER = "demo-officer"
TURN = {"now": 50, "later": 50}
Thing = TypeVar("Thing")
Work = Callable[[], object]


@dataclass(slots=True)
class BankLife:
    """What happened, by act, what was refused, and what the machine decided."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)


class DemoPeople:
    """
    Everybody who acts in the demo.

    Args:
        resources: What the process has open.
        cores: Firms that act as cores; all others act as suppliers.
        seed: Of all that is left to chance.
    """

    def __init__(self, resources: Resources, cores: frozenset[str], seed: int) -> None:
        self.resources = resources
        self.cores = cores
        self.life = BankLife()
        self.chance = random.Random(seed)  # noqa: S311  # it decides who does what in a demo

    def one_of(self, acts: Mapping[str, int]) -> str:
        """Return one of the acts, each as often as it is given."""
        return self.chance.choices(list(acts), list(acts.values()))[0]

    def some_of(self, waiting: list[Thing]) -> list[Thing]:
        """Take some of what waits; the rest waits for another day."""
        taken = [each for each in waiting if self.one_of(TURN) == "now"]
        waiting[:] = [each for each in waiting if each not in taken]
        return taken

    def officer(self, person: str = OFFICER, unit: str = HEAD) -> Asker:
        """Return an officer of a unit of the bank."""
        return Asker(Principal(person, "officer", unit=unit), self._key(person))

    def of_firm(self, firm: str) -> Asker:
        """Return who acts for a core or firm."""
        person = f"demo-of-{firm}"
        role: Role = "core" if firm in self.cores else "supplier"
        return Asker(Principal(person, role, firm), self._key(person))

    def attempt(self, act: str, work: Callable[[], Reply]) -> Reply | None:
        """Return the answer to an act; None where it is refused."""
        try:
            reply = work()
        except AppError:
            self.life.refused[act] += 1
            return None
        self.life.done[act] += 1
        return reply

    def _key(self, person: str) -> Key:
        text = f"demo-{self.chance.getrandbits(64):016x}"
        return Key(person, text, digest_of(text))


def seeded_names(seed: int = 1) -> Names:
    """Return what makes the same names in each run that begins with it."""
    chance = random.Random(seed)  # noqa: S311  # names of a demo
    return lambda count: chance.randbytes(count).hex()


class Agenda:
    """What somebody means to do on a later day, in order."""

    def __init__(self) -> None:
        self._waiting: list[tuple[dt.date, int, Work]] = []
        self._count = itertools.count()

    def add(self, day: dt.date, work: Work) -> None:
        """Do it on a day, or on the first one afterwards on which anybody is at work."""
        heapq.heappush(self._waiting, (day, next(self._count), work))

    @property
    def next_day(self) -> dt.date:
        """Return the first day on which there is something to do."""
        return self._waiting[0][0] if self._waiting else dt.date.max

    def work_on(self, day: dt.date) -> None:
        """Do what is to be done by a day; what it leads to for the same day too."""
        while self._waiting and self._waiting[0][0] <= day:
            heapq.heappop(self._waiting)[-1]()
