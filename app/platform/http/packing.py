"""
Answers packed with gzip for who accepts it, from a size on where it pays.

A packed answer is another representation: it says so in `Vary`, and its entity tag ends in `-gzip`
(`If-None-Match` takes either). What another site made a browser ask for is never packed: the length
of a packed answer could tell that site what stands in it beside words of its own choice.
"""

import gzip
import hashlib
import zlib
from collections.abc import Mapping, MutableMapping
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.process.kept import Kept

BYTES_MIN = 1024
BYTES_AT_ONCE = 2**15  # More is packed in a thread, not in the event loop.
LEVEL = 5
THREADS_MAX = 2
GZIP_WINDOW = 16 + zlib.MAX_WBITS
MARK = "-gzip"
OK, NO_CONTENT, PARTIAL, UNCHANGED = 200, 204, 206, 304
OTHER_SITES = ("cross-site", "same-site")
PACKED = (
    *("text/", "application/json", "application/problem+json", "application/javascript"),
    *("application/xml", "application/graphml", "image/svg+xml"),
)


class Packing:
    """Packs what the application answers."""

    def __init__(self, app: ASGIApp, *, kept: Kept[bytes]) -> None:
        self.app = app
        self._kept = kept
        self._threads: CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and pack its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._threads is None:  # Made where the event loop runs.
            self._threads = CapacityLimiter(THREADS_MAX)
        await self.app(scope, receive, _PackedAnswer(scope, send, self._kept, self._threads).send)


def accepts_gzip(accepted: str) -> bool:
    """
    Return whether a client accepts gzip.

    Example:
        >>> [accepts_gzip(told) for told in ("gzip, br", "br;q=1, *", "gzip;q=0", "*;q=0", "")]
        [True, True, False, False, False]
    """
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, rest = part.partition(";")
        weight = rest.replace(" ", "").partition("q=")[2]
        weights[name.strip()] = not weight or weight.strip("0.") != ""
    return weights.get("gzip", weights.get("*", False))


class _PackedAnswer:
    """One answer on its way out."""

    def __init__(
        self, scope: Scope, send: Send, kept: Kept[bytes], threads: CapacityLimiter
    ) -> None:
        asked = Headers(scope=scope)
        elsewhere = asked.get("sec-fetch-site", "") in OTHER_SITES
        self._accepted = not elsewhere and accepts_gzip(asked.get("accept-encoding", ""))
        _unmark(scope, "if-match", asked.get("if-match", ""))
        self._marked = _unmark(scope, "if-none-match", asked.get("if-none-match", ""))
        self._send = send
        self._kept = kept
        self._threads = threads
        self._start: Message | None = None
        self._stream: Any = None

    async def send(self, message: Message) -> None:
        """Take a part of the answer as the application gives it."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._start is not None:
            start, self._start = self._start, None
            await self._begin(start, message)
        else:
            await self._go_on(message)

    async def _begin(self, start: Message, message: Message) -> None:
        headers = MutableHeaders(scope=start)
        body, more = message.get("body", b""), message.get("more_body", False)
        if start["status"] == UNCHANGED:
            headers.add_vary_header("Accept-Encoding")
            if (tag := headers.get("etag", "")) in self._marked:
                headers["etag"] = _with_mark(tag)
        elif _is_packable(start["status"], headers):
            headers.add_vary_header("Accept-Encoding")
            if self._accepted and (more or len(body) >= BYTES_MIN):
                tag = headers.get("etag", "")
                _say_packed(headers)
                if more:
                    self._stream = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_WINDOW)
                else:
                    body = await self._packed(tag, body)
                    headers["content-length"] = str(len(body))
                    message = {**message, "body": body}
        await self._send(start)
        await self._go_on(message)

    async def _go_on(self, message: Message) -> None:
        if self._stream is not None:
            more = message.get("more_body", False)
            body = await self._off(self._pack_part, message.get("body", b""), more)
            message = {**message, "body": body}
        await self._send(message)

    async def _packed(self, tag: str, body: bytes) -> bytes:
        # By content: tags of two things may be the same, as those of files of one size and moment.
        key = hashlib.blake2b(body, digest_size=32).digest() if tag else b""
        found = self._kept.find(key) if tag else None
        if found is None:
            found = await self._off(_gzipped, body, LEVEL)
            if tag:
                self._kept.keep(key, found)
        return found

    async def _off(self, pack: Any, body: bytes, how: int) -> bytes:
        if len(body) <= BYTES_AT_ONCE:
            packed: bytes = pack(body, how)
            return packed
        return bytes(await to_thread.run_sync(pack, body, how, limiter=self._threads))

    def _pack_part(self, body: bytes, more: int) -> bytes:
        flush = zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH
        return bytes(self._stream.compress(body) + self._stream.flush(flush))


def _gzipped(body: bytes, level: int) -> bytes:
    packed: bytes = gzip.compress(body, level, mtime=0)  # The same bytes for the same content.
    return packed


def _is_packable(status: int, headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").lower()
    return (
        not (status < OK or status in (NO_CONTENT, PARTIAL))
        and kind.startswith(PACKED)
        and "content-encoding" not in headers
        and "no-transform" not in headers.get("cache-control", "")
    )


def _say_packed(headers: MutableHeaders) -> None:
    headers["content-encoding"] = "gzip"
    for name in ("content-length", "accept-ranges"):
        if name in headers:
            del headers[name]
    if "etag" in headers:
        headers["etag"] = _with_mark(headers["etag"])


def _with_mark(tag: str) -> str:
    """Return the tag of a packed answer; a weak one holds for every form."""
    return tag if tag.startswith("W/") else f'{tag[:-1]}{MARK}"'


def _unmark(scope: MutableMapping[str, Any], header: str, told: str) -> frozenset[str]:
    """Return a header's tags told with our mark; the application sees all tags without it."""
    if f'{MARK}"' not in told:
        return frozenset()
    tags = [each.strip() for each in told.split(",")]
    marked = {tag for tag in tags if tag.endswith(f'{MARK}"')}
    bare = {tag: tag.removesuffix(f'{MARK}"') + '"' for tag in marked}
    said = ", ".join(bare.get(tag, tag) for tag in tags).encode("latin-1")
    scope["headers"] = [
        (name, said if name.lower() == header.encode() else value)
        for name, value in scope["headers"]
    ]
    return frozenset(tag.removeprefix("W/") for tag in bare.values())
