"""Sessions of browsers: a random cookie, of which the records keep the hash."""

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from string import hexdigits

import sqlalchemy as sa

from app.platform.auth.errors import WrongPassword
from app.platform.auth.principals import Principal, RoleScope
from app.platform.auth.tables import sessions, users
from app.platform.auth.users import User, still_holds
from app.platform.records import Records

COOKIE = "deeptier_session"
MASKED_LENGTH = 128  # Pad and token, 32 bytes each, as hexadecimal digits.
LASTS = dt.timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """What a browser is given at sign-in."""

    cookie: str
    expires_at: dt.datetime
    principal: Principal


def begin(records: Records, key: bytes, user: User, *, now: dt.datetime) -> Session:
    """
    Return a new session of a user.

    Raises:
        WrongPassword: The password was changed, or the user disabled, since it was checked.
    """
    cookie = secrets.token_urlsafe(32)
    session = _hash(cookie)
    with records.writing() as connection:
        if not still_holds(connection, user):
            raise WrongPassword("name and password do not belong together")
        connection.execute(
            sessions.insert().values(
                session=session, user=user.user, created_at=now, expires_at=now + LASTS
            )
        )
    ends_at = now + LASTS
    scope = RoleScope(user.role, user.firm, user.unit)
    principal = _principal(user.name, scope, session, key=key, ends_at=ends_at)
    return Session(cookie, ends_at, principal)


def find(records: Records, key: bytes, cookie: str, *, now: dt.datetime) -> Principal | None:
    """Return who holds this cookie; None where the session is unknown or over."""
    session = _hash(cookie)
    query = (
        sa.select(users.c.name, users.c.role, users.c.firm, users.c.unit, sessions.c.expires_at)
        .join_from(sessions, users)
        .where(
            sessions.c.session == session,
            sessions.c.expires_at > now,
            users.c.active.is_(True),
        )
    )
    with records.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    scope = RoleScope(row.role, row.firm, row.unit)
    return _principal(row.name, scope, session, key=key, ends_at=row.expires_at)


def _principal(
    name: str, scope: RoleScope, session: str, *, key: bytes, ends_at: dt.datetime
) -> Principal:
    return Principal(
        name,
        scope.role,
        scope.firm,
        session,
        csrf_of(session, key),
        ends_at=ends_at,
        unit=scope.unit,
    )


def prolong(records: Records, session: str, *, now: dt.datetime) -> bool:
    """Return whether a session that still holds lasts as long as a new one from now on."""
    changed = (
        sa.update(sessions)
        .where(sessions.c.session == session, sessions.c.expires_at > now)
        .values(expires_at=now + LASTS)
    )
    with records.writing() as connection:
        return bool(connection.execute(changed).rowcount)


def end(records: Records, session: str) -> None:
    """Forget a session."""
    with records.writing() as connection:
        connection.execute(sa.delete(sessions).where(sessions.c.session == session))


def sweep(records: Records, *, now: dt.datetime) -> int:
    """Return how many sessions were over, and forget them."""
    with records.writing() as connection:
        done = connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
        return done.rowcount


def csrf_of(session: str, key: bytes) -> str:
    """Return the token that forms of this session carry; nobody without the key can make it."""
    return hmac.new(key, b"csrf\0" + session.encode(), hashlib.sha256).hexdigest()


def masked(token: str) -> str:
    """
    Return a CSRF token as a page carries it: other letters each time, for the same token.

    What stands the same in every packed page could be guessed letter by letter from their lengths.
    """
    value = bytes.fromhex(token)
    pad = secrets.token_bytes(len(value))
    return (pad + _xor(pad, value)).hex()


def unmasked(given: str) -> str:
    """Return the token behind what a page carried; what is no masked token stays as it is."""
    if len(given) != MASKED_LENGTH or not set(given) <= set(hexdigits):
        return given
    value = bytes.fromhex(given)
    half = len(value) // 2
    return _xor(value[:half], value[half:]).hex()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
