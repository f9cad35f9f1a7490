"""Routes of connected groups: they read what a run has found."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.chain.groups import service
from app.chain.groups.schemas import ConnectedGroup, ConnectedGroups
from app.chain.limits.documents import results_named, results_of
from app.chain.limits.shown import Shown
from app.data.versions.reading import AskedDep
from app.platform.auth.rules import BANK, allow
from app.platform.deps.routes import VisitDep
from app.platform.documents import Document
from app.platform.errors import Absent, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep
from app.platform.http.routing import Router

router = Router(
    prefix="/groups",
    tags=["groups"],
    responses={**responses(Unauthenticated, Forbidden, Absent, Malformed), **TAGGED},
)


@router.get(
    "",
    operation_id="groups.list",
    summary="List connected groups",
    response_model=ConnectedGroups,
    dependencies=[allow(BANK)],
)
def read_groups(
    request: Request,
    visit: VisitDep,
    asked: AskedDep,
    page: PageDep,
    firm: Annotated[
        str | None, Query(max_length=200, description="Only the group of this firm")
    ] = None,
) -> Response:
    """Return the connected groups of a version in order of their ids."""
    cursor = read_cursor(page.cursor, run=str, after=str) if page.cursor else None
    if cursor:
        results = results_named(visit.resources, cursor["run"], visit.sight)
    else:
        results = results_of(visit.resources, asked, visit.sight)
    found = service.groups_in(visit.resources, results)
    after = cursor["after"] if cursor else None
    items, last = service.page(found, after=after, size=page.size, firm=firm)
    document = {
        **results.head.document(),
        "items": [service.listed(results, group) for group in items],
        "next": last and write_cursor({"run": results.head.run, "after": last}),
    }
    return _answer(request, results, document)


@router.get(
    "/{group}",
    operation_id="groups.read",
    summary="Read a connected group",
    response_model=ConnectedGroup,
    dependencies=[allow(BANK)],
)
def read_group(
    request: Request, group: str, visit: VisitDep, asked: AskedDep, page: PageDep
) -> Response:
    """Return a connected group: a page of its members, each with what makes it one."""
    cursor = read_cursor(page.cursor, run=str, at=int) if page.cursor else None
    if cursor:
        results = results_named(visit.resources, cursor["run"], visit.sight)
    else:
        results = results_of(visit.resources, asked, visit.sight)
    found = service.group_of(service.groups_in(visit.resources, results), results, group)
    start = max(0, cursor["at"]) if cursor else 0
    document, following = service.document(results, found, start=start, size=page.size)
    document["next"] = following and write_cursor({"run": results.head.run, "at": following})
    return _answer(request, results, document)


def _answer(request: Request, results: Shown, document: Document) -> Response:
    return answer(request, document, version=results.head.version, policy=results.head.policy)
