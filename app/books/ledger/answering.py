"""Routes that move the book: the key of a request, and the answer to an order as a response."""

import contextlib
from collections.abc import Iterator
from typing import Any

from fastapi import Request, Response

from app.books.ledger.orders import Key, Reply, digest_of
from app.platform.auth.principals import Principal
from app.platform.http.keys import REPLAYED, checked


@contextlib.contextmanager
def keyed(request: Request, who: Principal, given: str | None, body: Any) -> Iterator[Key]:
    """
    Yield the key of a request that counts once, held while it is worked on.

    Args:
        request: The request; its path is part of what was asked.
        who: Who asks: keys belong to a person in a role for a firm or core.
        given: The header.
        body: What was sent, as JSON knows it.

    Raises:
        KeyRequired: There is no key, or it is none.
        InProgress: The request with this key is still being worked on.
    """
    key = checked(given)
    person = " ".join((who.role, who.firm or "", who.name))
    with request.app.state.keyed.running(person, key):
        asked = digest_of(request.method, request.scope["path"], body)
        yield Key(person, key, asked)


def answered(answer: Reply) -> Response:
    """Return the answer to an order as a response that nobody keeps."""
    headers = {"Cache-Control": "no-store"}
    if answer.replayed:
        headers[REPLAYED] = "true"
    return Response(answer.text, answer.status, headers, media_type="application/json")
