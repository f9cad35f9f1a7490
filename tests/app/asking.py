"""Requests as a server hands them on: for tests that ask thousands of small questions."""

from collections.abc import Iterable, Mapping

import anyio
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from starlette.types import Message


def answers(client: TestClient, calls: Iterable[tuple[str, str]]) -> list[Response]:
    """Return the answers to methods and addresses, as the client is signed in, one by one."""
    signed_in = client.headers.get("Authorization")
    headers = {"Authorization": signed_in} if signed_in else {}

    async def in_turn() -> list[Response]:
        """Ask in the loop of the service: from another thread each costs twice as much."""
        return [await asked(client.app, path, headers, method=method) for method, path in calls]  # type: ignore[arg-type]

    assert client.portal is not None
    return client.portal.call(in_turn)


async def asked(
    app: FastAPI, path: str, headers: Mapping[str, str], *, method: str = "GET"
) -> Response:
    """Return the answer to a request without a body; a route that crashes raises here."""
    address, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 123),
        "root_path": "",
        "path": address,
        "raw_path": address.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    came: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    parts: list[Message] = []
    over = anyio.Event()

    async def receive() -> Message:
        """Give the body, which is empty, then nothing before the answer is whole."""
        if came:
            return came.pop()
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        """Keep a part of the answer."""
        parts.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            over.set()

    await app(scope, receive, send)
    begun, *bodies = parts
    content = b"".join(part.get("body", b"") for part in bodies)
    return Response(begun["status"], headers=begun["headers"], content=content)
