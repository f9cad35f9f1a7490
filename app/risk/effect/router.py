"""The route of effects: what an application would do to the bank."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.platform.auth.rules import BANK, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import (
    Absent,
    Forbidden,
    Malformed,
    Unauthenticated,
    Unready,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.routing import Router
from app.risk.effect import service
from app.risk.effect.schemas import ApplicationEffect

FEN_MAX = 2**53 - 1
router = Router(
    tags=["applications"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed, Unready),
)


@router.get(
    "/applications/{application}/effect",
    operation_id="applications.effect",
    summary="Read what an application would do to the bank",
    response_model=ApplicationEffect,
    dependencies=[allow(BANK)],
)
def read_effect(
    application: Annotated[str, Path(max_length=64, description="The application")],
    visit: VisitDep,
    amount_fen: Annotated[
        int | None,
        Query(
            ge=1,
            le=FEN_MAX,
            description="What would be lent; by default what is recommended, offered or asked for",
        ),
    ] = None,
) -> Response:
    """
    Return losses of the chain and shares of caps before and after, and who depends on the firm.

    Nothing is kept and nothing is held.
    """
    return unkept(service.effect(visit.resources, application, amount_fen))
