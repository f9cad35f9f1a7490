"""One import at a time on one lake, and nothing left of those that never published."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.digests import verify_file
from graph.errors import Damaged
from ingestion.errors import ImportBusy
from ingestion.lake import manifest as manifests
from ingestion.lake.manifest import Manifest
from ingestion.lake.parts import digest_in, dropped

_FOLDERS = ("parts", "dropped", "parties")


@contextmanager
def alone(folder: Path, *, lock: str = ".lock", patient: bool = False) -> Iterator[None]:
    """
    Hold the lake for one import, or another folder for one who works in it.

    Args:
        folder: What is held; made where it is missing.
        lock: The file in it that is locked.
        patient: Wait for who holds it, which is to be short.

    Raises:
        ImportBusy: Another import holds it; the lock goes with its process, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / lock).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise ImportBusy("another import runs on this home; wait until it ends") from error
        yield


def faults(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every file of the lake that a version needs and that is not as it was written."""
    seen: set[str] = set()
    for path in sorted((folder / "manifests").glob("[0-9]*.json")):
        try:
            manifest = manifests.read(folder, int(path.stem))
        except (Damaged, TypeError, KeyError) as error:
            yield f"manifests/{path.name}", str(error)
            continue
        for name in sorted(manifest.files() - seen):
            seen.add(name)
            if name.startswith("dropped/"):
                continue  # Looked at with its part.
            try:
                verify_file(folder / name, digest_in(name), again=True)
            except Damaged as error:
                yield name, str(error)
        yield from _of_dropped(folder, manifest, seen)


def _of_dropped(folder: Path, manifest: Manifest, seen: set[str]) -> Iterator[tuple[str, str]]:
    for part in (part for parts in manifest.sources.values() for part in parts):
        key = f"{part.file} {part.dropped}"
        if part.dropped is None or key in seen:
            continue
        seen.add(key)
        try:
            dropped(folder, part)
        except Damaged as error:
            yield part.dropped, str(error)


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
