"""Bearer tokens: signed, with an end, and revocable by their id."""

import datetime as dt
import secrets
from dataclasses import dataclass

import jwt
import sqlalchemy as sa
from jwt.types import Options
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.platform.auth.principals import HEAD, ROLES, Principal, Role, RoleScope, check_scope
from app.platform.auth.tables import tokens, users
from app.platform.auth.users import NAMELESS, User, check_name
from app.platform.errors import Malformed, Unauthenticated
from app.platform.records import Records

ISSUER = "deeptier"
ALGORITHM = "HS256"
DAYS_MAX = 3650
SUBJECT_LENGTH_MAX = 160  # As long as an actor of the audit.
MOMENT_MAX = 2**40
OUR_CLOCK_DECIDES: Options = {
    "require": ["exp", "iat", "iss", "jti", "sub", "role"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token that was given out."""

    token: str
    role: Role
    firm: str | None
    user: str | None
    unit: str
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who is given a token and is no user: somebody by name, or whoever has it."""

    name: str | None
    scope: RoleScope

    @property
    def unit(self) -> str:
        """Return the unit in which they work."""
        return self.scope.unit


class TokenClaims(BaseModel):
    """What a token of ours says; anything else is none of ours."""

    model_config = ConfigDict(strict=True)

    sub: str = Field(min_length=1, max_length=160)
    jti: str = Field(min_length=1, max_length=64)
    role: str
    firm: str | None = None
    unit: str = Field(HEAD, min_length=1, max_length=64)
    exp: int = Field(ge=0, le=MOMENT_MAX)
    iat: int = Field(ge=0, le=MOMENT_MAX)


def issue(
    records: Records, key: bytes, *, role: Role, firm: str | None, days: int, now: dt.datetime
) -> str:
    """
    Return a new bearer token for a role; the records keep its id, never the token.

    Raises:
        Malformed: A core or supplier without a firm, another role with one, or days out of range.
    """
    holder = Bearer(None, RoleScope(role, firm))
    return issue_to(records, key, holder, days=days, now=now)


def issue_to(
    records: Records, key: bytes, holder: User | Bearer, *, days: int, now: dt.datetime
) -> str:
    """
    Return a new bearer token of a user, which ends with the user's access, or of somebody else.

    Raises:
        Malformed: A core or supplier without a firm, another role with one, a name that nobody
            can have, or days out of range.
    """
    if isinstance(holder, User):
        scope, name = RoleScope(holder.role, holder.firm, holder.unit), holder.name
    else:
        scope, name = holder.scope, holder.name or _bare(holder.scope.role, holder.scope.firm)
        check_scope(scope.role, scope.firm)
        if holder.name is not None:
            check_name(holder.name)
    if not 1 <= days <= DAYS_MAX:
        raise Malformed(f"a token lasts 1 to {DAYS_MAX} days, not {days}")
    token = secrets.token_hex(16)
    expires_at = now + dt.timedelta(days=days)
    row = {
        "token": token,
        "role": scope.role,
        "firm": scope.firm,
        "user": holder.user if isinstance(holder, User) else None,
        "person": holder.name,
        "unit": scope.unit,
        "created_at": now,
        "expires_at": expires_at,
    }
    with records.writing() as connection:
        connection.execute(tokens.insert().values(row))
    claims = {
        "iss": ISSUER,
        "sub": name,
        "jti": token,
        "role": scope.role,
        "firm": scope.firm,
        "unit": scope.unit,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read(token: str, key: bytes, *, now: dt.datetime) -> tuple[str, Principal]:
    """
    Return the id and the bearer of a token whose signature and dates hold.

    Raises:
        Unauthenticated: It is no token of ours, or its time is over.
    """
    try:
        read = jwt.decode(
            token, key, algorithms=[ALGORITHM], issuer=ISSUER, options=OUR_CLOCK_DECIDES
        )
        claims = TokenClaims.model_validate(read)
        check_scope(claims.role, claims.firm)
    except (jwt.PyJWTError, ValidationError, Malformed) as error:
        raise Unauthenticated("the bearer token is not valid") from error
    if now.timestamp() >= claims.exp:
        raise Unauthenticated("the bearer token has expired")
    role = next(each for each in ROLES if each == claims.role)
    own = claims.jti if claims.sub == _bare(role, claims.firm) else None
    bearer = Principal(claims.sub, role, claims.firm, token=own, unit=claims.unit)
    return claims.jti, bearer


def _bare(role: Role, firm: str | None) -> str:
    """Return the name of whoever bears a token that is no user's."""
    scope = f"{role}:{firm}" if firm else role
    return f"{NAMELESS}{scope}"[:SUBJECT_LENGTH_MAX]


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


def given_out(
    records: Records, *, now: dt.datetime, after: str = "", size: int = 1000
) -> list[Token]:
    """Return up to `size` tokens whose time is not over, in order of their ids, those after one."""
    query = (
        sa.select(
            tokens.c.token,
            tokens.c.role,
            tokens.c.firm,
            sa.func.coalesce(users.c.name, tokens.c.person).label("user"),
            tokens.c.unit,
            tokens.c.created_at,
            tokens.c.expires_at,
            tokens.c.revoked_at,
        )
        .outerjoin_from(tokens, users)
        .where(tokens.c.expires_at > now, tokens.c.token > after)
        .order_by(tokens.c.token)
        .limit(size)
    )
    with records.reading() as connection:
        return [Token(**row) for row in connection.execute(query).mappings()]
