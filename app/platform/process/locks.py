"""Locks that all processes of a machine see, and those of others that share the data folder."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from app.platform.errors import Unready

LOCKS = "locks"  # In the data folder: the files that are locked,
DAMAGED = "damaged"  # and what was set apart because it is not as it was saved.
SECONDS_MAX = 600.0
PERIOD_SECONDS = 0.02


@contextlib.contextmanager
def locked(path: Path, *, seconds: float = SECONDS_MAX) -> Iterator[None]:
    """
    Hold a lock on a file of its own; it goes with the process, however that ends.

    Args:
        path: The file; made where it is missing, and left.
        seconds: How long to wait for who holds it.

    Raises:
        Unready: Somebody held it all that time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    with path.open("a") as lock:
        while not _taken(lock.fileno()):
            if time.monotonic() > until:
                raise Unready(f"{path.name} was held for {seconds:.0f} s", again_seconds=5)
            time.sleep(PERIOD_SECONDS)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
