"""The routes of prices and plans."""

from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from app.lending.loans.terms import AMOUNT_FEN_MAX, MONTHS_MAX, PLACES_MAX
from app.lending.pricing import plans
from app.lending.pricing.plans import PlanAsked
from app.lending.pricing.schemas import LoanPlan, ProductPrice
from app.lending.pricing.service import PriceAsked, document
from app.lending.products.forms import DAYS_MAX, RepaymentKind
from app.platform.auth.rules import BANK, SIGNED_IN, allow
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
from app.platform.http.answers import TAGGED, answer, send, tagged
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


def _asked(  # one parameter of the query each
    product: Annotated[str, Path(description="The product")],
    amount_fen: Annotated[int, Query(ge=1, le=AMOUNT_FEN_MAX, description="How much, in fen")],
    rate: Annotated[Decimal, Query(ge=0, le=1, decimal_places=PLACES_MAX, description="A year")],
    repayment: Annotated[RepaymentKind, Query(description="How it is repaid")],
    tenor_days: Annotated[int | None, Query(ge=1, le=DAYS_MAX, description="For so long")] = None,
    tenor_months: Annotated[
        int | None, Query(ge=1, le=MONTHS_MAX, description="Or so long; rows are monthly")
    ] = None,
) -> PlanAsked:
    return PlanAsked(product, amount_fen, rate, repayment, tenor_days, tenor_months)


PlanDep = Annotated[PlanAsked, Depends(_asked)]


@router.get(
    "/products/{product}/plan",
    operation_id="products.plan",
    summary="Work out what becomes due when",
    response_model=LoanPlan,
    responses={**responses(Unauthenticated, Absent, Conflict, Malformed, Unready), **TAGGED},
    dependencies=[allow(SIGNED_IN)],
)
def read_plan(request: Request, visit: VisitDep, asked: PlanDep) -> Response:
    """Return all rows of a loan drawn on the business day; nothing of it is kept."""
    found = plans.document(visit.resources, asked)
    return send(request, tagged(found, f"plan-{found['product_version']}-{found['policy']}"))
