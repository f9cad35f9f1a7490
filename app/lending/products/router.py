"""The route of products."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.lending.products.schemas import LendingProducts
from app.lending.products.service import document
from app.platform.auth.rules import SIGNED_IN, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import Absent, Malformed, Unauthenticated, Unready, responses
from app.platform.http.answers import TAGGED, send, tagged
from app.platform.http.days import Day
from app.platform.http.routing import Router

router = Router(tags=["products"])
AsOf = Annotated[Day | None, Query(description="Read the products in force on this day")]


@router.get(
    "/products",
    operation_id="products.list",
    summary="List the products in force",
    response_model=LendingProducts,
    responses={**responses(Unauthenticated, Absent, Malformed, Unready), **TAGGED},
    dependencies=[allow(SIGNED_IN)],
)
def read_products(request: Request, visit: VisitDep, as_of: AsOf = None) -> Response:
    """Return the products in force on a day, the business day by default."""
    found = document(visit.resources, as_of, visit.sight)
    return send(request, tagged(found, f"products-{found['policy']}"))
