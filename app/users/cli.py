"""The command `token`, and users by hand."""

import datetime as dt
from typing import Annotated

import typer

from app.audit.commands import audited
from app.auth.principals import OUTSIDE_ROLES, ROLES, Role
from app.auth.tokens import issue
from app.auth.users import set_password, set_user
from app.deps import open_resources
from app.errors import Absent
from app.kit import console

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RoleName = Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.", metavar="ROLE")]
OfCore = Annotated[str | None, typer.Option("--core", help="For role core: its id.")]
OfFirm = Annotated[str | None, typer.Option("--firm", help="For role supplier: its id.")]
user = typer.Typer(name="user", no_args_is_help=True, help="People who may sign in.")


def token(
    role: RoleName,
    *,
    core: OfCore = None,
    firm: OfFirm = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it holds.")] = 30,
    as_json: AsJson = False,
) -> None:
    """
    Print a bearer token for the interface; the records keep its id, never the token.

    Example: deeptier token core --core F000001 --days 7
    """
    known, scope = _scope(role, core, firm)
    with open_resources() as resources, audited(resources, f"token {known}", scope or "bank"):
        now = resources.now()
        key = resources.settings.signing_key()
        made = issue(resources.records, key, role=known, firm=scope, days=days, now=now)
    if as_json:
        ends = now + dt.timedelta(days=days)
        console.print_document(
            {"token": made, "role": known, "firm": scope, "expires_at": ends.isoformat()}
        )
    else:
        console.show(made)


@user.command()
def add(
    name: Annotated[str, typer.Argument(help="What they sign in with.")],
    role: RoleName,
    *,
    core: OfCore = None,
    firm: OfFirm = None,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """
    Add somebody who may sign in; the password is asked for.

    Example: deeptier user add lin officer
    """
    known, scope = _scope(role, core, firm)
    with open_resources() as resources, audited(resources, f"user add {known}", name):
        set_user(resources.records, name, password, role=known, firm=scope, now=resources.now())
    console.say(f"{name} may sign in")


@user.command()
def password(
    name: Annotated[str, typer.Argument(help="What they sign in with.")],
    *,
    new: Annotated[
        str, typer.Option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """
    Give somebody a new password; it is asked for.

    Example: deeptier user password lin
    """
    with open_resources() as resources, audited(resources, "user password", name):
        if not set_password(resources.records, name, new):
            raise Absent(f"no user {name!r}")
    console.say(f"{name} has a new password")


def _scope(role: str, core: str | None, firm: str | None) -> tuple[Role, str | None]:
    """Return the role and the firm it is tied to; wrong usage ends with status 2."""
    known = next((each for each in ROLES if each == role), None)
    if known is None:
        raise typer.BadParameter(f"{role!r}; there are {', '.join(ROLES)}", param_hint="ROLE")
    wanted = {"core": core, "supplier": firm}.get(known)
    other = {"core": firm, "supplier": core}.get(known, core or firm)
    if known in OUTSIDE_ROLES and not wanted:
        option = "--core ID" if known == "core" else "--firm ID"
        raise typer.BadParameter(f"role {known} needs {option}", param_hint="ROLE")
    if other:
        raise typer.BadParameter(f"role {known} is not tied to that firm", param_hint="ROLE")
    return known, wanted
