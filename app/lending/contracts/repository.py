"""Rows of contracts and of keys, read beside the lock."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.lending.contracts.tables import contracts, registrations, signing_keys
from app.platform.records import Records

Row = dict[str, Any]


def signed(records: Records, application: str) -> Row | None:
    """Return the signed contract of an application; None where there is none."""
    return _one(records, sa.select(contracts).where(contracts.c.application == application))


def registration(records: Records, application: str) -> Row | None:
    """Return where the documents of an application are filed; None where they are not."""
    query = sa.select(registrations).where(registrations.c.application == application)
    return _one(records, query)


def _one(records: Records, query: sa.Select[Any]) -> Row | None:
    with records.reading() as connection:
        row = connection.execute(query).first()
        return None if row is None else row._asdict()


def keys_of(records: Records, party: str, person: str) -> Sequence[Row]:
    """Return all keys that somebody has had for a party, the oldest first."""
    query = sa.select(signing_keys).where(
        signing_keys.c.party == party, signing_keys.c.person == person
    )
    with records.reading() as connection:
        rows = connection.execute(query.order_by(signing_keys.c.made_at, signing_keys.c.key))
        return [row._asdict() for row in rows]


def keys_named(records: Records, names: Sequence[str]) -> dict[str, Row]:
    """Return the keys of these names that there are."""
    query = sa.select(signing_keys).where(signing_keys.c.key.in_(names))
    with records.reading() as connection:
        return {row.key: row._asdict() for row in connection.execute(query)}


def faces(
    records: Records, name: sa.Column[str], face: sa.ColumnElement[int], names: Sequence[str]
) -> dict[str, int]:
    """Return what documents of these names stand for, where they are rows of the book."""
    query = sa.select(name, face).where(name.in_(names))
    with records.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)} if names else {}
