"""Rows of decisions, read beside the lock."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.lending.decisions.tables import decisions
from app.platform.records import Records


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it is kept."""

    decision: str
    application: str | None
    core: str | None
    firm: str
    told: str
    inputs: str
    event: int


def one(records: Records, decision: str) -> DecisionRow | None:
    """Return a decision; None where there is none."""
    query = sa.select(decisions).where(decisions.c.decision == decision)
    with records.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else DecisionRow(**row)
