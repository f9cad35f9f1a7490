"""Rows of the audit: added and read, never changed."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from app.platform.audit.tables import audit
from app.platform.records import Records

Outcome = Literal["done", "refused", "failed"]
ACTOR_LENGTH_MAX = 160
ACTION_LENGTH_MAX = 200
TARGET_LENGTH_MAX = 2000


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did or was refused what, and how it ended."""

    actor: str
    role: str | None
    action: str
    target: str
    outcome: Outcome
    trace: str
    status: int | None = None


def write(records: Records, entry: AuditRecord, *, at: dt.datetime) -> None:
    """Add a row."""
    row = {
        "at": at,
        "actor": entry.actor[:ACTOR_LENGTH_MAX],
        "role": entry.role,
        "action": entry.action[:ACTION_LENGTH_MAX],
        "target": entry.target[:TARGET_LENGTH_MAX],
        "outcome": entry.outcome,
        "status": entry.status,
        "trace": entry.trace,
    }
    with records.writing() as connection:
        connection.execute(audit.insert().values(row))


def entries(
    records: Records, *, before: int | None = None, size: int = 100
) -> list[dict[str, object]]:
    """Return up to `size` rows, the latest first, those older than `before`."""
    query = sa.select(audit).order_by(audit.c.entry.desc()).limit(size)
    if before is not None:
        query = query.where(audit.c.entry < before)
    with records.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
