"""Routes of accounts."""

from typing import Annotated, Literal

from fastapi import Query, Response

from app.books.ledger import Reply
from app.books.ledger.answering import Asker, MoverDep
from app.books.ledger.reading import AccountsAsked
from app.chain.accounts import service, stopping
from app.chain.accounts.schemas import (
    AccountLayer,
    AccountMoves,
    AskedApproval,
    FreezeOrder,
    FrozenAccount,
    LimitAccount,
    LimitAccounts,
)
from app.chain.accounts.unfreezing import ask_to_unfreeze
from app.platform.audit.layer import note
from app.platform.auth.rules import BANK, OFFICERS, SIGNED_IN, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep, VisitDep
from app.platform.errors import (
    Absent,
    Busy,
    Conflict,
    Forbidden,
    Malformed,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep
from app.platform.http.routing import Router

ID_LENGTH_MAX = 200
ACCEPTED = 202
FirmParameter = Annotated[
    str | None, Query(min_length=1, max_length=ID_LENGTH_MAX, description="Accounts of this firm")
]
router = Router(
    prefix="/accounts",
    tags=["accounts"],
    responses=responses(Unauthenticated, Forbidden, Malformed),
)


@router.get(
    "",
    operation_id="accounts.list",
    summary="List accounts",
    response_model=LimitAccounts,
    dependencies=[allow(BANK)],
)
def read_accounts(
    resources: ResourcesDep,
    page: PageDep,
    layer: Annotated[AccountLayer | None, Query(description="Accounts of this layer")] = None,
    core: Annotated[
        str | None,
        Query(min_length=1, max_length=ID_LENGTH_MAX, description="Accounts of this core"),
    ] = None,
    firm: FirmParameter = None,
    state: Annotated[
        Literal["open", "frozen", "closed", "excess"] | None,
        Query(description="Accounts in this state; `excess`: of which more is used than there is"),
    ] = None,
) -> Response:
    """Return accounts in the order of their ids."""
    after = read_cursor(page.cursor, after=str)["after"] if page.cursor else ""
    asked = AccountsAsked(layer, core, firm, state)
    items, last = service.page(resources, asked, after=after, size=page.size)
    return unkept({"items": items, "next": last and write_cursor({"after": last})})


@router.get(
    "/{account}",
    operation_id="accounts.read",
    summary="Read an account",
    response_model=LimitAccount,
    responses=responses(Absent),
    dependencies=[allow(SIGNED_IN)],
)
def read_account(account: str, visit: VisitDep) -> Response:
    """Return an account: its cap, what is taken of it, and what is left."""
    found = service.account_seen(visit.resources, visit.sight, account)
    return unkept(service.documents(visit.resources, [found])[0])


@router.get(
    "/{account}/events",
    operation_id="accounts.events",
    summary="Read what happened to an account",
    response_model=AccountMoves,
    responses=responses(Absent),
    dependencies=[allow(BANK)],
)
def read_events(account: str, resources: ResourcesDep, page: PageDep) -> Response:
    """Return what moved an account, the first event first; what happens meanwhile comes last."""
    after = read_cursor(page.cursor, after=int)["after"] if page.cursor else 0
    items, last = service.moves(resources, account, after=after, size=page.size)
    return unkept({"items": items, "next": last and write_cursor({"after": last})})


@router.post(
    "/{account}/freeze",
    operation_id="accounts.freeze",
    summary="Freeze an account",
    response_model=FrozenAccount,
    responses=responses(Absent, Conflict, Busy),
    dependencies=[allow(OFFICERS)],
)
def freeze(
    account: str,
    body: FreezeOrder,
    mover: MoverDep,
) -> Response:
    """Return an account of which an amount, or all that is left of it, cannot be used now."""
    done = mover.ask(body.model_dump(exclude_unset=True), _frozen, account, body)
    note(mover.request.scope, "all of it" if body.asked_fen is None else f"{body.asked_fen} fen")
    return done


def _frozen(resources: Resources, asker: Asker, account: str, body: FreezeOrder) -> Reply:
    reason = body.reason.strip()
    return stopping.freeze(resources, asker, account, body.asked_fen, reason)


@router.post(
    "/{account}/unfreeze",
    operation_id="accounts.unfreeze",
    summary="Ask for the release of what is frozen",
    response_model=AskedApproval,
    status_code=ACCEPTED,
    responses=responses(Absent, Conflict, Busy),
    dependencies=[allow(OFFICERS)],
)
def unfreeze(
    account: str,
    body: FreezeOrder,
    mover: MoverDep,
) -> Response:
    """Return the approval by which another officer releases an amount, or the whole account."""
    actions = mover.request.app.state.approval_actions
    asked = (account, body.asked_fen, body.reason.strip())
    return mover.ask(body.model_dump(exclude_unset=True), ask_to_unfreeze, actions, asked)
