"""The route of the business day."""

from fastapi import Response

from app.books.business_day.schemas import BusinessDay
from app.books.business_day.service import business_day
from app.platform.auth.rules import SIGNED_IN, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, Unauthenticated, Unready, responses
from app.platform.http.answers import unkept
from app.platform.http.routing import Router

router = Router(tags=["business day"])


@router.get(
    "/business-day",
    operation_id="days.read",
    summary="Read the business day",
    response_model=BusinessDay,
    responses=responses(Unauthenticated, Absent, Unready),
    dependencies=[allow(SIGNED_IN)],
)
def read_business_day(resources: ResourcesDep) -> Response:
    """Return the date of the books."""
    return unkept({"date": business_day(resources)})
