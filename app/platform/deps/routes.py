"""What routes take from the process that serves them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.platform.auth.rules import signed_in
from app.platform.auth.sight import Sight, sight_of
from app.platform.deps import Resources


async def resources_of(request: Request) -> Resources:
    """Return the resources of the process that serves this request."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(resources_of)]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request reads from, and what whoever sent it may see of that."""

    resources: Resources
    sight: Sight


async def _visit(request: Request) -> Visit:
    return Visit(request.app.state.resources, sight_of(signed_in(request)))


VisitDep = Annotated[Visit, Depends(_visit)]
