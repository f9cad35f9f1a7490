"""Routes of firms."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query, Request, Response

from app.chain.firms import service
from app.chain.firms.schemas import Firm, Firms, Invoices, Trades
from app.data.versions.reading import AskedDep, going_on
from app.data.versions.service import policy_of, version_of
from app.platform.auth.rules import BANK, OWN_FIRM, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep, VisitDep
from app.platform.errors import Absent, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer
from app.platform.http.cursors import write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router
from graph.model import Version

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
    wanted, cursor = going_on(page, asked, after=str)
    version = version_of(resources, wanted)
    reader = resources.store.reader(version.number)
    if query:
        return _page(request, resources, version, service.search(reader, query), None)
    first = cursor["after"] if cursor else None
    items, after = service.page(reader, after=first, size=page.size)
    return _page(request, resources, version, items, {"after": after} if after else None)


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
    wanted, cursor = going_on(page, asked, supplier=str, buyer=str)
    version = version_of(resources, wanted)
    after = (cursor["supplier"], cursor["buyer"]) if cursor else None
    reader = resources.store.reader(version.number)
    items, last = service.trades(reader, firm, after=after, size=page.size)
    following = {"supplier": last[0], "buyer": last[1]} if last else None
    return _page(request, resources, version, items, following)


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
    wanted, cursor = going_on(page, asked, passed=int)
    version = version_of(visit.resources, wanted)
    passed = cursor["passed"] if cursor else 0
    found = service.invoices(
        visit.resources, version.number, ends=(firm, partner), sight=visit.sight
    )
    items, last = page_of(found[passed : passed + page.size + 1], page.size)
    following = {"passed": passed + page.size} if last else None
    return _page(request, visit.resources, version, items, following)


def _page(
    request: Request,
    resources: Resources,
    version: Version,
    items: Sequence[Any],
    following: Mapping[str, Any] | None,
) -> Response:
    cursor = write_cursor({"version": version.number, **following}) if following else None
    policy = policy_of(resources, version.as_of).version
    document = {"items": items, "next": cursor}
    return answer(request, document, version=version.number, policy=policy)
