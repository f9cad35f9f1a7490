"""The commands `token` and `user`: who may sign in, and with what."""

import datetime as dt
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.books.organisation.service import organisation_on
from app.platform.audit.commands import audited
from app.platform.auth import users
from app.platform.auth.addresses import LANGUAGES, MailAddress, check_address, set_address
from app.platform.auth.principals import HEAD, OUTSIDE_ROLES, ROLES, Role, RoleScope
from app.platform.auth.tokens import Bearer, given_out, issue_to, revoke
from app.platform.auth.users import Ended, User, is_user, user_named
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.deps import Resources, open_resources
from app.platform.errors import Absent, Malformed
from ingestion.days import day_of

LISTED_MAX = 10_000
PASSWORD_BYTES_MAX = 4096
ROLE_HELP = f"One of {', '.join(ROLES)}."
RoleName = Annotated[str, typer.Argument(help=ROLE_HELP, metavar="ROLE")]
UserName = Annotated[str, typer.Argument(help="What they sign in with.", metavar="NAME")]
OfCore = Annotated[str | None, typer.Option("--core", help="For role core: its id.")]
OfFirm = Annotated[str | None, typer.Option("--firm", help="For role supplier: its id.")]
OfUnit = Annotated[
    str | None, typer.Option("--unit", help="The unit they work in; else the head office.")
]
Email = Annotated[
    str | None, typer.Option("--email", help="Where they are told by mail what their firm is told.")
]
MailLanguage = Annotated[
    str | None,
    typer.Option("--language", help="Of that mail: zh or en; default DEEPTIER_LANGUAGE."),
]
PasswordFile = Annotated[
    str | None,
    typer.Option(
        help="File whose first line is the password, - for standard input; else it is asked for."
    ),
]


class Tokens(TyperGroup):
    """Commands of tokens; a role in place of a command makes a token for it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command; `token ROLE` is `token issue ROLE`."""
        if args[0] not in self.commands:
            args = ["issue", *args]
        return super().resolve_command(ctx, args)


user = typer.Typer(
    name="user",
    no_args_is_help=True,
    help="People who may sign in.\n\nExample: deeptier user add lin officer",
)
token = typer.Typer(
    name="token",
    cls=Tokens,
    no_args_is_help=True,
    subcommand_metavar="ROLE | COMMAND [ARGS]...",
    help="Print a bearer token for the interface; list and revoke those given out.\n\n"
    "Example: deeptier token core --core F000001 --days 7",
)


@token.command(name="issue")
def issue_token(
    role: RoleName,
    *,
    core: OfCore = None,
    firm: OfFirm = None,
    of_user: Annotated[
        str | None,
        typer.Option("--user", help="Whose token it is; a user's ends with their access."),
    ] = None,
    unit: OfUnit = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it holds.")] = 30,
    as_json: AsJson = False,
) -> None:
    """
    Print a bearer token for the interface; the records keep its id, never the token.

    Example: deeptier token core --core F000001 --days 7
    """
    known, scope = _scope(role, core, firm)
    action, target = f"token {known}", of_user or scope or "bank"
    with open_resources() as resources, audited(resources, action, target):
        now = resources.now()
        holder = _holder(resources, of_user, (known, scope), unit)
        key = resources.settings.signing_key()
        made = issue_to(resources.records, key, holder, days=days, now=now)
    if as_json:
        ends = now + dt.timedelta(days=days)
        said = {"token": made, "role": known, "firm": scope, "user": of_user}
        said |= {"unit": holder.unit, "expires_at": ends.isoformat()}
        console.print_document(said)
    else:
        console.show(made)


@token.command(name="list")
def list_tokens(*, as_json: AsJson = False) -> None:
    """
    List the tokens whose time is not over, by their ids.

    Example: deeptier token list
    """
    with open_resources() as resources:
        found = given_out(resources.records, now=resources.now(), size=LISTED_MAX)
    if as_json:
        console.print_document({"items": [_plain(asdict(each)) for each in found]})
        return
    rows = [
        [
            each.token,
            each.role,
            each.firm or "",
            each.user or "",
            each.unit,
            day_of(each.expires_at, resources.settings.zone).isoformat(),
            "revoked" if each.revoked_at else "",
        ]
        for each in found
    ]
    console.show_table(["id", "role", "firm", "user", "unit", "until", ""], rows)


@token.command(name="revoke")
def revoke_token(
    name: Annotated[str, typer.Argument(help="Its id, as the list shows it.", metavar="ID")],
) -> None:
    """
    Revoke a token; who sends it is refused from then on.

    Example: deeptier token revoke 3f2a9c0d6b1e4f5a8c7d9e0b1a2c3d4e
    """
    with open_resources() as resources, audited(resources, "token revoke", name):
        if not revoke(resources.records, name, now=resources.now()):
            raise Absent(f"no token {name!r} that could be revoked")
    console.say(f"token {name} is revoked")


@user.command()
def add(
    name: UserName,
    role: Annotated[str | None, typer.Argument(help=ROLE_HELP, metavar="ROLE")] = None,
    *,
    as_role: Annotated[str | None, typer.Option("--role", help="The same, by name.")] = None,
    unit: OfUnit = None,
    core: OfCore = None,
    firm: OfFirm = None,
    email: Email = None,
    language: MailLanguage = None,
    password_file: PasswordFile = None,
) -> None:
    """
    Add somebody who may sign in; the password is asked for.

    Example: deeptier user add lin officer --unit branch
    """
    if (role is None) == (as_role is None):
        raise typer.BadParameter("name the role, once", param_hint="ROLE")
    known, scope = _scope(role or as_role or "", core, firm)
    given = _password(password_file)
    with open_resources() as resources, audited(resources, f"user add {known}", name):
        now = resources.now()
        organisation_on(resources).require(unit or HEAD)
        as_what = RoleScope(known, scope, unit or HEAD)
        told = None if email is None else _address(resources, email, language)
        users.set_user(resources.records, name, given, scope=as_what, now=now)
        if told is not None:
            set_address(resources.records, name, told, now)
    console.say(f"{name} may sign in")


@user.command(name="email")
def change_email(
    name: UserName,
    address: Annotated[
        str | None, typer.Argument(help="Where they are told; without one nowhere any more.")
    ] = None,
    *,
    language: MailLanguage = None,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="The bank knows that it is theirs: no code is sent.")
    ] = False,
) -> None:
    """
    Set where somebody is told by mail what their firm is told, or end it; they confirm it.

    Example: deeptier user email lin lin@mill.example --language zh
    """
    with open_resources() as resources, audited(resources, "user email", name):
        told = None if address is None else _address(resources, address, language)
        if told is not None and confirmed:
            told = replace(told, is_confirmed=True)
        set_address(resources.records, name, told, resources.now())
        sends = bool(resources.settings.smtp_host)
    if address is None:
        console.say(f"{name} is told nothing by mail")
    else:
        unset = "" if sends else "; no mail is sent yet: DEEPTIER_SMTP_HOST is not set"
        console.say(f"{name} is told by mail at {address}{unset}")


@user.command()
def password(name: UserName, *, password_file: PasswordFile = None) -> None:
    """
    Give somebody a new password; it is asked for. All their sessions and tokens end.

    Example: deeptier user password lin
    """
    given = _password(password_file)
    with open_resources() as resources, audited(resources, "user password", name):
        if not users.set_password(resources.records, name, given, now=resources.now()):
            raise Absent(f"no user {name!r}")
    console.say(f"{name} has a new password; all sessions and tokens are ended")


@user.command(name="list")
def list_users(*, as_json: AsJson = False) -> None:
    """
    List who may sign in, and by what they have access now.

    Example: deeptier user list
    """
    with open_resources() as resources:
        found = users.accounts(resources.records, now=resources.now(), size=LISTED_MAX)
    if as_json:
        console.print_document({"items": [_plain(asdict(each)) for each in found]})
        return
    rows = [
        [
            each.name,
            each.role,
            each.firm or "",
            each.unit,
            "" if each.active else "disabled",
            each.sessions,
            each.tokens,
            each.mail or "",
        ]
        for each in found
    ]
    console.show_table(["name", "role", "firm", "unit", "", "sessions", "tokens", "mail"], rows)


@user.command()
def disable(name: UserName) -> None:
    """
    Let somebody sign in no more; all their sessions and tokens end.

    Example: deeptier user disable lin
    """
    with open_resources() as resources, audited(resources, "user disable", name):
        ended = users.set_active(resources.records, name, active=False, now=resources.now())
    console.say(f"{name} may not sign in; {_told(ended)}")


@user.command()
def enable(name: UserName) -> None:
    """
    Let somebody sign in again, with the password they had.

    Example: deeptier user enable lin
    """
    with open_resources() as resources, audited(resources, "user enable", name):
        users.set_active(resources.records, name, active=True, now=resources.now())
    console.say(f"{name} may sign in")


@user.command(name="revoke")
def revoke_access(name: UserName) -> None:
    """
    End all sessions and tokens of somebody, who may sign in again.

    Example: deeptier user revoke lin
    """
    with open_resources() as resources, audited(resources, "user revoke", name):
        ended = users.end_access(resources.records, name, now=resources.now())
    console.say(_told(ended))


def _address(resources: Resources, email: str, language: str | None) -> MailAddress:
    """Return where somebody is told; a wrong language ends with status 2."""
    if language not in (None, *LANGUAGES):
        raise typer.BadParameter(f"{language!r}; there are {', '.join(LANGUAGES)}")
    given = MailAddress(email, language or resources.settings.language)
    check_address(given)
    return given


def _told(ended: Ended) -> str:
    return f"{ended.sessions} sessions and {ended.tokens} tokens are ended"


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, dt.datetime) else value
        for name, value in row.items()
    }


def _holder(
    resources: Resources, name: str | None, scope: tuple[Role, str | None], unit: str | None
) -> User | Bearer:
    """Return whose token it will be: a user's where there is one of this name."""
    organisation_on(resources).require(unit or HEAD)
    if name is None or not is_user(resources.records, name):
        return Bearer(name, RoleScope(*scope, unit or HEAD))
    holder = user_named(resources.records, name)
    if (holder.role, holder.firm) != scope:
        tied = f" of {holder.firm}" if holder.firm else ""
        raise Malformed(f"{name} has the role {holder.role}{tied}, not this one")
    if unit not in (None, holder.unit):
        raise Malformed(f"{name} works in the unit {holder.unit}, not in this one")
    return holder


def _password(place: str | None) -> str:
    """Return the password: asked for twice, or from a file; never from the command's words."""
    if place is None and sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    if place is None:
        raise typer.BadParameter(
            "there is no terminal to ask on; name a file, or - for standard input",
            param_hint="--password-file",
        )
    try:
        if place == "-":
            line = sys.stdin.buffer.readline(PASSWORD_BYTES_MAX)
        else:
            with Path(place).open("rb") as file:
                line = file.readline(PASSWORD_BYTES_MAX)
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"{place}: the password is not UTF-8") from error


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
