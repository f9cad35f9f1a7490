"""What was made for the last who asked, kept for the next, up to a size; let go of in turn."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

BYTES_MAX = 64 * 2**20
Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The values asked for last, up to a sum of sizes; safe to share between threads."""

    def __init__(self, size_max: int, size_of: Callable[[Value], int]) -> None:
        self._size_max = size_max
        self._size_of = size_of
        self._size = 0
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

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
            while self._size > self._size_max:
                _, gone = self._kept.popitem(last=False)
                self._size -= self._size_of(gone)


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered document and its tag."""

    body: bytes
    tag: str


class KeptAnswers(Kept[Answer]):
    """The answers given last: what a run has computed never changes, so that they may be kept."""

    def __init__(self, *, bytes_max: int = BYTES_MAX) -> None:
        super().__init__(bytes_max, lambda answer: len(answer.body))
