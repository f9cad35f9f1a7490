"""What routes take from the process that serves them."""

from typing import Annotated

from fastapi import Depends, Request

from app.deps import Resources


async def resources_of(request: Request) -> Resources:
    """Return the resources of the process that serves this request."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(resources_of)]
