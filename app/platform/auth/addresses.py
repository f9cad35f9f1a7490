"""
Where users are told by mail: one address each, and the language in which they read.

Nothing is told at an address before its reader has confirmed it, by a code that is sent there. The
code follows from the key of the service, the address and when it was set: none is kept.
"""

import base64
import datetime as dt
import hmac
from dataclasses import dataclass

import sqlalchemy as sa

from app.platform.auth.tables import mail_addresses, users
from app.platform.errors import Absent, Malformed
from app.platform.records import Records
from app.platform.text import is_mail_address

LANGUAGES = ("zh", "en")
CODE_LETTERS, CODE_BYTES = 8, 5
CODE_LASTS = dt.timedelta(days=1)
CODE_TRIES_MAX = 5
LETTER_PAUSE = dt.timedelta(minutes=2)  # Between two mails that ask for a code, of one user.
REFUSED = "code: it is not the one sent last, or too old; save the address again for another"


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address of mail, and the language of what is sent to it."""

    address: str
    language: str
    is_confirmed: bool = False


def check_address(given: MailAddress) -> None:
    """
    Raise where nothing could be sent to an address.

    Raises:
        Malformed: It is no address of ASCII with a domain, or there is no such language.
    """
    if not is_mail_address(given.address):
        raise Malformed("address: this is no address of mail as name@bank.example")
    if given.language not in LANGUAGES:
        raise Malformed(f"language: one of {', '.join(LANGUAGES)}")


def address_of(records: Records, name: str) -> MailAddress | None:
    """
    Return where a user is told by mail; None where nowhere.

    Raises:
        Absent: There is no such user.
    """
    joined = sa.outerjoin(users, mail_addresses, users.c.user == mail_addresses.c.user)
    own = mail_addresses.c
    query = sa.select(own.address, own.language, own.confirmed_at).select_from(joined)
    with records.reading() as connection:
        row = connection.execute(query.where(users.c.name == name)).first()
    if row is None:
        raise Absent(f"no user {name!r}")
    if row.address is None:
        return None
    return MailAddress(row.address, row.language, row.confirmed_at is not None)


def set_address(records: Records, name: str, given: MailAddress | None, now: dt.datetime) -> None:
    """
    Let a user be told by mail at an address once it is confirmed, or by None nowhere.

    Where it is not said to be confirmed, and was not before, a mail that asks for it is due.

    Raises:
        Malformed: Nothing could be sent to it.
        Absent: There is no such user.
    """
    if given is not None:
        check_address(given)
    known = sa.select(users.c.user).where(users.c.name == name).with_for_update()
    with records.writing() as connection:
        user = connection.execute(known).scalar()
        if user is None:
            raise Absent(f"no user {name!r}")
        own = mail_addresses.c
        before = connection.execute(sa.select(mail_addresses).where(own.user == user)).first()
        connection.execute(sa.delete(mail_addresses).where(own.user == user))
        if given is not None:
            row = {"address": given.address, "language": given.language, "changed_at": now}
            since = now if given.is_confirmed else None
            if before is not None and before.address == given.address:
                since = before.confirmed_at or since
            earliest = before.changed_at + LETTER_PAUSE if before is not None else now
            row |= {"confirmed_at": since, "letter_at": None if since else max(now, earliest)}
            connection.execute(mail_addresses.insert().values(user=user, **row))


def code_of(key: bytes, user: int, address: str, changed_at: dt.datetime) -> str:
    """
    Return the code that confirms an address, by when it was set.

    Example:
        >>> code_of(b"key", 1, "ann@mill.example", dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
        'GPZQIOPC'
    """
    about = f"mail\0{user}\0{address}\0{changed_at.isoformat()}".encode()
    return base64.b32encode(hmac.digest(key, about, "sha256")[:CODE_BYTES]).decode()


def confirm_address(records: Records, name: str, code: str, key: bytes, now: dt.datetime) -> None:
    """
    Take an address as confirmed by the code that was sent there; confirmed again it stays so.

    Raises:
        Malformed: The code is not the one sent last, is too old, or was tried too often.
        Absent: There is no such user, or they have no address.
    """
    own = mail_addresses.c
    joined = mail_addresses.join(users, own.user == users.c.user)
    query = sa.select(mail_addresses).select_from(joined).where(users.c.name == name)
    with records.writing() as connection:
        row = connection.execute(query.with_for_update()).first()
        if row is None:
            raise Absent(f"no address of {name!r}")
        wanted = code_of(key, row.user, row.address, row.changed_at)
        given = code.strip().upper().encode()
        in_time = now <= row.changed_at + CODE_LASTS and row.tries < CODE_TRIES_MAX
        is_right = hmac.compare_digest(given, wanted.encode()) and in_time
        if row.confirmed_at is None:
            values = (
                {"confirmed_at": now, "letter_at": None} if is_right else {"tries": row.tries + 1}
            )
            connection.execute(
                sa.update(mail_addresses).where(own.user == row.user).values(**values)
            )
    if row.confirmed_at is None and not is_right:
        raise Malformed(REFUSED)
