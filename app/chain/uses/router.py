"""Routes of reservations and uses."""

from fastapi import Request, Response

from app.books.ledger.answering import answered, keyed
from app.chain.uses import service
from app.chain.uses.schemas import AccountUse, ReservationOrder, UseAmount
from app.platform.auth.rules import BANK, OFFICERS, PrincipalDep, allow
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
from app.platform.http.keys import KeyHeader
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
    request: Request,
    body: ReservationOrder,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return what is held on every account of its path; else all accounts that lack are named."""
    with keyed(request, who, key, body.model_dump(exclude_unset=True)) as own:
        return answered(service.reserve(resources, body, key=own, actor=who.person))


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
    request: Request,
    reservation: str,
    body: UseAmount,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return a reservation of which an amount is used now; the rest of it is void."""
    with keyed(request, who, key, body.model_dump()) as own:
        amount = body.amount_fen
        return answered(service.post(resources, reservation, amount, key=own, actor=who.person))


@router.post(
    "/reservations/{reservation}/void",
    operation_id="reservations.void",
    summary="Give a reservation back",
    response_model=AccountUse,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def void(
    request: Request,
    reservation: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return a reservation that holds nothing any more."""
    with keyed(request, who, key, None) as own:
        return answered(service.void(resources, reservation, key=own, actor=who.person))


@router.post(
    "/uses/{use}/release",
    operation_id="uses.release",
    summary="Give back a part of a use",
    response_model=AccountUse,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def release(
    request: Request,
    use: str,
    body: UseAmount,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return a use of which an amount was given back on every account of its path."""
    with keyed(request, who, key, body.model_dump()) as own:
        return answered(service.release(resources, use, body.amount_fen, key=own, actor=who.person))
