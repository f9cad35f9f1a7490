"""The route of prices."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.lending.pricing.schemas import ProductPrice
from app.lending.pricing.service import PriceAsked, document
from app.lending.products.forms import DAYS_MAX
from app.platform.auth.rules import BANK, allow
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
from app.platform.http.answers import TAGGED, answer
from app.platform.http.routing import Router

router = Router(tags=["products"])


@router.get(
    "/products/{product}/price",
    operation_id="products.price",
    summary="Read what a product costs a firm",
    response_model=ProductPrice,
    responses={
        **responses(Unauthenticated, Forbidden, Absent, Conflict, Malformed, Unready),
        **TAGGED,
    },
    dependencies=[allow(BANK)],
)
def read_price(
    request: Request,
    visit: VisitDep,
    product: Annotated[str, Path(description="The product")],
    firm: Annotated[str, Query(description="Who borrows")],
    tenor_days: Annotated[int, Query(ge=1, le=DAYS_MAX, description="For how long")],
    core: Annotated[str | None, Query(description="Whose documents carry it")] = None,
) -> Response:
    """Return the rate by the policy of the business day, with every term and its source."""
    asked = PriceAsked(product, firm, core, tenor_days)
    found = document(visit.resources, asked, visit.sight)
    return answer(request, found, version=found["version"], policy=found["policy"])
