"""A quick look at the end of the chain: whether its head is the last event, whole."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.platform.errors import Conflict
from app.platform.events.chain import GENESIS, EventDraft, Head, digest_of
from app.platform.events.tables import events, head


def check_head(connection: Connection) -> Head:
    """
    Return the head of the chain, held against its last event.

    Raises:
        Conflict: They are not of one another.
    """
    rows = connection.execute(sa.select(head.c.number, head.c.hash, head.c.day)).all()
    if len(rows) != 1:
        raise Conflict(f"the chain has {len(rows)} heads")
    found = Head(*rows[0])
    last = connection.execute(sa.select(events).order_by(events.c.number.desc()).limit(1)).first()
    if last is None:
        if (found.number, found.hash) != (0, GENESIS):
            raise Conflict(f"the head says event {found.number}, and there is none")
        return found
    if (last.number, last.hash) != (found.number, found.hash):
        raise Conflict(f"the head says event {found.number}, the last event is {last.number}")
    draft = EventDraft._make(last[1:-2])
    if digest_of(last.number, draft, last.previous) != last.hash:
        raise Conflict(f"event {last.number} is not as its hash says: `deeptier ledger verify`")
    return found
