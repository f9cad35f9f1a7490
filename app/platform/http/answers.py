"""Answers of reads: JSON with an `ETag`, or 304 where the reader has it already."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from app.platform.documents import dumps
from app.platform.process.kept import Answer

TAGGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The reader has it already: `If-None-Match` names its tag"}
}
_NO_TAG = re.compile(r"[^A-Za-z0-9._-]+")


def render(document: object, *, version: int, policy: str) -> Answer:
    """
    Return a document as an answer, tagged with graph version, policy version and its own digest.

    The digest tells apart what the two versions do not: who asks, the run, later decisions.
    """
    return tagged(document, f"v{version}-{_NO_TAG.sub('-', policy)}")


def tagged(document: object, mark: str) -> Answer:
    """Return a document as an answer whose tag is a mark and its own digest."""
    body = dumps(document).encode()
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return Answer(body, f'"{mark}-{digest}"')


def send(request: Request, given: Answer) -> Response:
    """Return the answer, or 304 without a body where the reader has it."""
    headers = {
        "ETag": given.tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Cookie",
    }
    if _holds(request.headers.get("If-None-Match", ""), given.tag):
        return Response(status_code=304, headers=headers)
    return Response(given.body, media_type="application/json", headers=headers)


def answer(request: Request, document: object, *, version: int, policy: str) -> Response:
    """Return a document as a tagged answer, or 304 where the reader has it."""
    return send(request, render(document, version=version, policy=policy))


def unkept(document: object, status: int = 200) -> Response:
    """Return a document as an answer that no browser and no proxy keeps."""
    headers = {"Cache-Control": "no-store"}
    return Response(dumps(document), status, headers, media_type="application/json")


def unkept_parts(parts: Iterator[bytes]) -> Response:
    """Return JSON that comes in parts as an answer that no browser and no proxy keeps."""
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(parts, headers=headers, media_type="application/json")


def _holds(given: str, tag: str) -> bool:
    tags = [each.strip().removeprefix("W/") for each in given.split(",")]
    return "*" in tags or tag in tags
