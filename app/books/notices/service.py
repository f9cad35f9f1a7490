"""
What a firm is told: written by the order that does it, so that nothing is told that did not happen.

Whoever records an event adds the row to it; so it is there once, whatever becomes of the answer.
"""

from typing import Any

import sqlalchemy as sa

from app.books.ledger import Moving
from app.books.notices.repository import Row, listed
from app.books.notices.tables import notices
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.web.texts import Texts


def notice_of(
    moving: Moving, firm: str, kind: str, subject: str
) -> tuple[sa.Table, dict[str, Any]]:
    """
    Return the row by which the next event tells a firm of itself.

    Args:
        moving: What records the event.
        firm: Who is told.
        kind: The operation of the event.
        subject: What it is about: `kind:id`.
    """
    made = moving.number + 1
    row = {
        "notice": f"{made}:{firm}",
        "firm": firm,
        "made": made,
        "kind": kind,
        "subject": subject,
        "made_at": moving.moment,
        "made_on": moving.day_text,
    }
    return notices, row


def page(
    resources: Resources, sight: Sight, firm: str | None, *, before: int | None, size: int
) -> list[Document]:
    """
    Return notices, the latest first: a firm's own, to the bank anybody's.

    Args:
        resources: What the process has open.
        sight: Who reads.
        firm: Of this firm alone.
        before: Of events before this one.
        size: At most so many.
    """
    own = None if sight.is_whole else sight.firm
    if own is not None and firm not in (None, own):
        return []
    return [_document(row) for row in listed(resources.records, own or firm, before, size)]


def _document(row: Row) -> Document:
    kind = row["kind"]
    return {
        "number": row["made"],
        "firm": row["firm"],
        "kind": kind,
        "subject": row["subject"],
        "at": row["made_at"],
        "day": row["made_on"],
        "zh": Texts("zh").coded("operation", kind),
        "en": Texts("en").coded("operation", kind),
    }
