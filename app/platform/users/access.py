"""Routes for administrators: who may sign in, which tokens hold, and an end to either."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Request, Response

from app.platform.auth import tokens, users
from app.platform.auth.rules import ADMINS, PrincipalDep, allow
from app.platform.auth.users import NAME_LENGTH_MAX
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, Conflict, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router
from app.platform.users.schemas import (
    EndedAccess,
    IssuedTokens,
    UserAccount,
    UserAccounts,
    UserChange,
)

router = Router(tags=["users"], responses=responses(Unauthenticated, Forbidden, Absent, Malformed))
UserName = Annotated[str, Path(max_length=NAME_LENGTH_MAX, description="What they sign in with")]
TokenId = Annotated[str, Path(max_length=64, description="The token's id, as the list shows it")]


class OwnAccess(Conflict):
    """Nobody disables themselves: another administrator does."""

    code = "own_access"


@router.get(
    "/users",
    operation_id="users.list",
    summary="List users",
    response_model=UserAccounts,
    dependencies=[allow(ADMINS)],
)
def read_users(resources: ResourcesDep, page: PageDep) -> Response:
    """Return who may sign in, and by what they have access now."""
    after = read_cursor(page.cursor, after=str)["after"] if page.cursor else ""
    now, size = resources.now(), page.size + 1
    found = users.accounts(resources.records, now=now, after=after, size=size)
    items, last = page_of(found, page.size)
    return _page([asdict(each) for each in items], None if last is None else last.name)


@router.patch(
    "/users/{name}",
    operation_id="users.change",
    summary="Let a user sign in, or no longer",
    response_model=UserAccount,
    responses=responses(OwnAccess),
    dependencies=[allow(ADMINS)],
)
def change_user(
    request: Request, name: UserName, body: UserChange, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return the user as they are from now on; who is disabled has no session or token left."""
    if name == who.name and not body.active:
        raise OwnAccess("another administrator has to disable you")
    now = resources.now()
    users.set_active(resources.records, name, active=body.active, now=now)
    request.app.state.authenticator.forget()
    return unkept(asdict(users.account(resources.records, name, now=now)))


@router.delete(
    "/users/{name}/access",
    operation_id="users.end_access",
    summary="End a user's sessions and tokens",
    response_model=EndedAccess,
    dependencies=[allow(ADMINS)],
)
def end_access(request: Request, name: UserName, resources: ResourcesDep) -> Response:
    """Return how many sessions and tokens were ended; the user may sign in again."""
    ended = users.end_access(resources.records, name, now=resources.now())
    request.app.state.authenticator.forget()
    return unkept(asdict(ended))


@router.get(
    "/tokens",
    operation_id="tokens.list",
    summary="List tokens",
    response_model=IssuedTokens,
    dependencies=[allow(ADMINS)],
)
def read_tokens(resources: ResourcesDep, page: PageDep) -> Response:
    """Return the tokens whose time is not over, revoked ones too."""
    after = read_cursor(page.cursor, after=str)["after"] if page.cursor else ""
    now, size = resources.now(), page.size + 1
    found = tokens.given_out(resources.records, now=now, after=after, size=size)
    items, last = page_of(found, page.size)
    return _page([asdict(each) for each in items], None if last is None else last.token)


@router.delete(
    "/tokens/{token}",
    operation_id="tokens.revoke",
    summary="Revoke a token",
    status_code=204,
    dependencies=[allow(ADMINS)],
)
def revoke_token(request: Request, token: TokenId, resources: ResourcesDep) -> Response:
    """Return nothing; who sends the token is refused from now on."""
    if not tokens.revoke(resources.records, token, now=resources.now()):
        raise Absent("no such token, or it is revoked already")
    request.app.state.authenticator.forget()
    return Response(status_code=204)


def _page(items: list[dict[str, object]], last: str | None) -> Response:
    following = None if last is None else write_cursor({"after": last})
    return unkept({"items": items, "next": following})
