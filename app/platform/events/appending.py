"""Events added by whoever has a transaction: the head is locked first, then they are linked."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.platform.events.chain import EventDraft, Head, link
from app.platform.events.tables import events, head


def lock_head(connection: Connection) -> Head:
    """
    Return the last event, locked until the transaction ends.

    On SQLite a transaction that writes is alone already. Take it before anything else is touched:
    then no order of locks can deadlock.
    """
    row = connection.execute(
        sa.select(head.c.number, head.c.hash, head.c.day).with_for_update()
    ).one()
    return Head(*row)


def append(connection: Connection, drafts: Iterable[EventDraft]) -> Head:
    """Add events to the chain; return the head after them."""
    was = now = lock_head(connection)
    rows = []
    for draft in drafts:
        event = link(now, draft._replace(day=draft.day or now.day))
        rows.append(event._asdict())
        now = Head(event.number, event.hash, now.day)
    if rows:
        connection.execute(events.insert(), rows)
        connection.execute(
            sa.update(head)
            .where(head.c.number == was.number)
            .values(number=now.number, hash=now.hash)
        )
    return now
