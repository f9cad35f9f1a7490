"""Imports that were handed in: kept, and ingested in the background one after the other."""

import datetime as dt
import re
import secrets
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from app.deps import Resources
from app.errors import Absent, AppError, Malformed
from app.imports import repository
from app.imports.ingesting import ingest_files
from graph.errors import GraphError

FILES_MAX = 100
NAME = re.compile(r"[\w.()（）-][\w .()（）-]{0,198}")
NAME_BYTES_MAX = 255  # What file systems take.
log = structlog.get_logger("deeptier.imports")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of an import: its name without folders, and its bytes."""

    name: str
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class Order:
    """What an import is told."""

    source: str
    by: str
    as_of: dt.date | None = None
    replace: bool = False


class Imports:
    """Takes imports in and works them off, one at a time; `after` follows each that published."""

    def __init__(self, resources: Resources, *, after: Callable[[], object]) -> None:
        self._resources = resources
        self._after = after
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")

    def take(self, order: Order, uploads: Sequence[Upload]) -> dict[str, Any]:
        """
        Return a new import that waits for its turn.

        Raises:
            Malformed: There is no file, there are too many, or a name is none.
        """
        if not 1 <= len(uploads) <= FILES_MAX:
            raise Malformed(f"an import has 1 to {FILES_MAX} files, not {len(uploads)}")
        names = [each.name for each in uploads]
        wrong = [name for name in names if not _is_file_name(name)]
        if wrong or len(set(names)) < len(names):
            raise Malformed(f"file names: {(wrong or names)[0]!r} is none, or stands twice")
        name = secrets.token_hex(8)
        folder = self._resources.home / "uploads" / name
        folder.mkdir(parents=True)
        for each in uploads:
            with (folder / each.name).open("wb") as kept:
                shutil.copyfileobj(each.content, kept)
        row = {
            "import": name,
            "source": order.source,
            "files": names,
            "by": order.by,
            "created_at": self._resources.now(),
        }
        repository.add(self._resources.records, row)
        self._worker.submit(self._work, name, folder, order).add_done_callback(_report)
        return self.read(name)

    def read(self, name: str) -> dict[str, Any]:
        """
        Return an import as it stands.

        Raises:
            Absent: There is none of this name.
        """
        row = repository.find(self._resources.records, name)
        if row is None:
            raise Absent(f"no import {name!r}")
        return row

    def close(self) -> None:
        """Finish the import that runs; those that wait are given up at the next sweep."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _work(self, name: str, folder: Path, order: Order) -> None:
        resources = self._resources
        repository.change(resources.records, name, state="running")
        ended: dict[str, Any] = {"state": "failed", "detail": "it crashed; the log has more"}
        published = False
        try:
            outcome = ingest_files(
                resources, order.source, [folder], as_of=order.as_of, replace=order.replace
            )
            ended = {"state": "done", "outcome": outcome.document()}
            published = outcome.published
        except (GraphError, AppError, OSError) as error:
            ended["detail"] = str(error).replace(f"{folder}/", "").replace(str(folder), "upload")
        finally:
            now = resources.now()
            repository.change(resources.records, name, finished_at=now, **ended)
            shutil.rmtree(folder, ignore_errors=True)
        if published:
            self._after()


def _is_file_name(name: str) -> bool:
    short = len(name.encode(errors="replace")) <= NAME_BYTES_MAX
    return short and NAME.fullmatch(name) is not None and not set(name) <= {"."}


def _report(done: Future[None]) -> None:
    """Log what nobody expected; refusals are kept with the import."""
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error("import crashed", exc_info=error)
