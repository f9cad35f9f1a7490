"""The routes of quotes and decisions."""

from fastapi import Response

from app.lending.decisions import service
from app.lending.decisions.schemas import DecisionReplay, LoanAsked, LoanDecided, LoanQuote
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, BORROWERS, SIGNED_IN, PrincipalDep, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import (
    Absent,
    Conflict,
    Forbidden,
    Malformed,
    Unauthenticated,
    Unready,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.routing import Router

router = Router(tags=["applications"])


def borrower(who: Principal, firm: str | None) -> str:
    """
    Return for whom somebody asks: an officer names the firm, a firm asks for itself.

    Raises:
        Malformed: An officer names none.
    """
    found = firm or who.firm
    if found is None:
        raise Malformed("body.firm: an officer names the firm")
    return found


@router.post(
    "/quotes",
    operation_id="quotes.create",
    summary="Ask what would be lent",
    response_model=LoanQuote,
    responses=responses(Unauthenticated, Forbidden, Absent, Conflict, Malformed, Unready),
    dependencies=[allow(BORROWERS)],
)
def quote(body: LoanAsked, visit: VisitDep, who: PrincipalDep) -> Response:
    """Return amount, rate, reasons, what would lead to more, and the schedule; nothing is kept."""
    asked = body.asked(borrower(who, body.firm))
    return unkept(service.quote(visit.resources, asked, visit.sight))


@router.get(
    "/decisions/{decision}",
    operation_id="decisions.read",
    summary="Read a decision",
    response_model=LoanDecided,
    responses=responses(Unauthenticated, Forbidden, Absent),
    dependencies=[allow(SIGNED_IN)],
)
def read_decision(decision: str, visit: VisitDep) -> Response:
    """Return a decision with its derivation; to the firm itself as its limit is shown to it."""
    return unkept(service.read(visit.resources, decision, visit.sight))


@router.post(
    "/decisions/{decision}/replay",
    operation_id="decisions.replay",
    summary="Decide again from what was kept",
    response_model=DecisionReplay,
    responses=responses(Unauthenticated, Forbidden, Absent),
    dependencies=[allow(BANK)],
)
def replay_decision(decision: str, visit: VisitDep) -> Response:
    """Return whether it comes out the same, and what differs; nothing is changed."""
    return unkept(service.replay(visit.resources, decision, visit.sight))
