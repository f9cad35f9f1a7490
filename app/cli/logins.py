"""Demo logins: people to try the service with, their passwords kept in the data folder."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.chain.limits.documents import results_of
from app.cli.showing import suppliers_shown
from app.data.versions.service import AskedVersion
from app.platform.auth.errors import UserExists, WrongPassword
from app.platform.auth.principals import HEAD, Role, RoleScope
from app.platform.auth.sight import EVERYTHING
from app.platform.auth.users import check_password, set_active, set_password, set_user
from app.platform.deps import Resources
from app.platform.errors import Absent

FILE = "demo-logins.json"
OWNER_ONLY = 0o600
NAME_MAX = 120
SUPPLIERS = 3
# What each has to see.
OF_ROLES: Mapping[Role, str] = {
    "risk": "情景、预警与组合建议 · scenarios, signals, what would best be lent",
    "officer": "总行待批：三人委员会 · head office: what a committee decides",
    "auditor": "账本事件与决策复算 · events of the book, decisions made again",
    "admin": "用户、任务与接口 · users, jobs, the interface",
}
OF_UNITS: Mapping[str, str] = {
    "branch": "分行待批：两人审批 · branch: what two decide",
    "technology": "科技支行待批：一人审批 · technology sub-branch: what one decides",
}
OF_CORE = "待确权应付账款、凭证 · receivables to confirm, vouchers"
OF_CHECKER = "复核大额确权 · checks what is confirmed of large amounts"
OF_LIMIT = "额度及其由来 · a limit and how it comes about"


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password to try the service with."""

    name: str
    role: Role
    firm: str | None
    password: str
    unit: str = HEAD
    shows: str = ""  # What there is to see with it, in both languages.


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
        *((f"demo-{role}", RoleScope(role), OF_ROLES[role]) for role in OF_ROLES),
        *(
            (f"demo-officer-{unit}", RoleScope("officer", unit=unit), shows)
            for unit, shows in OF_UNITS.items()
        ),
        (f"demo-core-{core}", RoleScope("core", core), OF_CORE),
        (f"demo-core-checker-{core}", RoleScope("core", core), OF_CHECKER),
        *(
            (f"demo-supplier-{firm}", RoleScope("supplier", firm), shows)
            for firm, shows in suppliers.items()
        ),
    ]
    logins = []
    for name, scope, shows in people:
        login = kept.get(name[:NAME_MAX]) or _login(name[:NAME_MAX], scope)
        _ensure(resources, login)
        logins.append(replace(login, shows=shows))
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


def _example(resources: Resources) -> tuple[str, dict[str, str]]:
    """
    Return a core whose chain has a facility, and suppliers with what each has to see.

    Where nothing is lent they are those of the chain with the largest limits.
    """
    results = results_of(resources, AskedVersion(), EVERYTHING)
    for core in results.cores:
        members, _ = results.members(core, "limit_fen", descending=True, size=SUPPLIERS)
        firms = [member.id for member in members if member.limit_fen]
        if results.facility(core) is not None and firms:
            found = suppliers_shown(resources, core)
            more = [each for each in firms if each not in found]
            return core, found | dict.fromkeys(more[: max(0, SUPPLIERS - len(found))], OF_LIMIT)
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
