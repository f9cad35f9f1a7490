"""Routes of loans."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response
from pydantic import BaseModel

from app.books.approvals import new_name
from app.books.ledger.answering import Mover, MoverDep
from app.chain.accounts.schemas import AskedApproval
from app.lending.servicing import service
from app.lending.servicing.asking import ask
from app.lending.servicing.repayments import RepaymentAsked, repay
from app.lending.servicing.repository import WantedLoans
from app.lending.servicing.schemas import (
    BankLoan,
    BankLoans,
    BookedRepayment,
    LoanEvents,
    LoanOpening,
    LoanRecovery,
    LoanRestructuring,
    LoanSchedule,
    LoanSums,
    RepaymentOrder,
    State,
    WhyAsked,
)
from app.platform.auth.rules import BANK, BORROWERS, OFFICERS, SIGNED_IN, allow
from app.platform.deps.routes import ResourcesDep, VisitDep
from app.platform.documents import Document
from app.platform.errors import (
    Absent,
    Busy,
    Conflict,
    Forbidden,
    Malformed,
    Unauthenticated,
    Unready,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

ID_LENGTH_MAX = 200
ACCEPTED = 202
MOVING = responses(Conflict, Busy)
router = Router(
    prefix="/loans",
    tags=["loans"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed, Unready),
)
ActNumber = Annotated[int, Path(ge=1, le=999_999, description="The number of the repayment")]
LoanName = Annotated[str, Path(max_length=ID_LENGTH_MAX, description="The loan")]
PartyQuery = Annotated[str | None, Query(min_length=1, max_length=ID_LENGTH_MAX)]


async def _wanted(
    firm: PartyQuery = None,
    core: PartyQuery = None,
    state: Annotated[State | None, Query(description="In this state")] = None,
    overdue: Annotated[
        bool | None, Query(description="true: those with an unpaid due day; false: the others")
    ] = None,
) -> WantedLoans:
    return WantedLoans(firm, core, state, overdue)


WantedDep = Annotated[WantedLoans, Depends(_wanted)]


@router.get(
    "",
    operation_id="loans.list",
    summary="List loans",
    response_model=BankLoans,
    dependencies=[allow(SIGNED_IN)],
)
def read_loans(visit: VisitDep, page: PageDep, wanted: WantedDep) -> Response:
    """Return loans in the order of their ids; a core or firm reads its own."""
    after = read_cursor(page.cursor, after=str)["after"] if page.cursor else ""
    found = service.listed(visit.resources, wanted, visit.sight, after=after, size=page.size + 1)
    items, last = page_of(found, page.size)
    return unkept({"items": items, "next": last and write_cursor({"after": last["id"]})})


@router.get(
    "/sums",
    operation_id="loans.sums",
    summary="Sum loans by class",
    response_model=LoanSums,
    dependencies=[allow(BANK)],
)
def read_sums(resources: ResourcesDep, wanted: WantedDep) -> Response:
    """Return how much is outstanding in each class, and what is provided for it."""
    return unkept(service.summed(resources, wanted))


@router.get(
    "/{loan}",
    operation_id="loans.read",
    summary="Read a loan",
    response_model=BankLoan,
    dependencies=[allow(SIGNED_IN)],
)
def read_loan(loan: LoanName, visit: VisitDep) -> Response:
    """Return a loan with all that is owed on the business day."""
    return unkept(service.read(visit.resources, loan, visit.sight))


@router.get(
    "/{loan}/schedule",
    operation_id="loans.schedule",
    summary="Read the plan of a loan",
    response_model=LoanSchedule,
    dependencies=[allow(SIGNED_IN)],
)
def read_schedule(loan: LoanName, visit: VisitDep) -> Response:
    """Return the rows that came, with what is paid of each, and those to come."""
    return unkept(service.schedule(visit.resources, loan, visit.sight))


@router.get(
    "/{loan}/events",
    operation_id="loans.events",
    summary="Read what happened to a loan",
    response_model=LoanEvents,
    dependencies=[allow(SIGNED_IN)],
)
def read_events(loan: LoanName, visit: VisitDep, page: PageDep) -> Response:
    """Return the events of a loan, the first event first; what happens meanwhile comes last."""
    after = read_cursor(page.cursor, after=int)["after"] if page.cursor else 0
    found = service.events(visit.resources, loan, visit.sight, after=after, size=page.size + 1)
    items, last = page_of(found, page.size)
    return unkept({"items": items, "next": last and write_cursor({"after": last["number"]})})


@router.post(
    "",
    operation_id="loans.open",
    summary="Ask for a loan out of a reservation",
    response_model=AskedApproval,
    status_code=ACCEPTED,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def open_loan(body: LoanOpening, mover: MoverDep) -> Response:
    """Return the approval by which another officer pays a loan out of a reservation."""
    return _asked(mover, "loan_open", body, body.asked(loan=f"L{new_name(mover.resources)}"))


@router.post(
    "/{loan}/repayments",
    operation_id="loans.repay",
    summary="Pay on a loan",
    response_model=BookedRepayment,
    responses=MOVING,
    dependencies=[allow(BORROWERS)],
)
def pay(loan: LoanName, body: RepaymentOrder, mover: MoverDep) -> Response:
    """Return where the fen went; what is beyond what is due needs `prepay`."""
    asked = RepaymentAsked(body.amount_fen, body.prepay, body.mode, body.reference)
    return mover.ask(body.model_dump(exclude_unset=True), repay, loan, asked)


@router.post(
    "/{loan}/repayments/{n}/reverse",
    operation_id="loans.reverse",
    summary="Ask for a repayment to be taken back",
    response_model=AskedApproval,
    status_code=ACCEPTED,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def reverse(loan: LoanName, n: ActNumber, body: WhyAsked, mover: MoverDep) -> Response:
    """Return the approval by which another officer takes a repayment back."""
    return _asked(mover, "loan_reverse", body, {"loan": loan, "n": n})


@router.post(
    "/{loan}/restructure",
    operation_id="loans.restructure",
    summary="Ask for new terms of a loan",
    response_model=AskedApproval,
    status_code=ACCEPTED,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def restructure(loan: LoanName, body: LoanRestructuring, mover: MoverDep) -> Response:
    """Return the approval by which another officer gives what is outstanding new terms."""
    return _asked(mover, "loan_restructure", body, body.asked(loan=loan))


@router.post(
    "/{loan}/write-off",
    operation_id="loans.write_off",
    summary="Ask for a loan to be written off",
    response_model=AskedApproval,
    status_code=ACCEPTED,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def write_off(loan: LoanName, body: WhyAsked, mover: MoverDep) -> Response:
    """Return the approval by which another officer gives up a loan, and stops its firm."""
    return _asked(mover, "loan_write_off", body, {"loan": loan})


@router.post(
    "/{loan}/recover",
    operation_id="loans.recover",
    summary="Ask for a recovery to be booked",
    response_model=AskedApproval,
    status_code=ACCEPTED,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def recover(loan: LoanName, body: LoanRecovery, mover: MoverDep) -> Response:
    """Return the approval by which another officer books what came for a loan written off."""
    return _asked(
        mover,
        "loan_recover",
        body,
        {"loan": loan, "amount_fen": body.amount_fen, "reference": body.reference},
    )


def _asked(mover: Mover, name: str, body: BaseModel, asked: Document) -> Response:
    """Return the approval of an action on loans; each says why, a recovery by its reference."""
    actions = mover.request.app.state.approval_actions
    reason = getattr(body, "reason", "").strip()
    sent = body.model_dump(mode="json", exclude_unset=True)
    return mover.ask(sent, ask, actions, name, {**asked, "reason": reason})
