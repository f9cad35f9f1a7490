"""Users and their passwords."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from sqlalchemy.exc import IntegrityError

from app.auth.errors import UserExists, WrongPassword
from app.auth.principals import Role
from app.auth.tokens import check_scope
from app.errors import Malformed
from app.records import Records
from app.records.tables import users

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 1024
NAME_LENGTH_MAX = 120


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    user: int
    name: str
    role: Role
    firm: str | None


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
    role: Role,
    firm: str | None,
    now: dt.datetime,
) -> None:
    """
    Add a user.

    Raises:
        Malformed: The name is empty or too long, the password too short, the role without firm.
        UserExists: There is a user of this name.
    """
    check_scope(role, firm)
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Malformed(f"a user's name has 1 to {NAME_LENGTH_MAX} characters")
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Malformed(f"a password has at least {PASSWORD_LENGTH_MIN} characters")
    row = {
        "name": name,
        "role": role,
        "firm": firm,
        "password": _hasher().hash(password),
        "active": True,
        "created_at": now,
    }
    try:
        with records.writing() as connection:
            connection.execute(users.insert().values(row))
    except IntegrityError as error:
        raise UserExists(f"there is a user {name!r}") from error


def set_password(records: Records, name: str, password: str) -> bool:
    """Return whether there is such a user, who has this password from now on."""
    change = sa.update(users).where(users.c.name == name)
    with records.writing() as connection:
        done = connection.execute(change.values(password=_hasher().hash(password)))
        return done.rowcount == 1


def check_password(records: Records, name: str, password: str) -> User:
    """
    Return the active user whose password this is.

    Raises:
        WrongPassword: There is none; the message does not say which of the two was wrong.
    """
    query = sa.select(users).where(users.c.name == name, users.c.active.is_(True))
    with records.reading() as connection:
        row = connection.execute(query).mappings().first()
    kept = row["password"] if row else _nobody()
    if len(password) > PASSWORD_LENGTH_MAX or not _matches(password, kept) or row is None:
        raise WrongPassword("name and password do not belong together")
    return User(row["user"], row["name"], row["role"], row["firm"])


def _matches(password: str, kept: str) -> bool:
    try:
        return _hasher().verify(password, kept)
    except PwdlibError:
        return False
