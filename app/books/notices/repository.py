"""Rows of notices, read beside the lock, and of the mails that tell of them."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from app.books.notices.tables import mail_marks, mails, notices
from app.platform.auth.tables import mail_addresses, users
from app.platform.events.chain import moment_text
from app.platform.records import Records

Row = dict[str, Any]
MARK = "notices"


class MailDue(NamedTuple):
    """A mail that waits: of which notice, to whom, and how often it was tried."""

    mail: str
    tries: int
    made_at: str
    kind: str
    subject: str
    made_on: str
    name: str
    active: bool
    address: str | None
    language: str | None


class CodeDue(NamedTuple):
    """A mail that asks its reader for a code: whose, where, set when, and due when."""

    user: int
    name: str
    address: str
    language: str
    changed_at: dt.datetime
    letter_at: dt.datetime


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


def mail_id(notice: str, user: int) -> str:
    """Return what a mail is called: always the same for the same notice and user."""
    return hashlib.sha256(f"mail\0{notice}\0{user}".encode()).hexdigest()[:32]


def has_news(records: Records, now: dt.datetime) -> bool:
    """Return whether notices came since the mark, or a mail is due."""
    mark = sa.select(mail_marks.c.made).where(mail_marks.c.mark == MARK).scalar_subquery()
    waits = sa.select(mails.c.mail).where(mails.c.state == "waiting", mails.c.due_at <= now)
    asks = sa.select(mail_addresses.c.user).where(mail_addresses.c.letter_at <= now)
    news = sa.or_(
        mark.is_(None),
        sa.exists(sa.select(notices.c.made).where(notices.c.made > mark)),
        sa.exists(waits),
        sa.exists(asks),
    )
    with records.reading() as connection:
        return bool(connection.scalar(sa.select(news)))


def plan(records: Records, *, now: dt.datetime, since: dt.datetime, size: int) -> int:
    """
    Write down which mails the notices after the mark ask for, and move the mark on past them.

    The first call sets the mark behind all that there is: what was told before mail was sent is
    not told by it.

    Args:
        records: Where they stand.
        now: When the mails are due.
        since: Notices of before this moment are passed over.
        size: So many notices at once, and those of the same event.

    Returns:
        How many notices were read.
    """
    try:
        with records.writing(patient=True) as connection:
            mark = connection.scalar(
                sa.select(mail_marks.c.made).where(mail_marks.c.mark == MARK).with_for_update()
            )
            if mark is None:
                last = connection.scalar(sa.select(sa.func.max(notices.c.made))) or 0
                connection.execute(mail_marks.insert().values(mark=MARK, made=last))
                return 0
            return _planned(connection, mark, now, since, size)
    except IntegrityError:  # Another process set the first mark.
        return 0


def _planned(
    connection: Connection, mark: int, now: dt.datetime, since: dt.datetime, size: int
) -> int:
    after = notices.c.made > mark
    next_ones = sa.select(notices.c.made).where(after).order_by(notices.c.made).limit(size)
    last = connection.scalar(sa.select(sa.func.max(next_ones.subquery().c.made)))
    if last is None:
        return 0
    found = connection.execute(sa.select(notices).where(after, notices.c.made <= last)).all()
    told = [each for each in found if each.made_at >= moment_text(since)]
    readers = _readers(connection, {each.firm for each in told})
    rows = [
        {
            "mail": mail_id(each.notice, user),
            "notice": each.notice,
            "user": user,
            "made_at": each.made_at,
            "state": "waiting",
            "tries": 0,
            "due_at": now,
        }
        for each in told
        for user in readers.get(each.firm, ())
    ]
    if rows:
        connection.execute(mails.insert(), rows)
    moved = sa.update(mail_marks).where(mail_marks.c.mark == MARK)
    connection.execute(moved.values(made=last))
    return len(found)


def _readers(connection: Connection, firms: set[str]) -> Mapping[str, Sequence[int]]:
    """Return the users of firms who want mail."""
    joined = sa.join(users, mail_addresses, users.c.user == mail_addresses.c.user)
    query = sa.select(users.c.firm, users.c.user).select_from(joined)
    found: dict[str, list[int]] = {}
    for firm, user in connection.execute(
        query.where(
            users.c.firm.in_(sorted(firms)),
            users.c.active.is_(True),
            mail_addresses.c.confirmed_at.is_not(None),
        )
    ):
        found.setdefault(firm, []).append(user)
    return found


def due(records: Records, now: dt.datetime, size: int) -> Sequence[MailDue]:
    """Return mails that are due, those that wait longest first."""
    joined = mails.join(notices, mails.c.notice == notices.c.notice)
    joined = joined.join(users, mails.c.user == users.c.user)
    theirs = (mails.c.user == mail_addresses.c.user) & mail_addresses.c.confirmed_at.is_not(None)
    joined = joined.outerjoin(mail_addresses, theirs)
    query = (
        sa.select(
            *(mails.c.mail, mails.c.tries, mails.c.made_at),
            *(notices.c.kind, notices.c.subject, notices.c.made_on),
            *(users.c.name, users.c.active),
            *(mail_addresses.c.address, mail_addresses.c.language),
        )
        .select_from(joined)
        .where(mails.c.state == "waiting", mails.c.due_at <= now)
        .order_by(mails.c.due_at, mails.c.made_at, mails.c.mail)
    )
    with records.reading() as connection:
        return [MailDue._make(row) for row in connection.execute(query.limit(size))]


def codes_due(records: Records, now: dt.datetime, size: int) -> Sequence[CodeDue]:
    """Return addresses whose readers are to be sent a code, those that wait longest first."""
    own = mail_addresses.c
    query = (
        sa.select(own.user, users.c.name, own.address, own.language, own.changed_at, own.letter_at)
        .join_from(mail_addresses, users, own.user == users.c.user)
        .where(own.letter_at <= now, users.c.active.is_(True))
        .order_by(own.letter_at, own.user)
    )
    with records.reading() as connection:
        return [CodeDue._make(row) for row in connection.execute(query.limit(size))]


def move_code(records: Records, code: CodeDue, until: dt.datetime | None) -> bool:
    """Return whether the mail of a code is due at another moment now; by None at none."""
    own = mail_addresses.c
    as_read = (own.user == code.user) & (own.letter_at == code.letter_at)
    moved = sa.update(mail_addresses).where(as_read, own.changed_at == code.changed_at)
    with records.writing(patient=True) as connection:
        return connection.execute(moved.values(letter_at=until)).rowcount == 1


def claim(records: Records, mail: MailDue, until: dt.datetime) -> bool:
    """Return whether this process may try a mail now: nobody else does before a moment."""
    with records.writing(patient=True) as connection:
        mine = _as_read(mail.mail, mail.tries)
        return connection.execute(mine.values(tries=mail.tries + 1, due_at=until)).rowcount == 1


def close(
    records: Records, mail: MailDue, values: Mapping[str, Any], *, tried: bool = True
) -> None:
    """Write what became of a mail, where nobody else has tried it meanwhile."""
    with records.writing(patient=True) as connection:
        connection.execute(_as_read(mail.mail, mail.tries + tried).values(**values))


def _as_read(mail: str, tries: int) -> sa.Update:
    return sa.update(mails).where(
        mails.c.mail == mail, mails.c.state == "waiting", mails.c.tries == tries
    )


def forget(records: Records, before: dt.datetime) -> int:
    """Return how many mails that ended before a moment were forgotten."""
    with records.writing(patient=True) as connection:
        return connection.execute(sa.delete(mails).where(mails.c.ended_at < before)).rowcount


def counts(records: Records) -> Mapping[str, int]:
    """Return how many mails there are in each state."""
    query = sa.select(mails.c.state, sa.func.count()).group_by(mails.c.state)
    with records.reading() as connection:
        return {state: count for state, count in connection.execute(query).all()}  # noqa: C416  # mypy
