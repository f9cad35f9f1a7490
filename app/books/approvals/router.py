"""Routes of approvals."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.books.approvals import service
from app.books.approvals.schemas import Approval, Approvals, ApprovalVerdict, DecidedApproval
from app.books.approvals.states import State
from app.books.errors import AlreadyDecided
from app.books.ledger.answering import answered, keyed
from app.platform.auth.principals import Principal
from app.platform.auth.rules import CHECKERS, CORES, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import (
    Absent,
    Busy,
    Forbidden,
    KeyRequired,
    Malformed,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.keys import KeyHeader
from app.platform.http.paging import PageDep
from app.platform.http.routing import Router

REFUSALS = responses(Unauthenticated, Forbidden, Absent, Malformed)
DECIDED = responses(
    Unauthenticated, Forbidden, Absent, AlreadyDecided, Malformed, KeyRequired, Busy
)
router = Router(tags=["approvals"])
Name = Annotated[str, Path(max_length=64, description="The approval")]
Mine = Annotated[
    bool | None, Query(description="true: those that the reader made, false: those of others")
]
InState = Annotated[State | None, Query(description="Those in this state")]


@router.get(
    "/approvals",
    operation_id="approvals.list",
    summary="List approvals",
    response_model=Approvals,
    responses=REFUSALS,
    dependencies=[allow(CORES)],
)
def read_approvals(
    who: PrincipalDep,
    resources: ResourcesDep,
    page: PageDep,
    mine: Mine = None,
    state: InState = None,
) -> Response:
    """Return what waits for a second person, and what was decided, the latest first."""
    before = read_cursor(page.cursor, before=int)["before"] if page.cursor else None
    size = page.size + 1
    found = service.listed(resources, who, mine=mine, state=state, before=before, size=size)
    items = [each for _, each in found[: page.size]]
    more = write_cursor({"before": found[page.size - 1][0]}) if len(found) > page.size else None
    return unkept({"items": items, "next": more})


@router.get(
    "/approvals/{approval}",
    operation_id="approvals.read",
    summary="Read an approval",
    response_model=Approval,
    responses=REFUSALS,
    dependencies=[allow(CORES)],
)
def read_approval(approval: Name, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what was asked for, as its maker saw it, and what became of it."""
    return unkept(service.shown(resources, approval, who))


@router.post(
    "/approvals/{approval}/approve",
    operation_id="approvals.approve",
    summary="Approve what somebody else asked for",
    response_model=DecidedApproval,
    responses=DECIDED,
    dependencies=[allow(CHECKERS)],
)
def approve(
    request: Request,
    approval: Name,
    who: PrincipalDep,
    resources: ResourcesDep,
    body: ApprovalVerdict | None = None,
    key: KeyHeader = None,
) -> Response:
    """Do it, validated again; return the approval and what came of it."""
    return _decided(request, resources, who, (approval, "approve", body), key)


@router.post(
    "/approvals/{approval}/reject",
    operation_id="approvals.reject",
    summary="Reject what somebody asked for, or withdraw it",
    response_model=DecidedApproval,
    responses=DECIDED,
    dependencies=[allow(CHECKERS)],
)
def reject(
    request: Request,
    approval: Name,
    who: PrincipalDep,
    resources: ResourcesDep,
    body: ApprovalVerdict | None = None,
    key: KeyHeader = None,
) -> Response:
    """End it without doing anything; return the approval."""
    return _decided(request, resources, who, (approval, "reject", body), key)


def _decided(
    request: Request,
    resources: Resources,
    who: Principal,
    asked: tuple[str, service.Verdict, ApprovalVerdict | None],
    key: str | None,
) -> Response:
    name, what, body = asked
    reason = body.reason if body else ""
    desk = service.desk_of(resources, request.app.state.approval_actions)
    with keyed(request, who, key, {"reason": reason}) as counted:
        verdict = (name, what, reason)
        return answered(service.decide(resources, desk, verdict, who=who, key=counted))
