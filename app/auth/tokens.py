"""Bearer tokens: signed, with an end, and revocable by their id."""

import datetime as dt
import secrets

import jwt
import sqlalchemy as sa

from app.auth.principals import OUTSIDE_ROLES, ROLES, Principal, Role
from app.errors import Malformed, Unauthenticated
from app.records import Records
from app.records.tables import tokens

ISSUER = "deeptier"
ALGORITHM = "HS256"
DAYS_MAX = 3650
REQUIRED = ["exp", "iat", "iss", "jti", "sub", "role"]


def issue(
    records: Records, key: bytes, *, role: Role, firm: str | None, days: int, now: dt.datetime
) -> str:
    """
    Return a new bearer token for a role; the records keep its id, never the token.

    Raises:
        Malformed: A core or supplier without a firm, another role with one, or days out of range.
    """
    check_scope(role, firm)
    if not 1 <= days <= DAYS_MAX:
        raise Malformed(f"a token lasts 1 to {DAYS_MAX} days, not {days}")
    token = secrets.token_hex(16)
    expires_at = now + dt.timedelta(days=days)
    claims = {
        "iss": ISSUER,
        "sub": f"token:{role}:{firm}" if firm else f"token:{role}",
        "jti": token,
        "role": role,
        "firm": firm,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    with records.writing() as connection:
        connection.execute(
            tokens.insert().values(
                token=token, role=role, firm=firm, created_at=now, expires_at=expires_at
            )
        )
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def check_scope(role: str, firm: str | None) -> None:
    """
    Raise where a role and a firm do not go together.

    Raises:
        Malformed: There is no such role, it lacks its firm, or it takes none.
    """
    if role not in ROLES:
        raise Malformed(f"no role {role!r}; there are {', '.join(ROLES)}")
    if (role in OUTSIDE_ROLES) != bool(firm):
        raise Malformed(
            f"role {role} needs the id of its firm" if not firm else f"role {role} takes no firm"
        )


def read(token: str, key: bytes, *, now: dt.datetime) -> tuple[str, Principal]:
    """
    Return the id and the bearer of a token whose signature and dates hold.

    Raises:
        Unauthenticated: It is no token of ours, or its time is over.
    """
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": REQUIRED, "verify_exp": False, "verify_iat": False},
        )
        check_scope(claims["role"], claims.get("firm"))
    except (jwt.PyJWTError, Malformed) as error:
        raise Unauthenticated("the bearer token is not valid") from error
    if now.timestamp() >= claims["exp"]:
        raise Unauthenticated("the bearer token has expired")
    bearer = Principal(name=claims["sub"], role=claims["role"], firm=claims.get("firm"))
    return claims["jti"], bearer


def is_revoked(records: Records, token: str) -> bool:
    """Return whether a token was revoked; one that these records never saw was not."""
    query = sa.select(tokens.c.revoked_at).where(tokens.c.token == token)
    with records.reading() as connection:
        return connection.execute(query).scalar() is not None


def revoke(records: Records, token: str, *, now: dt.datetime) -> bool:
    """Return whether a token of this id was there to revoke."""
    change = (
        sa.update(tokens)
        .where(tokens.c.token == token, tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    with records.writing() as connection:
        return connection.execute(change).rowcount == 1
