"""
Records that other systems push: judged, kept, and published by an import or dropped.

A push is answered once its lines are on the disk and its row is in the records. Its file is named
by its batch and never changes; which files count is told by the rows alone.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.data.pushes import repository as rows
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Conflict, KeyReused, Malformed
from app.platform.files.durable import sync_folders
from ingestion import pushes
from ingestion.lake.manifest import durable

BATCHES_MAX = 10_000  # Of one source that are staged at once.
KEPT = dt.timedelta(days=30)  # How long the answer to a key is remembered.
DRAFT_MAX = dt.timedelta(days=1)
MIB = 2**20
_FOLDER, _DRAFTS = "staged", ".drafts"


@dataclass(frozen=True, slots=True)
class PushOrder:
    """Who pushes what, under which key."""

    source: str
    table: str
    account: str
    key: str


@contextmanager
def draft(resources: Resources, table: str) -> Iterator[Path]:
    """Yield where the lines of a push are written as they come; they go when this ends."""
    folder = resources.home / _FOLDER / _DRAFTS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / pushes.file_name(table, secrets.token_hex(8))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def check_source(resources: Resources, name: str) -> None:
    """
    Return nothing where records may be pushed to a source.

    Raises:
        ImportRefused: There is no such source, or its description breaks the language.
        Malformed: Nothing is pushed to it.
    """
    if not resources.sources.load(name).pushed:
        said = "nothing is pushed to it, unless its description says pushed: true"
        raise Malformed(f"source {name!r}: {said}")


def push(resources: Resources, order: PushOrder, lines: Path) -> tuple[Document, bool]:
    """
    Return what became of the lines of a push, and whether that was answered before.

    Args:
        resources: Where they are kept.
        order: Who pushes what.
        lines: The file in which they are.

    Raises:
        BadFile: There is no line, or there are too many.
        KeyReused: The key was used for another push.
        Conflict: Too much of the source is staged already.
    """
    digest = _digest(order, lines)
    with resources.records.reading() as connection:
        again = _answered(rows.of_key(connection, order.account, order.key), digest)
    if again is not None:
        return again, True
    judged = pushes.judge(lines, resources.settings.zone, resources.today())
    batch = lines.name.removesuffix(pushes.ENDING).rpartition("-")[2]
    row = {
        "batch": batch,
        "source": order.source,
        "table": order.table,
        "state": "staged" if judged.kept else "empty",
        "rows": judged.accepted,
        "bytes": len(judged.kept),
        "account": order.account,
        "key": order.key,
        "digest": digest,
        "created_at": resources.now(),
    }
    kept = _place(resources, order.source, order.table, batch)
    answered: tuple[Document, bool] | None = None
    try:
        if judged.kept:
            _keep(kept, judged.kept)
        answered = _stage(resources, row, judged)
    finally:
        if answered is None or answered[1]:
            kept.unlink(missing_ok=True)
    return answered


def _stage(
    resources: Resources, row: dict[str, Any], judged: pushes.Judged
) -> tuple[Document, bool]:
    """Return the answer to a push, kept with its row; the first answer where it came meanwhile."""
    with resources.records.writing() as connection:
        rows.lock(resources.records, connection)
        again = _answered(rows.of_key(connection, row["account"], row["key"]), row["digest"])
        if again is not None:
            return again, True
        batches, staged, size = rows.staged(connection, row["source"])
        most = resources.settings.staged_mib
        if row["bytes"] and (batches >= BATCHES_MAX or size + row["bytes"] > most * MIB):
            raise Conflict(
                f"source {row['source']!r}: {batches} batches of {size} bytes are staged already; "
                f"at most {BATCHES_MAX} and {most} MiB are: publish or drop them first"
            )
        answer = {
            "batch": row["batch"],
            "rows": judged.rows,
            "accepted": judged.accepted,
            "set_aside": dict(judged.set_aside),
            "lines": [
                {"line": each.line, "column": each.column, "reason": each.reason, "why": each.why}
                for each in judged.lines
            ],
            "left": judged.left,
            "staged": staged + judged.accepted,
        }
        rows.add(connection, {**row, "answer": answer})
    return answer, False


def drop(resources: Resources, source: str) -> Document:
    """Return what was dropped of a source: all that is staged and that no import publishes."""
    with resources.records.writing() as connection:
        rows.lock(resources.records, connection)
        gone = rows.drop(connection, source)
        _, left, _ = rows.staged(connection, source)
    for batch, table, _ in gone:
        _place(resources, source, table, batch).unlink(missing_ok=True)
    dropped = sum(count for *_, count in gone)
    return {"source": source, "batches": len(gone), "rows": dropped, "staged": left}


def files_of(resources: Resources, source: str, import_name: str) -> list[Path]:
    """Return the files that an import is to publish, the first pushed one first."""
    with resources.records.writing(patient=True) as connection:
        rows.lock(resources.records, connection)
        rows.take_older(connection, source, import_name)
        found = rows.taken(connection, import_name)
    return [_place(resources, source, table, batch) for batch, table in found]


def forget_published(resources: Resources, import_name: str) -> None:
    """Remove the files of what an import has published; a sweep finds those that stay."""
    with resources.records.reading() as connection:
        over = rows.published(connection, import_name)
    for source, table, batch in over:
        _place(resources, source, table, batch).unlink(missing_ok=True)


def sweep(resources: Resources) -> int:
    """Return how many files were removed that no push needs; old answers are forgotten."""
    now = resources.now()
    with resources.records.writing() as connection:
        rows.forget(connection, now - KEPT)
    old = now.timestamp() - DRAFT_MAX.total_seconds()
    found = [
        path
        for path in (resources.home / _FOLDER).glob(f"*/*{pushes.ENDING}")
        if path.lstat().st_mtime < old
    ]
    batches = {path: path.stem.rpartition("-")[2] for path in found}
    wanted = rows.known(resources.records, batches.values())
    left = [path for path, batch in batches.items() if batch not in wanted]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _answered(row: dict[str, Any] | None, digest: str) -> Document | None:
    if row is None:
        return None
    if row["digest"] != digest:
        raise KeyReused("this key was used for another push; a key is for one body alone")
    answer: Document = row["answer"]
    return answer


def _digest(order: PushOrder, lines: Path) -> str:
    found = hashlib.sha256(f"{order.source}\n{order.table}\n".encode())
    found.update(lines.read_bytes())
    return found.hexdigest()


def _place(resources: Resources, source: str, table: str, batch: str) -> Path:
    return resources.home / _FOLDER / source / pushes.file_name(table, batch)


def _keep(path: Path, content: bytes) -> None:
    """Write the lines of a push so that they are there after a crash of the machine, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    durable(path, content)
    sync_folders(path.parent, path.parent.parent)
