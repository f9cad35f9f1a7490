"""Demo logins: people to try the service with, their passwords kept in the data folder."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from app.chain.limits.documents import results_of
from app.data.versions.service import AskedVersion
from app.platform.auth.errors import UserExists, WrongPassword
from app.platform.auth.principals import HEAD, OUTSIDE_ROLES, ROLES, Role, RoleScope
from app.platform.auth.sight import EVERYTHING
from app.platform.auth.users import check_password, set_active, set_password, set_user
from app.platform.deps import Resources
from app.platform.errors import Absent

FILE = "demo-logins.json"
OWNER_ONLY = 0o600
NAME_MAX = 120
SUPPLIERS = 3


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password to try the service with."""

    name: str
    role: Role
    firm: str | None
    password: str
    unit: str = HEAD


def demo_logins(resources: Resources) -> list[Login]:
    """
    Return a login for each role, made on first use; cores and suppliers are of one chain.

    Some roles have several: what one person begins, another has to check, of the core as of the
    bank, and some of it in a higher unit.

    Raises:
        Absent: No version is published, or it has no limits yet.
    """
    place = resources.home / FILE
    kept = _kept(place)
    core, suppliers = _example(resources)
    people = [
        *((f"demo-{role}", RoleScope(role)) for role in ROLES if role not in OUTSIDE_ROLES),
        ("demo-officer-branch", RoleScope("officer", unit="branch")),
        (f"demo-core-{core}", RoleScope("core", core)),
        (f"demo-core-checker-{core}", RoleScope("core", core)),
        *((f"demo-supplier-{firm}", RoleScope("supplier", firm)) for firm in suppliers),
    ]
    logins = []
    for name, scope in people:
        login = kept.get(name[:NAME_MAX]) or _login(name[:NAME_MAX], scope)
        _ensure(resources, login)
        logins.append(login)
    _keep(place, logins)
    return logins


def _login(name: str, scope: RoleScope) -> Login:
    return Login(name, scope.role, scope.firm, secrets.token_urlsafe(12), scope.unit)


def _ensure(resources: Resources, login: Login) -> None:
    now = resources.now()
    try:
        set_user(
            resources.records,
            login.name,
            login.password,
            scope=RoleScope(login.role, login.firm, login.unit),
            now=now,
        )
    except UserExists:
        _renew(resources, login)


def _renew(resources: Resources, login: Login) -> None:
    """Give the user the password that is printed; whoever is signed in with it stays so."""
    records, now = resources.records, resources.now()
    try:
        check_password(records, login.name, login.password)
    except WrongPassword:
        set_password(records, login.name, login.password, now=now)
        set_active(records, login.name, active=True, now=now)


def _example(resources: Resources) -> tuple[str, list[str]]:
    """Return a core whose chain has a facility, and those in it with the largest limits."""
    results = results_of(resources, AskedVersion(), EVERYTHING)
    for core in results.cores:
        members, _ = results.members(core, "limit_fen", descending=True, size=SUPPLIERS)
        firms = [member.id for member in members if member.limit_fen]
        if results.facility(core) is not None and firms:
            return core, firms
    raise Absent("no chain has both a facility and a firm with a limit")


def _kept(place: Path) -> dict[str, Login]:
    if not place.is_file():
        return {}
    logins = [Login(**entry) for entry in json.loads(place.read_text(encoding="utf-8"))]
    return {login.name: login for login in logins}


def _keep(place: Path, logins: list[Login]) -> None:
    place.touch(OWNER_ONLY)
    text = json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=2)
    place.write_text(text + "\n", encoding="utf-8")
