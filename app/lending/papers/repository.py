"""Rows of papers, read beside the lock."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from app.lending.papers.tables import paper_sums, papers
from app.platform.records import Records

Row = dict[str, Any]


class WantedPapers(NamedTuple):
    """Which papers: of a firm, a kind, in a state, for an application; None means any."""

    firm: str | None = None
    kind: str | None = None
    state: str | None = None
    application: str | None = None


def listed(records: Records, wanted: WantedPapers, *, before: int | None, size: int) -> list[Row]:
    """Return papers, those that were touched last first."""
    own = papers.c
    query = sa.select(papers).order_by(own.event.desc()).limit(size)
    for name, value in wanted._asdict().items():
        if value is not None:
            query = query.where(own[name] == value)
    if before is not None:
        query = query.where(own.event < before)
    with records.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def one(records: Records, paper: str) -> Row | None:
    """Return a paper; None where there is none of this id."""
    query = sa.select(papers).where(papers.c.paper == paper)
    with records.reading() as connection:
        row = connection.execute(query).mappings().first()
        return None if row is None else dict(row)


def standing(records: Records, firm: str, sha256: str) -> tuple[int, str]:
    """Return the event that moved a firm's sums last, and its open paper of these bytes, or ""."""
    moved = sa.select(paper_sums.c.event).where(paper_sums.c.firm == firm)
    own = papers.c
    same = sa.select(own.paper).where(own.firm == firm, own.state == "open", own.sha256 == sha256)
    with records.reading() as connection:
        return (
            int(connection.scalar(moved) or 0),
            str(connection.scalar(same.order_by(own.event).limit(1)) or ""),
        )
