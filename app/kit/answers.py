"""
Answers of reads: JSON with an `ETag`, or 304 where the reader has it already.

What a run has computed never changes, so that its rendered documents may be kept: `KeptAnswers`
holds the last ones, up to a number of bytes.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from fastapi import Request, Response

from app.kit.documents import dumps

_NO_TAG = re.compile(r"[^A-Za-z0-9._-]+")
BYTES_MAX = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered document and its tag."""

    body: bytes
    tag: str


class KeptAnswers:
    """The answers given last, up to a number of bytes; safe to share between threads."""

    def __init__(self, *, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Answer | None:
        """Return what was kept under a key; None where nothing is."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, given: Answer) -> None:
        """Keep an answer, and let go of those not asked for the longest."""
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += len(given.body) - (len(before.body) if before else 0)
            self._kept[key] = given
            while self._bytes > self._bytes_max:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)


def render(document: object, *, version: int, policy: str) -> Answer:
    """
    Return a document as an answer, tagged with graph version, policy version and its own digest.

    The digest tells apart what the two versions do not: who asks, the run, later decisions.
    """
    body = dumps(document).encode()
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return Answer(body, f'"v{version}-{_NO_TAG.sub("-", policy)}-{digest}"')


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


def _holds(given: str, tag: str) -> bool:
    tags = [each.strip().removeprefix("W/") for each in given.split(",")]
    return "*" in tags or tag in tags
