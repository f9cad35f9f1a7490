"""The route of notices."""

from typing import Annotated

from fastapi import Query, Response

from app.books.notices import service
from app.books.notices.schemas import FirmNotices
from app.platform.auth.rules import SIGNED_IN, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import Malformed, Unauthenticated, responses
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

router = Router(tags=["notices"], responses=responses(Unauthenticated, Malformed))
ID_LENGTH_MAX = 400


@router.get(
    "/notices",
    operation_id="notices.list",
    summary="List what firms are told",
    response_model=FirmNotices,
    dependencies=[allow(SIGNED_IN)],
)
def read_notices(
    visit: VisitDep,
    page: PageDep,
    firm: Annotated[str | None, Query(min_length=1, max_length=ID_LENGTH_MAX)] = None,
) -> Response:
    """Return notices, the latest first; a firm reads its own."""
    before = read_cursor(page.cursor, before=int)["before"] if page.cursor else None
    found = service.page(visit.resources, visit.sight, firm, before=before, size=page.size + 1)
    items, last = page_of(found, page.size)
    more = write_cursor({"before": last["number"]}) if last else None
    return unkept({"items": items, "next": more})
