"""The routes of what to lend: the newest proposal, and a proposal made now."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.platform.auth.rules import BANK, OFFICERS, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import (
    Absent,
    Busy,
    Forbidden,
    Malformed,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import TAGGED, answer, unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import SIZE, Page, PageDep
from app.platform.http.routing import Router
from app.risk.portfolio import service
from app.risk.portfolio.schemas import Portfolio, PortfolioOrder

router = Router(
    prefix="/portfolio",
    tags=["portfolio"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)


@router.get(
    "",
    operation_id="portfolio.read",
    summary="Read what to lend",
    response_model=Portfolio,
    responses=TAGGED,
    dependencies=[allow(BANK)],
)
def read_portfolio(
    request: Request,
    resources: ResourcesDep,
    page: PageDep,
    proposal: Annotated[str | None, Query(alias="id", description="The newest by default")] = None,
    core: Annotated[str | None, Query(description="Only of this core")] = None,
    firm: Annotated[str | None, Query(description="Only of this firm")] = None,
) -> Response:
    """Return a proposal with a page of loans; a cursor stays with the proposal that it began in."""
    after = 0
    if page.cursor:
        place = read_cursor(page.cursor, id=str, after=int)
        proposal, after = place["id"], place["after"]
    found = service.shown(resources, proposal, core=core, firm=firm)
    shown = _paged(found, page, after)
    return answer(request, shown, version=shown["version"], policy=shown["policy"])


def _paged(found: Document, page: Page, after: int) -> Document:
    stop = after + page.size
    more = stop < len(found["items"])
    cursor = write_cursor({"id": found["id"], "after": stop}) if more else None
    return {**found, "items": found["items"][after:stop], "next": cursor}


@router.post(
    "",
    operation_id="portfolio.propose",
    summary="Propose what to lend",
    response_model=Portfolio,
    status_code=201,
    responses=responses(Busy),
    dependencies=[allow(OFFICERS)],
)
def post_portfolio(request: Request, body: PortfolioOrder, resources: ResourcesDep) -> Response:
    """Return what to lend now, under all caps and a budget; the same again is the same proposal."""
    name = service.propose(resources, body.budget_fen)
    found = service.shown(resources, name, core=None, firm=None)
    made = unkept(_paged(found, Page(None, SIZE), 0), 201)
    made.headers["Location"] = f"{request.scope['path']}?id={name}"
    return made
