"""HEAD answered as GET without its body (RFC 9110, 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Hands HEAD on as GET, and leaves the body out of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        inner = {**scope, "method": "GET"}

        def name_route() -> None:
            """Tell those around which route answered."""
            if "route" in inner:
                scope["route"] = inner["route"]  # Log and figures name the route that answered.

        async def bare(message: Message) -> None:
            """Send a message without its body."""
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            name_route()
            await send(message)

        try:
            await self.app(inner, receive, bare)
        finally:
            name_route()
