"""Who asks."""

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["risk", "officer", "core", "supplier", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
OUTSIDE_ROLES: tuple[Role, ...] = ("core", "supplier")  # Tied to one firm; the others are the bank.


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody signed in: name, role, for a core or supplier their firm, and by what means."""

    name: str
    role: Role
    firm: str | None = None
    session: str | None = None  # Identifies the session; None for a bearer token.
    csrf: str | None = None  # What forms and scripts of this session must send along.

    @property
    def is_bank(self) -> bool:
        """Return whether this is one of the bank's own roles."""
        return self.role not in OUTSIDE_ROLES
