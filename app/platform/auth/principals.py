"""Who asks."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, get_args

from app.platform.errors import Malformed

Role = Literal["risk", "officer", "core", "supplier", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
HEAD = "head"  # The unit of who is in no other: the head office.
OUTSIDE_ROLES: tuple[Role, ...] = ("core", "supplier")  # Tied to one firm; the others are the bank.


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody signed in: name, role, for a core or supplier their firm, and by what means."""

    name: str
    role: Role
    firm: str | None = None
    session: str | None = None  # Identifies the session; None for a bearer token.
    csrf: str | None = None  # What forms and scripts of this session must send along.
    token: str | None = field(default=None, compare=False)  # Of a bearer token that is no user's.
    ends_at: dt.datetime | None = field(default=None, compare=False)  # When the session does.
    unit: str = HEAD  # Of the bank, in which they work.

    @property
    def person(self) -> str:
        """
        Return what tells people apart, whatever token or session each of them uses.

        Tokens of a role and firm that name nobody are one person.
        """
        return self.name

    @property
    def account(self) -> str:
        """Return whose work is counted together: a user's, or that of one token of no user."""
        return self.name if self.token is None else f"{self.name} {self.token}"

    @property
    def is_bank(self) -> bool:
        """Return whether this is one of the bank's own roles."""
        return self.role not in OUTSIDE_ROLES


@dataclass(frozen=True, slots=True)
class RoleScope:
    """As what somebody acts: in a role, for a core or supplier of a firm, in a unit."""

    role: Role
    firm: str | None = None
    unit: str = HEAD


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
