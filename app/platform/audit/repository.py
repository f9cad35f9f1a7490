"""Rows of the audit, which are events of the one chain: added and read, never changed."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from app.platform.events import EventDraft, append, canonical, moment_text
from app.platform.events.chain import moment_of
from app.platform.events.tables import AUDIT, events
from app.platform.records import Records
from app.platform.text import kept_form

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
    with records.writing() as connection:
        append(connection, [drafted(entry, at)])


def drafted(entry: AuditRecord, at: dt.datetime) -> EventDraft:
    """Return the event that tells of an entry."""
    detail = {
        "role": entry.role,
        "target": kept_form(entry.target[:TARGET_LENGTH_MAX]),
        "outcome": entry.outcome,
        "status": entry.status,
        "trace": entry.trace,
    }
    return EventDraft(
        at=moment_text(at),
        day="",
        actor=kept_form(entry.actor[:ACTOR_LENGTH_MAX]),
        key="",
        operation=AUDIT,
        subject=kept_form(entry.action[:ACTION_LENGTH_MAX]),
        detail=canonical(detail),
    )


def entries(
    records: Records, *, before: int | None = None, size: int = 100
) -> list[dict[str, object]]:
    """Return up to `size` rows, the latest first, those older than `before`."""
    query = (
        sa.select(events.c.number, events.c.at, events.c.actor, events.c.subject, events.c.detail)
        .where(events.c.operation == AUDIT)
        .order_by(events.c.number.desc())
        .limit(size)
    )
    if before is not None:
        query = query.where(events.c.number < before)
    with records.reading() as connection:
        found = connection.execute(query).all()
    return [
        {
            "entry": number,
            "at": moment_of(at),
            "actor": actor,
            "action": action,
            **json.loads(detail),
        }
        for number, at, actor, action, detail in found
    ]
