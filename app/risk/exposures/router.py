"""The route of exposures: what is lent and promised now, beside the caps in force."""

from typing import Annotated

from fastapi import Query, Response

from app.books.business_day.service import business_day
from app.chain.limits.documents import results_of
from app.data.versions.reading import AskedDep
from app.platform.auth.rules import BANK, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import Absent, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router
from app.risk.exposures import schemas, service
from app.risk.exposures.caps import By

router = Router(
    prefix="/exposures",
    tags=["exposures"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)


@router.get(
    "",
    operation_id="exposures.list",
    summary="List exposures beside their caps",
    response_model=schemas.ExposuresListed,
    dependencies=[allow(BANK)],
)
def read_exposures(
    visit: VisitDep,
    asked: AskedDep,
    page: PageDep,
    by: Annotated[By, Query(description="Summed by this")],
) -> Response:
    """
    Return what is lent and promised by one thing now, in order of ids, beside the caps in force.

    A version says which sectors and groups firms stand in, not what is lent.
    """
    after = read_cursor(page.cursor, after=str)["after"] if page.cursor else ""
    results = results_of(visit.resources, asked, visit.sight)
    found = [each for each in service.exposures(visit.resources, results, by) if each.id > after]
    items, last = page_of(found, page.size)
    return unkept(
        {
            "by": by,
            "date": business_day(visit.resources),
            "items": [each.document() for each in items],
            "next": last and write_cursor({"after": last.id}),
        }
    )
