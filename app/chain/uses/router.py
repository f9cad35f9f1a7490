"""Routes of reservations and uses."""

from fastapi import Response

from app.books.ledger.answering import MoverDep
from app.chain.uses import service
from app.chain.uses.schemas import AccountUse, ReservationOrder, UseAmount
from app.platform.auth.rules import BANK, OFFICERS, allow
from app.platform.deps.routes import ResourcesDep
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
from app.platform.http.routing import Router

CREATED = 201
router = Router(
    tags=["reservations"],
    responses=responses(Unauthenticated, Forbidden, Malformed),
)
MOVING = responses(Absent, Conflict, Busy)


@router.post(
    "/reservations",
    operation_id="reservations.create",
    summary="Reserve",
    response_model=AccountUse,
    status_code=CREATED,
    responses=responses(Conflict, Busy),
    dependencies=[allow(OFFICERS)],
)
def reserve(
    body: ReservationOrder,
    mover: MoverDep,
) -> Response:
    """Return what is held on every account of its path; else all accounts that lack are named."""
    return mover.ask(body.model_dump(exclude_unset=True), service.reserve, body)


@router.get(
    "/reservations/{reservation}",
    operation_id="reservations.read",
    summary="Read a reservation",
    response_model=AccountUse,
    responses=responses(Absent),
    dependencies=[allow(BANK)],
)
def read_reservation(reservation: str, resources: ResourcesDep) -> Response:
    """Return a reservation as it stands; a use that came of it has its id."""
    return unkept(service.read(resources, reservation))


@router.post(
    "/reservations/{reservation}/post",
    operation_id="reservations.post",
    summary="Use what is reserved",
    response_model=AccountUse,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def post(
    reservation: str,
    body: UseAmount,
    mover: MoverDep,
) -> Response:
    """Return a reservation of which an amount is used now; the rest of it is void."""
    return mover.ask(body.model_dump(), service.post, reservation, body.amount_fen)


@router.post(
    "/reservations/{reservation}/void",
    operation_id="reservations.void",
    summary="Give a reservation back",
    response_model=AccountUse,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def void(
    reservation: str,
    mover: MoverDep,
) -> Response:
    """Return a reservation that holds nothing any more."""
    return mover.ask(None, service.void, reservation)


@router.post(
    "/uses/{use}/release",
    operation_id="uses.release",
    summary="Give back a part of a use",
    response_model=AccountUse,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def release(
    use: str,
    body: UseAmount,
    mover: MoverDep,
) -> Response:
    """Return a use of which an amount was given back on every account of its path."""
    return mover.ask(body.model_dump(), service.release, use, body.amount_fen)
