"""One import at a time on one lake, and nothing left of those that never published."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestion.errors import ImportBusy
from ingestion.lake import manifest as manifests

_FOLDERS = ("parts", "dropped", "parties")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """
    Hold the lake for one import.

    Raises:
        ImportBusy: Another import holds it; the lock goes with its process, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ImportBusy("another import runs on this home; wait until it ends") from error
        yield


def sweep(folder: Path) -> int:
    """Return how many files were removed that no version needs."""
    needed = {
        name
        for path in (folder / "manifests").glob("[0-9]*.json")
        for name in manifests.read(folder, int(path.stem)).files()
    }
    removed = 0
    for name in _FOLDERS:
        for path in (folder / name).glob("*"):
            if f"{name}/{path.name}" not in needed:
                path.unlink()
                removed += 1
    return removed
