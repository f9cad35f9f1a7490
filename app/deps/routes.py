"""What routes take from the process that serves them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.auth.rules import PrincipalDep
from app.auth.sight import Sight, sight_of
from app.deps import Resources


async def resources_of(request: Request) -> Resources:
    """Return the resources of the process that serves this request."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(resources_of)]


async def _sight(who: PrincipalDep) -> Sight:
    return sight_of(who)


SightDep = Annotated[Sight, Depends(_sight)]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request reads from, and what whoever sent it may see of that."""

    resources: Resources
    sight: Sight


async def _visit(resources: ResourcesDep, sight: SightDep) -> Visit:
    return Visit(resources, sight)


VisitDep = Annotated[Visit, Depends(_visit)]
