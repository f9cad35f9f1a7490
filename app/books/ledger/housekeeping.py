"""What is over in the ledger: keys past their time, reservations that nobody asked to end."""

import datetime as dt

import sqlalchemy as sa

from app.books.ledger.moving import Moving
from app.books.ledger.orders import Reads, Reply
from app.books.ledger.service import AccountLedger, Plain
from app.books.ledger.tables import keys, uses
from app.platform.clock import Clock
from app.platform.errors import Busy
from app.platform.events import moment_text
from app.platform.records import Records

PARTS_MAX = 1_000  # Orders that give back what has passed its time, one after the other.
AGAIN_SECONDS = 1
AT_ONCE_MAX = 5_000  # Keys forgotten by one transaction, so that others come between.


def forget_keys(records: Records, *, before: dt.datetime) -> int:
    """Return how many first answers of before a moment were forgotten."""
    over = sa.select(keys.c.key, keys.c.person).where(keys.c.at < moment_text(before))
    own = sa.tuple_(keys.c.key, keys.c.person)
    count = 0
    while True:
        with records.writing(patient=True) as connection:
            found = connection.execute(over.limit(AT_ONCE_MAX)).all()
            for start in range(0, len(found), 500):
                part = [tuple(row) for row in found[start : start + 500]]
                connection.execute(sa.delete(keys).where(own.in_(part)))
        count += len(found)
        if len(found) < AT_ONCE_MAX:
            return count


def count_passed(records: Records, now: dt.datetime) -> int:
    """Return how many reservations are past their time and not given back yet."""
    passed = (uses.c.expires_at > "") & (uses.c.expires_at <= moment_text(now))
    query = sa.select(sa.func.count()).where(uses.c.state == "reserved", passed)
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)


def give_back(ledger: AccountLedger, now: Clock) -> None:
    """
    Give back every reservation past its time, as any order does before it is decided.

    Where there are more than one order may give back, it goes on in parts, others between them, for
    as long as there are fewer after each.

    Raises:
        Busy: Others were in the way for too long, or as many pass their time as are given back.
    """
    before = count_passed(ledger.records, now())
    for _ in range(PARTS_MAX):
        try:
            ledger.ask(Plain(Reads(), _nothing))
        except Busy:
            left = count_passed(ledger.records, now())
            if left >= before:
                raise
            before = left
        else:
            return
    raise Busy(f"{before} reservations past their time are left", again_seconds=AGAIN_SECONDS)


def _nothing(_: Moving) -> Reply:
    return Reply.of(200, None)
