"""Routes of limits: they read what a run has computed."""

from dataclasses import dataclass
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import Depends, Query, Request, Response

from app.chain.limits import documents
from app.chain.limits.schemas import ChainLimits, FirmLimit, FirmLimits
from app.chain.limits.shown import Shown
from app.data.versions.reading import AskedDep
from app.data.versions.service import AskedVersion, lately_read
from app.platform.auth.rules import OWN_CHAIN, OWN_FIRM, OWN_LIMIT, allow
from app.platform.deps.routes import Visit, VisitDep
from app.platform.documents import Document
from app.platform.errors import Absent, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer, render, send
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep
from app.platform.http.routing import Router, reading_turns
from app.platform.process.kept import Answer

router = Router(
    tags=["limits"],
    responses={**responses(Unauthenticated, Forbidden, Absent, Malformed), **TAGGED},
)
Sort = Literal["tier", "id", "name", "limit_fen", "reachable_fen", "binding"]


@dataclass(frozen=True, slots=True)
class LimitsOrder:
    """In which order a reader wants the firms of a chain."""

    sort: Sort
    descending: bool


async def ordered(
    sort: Annotated[Sort, Query(description="Order of the firms")] = "tier",
    descending: Annotated[bool, Query(description="Largest first")] = False,  # noqa: FBT002  # a query parameter, given by name
) -> LimitsOrder:
    """Return in which order the reader wants the firms."""
    return LimitsOrder(sort, descending)


@router.get(
    "/chains/{core}/limits",
    operation_id="limits.list",
    summary="Read the limits of a chain",
    response_model=ChainLimits,
    dependencies=[allow(OWN_CHAIN)],
)
def read_limits(
    request: Request,
    core: str,
    visit: VisitDep,
    asked: AskedDep,
    page: PageDep,
    order: Annotated[LimitsOrder, Depends(ordered)],
) -> Response:
    """Return a chain's facility, its tiers and a page of its firms."""
    if page.cursor:
        place = read_cursor(page.cursor, run=str, at=int, sort=str, descending=bool)
        results = documents.results_named(visit.resources, place["run"], visit.sight)
    else:
        results = documents.results_of(visit.resources, asked, visit.sight)
        place = {"at": 0, "sort": order.sort, "descending": order.descending}
    document = documents.chain(
        results,
        core,
        sort=place["sort"],
        descending=place["descending"],
        start=max(0, place["at"]),
        size=page.size,
    )
    if document["next"] is not None:
        at = {**place, "run": results.head.run, "at": document["next"]}
        document["next"] = write_cursor(at)
    return _answer(request, results, document)


@router.get(
    "/chains/{core}/limits/{firm}",
    operation_id="limits.read",
    summary="Read a limit",
    response_model=FirmLimit,
    dependencies=[allow(OWN_LIMIT)],
)
async def read_limit(
    request: Request, core: str, firm: str, visit: VisitDep, asked: AskedDep
) -> Response:
    """Return the limit of one firm in one chain, with its derivation."""
    run = lately_read(visit.resources, asked)
    kept = None
    if run is not None:
        kept = visit.resources.answers.find((run.run, core, firm, visit.sight))
    if kept is None:
        turns = reading_turns(request)
        kept = await to_thread.run_sync(_limit, visit, asked, core, firm, limiter=turns)
    return send(request, kept)


def _limit(visit: Visit, asked: AskedVersion, core: str, firm: str) -> Answer:
    results = documents.results_of(visit.resources, asked, visit.sight)
    head = results.head
    document = documents.firm(results, core, firm)
    made = render(document, version=head.version, policy=head.policy)
    visit.resources.answers.keep((head.run, core, firm, visit.sight), made)
    return made


@router.get(
    "/firms/{firm}/limits",
    operation_id="firms.limits",
    summary="List a firm's limits",
    response_model=FirmLimits,
    dependencies=[allow(OWN_FIRM)],
)
def read_firm_limits(request: Request, firm: str, visit: VisitDep, asked: AskedDep) -> Response:
    """Return a firm's limits in all its chains, in order of the cores' ids."""
    results = documents.results_of(visit.resources, asked, visit.sight)
    items = documents.everywhere(results, firm)
    return _answer(request, results, {**results.head.document(), "items": items, "next": None})


def _answer(request: Request, results: Shown, document: Document) -> Response:
    return answer(request, document, version=results.head.version, policy=results.head.policy)
