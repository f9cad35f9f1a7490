r"""
The path of a request as segments of text, so that an id may hold any character, `/` included.

A server hands on the path with every escape undone: `/firms/A%2FB` and `/firms/A/B` look the
same. `Paths`, the outermost layer, reads the path as it was sent and writes it once, for routing,
rules, log and audit alike: text as it is, but `%`, `/` inside a segment, control characters and
bytes that are no UTF-8 as escapes. Routes (`app.platform.http.routing`) undo the escapes in the
values of their path; a segment that no text stands behind (a NUL, broken UTF-8) matches no route.
"""

import re
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from app.platform.text import is_keepable

_ESCAPED = re.compile("[%/\0-\x1f\x7f-\x9f\u2028\u2029\udc80-\udcff]")
_ABSOLUTE = re.compile(rb"https?://[^/]*(?=/)", re.IGNORECASE)  # RFC 9112, 3.2.2.
_UNUSUAL = re.compile(rb"[^\x21-\x7e]")


class Paths:
    """Writes the path of every request in the one form that the rest of the service reads."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            sent = scope.get("raw_path") or quote(scope["path"]).encode()
            scope["path"] = written(sent)
            scope["query_string"] = _UNUSUAL.sub(_as_escape, scope.get("query_string", b""))
        await self.app(scope, receive, send)


def written(sent: bytes) -> str:
    """
    Return a path as it was sent in the form that the service reads.

    Example:
        >>> written(b"/firms/A%2FB/trades"), written(b"/firms/%E5%8D%8E%25"), written(b"/a%00%ff")
        ('/firms/A%2FB/trades', '/firms/华%25', '/a%00%FF')
        >>> written(b"http://bank.example/cores")
        '/cores'
    """
    path = sent[found.end() :] if (found := _ABSOLUTE.match(sent)) else sent
    return "/".join(_written_segment(unquote_to_bytes(segment)) for segment in path.split(b"/"))


def value_of(segment: str) -> str | None:
    """
    Return the text that a segment of a written path stands for; None where there is none.

    Example:
        >>> value_of("A%2FB"), value_of("100%25"), value_of("%00"), value_of("%FF")
        ('A/B', '100%', None, None)
    """
    if "%" not in segment:
        return segment
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return None
    return text if is_keepable(text) else None


def address_of(path: str) -> str:
    """
    Return a written path as an address, as pages and headers name it.

    Example:
        >>> address_of("/firms/A%2FB"), address_of("/firms/华?")
        ('/firms/A%2FB', '/firms/%E5%8D%8E%3F')
    """
    return "/".join(quote(unquote_to_bytes(segment), safe="") for segment in path.split("/"))


def _written_segment(sent: bytes) -> str:
    return _ESCAPED.sub(_as_escapes, sent.decode(errors="surrogateescape"))


def _as_escapes(found: re.Match[str]) -> str:
    return quote_from_bytes(found[0].encode(errors="surrogateescape"), safe="")


def _as_escape(found: re.Match[bytes]) -> bytes:
    return b"%%%02X" % found[0][0]
