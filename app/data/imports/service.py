"""Imports that were handed in: kept, and ingested in the background one after the other."""

import datetime as dt
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from app.data.imports import repository
from app.data.pushes import repository as pushes
from app.platform.deps import Resources
from app.platform.errors import Absent, Conflict, Malformed
from app.platform.files.durable import sync_folders

FILES_MAX = 100
NAME = re.compile(r"[\w.()（）-][\w .()（）-]{0,198}")
NAME_BYTES_MAX = 255  # What file systems take.


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of an import: its name without folders, and its bytes."""

    name: str
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What an import is told."""

    source: str
    by: str
    as_of: dt.date | None = None
    replace: bool = False


def take(resources: Resources, order: ImportOrder, uploads: Sequence[Upload]) -> dict[str, Any]:
    """
    Return a new import that waits for its turn; its files are kept however this process ends.

    Raises:
        Malformed: There is no file, there are too many, or a name is none.
        Unready: The import cannot be kept now.
    """
    names = checked_names(uploads)
    name = secrets.token_hex(8)
    row = {**_row(resources, order, name), "files": names}
    folder = folder_of(resources, name)
    kept = False
    try:
        _keep(folder, uploads)
        with resources.records.writing() as connection:
            repository.add(connection, row)
        kept = True
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    return read(resources, name)


def take_staged(resources: Resources, order: ImportOrder) -> dict[str, Any]:
    """
    Return a new import of what is staged of a source, or of what its databases hold.

    Raises:
        ImportRefused: There is no such source, or its description breaks the language.
        Malformed: The source reads files.
        Conflict: Nothing is staged that no other import publishes.
    """
    description = resources.sources.load(order.source)
    name = secrets.token_hex(8)
    row = _row(resources, order, name)
    with resources.records.writing() as connection:
        if description.pushed:
            pushes.lock(resources.records, connection)
            batches = pushes.take(connection, order.source, name)
            if not batches:
                raise Conflict(
                    f"source {order.source!r}: nothing is staged that waits for an import"
                )
            row |= {"given": "records", "files": batches}
        elif description.asks_databases:
            row |= {"given": "queries", "files": []}
        else:
            raise Malformed(f"source {order.source!r} reads files: hand them in with its name")
        repository.add(connection, row)
    return read(resources, name)


def read(resources: Resources, name: str) -> dict[str, Any]:
    """
    Return an import as it stands.

    Raises:
        Absent: There is none of this name.
    """
    row = repository.find(resources.records, name)
    if row is None:
        raise Absent(f"no import {name!r}")
    return row


def _row(resources: Resources, order: ImportOrder, name: str) -> dict[str, Any]:
    return {
        "import": name,
        "source": order.source,
        "by": order.by,
        "created_at": resources.now(),
        "as_of": order.as_of,
        "replace": order.replace,
    }


def folder_of(resources: Resources, name: str) -> Path:
    """Return where the files of an import are kept until it has ended."""
    return resources.home / "uploads" / name


def checked_names(uploads: Sequence[Upload], least: int = 1) -> list[str]:
    """
    Return the names of files that are handed in together.

    Raises:
        Malformed: There are too few or too many, or a name is none, or stands twice.
    """
    if not least <= len(uploads) <= FILES_MAX:
        raise Malformed(f"an import has {least} to {FILES_MAX} files, not {len(uploads)}")
    names = [each.name for each in uploads]
    wrong = [name for name in names if not is_file_name(name)]
    if wrong or len(set(names)) < len(names):
        raise Malformed(f"file names: {(wrong or names)[0]!r} is none, or stands twice")
    return names


def is_file_name(name: str) -> bool:
    """Return whether a file may be kept under a name: it is no path, and can be written down."""
    short = len(name.encode(errors="replace")) <= NAME_BYTES_MAX
    return short and NAME.fullmatch(name) is not None and not set(name) <= {"."}


def _keep(folder: Path, uploads: Sequence[Upload]) -> None:
    """Write files so that they are there after a crash of the machine, too."""
    folder.mkdir(parents=True)
    for each in uploads:
        with (folder / each.name).open("wb") as kept:
            shutil.copyfileobj(each.content, kept)
            kept.flush()
            os.fsync(kept.fileno())
    sync_folders(folder, folder.parent)
