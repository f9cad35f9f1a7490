"""Demo logins: one for each role, their passwords made here and kept in the data folder."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from app.chain.limits.documents import results_of
from app.data.versions.service import AskedVersion
from app.platform.auth.errors import UserExists, WrongPassword
from app.platform.auth.principals import ROLES, Role, RoleScope
from app.platform.auth.sight import EVERYTHING
from app.platform.auth.users import check_password, set_active, set_password, set_user
from app.platform.deps import Resources
from app.platform.errors import Absent

FILE = "demo-logins.json"
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password to try the service with."""

    name: str
    role: Role
    firm: str | None
    password: str


def demo_logins(resources: Resources) -> list[Login]:
    """
    Return one login for each role, made on first use; the core and supplier are of one chain.

    Raises:
        Absent: No version is published, or it has no limits yet.
    """
    place = resources.home / FILE
    kept = _kept(place)
    core, supplier = _example(resources)
    firms: dict[Role, str] = {"core": core, "supplier": supplier}
    logins = []
    for role in ROLES:
        before = kept.get(role)
        fits = before is not None and before.firm == firms.get(role)
        logins.append(before if before and fits else _login(role, firms.get(role)))
    for login in logins:
        _ensure(resources, login)
    _keep(place, logins)
    return logins


def _login(role: Role, firm: str | None) -> Login:
    name = f"demo-{role}-{firm}" if firm else f"demo-{role}"
    return Login(name[:120], role, firm, secrets.token_urlsafe(12))


def _ensure(resources: Resources, login: Login) -> None:
    now = resources.now()
    try:
        set_user(
            resources.records,
            login.name,
            login.password,
            scope=RoleScope(login.role, login.firm),
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


def _example(resources: Resources) -> tuple[str, str]:
    """Return a core whose chain has a facility, and the supplier in it with the largest limit."""
    results = results_of(resources, AskedVersion(), EVERYTHING)
    for core in results.cores:
        members, _ = results.members(core, "limit_fen", descending=True, size=1)
        if results.facility(core) is not None and members and members[0].limit_fen:
            return core, members[0].id
    raise Absent("no chain has both a facility and a firm with a limit")


def _kept(place: Path) -> dict[str, Login]:
    if not place.is_file():
        return {}
    logins = [Login(**entry) for entry in json.loads(place.read_text(encoding="utf-8"))]
    return {login.role: login for login in logins}


def _keep(place: Path, logins: list[Login]) -> None:
    place.touch(OWNER_ONLY)
    text = json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=2)
    place.write_text(text + "\n", encoding="utf-8")
