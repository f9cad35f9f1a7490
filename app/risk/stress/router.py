"""Routes of stress scenarios: posting one computes it once, the others read it."""

from typing import Annotated

from anyio import to_thread
from fastapi import Path, Request, Response

from app.platform.auth.rules import ANALYSTS, BANK, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent, Busy, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer
from app.platform.http.attending import attended
from app.platform.http.routing import Router
from app.risk.stress import service
from app.risk.stress.answers import RoundLosses, ScenarioLosses
from app.risk.stress.repository import folder_of
from app.risk.stress.schemas import ScenarioRequest
from app.risk.stress.workbench import Workbench, name_of

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
    return _answer(request, _with_id(document))


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


def _with_id(document: Document) -> Document:
    return {"id": document["scenario"], **document}


def _answer(request: Request, document: Document) -> Response:
    return answer(request, document, version=document["version"], policy=document["policy"])
