"""Keys of requests that count once: `Idempotency-Key`, and which of them are being worked on."""

import contextlib
import re
import threading
from collections.abc import Iterator
from typing import Annotated

from fastapi import Header

from app.platform.errors import InProgress, KeyRequired

REPLAYED = "Idempotent-Replay"  # The header of what was answered before.
AGAIN_SECONDS = 1
_KEY = re.compile("[!-~]{1,128}")
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Required, 1 to 128 visible characters: sent twice, it counts once",
    ),
]


def checked(key: str | None) -> str:
    """
    Return the key of a request.

    Raises:
        KeyRequired: There is none, or it is none.
    """
    if key is None or not _KEY.fullmatch(key):
        raise KeyRequired("send Idempotency-Key, of 1 to 128 visible ASCII characters")
    return key


class KeyedRequests:
    """The keys whose requests this process is working on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[tuple[str, str]] = set()

    @contextlib.contextmanager
    def running(self, person: str, key: str) -> Iterator[None]:
        """
        Hold a key while its request is worked on.

        Raises:
            InProgress: The same person's request with this key is worked on already.
        """
        mine = (person, key)
        with self._lock:
            if mine in self._running:
                raise InProgress(
                    "the request with this key is still being worked on",
                    again_seconds=AGAIN_SECONDS,
                )
            self._running.add(mine)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(mine)
