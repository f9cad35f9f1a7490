"""Routes of approvals."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.books.approvals import service
from app.books.approvals.schemas import Approval, Approvals, ApprovalVerdict, DecidedApproval
from app.books.approvals.states import State
from app.books.errors import AlreadyDecided
from app.books.ledger.answering import Mover, MoverDep
from app.platform.auth.rules import CHECKERS, CORES, PrincipalDep, allow
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
    approval: Name,
    mover: MoverDep,
    body: ApprovalVerdict | None = None,
) -> Response:
    """Do it, validated again; return the approval and what came of it."""
    return _decided(mover, approval, "approve", body)


@router.post(
    "/approvals/{approval}/reject",
    operation_id="approvals.reject",
    summary="Reject what somebody asked for, or withdraw it",
    response_model=DecidedApproval,
    responses=DECIDED,
    dependencies=[allow(CHECKERS)],
)
def reject(
    approval: Name,
    mover: MoverDep,
    body: ApprovalVerdict | None = None,
) -> Response:
    """End it without doing anything; return the approval."""
    return _decided(mover, approval, "reject", body)


def _decided(
    mover: Mover, approval: str, what: service.Verdict, body: ApprovalVerdict | None
) -> Response:
    reason = body.reason if body else ""
    actions = mover.request.app.state.approval_actions
    return mover.ask({"reason": reason}, service.decide, actions, (approval, what, reason))
