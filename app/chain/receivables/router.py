"""Routes of receivables."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.books.ledger.answering import MoverDep
from app.chain.receivables import service
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.schemas import (
    ConfirmedReceivable,
    ConfirmedReceivables,
    DisputeReason,
    Receivable,
    ReceivableNumbers,
    ReceivableRead,
    Receivables,
    State,
)
from app.data.versions.reading import AskedDep, going_on
from app.data.versions.service import policy_of, version_of
from app.platform.auth.rules import CONFIRMERS, ISSUERS, SIGNED_IN, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import (
    Absent,
    Conflict,
    Forbidden,
    Malformed,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import TAGGED, answer
from app.platform.http.cursors import write_cursor
from app.platform.http.days import Day
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

ID_LENGTH_MAX = 400
router = Router(
    prefix="/receivables",
    tags=["receivables"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)
PartyQuery = Annotated[str | None, Query(min_length=1, max_length=ID_LENGTH_MAX)]


async def _wanted(
    debtor: PartyQuery = None,
    creditor: PartyQuery = None,
    state: Annotated[State | None, Query(description="In this state")] = None,
    due_before: Annotated[Day | None, Query(description="Due before this day")] = None,
) -> WantedReceivables:
    return WantedReceivables(debtor, creditor, state, due_before)


WantedDep = Annotated[WantedReceivables, Depends(_wanted)]


@router.get(
    "",
    operation_id="receivables.list",
    summary="List receivables",
    response_model=Receivables,
    responses=TAGGED,
    dependencies=[allow(SIGNED_IN)],
)
def read_receivables(
    request: Request,
    visit: VisitDep,
    asked: AskedDep,
    page: PageDep,
    wanted: WantedDep,
) -> Response:
    """Return receivables in order of their numbers; a core or firm reads those it owes or holds."""
    of_first, cursor = going_on(page, asked, after=str)
    version = version_of(visit.resources, of_first)
    party = None if visit.sight.is_whole else visit.sight.firm
    found = service.listed(
        visit.resources,
        version,
        replace(wanted, party=party),
        after=cursor["after"] if cursor else None,
        size=page.size + 1,
    )
    rows, last = page_of(found, page.size)
    terms = service.terms_now(visit.resources)
    following = {"version": version.number, "after": last["receivable"]} if last else None
    document = {
        "items": [service.document(row, terms) for row in rows],
        "next": write_cursor(following) if following else None,
    }
    return answer(request, document, version=version.number, policy=terms.policy.version)


@router.post(
    "/confirm",
    operation_id="receivables.confirm_all",
    summary="Confirm receivables together",
    response_model=ConfirmedReceivables,
    responses=responses(Conflict),
    dependencies=[allow(CONFIRMERS)],
)
def post_confirmations(
    mover: MoverDep,
    body: ReceivableNumbers,
) -> Response:
    """Return the receivables that are confirmed, all of them or none."""
    return mover.ask(body.model_dump(), service.confirm, body.numbers, several=True)


@router.get(
    "/{receivable}",
    operation_id="receivables.read",
    summary="Read a receivable",
    response_model=ReceivableRead,
    responses=TAGGED,
    dependencies=[allow(SIGNED_IN)],
)
def read_receivable(
    request: Request, receivable: str, visit: VisitDep, asked: AskedDep
) -> Response:
    """Return a receivable, and where a file says otherwise than the platform."""
    version = version_of(visit.resources, asked)
    row, differences = service.find(visit.resources, version, receivable, visit.sight)
    terms = service.terms_now(visit.resources)
    policy = policy_of(visit.resources, version.as_of).version
    head = {"version": version.number, "as_of": version.as_of, "policy": policy, "run": None}
    document = {**service.document(row, terms), **head, "differences": differences}
    return answer(request, document, version=version.number, policy=policy)


@router.post(
    "/{receivable}/confirm",
    operation_id="receivables.confirm",
    summary="Confirm a receivable",
    response_model=ConfirmedReceivable,
    responses=responses(Conflict),
    dependencies=[allow(CONFIRMERS)],
)
def post_confirmation(
    receivable: str,
    mover: MoverDep,
) -> Response:
    """Return the receivable, confirmed: final, and paid on the due day whatever comes."""
    return mover.ask(None, service.confirm, [receivable], several=False)


@router.post(
    "/{receivable}/dispute",
    operation_id="receivables.dispute",
    summary="Dispute a receivable",
    response_model=Receivable,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_dispute(
    receivable: str,
    mover: MoverDep,
    body: DisputeReason,
) -> Response:
    """Return the receivable, disputed: it counts for nothing until that is withdrawn."""
    return mover.ask(body.model_dump(), service.dispute, receivable, body.reason)


@router.post(
    "/{receivable}/withdraw-dispute",
    operation_id="receivables.withdraw_dispute",
    summary="Withdraw a dispute",
    response_model=Receivable,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_withdrawal(
    receivable: str,
    mover: MoverDep,
) -> Response:
    """Return the receivable as it was before it was disputed."""
    return mover.ask(None, service.withdraw, receivable)


@router.post(
    "/{receivable}/settle",
    operation_id="receivables.settle",
    summary="Settle a receivable",
    response_model=Receivable,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_settlement(
    receivable: str,
    mover: MoverDep,
) -> Response:
    """Return the receivable, paid: what it occupied of the core's account is free again."""
    return mover.ask(None, service.settle, receivable)
