"""Rows of notices, read beside the lock."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.books.notices.tables import notices
from app.platform.records import Records

Row = dict[str, Any]


def listed(records: Records, firm: str | None, before: int | None, size: int) -> Sequence[Row]:
    """Return notices of a firm, or of all, the latest first."""
    query = sa.select(notices)
    if firm is not None:
        query = query.where(notices.c.firm == firm)
    if before is not None:
        query = query.where(notices.c.made < before)
    with records.reading() as connection:
        found = connection.execute(query.order_by(notices.c.made.desc()).limit(size))
        return [row._asdict() for row in found]
