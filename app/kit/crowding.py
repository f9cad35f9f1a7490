"""What the server can take no more of is refused at once, with word when to come again."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Busy
from app.kit.problems import refusal

CROWDED = "crowded"  # In the state of a request that came over a connection past the bound.
PROBE = "/healthz"
AGAIN_SECONDS = 5


class Crowding:
    """Answers only `/healthz` over connections that are kept free for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or not scope.get("state", {}).get(CROWDED):
            await self.app(scope, receive, send)
            return

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        if scope["path"] == PROBE:
            await self.app(scope, receive, closing)
        else:
            full = Busy("all connections are taken", again_seconds=AGAIN_SECONDS)
            await refusal(Request(scope), full)(scope, receive, closing)
