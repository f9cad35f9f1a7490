"""Routes of draws: the account on file of a firm, and drawing an offer that is signed."""

from typing import Annotated

from fastapi import Path, Response

from app.books.ledger.answering import MoverDep
from app.chain.accounts.schemas import AskedApproval
from app.lending.servicing.checking import DrawAsked
from app.lending.servicing.drawing import draw
from app.lending.servicing.filing import file_account
from app.lending.servicing.schemas import AccountOnFile, DrawnApplication, DrawOrder
from app.platform.auth.rules import HOLDERS, allow
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
from app.platform.http.routing import Router

ID_LENGTH_MAX = 200
ACCEPTED = 202
router = Router(
    tags=["loans"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed, Unready, Conflict, Busy),
)
Name = Annotated[str, Path(max_length=ID_LENGTH_MAX)]


@router.put(
    "/firms/{firm}/account",
    operation_id="firms.file_account",
    summary="Ask for an account to be put on file",
    response_model=AskedApproval,
    status_code=ACCEPTED,
    dependencies=[allow(HOLDERS)],
)
def put_account(firm: Name, body: AccountOnFile, mover: MoverDep) -> Response:
    """Return the approval by which an officer puts it on file; draws go there alone."""
    actions = mover.request.app.state.approval_actions
    account = body.account.strip()
    return mover.ask(body.model_dump(), file_account, actions, firm, account)


@router.post(
    "/applications/{application}/draw",
    operation_id="applications.draw",
    summary="Draw an offer that is signed",
    response_model=DrawnApplication,
    dependencies=[allow(HOLDERS)],
)
def post_draw(application: Name, body: DrawOrder, mover: MoverDep) -> Response:
    """Return the application with its loan; `drawing` where the payment has no answer yet."""
    asked = DrawAsked(body.amount_fen, body.account.strip(), body.payee.strip())
    return mover.ask(body.model_dump(), draw, application, asked)
