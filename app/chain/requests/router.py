"""Routes of requests."""

from fastapi import Response

from app.books.ledger import Reply
from app.books.ledger.answering import Asker, MoverDep
from app.chain.requests import service
from app.chain.requests.repository import WantedRequests
from app.chain.requests.schemas import FirmRequest, FirmRequests, RequestAsked, RequestKind
from app.platform.auth.rules import HOLDERS, SIGNED_IN, allow
from app.platform.deps import Resources
from app.platform.deps.routes import VisitDep
from app.platform.errors import (
    Absent,
    Conflict,
    Forbidden,
    Malformed,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

CREATED = 201
router = Router(
    prefix="/requests",
    tags=["requests"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)


@router.get(
    "",
    operation_id="requests.list",
    summary="List what firms ask of others",
    response_model=FirmRequests,
    dependencies=[allow(SIGNED_IN)],
)
def read_requests(visit: VisitDep, page: PageDep, kind: RequestKind | None = None) -> Response:
    """Return requests, those touched last first; a firm reads what it asks and is asked."""
    before = read_cursor(page.cursor, before=int)["before"] if page.cursor else None
    party = None if visit.sight.is_whole else visit.sight.firm
    wanted = WantedRequests(party=party, kind=kind)
    found = service.page(visit.resources, wanted, before=before, size=page.size + 1)
    rows, last = page_of(found, page.size)
    more = write_cursor({"before": last[0]["event"]}) if last else None
    return unkept({"items": [service.document(*each) for each in rows], "next": more})


@router.post(
    "",
    operation_id="requests.make",
    summary="Ask for a confirmation or a voucher",
    response_model=FirmRequest,
    status_code=CREATED,
    responses=responses(Conflict),
    dependencies=[allow(HOLDERS)],
)
def post_request(mover: MoverDep, body: RequestAsked) -> Response:
    """Return the request; the one that stands (200), where it was asked before."""
    return mover.ask(body.model_dump(mode="json"), _made, body)


def _made(resources: Resources, asker: Asker, body: RequestAsked) -> Reply:
    if body.kind == service.CONFIRM:
        return service.ask_confirmation(resources, asker, body.receivable or "")
    return service.ask_passing(
        resources, asker, of=body.of or "", core=body.core or "", amount_fen=body.amount_fen or 0
    )


@router.post(
    "/{request_id}/withdraw",
    operation_id="requests.withdraw",
    summary="Withdraw a request",
    response_model=FirmRequest,
    responses=responses(Conflict),
    dependencies=[allow(HOLDERS)],
)
def post_withdrawal(request_id: str, mover: MoverDep) -> Response:
    """Return the request, which asks no more."""
    return mover.ask(None, service.end, request_id, "withdraw")


@router.post(
    "/{request_id}/decline",
    operation_id="requests.decline",
    summary="Decline a request",
    response_model=FirmRequest,
    responses=responses(Conflict),
    dependencies=[allow(HOLDERS)],
)
def post_refusal(request_id: str, mover: MoverDep) -> Response:
    """Return the request, which who is asked does not follow."""
    return mover.ask(None, service.end, request_id, "decline")
