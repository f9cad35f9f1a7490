"""Routes of cores and chains."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from app.chain.chains import listing, service
from app.chain.chains.graph import graph_of
from app.chain.chains.picture import Picture, picture_of
from app.chain.chains.schemas import Chain, Cores, Graph, Tiers
from app.data.versions.reading import AskedDep, going_on
from app.platform.auth.rules import CORES, OWN_CHAIN, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep, VisitDep
from app.platform.documents import Document
from app.platform.errors import Absent, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer
from app.platform.http.cursors import write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

router = Router(
    tags=["chains"],
    responses={**responses(Unauthenticated, Forbidden, Absent, Malformed), **TAGGED},
)
TiersQuery = Annotated[int | None, Query(ge=1, le=100, description="Nearest tiers only")]
Groups = Literal["none", "sector", "region", "size", "rating"]


@router.get(
    "/cores",
    operation_id="cores.list",
    summary="List cores",
    response_model=Cores,
    dependencies=[allow(CORES)],
)
def read_cores(
    request: Request,
    resources: ResourcesDep,
    who: PrincipalDep,
    asked: AskedDep,
    page: PageDep,
) -> Response:
    """Return the cores that the reader may see, in order of their ids."""
    wanted, cursor = going_on(page, asked, after=str)
    head, items = listing.cores(resources, wanted)
    seen = [each for each in items if who.is_bank or each["id"] == who.firm]
    left = [each for each in seen if cursor is None or each["id"] > cursor["after"]]
    shown, last = page_of(left, page.size)
    following = None if last is None else {"version": head.version, "after": last["id"]}
    document = {"items": shown, "next": write_cursor(following) if following else None}
    return answer(request, document, version=head.version, policy=head.policy)


@router.get(
    "/chains/{core}",
    operation_id="chains.read",
    summary="Read a chain",
    response_model=Chain,
    dependencies=[allow(OWN_CHAIN)],
)
def read_chain(
    request: Request,
    core: str,
    visit: VisitDep,
    asked: AskedDep,
    page: PageDep,
    tiers: TiersQuery = None,
) -> Response:
    """Return a chain: its tiers and a page of its firms, by direction, tier and id."""
    wanted, cursor = going_on(page, asked, at=int)
    picture = picture_of(visit.resources, core, wanted, visit.sight)
    start = max(0, cursor["at"]) if cursor else 0
    document = service.chain(picture, tiers=tiers, start=start, size=page.size)
    if document["next"] is not None:
        at = {"version": picture.head.version, "at": document["next"]}
        document["next"] = write_cursor(at)
    return _answer(request, picture, document)


@router.get(
    "/chains/{core}/tiers",
    operation_id="chains.tiers",
    summary="List the tiers of a chain",
    response_model=Tiers,
    dependencies=[allow(OWN_CHAIN)],
)
def read_tiers(
    request: Request, core: str, visit: VisitDep, asked: AskedDep, tiers: TiersQuery = None
) -> Response:
    """Return firms and trade by direction and tier."""
    picture = picture_of(visit.resources, core, asked, visit.sight)
    items = [t for t in service.tiers_of(picture) if tiers is None or t["tier"] <= tiers]
    return _answer(request, picture, {**service.head_of(picture), "items": items, "next": None})


@router.get(
    "/chains/{core}/graph",
    operation_id="chains.graph",
    summary="Read a chain as a graph",
    response_model=Graph,
    dependencies=[allow(OWN_CHAIN)],
)
def read_graph(
    request: Request,
    core: str,
    visit: VisitDep,
    asked: AskedDep,
    tiers: TiersQuery = None,
    groups: Annotated[Groups | None, Query(description="What firms are grouped by")] = None,
) -> Response:
    """
    Return nodes and edges: firms while they are few, else groups by tier and sector.

    A core is shown the firms it knows by name and one group for each other tier and side.
    """
    picture = picture_of(visit.resources, core, asked, visit.sight)
    drawn = graph_of(visit.resources, picture, tiers=tiers, groups=groups)
    return _answer(request, picture, {**service.head_of(picture), **drawn})


def _answer(request: Request, picture: Picture, document: Document) -> Response:
    return answer(request, document, version=picture.head.version, policy=picture.head.policy)
