"""Rows of decisions, read beside the lock."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.lending.decisions.tables import decisions
from app.lending.loans.fees import FeeTerms, fees_of
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


def fees_kept(records: Records, decision: str) -> tuple[FeeTerms, ...]:
    """Return the fees that a decision keeps of its product; none where it keeps none."""
    row = one(records, decision)
    return () if row is None else fees_in(row.inputs)


def fees_in(inputs: str | bytes) -> tuple[FeeTerms, ...]:
    """Return the fees that inputs of a decision keep."""
    return fees_of(json.loads(inputs)["product"].get("fees", ()))


def one(records: Records, decision: str) -> DecisionRow | None:
    """Return a decision; None where there is none."""
    query = sa.select(decisions).where(decisions.c.decision == decision)
    with records.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else DecisionRow(**row)


def count(records: Records) -> int:
    """Return how many decisions are kept."""
    with records.reading() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(decisions)) or 0)


def following(records: Records, after: str, size: int) -> Sequence[DecisionRow]:
    """Return decisions in the order of their ids, so many of those after one."""
    query = sa.select(decisions).where(decisions.c.decision > after)
    query = query.order_by(decisions.c.decision).limit(size)
    with records.reading() as connection:
        return [DecisionRow(**row) for row in connection.execute(query).mappings()]
