"""Where the bytes of papers lie: in the data folder, by their SHA-256, one copy a paper."""

import os
from collections.abc import Iterator
from pathlib import Path

from app.platform.deps import Resources
from app.platform.errors import Absent
from app.platform.files.durable import sync_folders


def place_of(resources: Resources, sha256: str, paper: str) -> Path:
    """Return where the bytes of a paper lie; its name is no part of it."""
    return resources.home / "papers" / sha256[:2] / f"{sha256}-{paper}"


def keep(place: Path, content: bytes) -> None:
    """Write bytes so that they are there after a crash of the machine, too; whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(place)
    sync_folders(place.parent, place.parent.parent)


def left_before(resources: Resources, moment: float) -> Iterator[tuple[Path, str]]:
    """Yield places that were written before a moment, with their paper; drafts with none."""
    for place in (resources.home / "papers").glob("*/*"):
        if place.stat().st_mtime < moment:
            yield place, "" if place.name.startswith(".") else place.name.rpartition("-")[2]


def drop(place: Path) -> None:
    """Remove the bytes of a paper that nobody is to read."""
    place.unlink(missing_ok=True)


def content_of(place: Path, paper: str) -> bytes:
    """
    Return the bytes of a paper.

    Raises:
        Absent: They are gone: the paper was withdrawn.
    """
    try:
        return place.read_bytes()
    except FileNotFoundError as error:
        raise Absent(f"no paper {paper!r}") from error
