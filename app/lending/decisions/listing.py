"""Decisions as a list that is filtered, counted and sorted where they lie: there may be many."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.lending.decisions.forms import APPROVED, DECLINED, REFERRED
from app.lending.decisions.tables import decisions
from app.platform.records import Records

AT_ONCE = 500
OUTCOMES = (APPROVED, REFERRED, DECLINED)
_own = decisions.c
# What is told is canonical JSON, in which no text of a person can hold these bytes.
_OUTCOME = sa.case(
    *((_own.told.contains(f'"outcome":"{each}"'), each) for each in OUTCOMES), else_=""
)
ORDERS: Mapping[str, sa.ColumnElement[Any]] = {
    "decision": _own.decision,
    "outcome": _OUTCOME,
    "application": _own.application,
    "firm": _own.firm,
    "core": _own.core,
    "event": _own.event,
}
_LISTED = (_own.decision, _own.application, _own.firm, _own.core, _own.event)


@dataclass(frozen=True, slots=True)
class WantedDecisions:
    """Which decisions a list shows; an empty value means any."""

    text: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class ListedDecision:
    """A decision as a row of the list."""

    decision: str
    application: str | None
    firm: str
    core: str | None
    event: int
    outcome: str


def counts(records: Records, wanted: WantedDecisions) -> dict[str, int]:
    """Return how many decisions of each outcome the text of the list finds."""
    query = sa.select(_OUTCOME, sa.func.count()).where(*_found_by(wanted)).group_by(_OUTCOME)
    with records.reading() as connection:
        return {str(name): int(count) for name, count in connection.execute(query)}


def listed(
    records: Records,
    wanted: WantedDecisions,
    order: tuple[str, bool],
    part: tuple[int, int | None],
) -> list[ListedDecision]:
    """
    Return decisions in an order; those without a value come last.

    Args:
        records: The records database.
        wanted: Which decisions.
        order: A key of `ORDERS`, and whether the largest come first.
        part: How many are skipped, and how many come back at most (None: all).
    """
    key, falls = order
    start, size = part
    by = ORDERS[key].desc() if falls else ORDERS[key].asc()
    conditions = _found_by(wanted)
    if wanted.outcome:
        conditions.append(sa.literal(wanted.outcome) == _OUTCOME)
    query = sa.select(*_LISTED, _OUTCOME.label("outcome")).where(*conditions)
    query = query.order_by(by.nulls_last(), _own.event.desc()).offset(start).limit(size)
    with records.reading() as connection:
        return [ListedDecision(**row) for row in connection.execute(query).mappings()]


def every_listed(
    records: Records, wanted: WantedDecisions, order: tuple[str, bool]
) -> Iterator[ListedDecision]:
    """Yield all decisions of a list in its order; so many are held at a time."""
    for start in range(0, 2**62, AT_ONCE):
        part = listed(records, wanted, order, (start, AT_ONCE))
        yield from part
        if len(part) < AT_ONCE:
            return


def _found_by(wanted: WantedDecisions) -> list[sa.ColumnElement[bool]]:
    if not wanted.text:
        return []
    named = (_own.decision, _own.application, _own.firm)
    return [sa.or_(*(each.icontains(wanted.text, autoescape=True) for each in named))]
