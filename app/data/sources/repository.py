"""Descriptions as files of the data folder: written whole and durably, links never followed."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from app.platform.errors import Conflict, Unready
from app.platform.files.durable import sync_folders
from app.platform.process.locks import LOCKS, locked
from ingestion.descriptions.folders import ENDING

MODE = 0o644
SECONDS_MAX = 10.0


@contextlib.contextmanager
def writing(home: Path) -> Iterator[None]:
    """
    Be the only one that writes descriptions in a data folder.

    Raises:
        Unready: Somebody else was all the time.
    """
    with locked(home / LOCKS / "sources", seconds=SECONDS_MAX):
        yield


def write(home: Path, name: str, raw: bytes) -> None:
    """
    Write the description of a name, whole or not at all, so that a crash does not take it back.

    Raises:
        Conflict: A link or a folder stands there.
        Unready: It cannot be written now.
    """
    folder = home / "sources"
    path = folder / f"{name}{ENDING}"
    if path.is_symlink() or path.is_dir():
        raise Conflict(f"{path.name} in the data folder is a link or a folder, no file to replace")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(path, raw)
    except OSError as error:
        raise Unready(f"{path.name} cannot be written: {error.strerror}") from error


def _replace(path: Path, raw: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)  # Of one who was killed: only one writes at a time.
    kept = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, MODE)
    with os.fdopen(kept, "wb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    sync_folders(path.parent, path.parent.parent)
