"""
Who may see what: one rule for every route, refused where there is none.

A route says `dependencies=[allow(OWN_CHAIN)]`; `create_app` refuses to start with a route that
says nothing, and `docs/api.md` lists what each says. Rules look at the path only, before anything
is read, so that a refusal does not tell whether a thing is there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from app.platform.auth.principals import Principal, Role
from app.platform.errors import Forbidden, Unauthenticated

PathValues = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AccessRule:
    """A named rule: whether somebody may use a route with these values in its path."""

    name: str
    says: str
    permits: Callable[[Principal, PathValues], bool]


def _roles(*roles: Role) -> Callable[[Principal, PathValues], bool]:
    return lambda who, _: who.role in roles


def _is_own_chain(who: Principal, path: PathValues) -> bool:
    return who.is_bank or (who.role == "core" and who.firm == path["core"])


def _is_own_firm(who: Principal, path: PathValues) -> bool:
    return who.is_bank or who.firm == path["firm"]


def _is_own_limit(who: Principal, path: PathValues) -> bool:
    return _is_own_chain(who, path) or (who.role == "supplier" and who.firm == path["firm"])


OPEN = AccessRule("open", "anybody, signed in or not", lambda _who, _path: True)
SIGNED_IN = AccessRule("signed in", "everybody who is signed in", lambda _who, _path: True)
BANK = AccessRule(
    "bank", "the bank's roles: risk, officer, auditor, admin", lambda who, _: who.is_bank
)
CORES = AccessRule(
    "cores",
    "the bank's roles; a core sees itself only",
    lambda who, _: who.is_bank or who.role == "core",
)
OWN_CHAIN = AccessRule("own chain", "the bank's roles; a core for its own chain", _is_own_chain)
OWN_FIRM = AccessRule("own firm", "the bank's roles; a core or supplier for itself", _is_own_firm)
OWN_LIMIT = AccessRule(
    "own limit", "the bank's roles; a core for its own chain; a supplier for itself", _is_own_limit
)
ISSUERS = AccessRule("issuers", "a core, for what it owes itself", _roles("core"))
CONFIRMERS = AccessRule(
    "confirmers", "a core, for what it owes itself; officers for it", _roles("core", "officer")
)
HOLDERS = AccessRule(
    "holders", "a supplier or core, for what it holds itself", _roles("supplier", "core")
)
BORROWERS = AccessRule(
    "borrowers",
    "officers; a supplier or core, for itself",
    _roles("officer", "supplier", "core"),
)
IMPORTERS = AccessRule("importers", "risk and admin", _roles("risk", "admin"))
ANALYSTS = AccessRule("analysts", "risk, officer and admin", _roles("risk", "officer", "admin"))
OFFICERS = AccessRule("officers", "officer", _roles("officer"))
CORE_PEOPLE = AccessRule("core people", "the people of a core", _roles("core"))
CHECKERS = AccessRule(
    "checkers",
    "officer, admin; a core for what is its own",
    _roles("officer", "admin", "core"),
)
ADMINS = AccessRule("admins", "admin", _roles("admin"))
AUDITORS = AccessRule("auditors", "auditor and admin", _roles("auditor", "admin"))


class Guard:
    """
    The dependency that holds a rule; `create_app` finds it on every route.

    Routes call it before they read a body, too.
    """

    is_guard = True

    def __init__(self, rule: AccessRule) -> None:
        self.rule = rule

    async def __call__(self, request: Request) -> None:
        """
        Let the request pass, or not.

        Raises:
            Unauthenticated: Nobody is signed in.
            Forbidden: The rule does not permit it.
        """
        if self.rule is OPEN:
            return
        who = signed_in(request)
        if not self.rule.permits(who, request.path_params):
            raise Forbidden(f"role {who.role} may not use this: it is for {self.rule.says}")


def allow(rule: AccessRule) -> Any:
    """Return the dependency that holds this rule."""
    return Depends(Guard(rule))


def signed_in(request: Request) -> Principal:
    """
    Return who is signed in.

    Raises:
        Unauthenticated: Nobody is.
    """
    who: Principal | None = request.scope.get("state", {}).get("principal")
    if who is None:
        raise Unauthenticated("sign in first")
    return who


async def _signed_in(request: Request) -> Principal:
    return signed_in(request)


PrincipalDep = Annotated[Principal, Depends(_signed_in)]
