"""
What was made for the last who asked, kept for the next, up to a size; let go of in turn.

What many ask for at once is made by the first of them while the others wait for it: a run that has
just been published is opened once, not by every thread that answers.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")
ANSWER_BYTES = 512  # Of an answer beside its body: key, tag and entry.


class Kept(Generic[Value]):
    """
    The values asked for last, up to a sum of sizes; safe to share between threads.

    Args:
        size_max: What the sizes of all values may come to.
        size_of: Gives the size of a value: bytes, where nothing else is said.
        count_min: So many of the last values are kept whatever their size.
    """

    def __init__(
        self, size_max: int, size_of: Callable[[Value], int], *, count_min: int = 0
    ) -> None:
        self.size_max = size_max
        self._size_of = size_of
        self._count_min = count_min
        self._size = 0
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._making: dict[Hashable, Future[Value | None]] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Return what the sizes of all that is kept come to."""
        return self._size

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Hashable) -> Value | None:
        """Return what was kept under a key; None where nothing is."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, given: Value) -> None:
        """Keep a value, and let go of those not asked for the longest."""
        with self._lock:
            before = self._kept.pop(key, None)
            self._size += self._size_of(given) - (0 if before is None else self._size_of(before))
            self._kept[key] = given
            while self._size > self.size_max and len(self._kept) > self._count_min:
                _, gone = self._kept.popitem(last=False)
                self._size -= self._size_of(gone)

    def made(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """
        Return what is kept under a key; where nothing is, `make` it, or wait for who makes it.

        Where making fails, who made it is told so and the next who waits tries.
        """
        mine: Future[Value | None] = Future()
        while (found := self.find(key)) is None:
            with self._lock:
                making = self._making.setdefault(key, mine)
            if making is mine:
                return self._make(key, make, mine)
            if (shared := making.result()) is not None:
                return shared
        return found

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    def _make(
        self, key: Hashable, make: Callable[[], Value], told: "Future[Value | None]"
    ) -> Value:
        made: Value | None = None
        try:
            made = self.find(key)  # It may have been made while this one looked.
            if made is None:
                made = make()
                self.keep(key, made)
            return made
        finally:
            with self._lock:
                del self._making[key]
            told.set_result(made)


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered document and its tag."""

    body: bytes
    tag: str


def answer_bytes(answer: Answer) -> int:
    """Return what an answer takes that is kept."""
    return len(answer.body) + ANSWER_BYTES
