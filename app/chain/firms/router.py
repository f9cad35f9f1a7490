"""Routes of firms."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.chain.firms import service
from app.chain.firms.schemas import Firm, Firms, Invoices, Trades
from app.data.versions.reading import AskedDep
from app.data.versions.service import AskedVersion, policy_of, version_of
from app.platform.auth.rules import BANK, OWN_FIRM, allow
from app.platform.deps.routes import ResourcesDep, VisitDep
from app.platform.errors import Absent, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

router = Router(
    prefix="/firms",
    tags=["firms"],
    responses={**responses(Unauthenticated, Forbidden, Absent, Malformed), **TAGGED},
)


@router.get(
    "",
    operation_id="firms.list",
    summary="Find firms",
    response_model=Firms,
    dependencies=[allow(BANK)],
)
def read_firms(
    request: Request,
    resources: ResourcesDep,
    asked: AskedDep,
    page: PageDep,
    query: Annotated[
        str | None, Query(max_length=200, description="Part of a name, alias, id or code")
    ] = None,
) -> Response:
    """Return the firms that a text finds, the closest first; without one all, in id order."""
    place = read_cursor(page.cursor, version=int, after=str) if page.cursor else None
    version = version_of(resources, AskedVersion(place["version"]) if place else asked)
    reader = resources.store.reader(version.number)
    if query:
        items, after = service.search(reader, query), None
    else:
        items, after = service.page(reader, after=place["after"] if place else None, size=page.size)
    following = write_cursor({"version": version.number, "after": after}) if after else None
    return answer(
        request,
        {"items": items, "next": following},
        version=version.number,
        policy=policy_of(resources, version.as_of).version,
    )


@router.get(
    "/{firm}",
    operation_id="firms.read",
    summary="Read a firm",
    response_model=Firm,
    dependencies=[allow(OWN_FIRM)],
)
def read_firm(request: Request, firm: str, visit: VisitDep, asked: AskedDep) -> Response:
    """Return what the version knows of a firm; to the firm itself its rating is null."""
    version = version_of(visit.resources, asked)
    policy = policy_of(visit.resources, version.as_of).version
    reader = visit.resources.store.reader(version.number)
    found = service.firm_document(reader, firm, visit.sight)
    head = {"version": version.number, "as_of": version.as_of, "policy": policy, "run": None}
    return answer(request, {**found, **head}, version=version.number, policy=policy)


@router.get(
    "/{firm}/trades",
    operation_id="firms.trades",
    summary="List a firm's trades",
    response_model=Trades,
    dependencies=[allow(OWN_FIRM)],
)
def read_trades(
    request: Request,
    firm: str,
    resources: ResourcesDep,
    asked: AskedDep,
    page: PageDep,
) -> Response:
    """Return what a firm sells and buys, in order of supplier and buyer."""
    place = read_cursor(page.cursor, version=int, supplier=str, buyer=str) if page.cursor else None
    version = version_of(resources, AskedVersion(place["version"]) if place else asked)
    after = (place["supplier"], place["buyer"]) if place else None
    reader = resources.store.reader(version.number)
    items, last = service.trades(reader, firm, after=after, size=page.size)
    following = (
        write_cursor({"version": version.number, "supplier": last[0], "buyer": last[1]})
        if last
        else None
    )
    return answer(
        request,
        {"items": items, "next": following},
        version=version.number,
        policy=policy_of(resources, version.as_of).version,
    )


@router.get(
    "/{firm}/trades/{partner}/invoices",
    operation_id="firms.invoices",
    summary="List the invoices behind a firm's trade",
    response_model=Invoices,
    dependencies=[allow(OWN_FIRM)],
)
def read_invoices(
    request: Request,
    firm: str,
    partner: str,
    visit: VisitDep,
    asked: AskedDep,
    page: PageDep,
) -> Response:
    """Return the invoices between two firms, either way, oldest first; where each was read from."""
    place = read_cursor(page.cursor, version=int, passed=int) if page.cursor else None
    version = version_of(visit.resources, AskedVersion(place["version"]) if place else asked)
    passed = place["passed"] if place else 0
    found = service.invoices(
        visit.resources, version.number, ends=(firm, partner), sight=visit.sight
    )
    items, last = page_of(found[passed : passed + page.size + 1], page.size)
    following = write_cursor({"version": version.number, "passed": passed + page.size})
    return answer(
        request,
        {"items": items, "next": following if last else None},
        version=version.number,
        policy=policy_of(visit.resources, version.as_of).version,
    )
