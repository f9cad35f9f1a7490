"""Routes of stress scenarios: posting one computes it once, the others read it."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Path, Query, Request, Response

from app.platform.auth.principals import Principal
from app.platform.auth.rules import ANALYSTS, BANK, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import (
    Absent,
    Busy,
    Conflict,
    Forbidden,
    Malformed,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import TAGGED, answer
from app.platform.http.attending import attended
from app.platform.http.paging import PageDep
from app.platform.http.routing import Router
from app.risk.stress import reading, service
from app.risk.stress.answers import (
    LossAttribution,
    RoundLosses,
    RoundsChanges,
    ScenarioComparison,
    ScenarioLosses,
)
from app.risk.stress.repository import Part, folder_of
from app.risk.stress.schemas import ScenarioRequest
from app.risk.stress.workbench import Workbench, explained, name_of

router = Router(
    prefix="/scenarios",
    tags=["stress"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)


@router.post(
    "",
    operation_id="scenarios.create",
    response_model=ScenarioLosses,
    summary="Run a scenario",
    status_code=201,
    responses=responses(Busy),
    dependencies=[allow(ANALYSTS)],
)
async def post_scenario(
    request: Request, body: ScenarioRequest, resources: ResourcesDep, who: PrincipalDep
) -> Response:
    """Return who loses what when this happens; asking again gives the same scenario."""
    workbench: Workbench = request.app.state.workbench
    naming = name_of(workbench, resources, body.scenario, version=body.version, who=who.account)
    name = await attended(request, naming)
    text = await to_thread.run_sync(service.scenario_text, folder_of(resources), name)
    return Response(
        text,
        status_code=201,
        media_type="application/json",
        headers={"Location": f"{request.scope['path']}/{name}"},
    )


@router.get(
    "/{scenario}",
    operation_id="scenarios.read",
    response_model=ScenarioLosses,
    responses=TAGGED,
    summary="Read a scenario",
    dependencies=[allow(BANK)],
)
def read_scenario(request: Request, scenario: str, resources: ResourcesDep) -> Response:
    """Return a scenario that was run: losses by round and by firm."""
    document = service.read_scenario(folder_of(resources), scenario)
    return _answer(request, {"id": document["scenario"], **document})


@router.get(
    "/{scenario}/rounds/{number}",
    operation_id="scenarios.round",
    response_model=RoundLosses,
    responses=TAGGED,
    summary="Read a round",
    dependencies=[allow(BANK)],
)
def read_round(
    request: Request,
    scenario: str,
    number: Annotated[int, Path(ge=0, description="0 is the closure itself")],
    resources: ResourcesDep,
) -> Response:
    """Return everybody who lost in one round, largest loss first."""
    document = service.read_scenario(folder_of(resources), scenario)
    found = service.read_round(folder_of(resources), scenario, number)
    head = {name: document[name] for name in ("version", "as_of", "policy")}
    return _answer(request, {**head, **found})


@router.get(
    "/{scenario}/rounds",
    operation_id="scenarios.rounds",
    response_model=RoundsChanges,
    responses={**TAGGED, **responses(Busy, Conflict)},
    summary="Read all rounds with their reasons",
    dependencies=[allow(BANK)],
)
async def read_rounds(
    request: Request, scenario: str, page: PageDep, resources: ResourcesDep, who: PrincipalDep
) -> Response:
    """Return a page of whose production changed in which round, why, and over which trade."""
    await _explained(request, resources, scenario, "rounds", who)
    read = partial(reading.rounds_page, folder_of(resources), scenario, page)
    return _answer(request, await to_thread.run_sync(read))


@router.get(
    "/{scenario}/attribution",
    operation_id="scenarios.attribution",
    response_model=LossAttribution,
    responses={**TAGGED, **responses(Busy, Conflict)},
    summary="Read whose failing costs what",
    dependencies=[allow(BANK)],
)
async def read_attribution(
    request: Request, scenario: str, page: PageDep, resources: ResourcesDep, who: PrincipalDep
) -> Response:
    """Return what each firm that is hit adds to the loss, and a page of trades that carried it."""
    await _explained(request, resources, scenario, "attribution", who)
    read = partial(reading.attribution_page, folder_of(resources), scenario, page)
    return _answer(request, await to_thread.run_sync(read))


@router.get(
    "/{scenario}/compare",
    operation_id="scenarios.compare",
    response_model=ScenarioComparison,
    responses=TAGGED,
    summary="Compare two scenarios",
    dependencies=[allow(BANK)],
)
def compare_scenarios(
    request: Request,
    scenario: str,
    other: Annotated[str, Query(alias="with", description="The scenario to compare it with")],
    page: PageDep,
    resources: ResourcesDep,
) -> Response:
    """Return two scenarios side by side: in all, by round, and a page of firms."""
    return _answer(request, reading.comparison_page(folder_of(resources), scenario, other, page))


async def _explained(
    request: Request, resources: Resources, scenario: str, part: Part, who: Principal
) -> None:
    workbench: Workbench = request.app.state.workbench
    await attended(request, explained(workbench, resources, scenario, part, who=who.account))


def _answer(request: Request, document: Document) -> Response:
    return answer(request, document, version=document["version"], policy=document["policy"])
