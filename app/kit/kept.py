"""The answers given last: what a run has computed never changes, so that they may be kept."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

BYTES_MAX = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered document and its tag."""

    body: bytes
    tag: str


class KeptAnswers:
    """The answers given last, up to a number of bytes; safe to share between threads."""

    def __init__(self, *, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Answer | None:
        """Return what was kept under a key; None where nothing is."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, given: Answer) -> None:
        """Keep an answer, and let go of those not asked for the longest."""
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += len(given.body) - (len(before.body) if before else 0)
            self._kept[key] = given
            while self._bytes > self._bytes_max:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)
