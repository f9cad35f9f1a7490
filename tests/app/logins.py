"""Users of tests, whose passwords cost next to nothing to check: a hash says how dear it is."""

import datetime as dt
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.platform.auth.principals import HEAD, Role
from app.platform.auth.tables import users
from app.platform.records import Records


@cache
def least_hasher() -> PasswordHash:
    """Return what makes hashes of the kind that the service makes, of the least there may be."""
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@cache
def cheap(password: str) -> str:
    """Return such a hash."""
    return least_hasher().hash(password)


def add_user(
    records: Records,
    name: str,
    password: str,
    *,
    role: Role,
    now: dt.datetime,
    firm: str | None = None,
    unit: str = HEAD,
) -> None:
    """Add a user as `set_user` does, which tests of its own hold to its word."""
    row = {"name": name, "role": role, "firm": firm, "unit": unit, "password": cheap(password)}
    with records.writing() as connection:
        connection.execute(users.insert().values(row | {"active": True, "created_at": now}))
