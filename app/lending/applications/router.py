"""Routes of applications."""

from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.books.ledger.answering import MoverDep
from app.lending.applications import asking, claims, deciding, service
from app.lending.applications.deciding import OfficersView
from app.lending.applications.repository import WantedApplications
from app.lending.applications.schemas import (
    Application,
    ApplicationClaim,
    ApplicationComment,
    ApplicationEvents,
    ApplicationReason,
    Applications,
    ApplicationVerdict,
    ApplicationView,
)
from app.lending.applications.states import State
from app.lending.decisions.router import borrower
from app.lending.decisions.schemas import LoanAsked
from app.platform.auth.rules import BANK, BORROWERS, HOLDERS, OFFICERS, SIGNED_IN, allow
from app.platform.deps.routes import VisitDep
from app.platform.documents import dumps
from app.platform.errors import (
    Absent,
    Busy,
    Conflict,
    Forbidden,
    KeyRequired,
    Malformed,
    Unauthenticated,
    Unready,
    responses,
)
from app.platform.http.answers import TAGGED, send, unkept
from app.platform.http.conditions import ExpectedDep
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router
from app.platform.process.kept import Answer

CREATED = 201
ID_LENGTH_MAX = 400
router = Router(
    prefix="/applications",
    tags=["applications"],
    responses=responses(Unauthenticated, Forbidden, Malformed),
)
MOVING = responses(Absent, Conflict, KeyRequired, Busy)
Id = Annotated[str, Path(max_length=64, description="The application")]
Named = Annotated[str | None, Query(min_length=1, max_length=ID_LENGTH_MAX)]


@router.get(
    "",
    operation_id="applications.list",
    summary="List applications",
    response_model=Applications,
    dependencies=[allow(SIGNED_IN)],
)
def read_applications(
    visit: VisitDep,
    page: PageDep,
    firm: Named = None,
    core: Named = None,
    product: Named = None,
    state: Annotated[State | None, Query(description="Those in this state")] = None,
) -> Response:
    """Return applications, the latest first; a firm reads its own."""
    own = None if visit.sight.is_whole else visit.sight.firm
    if own is not None and firm not in (None, own):
        return unkept({"items": [], "next": None})
    before = read_cursor(page.cursor, before=int)["before"] if page.cursor else None
    wanted = WantedApplications(own or firm, core, product, state)
    found = service.listed(visit.resources, visit.sight, wanted, before=before, size=page.size + 1)
    items, last = page_of(found, page.size)
    more = write_cursor({"before": last[0]}) if last else None
    return unkept({"items": [each for _, each in items], "next": more})


@router.post(
    "",
    operation_id="applications.create",
    summary="Apply for a loan",
    response_model=Application,
    status_code=CREATED,
    responses=responses(Absent, Conflict, KeyRequired, Busy, Unready),
    dependencies=[allow(BORROWERS)],
)
def post_application(body: LoanAsked, mover: MoverDep) -> Response:
    """Return the application with its decision at once: approved, referred or declined."""
    asked = body.asked(borrower(mover.who, body.firm))
    return mover.ask(body.model_dump(mode="json"), asking.apply, asked)


@router.get(
    "/{application}",
    operation_id="applications.read",
    summary="Read an application",
    response_model=Application,
    responses={**responses(Absent), **TAGGED},
    dependencies=[allow(SIGNED_IN)],
)
def read_application(request: Request, application: Id, visit: VisitDep) -> Response:
    """Return what was asked for, what is offered, and where it stands."""
    found, tag = service.shown(visit.resources, visit.sight, application)
    return send(request, Answer(dumps(found).encode(), tag))


@router.get(
    "/{application}/events",
    operation_id="applications.events",
    summary="Read what happened to an application",
    response_model=ApplicationEvents,
    responses=responses(Absent),
    dependencies=[allow(SIGNED_IN)],
)
def read_events(application: Id, visit: VisitDep, page: PageDep) -> Response:
    """Return who moved it from which state to which, the first event first."""
    after = read_cursor(page.cursor, after=int)["after"] if page.cursor else 0
    found = service.events_shown(
        visit.resources, visit.sight, application, after=after, size=page.size + 1
    )
    items, last = page_of(found, page.size)
    return unkept(
        {"items": items, "next": write_cursor({"after": last["number"]}) if last else None}
    )


@router.post(
    "/{application}/accept",
    operation_id="applications.accept",
    summary="Accept an offer",
    response_model=Application,
    responses=MOVING,
    dependencies=[allow(HOLDERS)],
)
def accept(
    application: Id, mover: MoverDep, expected: ExpectedDep, body: ApplicationReason | None = None
) -> Response:
    """Return the application, whose offer is now to be signed."""
    reason = body.reason if body else ""
    return mover.ask({"reason": reason}, service.accept, application, expected.tags, reason)


@router.post(
    "/{application}/withdraw",
    operation_id="applications.withdraw",
    summary="Withdraw an application",
    response_model=Application,
    responses=MOVING,
    dependencies=[allow(HOLDERS)],
)
def withdraw(
    application: Id, mover: MoverDep, expected: ExpectedDep, body: ApplicationReason | None = None
) -> Response:
    """Return the application, over; what it held is free again."""
    reason = body.reason if body else ""
    return mover.ask({"reason": reason}, service.withdraw, application, expected.tags, reason)


@router.post(
    "/{application}/recommend",
    operation_id="applications.recommend",
    summary="Recommend a decision",
    response_model=Application,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def recommend(
    application: Id, body: ApplicationView, mover: MoverDep, expected: ExpectedDep
) -> Response:
    """Return the application, which waits for others to decide."""
    rate = None if body.rate is None else Decimal(body.rate)
    view = OfficersView(body.outcome, body.comment, body.amount_fen, rate)
    sent = body.model_dump()
    return mover.ask(sent, deciding.recommend, application, expected.tags, view)


@router.post(
    "/{application}/decide",
    operation_id="applications.decide",
    summary="Decide on an application",
    response_model=Application,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def decide(
    application: Id, body: ApplicationVerdict, mover: MoverDep, expected: ExpectedDep
) -> Response:
    """Return the application, decided, or with one vote more."""
    view = OfficersView(body.outcome, body.comment)
    return mover.ask(body.model_dump(), deciding.decide, application, expected.tags, view)


@router.post(
    "/{application}/return",
    operation_id="applications.return",
    summary="Have an application assessed anew",
    response_model=Application,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def send_back(
    application: Id, mover: MoverDep, expected: ExpectedDep, body: ApplicationComment | None = None
) -> Response:
    """Return the application, assessed anew and referred again, or declined."""
    comment = body.comment if body else ""
    return mover.ask({"comment": comment}, deciding.send_back, application, expected.tags, comment)


@router.get(
    "/{application}/claim",
    operation_id="applications.claimed",
    summary="Read who works on an application",
    response_model=ApplicationClaim,
    responses=responses(Absent, Unready),
    dependencies=[allow(BANK)],
)
def read_claim(application: Id, visit: VisitDep) -> Response:
    """Return the officer who took it, since when, and until when nobody else takes it over."""
    return unkept(claims.shown(visit.resources, application))


@router.post(
    "/{application}/claim",
    operation_id="applications.claim",
    summary="Take an application to work on it",
    response_model=ApplicationClaim,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def claim(application: Id, mover: MoverDep) -> Response:
    """Return the claim; from somebody else it is taken over after the hours of the policy."""
    return mover.ask({}, claims.claim, application)


@router.post(
    "/{application}/release",
    operation_id="applications.release",
    summary="Give an application back",
    response_model=ApplicationClaim,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def release(application: Id, mover: MoverDep) -> Response:
    """Return the claim, nobody's by now."""
    return mover.ask({}, claims.release, application)
