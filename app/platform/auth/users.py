"""Users and their passwords."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.exc import IntegrityError

from app.platform.auth.errors import UserExists, WrongPassword
from app.platform.auth.principals import Role, RoleScope, check_scope
from app.platform.auth.tables import mail_addresses, sessions, tokens, users
from app.platform.errors import Absent, Malformed
from app.platform.records import Records
from app.platform.text import is_on_one_line

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 1024
NAME_LENGTH_MAX = 120
NAMELESS = "token:"  # How tokens that name nobody are called.


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in; `password` is the hash that was checked."""

    user: int
    name: str
    role: Role
    firm: str | None
    unit: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a user: whether they may sign in, and by what they have access now."""

    name: str
    role: Role
    firm: str | None
    unit: str
    active: bool
    created_at: dt.datetime
    sessions: int
    tokens: int
    mail: str | None  # Where they are told by mail.


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions and tokens were ended."""

    sessions: int
    tokens: int


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """Return the hash that an unknown name is tried against, so that both take the same time."""
    return _hasher().hash("nobody has this password")


def set_user(
    records: Records,
    name: str,
    password: str,
    *,
    scope: RoleScope,
    now: dt.datetime,
) -> None:
    """
    Add a user; tokens that name them already are theirs, and end with their access.

    Raises:
        Malformed: The name is empty or too long, the password too short, the role without firm.
        UserExists: There is a user of this name.
    """
    check_scope(scope.role, scope.firm)
    check_name(name)
    row = {
        "name": name,
        "role": scope.role,
        "firm": scope.firm,
        "unit": scope.unit,
        "password": _hashed(password),
        "active": True,
        "created_at": now,
    }
    try:
        with records.writing() as connection:
            made = connection.execute(users.insert().values(row)).inserted_primary_key
            named = sa.update(tokens).where(tokens.c.person == name)
            connection.execute(named.values(user=made[0] if made else None))
    except IntegrityError as error:
        raise UserExists(f"there is a user {name!r}") from error


def check_name(name: str) -> None:
    """
    Raise where nobody can have this name.

    Raises:
        Malformed: It is empty, too long, not one line, or a name of those whom tokens do not name.
    """
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Malformed(f"a user's name has 1 to {NAME_LENGTH_MAX} characters")
    if not is_on_one_line(name) or name != name.strip():
        raise Malformed("a user's name is one line of text, without blanks around it")
    if name.startswith(NAMELESS):
        raise Malformed(f"a user's name does not begin with {NAMELESS!r}")


def set_password(records: Records, name: str, password: str, *, now: dt.datetime) -> bool:
    """
    Return whether there is such a user, who has this password from now on.

    Whoever knew the old one is out: all sessions and tokens of the user end.

    Raises:
        Malformed: The password is too short or too long.
    """
    hashed = _hashed(password)
    with records.writing() as connection:
        user = _locked(connection, name)
        if user is None:
            return False
        change = sa.update(users).where(users.c.user == user)
        connection.execute(change.values(password=hashed))
        _end(connection, user, now)
        return True


def set_active(records: Records, name: str, *, active: bool, now: dt.datetime) -> Ended:
    """
    Let a user sign in, or no longer; who may not has no session or token left.

    Raises:
        Absent: There is no such user.
    """
    with records.writing() as connection:
        user = _known(connection, name)
        change = sa.update(users).where(users.c.user == user)
        connection.execute(change.values(active=active))
        return Ended(0, 0) if active else _end(connection, user, now)


def end_access(records: Records, name: str, *, now: dt.datetime) -> Ended:
    """
    Return how many sessions and tokens of a user were ended; they may sign in again.

    Raises:
        Absent: There is no such user.
    """
    with records.writing() as connection:
        return _end(connection, _known(connection, name), now)


def accounts(
    records: Records, *, now: dt.datetime, after: str = "", size: int = 1000
) -> list[Account]:
    """Return up to `size` users in order of their names, those after one name."""
    query = _accounts(now).where(users.c.name > after).order_by(users.c.name).limit(size)
    with records.reading() as connection:
        return [Account(*row) for row in connection.execute(query)]


def account(records: Records, name: str, *, now: dt.datetime) -> Account:
    """
    Return what is known of a user.

    Raises:
        Absent: There is no such user.
    """
    with records.reading() as connection:
        row = connection.execute(_accounts(now).where(users.c.name == name)).first()
    if row is None:
        raise Absent(f"no user {name!r}")
    return Account(*row)


def _accounts(now: dt.datetime) -> sa.Select[Any]:
    of_session = sa.select(sa.func.count()).where(
        sessions.c.user == users.c.user, sessions.c.expires_at > now
    )
    of_token = sa.select(sa.func.count()).where(
        tokens.c.user == users.c.user, tokens.c.expires_at > now, tokens.c.revoked_at.is_(None)
    )
    joined = sa.outerjoin(users, mail_addresses, users.c.user == mail_addresses.c.user)
    return sa.select(
        users.c.name,
        users.c.role,
        users.c.firm,
        users.c.unit,
        users.c.active,
        users.c.created_at,
        of_session.scalar_subquery(),
        of_token.scalar_subquery(),
        mail_addresses.c.address,
    ).select_from(joined)


def is_user(records: Records, name: str) -> bool:
    """Return whether there is a user of this name, whether or not they may sign in."""
    with records.reading() as connection:
        found = connection.execute(sa.select(users.c.user).where(users.c.name == name))
        return found.first() is not None


def user_named(records: Records, name: str) -> User:
    """
    Return an active user.

    Raises:
        Absent: There is none of this name, or they may not sign in.
    """
    row = _active(records, name)
    if row is None:
        raise Absent(f"no active user {name!r}")
    return User(**row)


def check_password(records: Records, name: str, password: str) -> User:
    """
    Return the active user whose password this is.

    Raises:
        WrongPassword: There is none; the message does not say which of the two was wrong.
    """
    row = _active(records, name)
    kept = row["password"] if row else _nobody()
    if len(password) > PASSWORD_LENGTH_MAX or not _matches(password, kept) or row is None:
        raise WrongPassword("name and password do not belong together")
    return User(**row)


def still_holds(connection: Connection, user: User) -> bool:
    """Return whether a user may still sign in with the password that was checked."""
    query = sa.select(users.c.password, users.c.active).where(users.c.user == user.user)
    row = connection.execute(query.with_for_update()).first()
    return row is not None and row.active and row.password == user.password


def _active(records: Records, name: str) -> RowMapping | None:
    columns = (users.c.user, users.c.name, users.c.role, users.c.firm, users.c.unit)
    query = sa.select(*columns, users.c.password).where(
        users.c.name == name, users.c.active.is_(True)
    )
    with records.reading() as connection:
        return connection.execute(query).mappings().first()


def _locked(connection: Connection, name: str) -> int | None:
    query = sa.select(users.c.user).where(users.c.name == name).with_for_update()
    found: int | None = connection.execute(query).scalar()
    return found


def _known(connection: Connection, name: str) -> int:
    user = _locked(connection, name)
    if user is None:
        raise Absent(f"no user {name!r}")
    return user


def _end(connection: Connection, user: int, now: dt.datetime) -> Ended:
    over = sa.delete(sessions).where(sessions.c.user == user)
    revoked = (
        sa.update(tokens)
        .where(tokens.c.user == user, tokens.c.revoked_at.is_(None), tokens.c.expires_at > now)
        .values(revoked_at=now)
    )
    return Ended(connection.execute(over).rowcount, connection.execute(revoked).rowcount)


def _hashed(password: str) -> str:
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Malformed(f"a password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")
    return _hasher().hash(password)


def _matches(password: str, kept: str) -> bool:
    try:
        return _hasher().verify(password, kept)
    except PwdlibError:
        return False
