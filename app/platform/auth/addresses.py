"""Where users are told by mail: one address each, and the language in which they read."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.platform.auth.tables import mail_addresses, users
from app.platform.errors import Absent, Malformed
from app.platform.records import Records
from app.platform.text import is_mail_address

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address of mail, and the language of what is sent to it."""

    address: str
    language: str


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
    query = sa.select(mail_addresses.c.address, mail_addresses.c.language).select_from(joined)
    with records.reading() as connection:
        row = connection.execute(query.where(users.c.name == name)).first()
    if row is None:
        raise Absent(f"no user {name!r}")
    return None if row.address is None else MailAddress(*row)


def set_address(records: Records, name: str, given: MailAddress | None, now: dt.datetime) -> None:
    """
    Let a user be told by mail at an address, or by None nowhere.

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
        connection.execute(sa.delete(mail_addresses).where(mail_addresses.c.user == user))
        if given is not None:
            row = {"address": given.address, "language": given.language, "changed_at": now}
            connection.execute(mail_addresses.insert().values(user=user, **row))
