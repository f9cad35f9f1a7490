"""Work that is done only as long as somebody waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

from app.platform.errors import Gone

Made = TypeVar("Made")


async def attended(request: Request, work: Coroutine[Any, Any, Made]) -> Made:
    """
    Return what the work gives; it is cancelled when the client goes. The body was read before.

    Raises:
        Gone: The client has gone.
    """
    doing, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Gone("the client has gone")
        return doing.result()
    finally:
        doing.cancel()
        leaving.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
