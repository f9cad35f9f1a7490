"""Fields and files that a form of a page is sent with."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData


async def sent_form(request: Request) -> AsyncIterator[FormData]:
    """Yield the fields that a form was sent with; its files are closed in the end."""
    async with request.form() as form:
        yield form


SentForm = Annotated[FormData, Depends(sent_form)]
