"""
Routes as every domain makes them: `Router` in place of FastAPI's own.

What they add holds for all, so that no route can forget it: values of the path are the text that
was meant (`app.platform.http.paths`), and whatever text a request carries in its query, JSON or
form can be kept (`app.platform.text`), or the request is malformed. JSON is read strictly: no key
twice, no figure that is none. A path that is written out is no value of another one:
`/sources/check` is never the source `check`. Who may not use a route is refused before a byte of
the body is read: FastAPI itself reads the body, uploads too, before it asks the route's
dependencies.
"""

import contextlib
import inspect
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import Scope

from app.platform.http.paths import value_of
from app.platform.text import is_keepable

MALFORMED = 422
SAFE = frozenset({"GET", "HEAD"})
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose body is read strictly."""

    async def json(self) -> Any:
        """
        Return the body as JSON.

        Raises:
            HTTPException: It is none, says something twice, or holds text that cannot be kept.
        """
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json

    async def _get_form(self, **limits: Any) -> FormData:  # What `form` waits for.
        form = await super()._get_form(**limits)
        for name, value in form.multi_items():
            text = (value.filename or "") if isinstance(value, UploadFile) else value
            if not is_keepable(name) or not is_keepable(text):
                await form.close()
                raise _malformed(f"body: the field {name!r} holds text that cannot be kept")
        return form


class Route(APIRoute):
    """One route; see the top of this file for what it adds."""

    written_out: AbstractSet[str] = frozenset()  # Paths of its router that have no value in them.

    def gives_way(self, values: Mapping[str, str]) -> bool:
        """Return whether a path with these values is that of another route, written out."""
        return bool(values) and self.path_format.format(**values) in self.written_out

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether this route answers, with the values of its path as they were meant."""
        match, child = super().matches(scope)
        if match is Match.NONE:
            return match, child
        values = {name: value_of(segment) for name, segment in child["path_params"].items()}
        known = {name: value for name, value in values.items() if value is not None}
        if len(known) < len(values) or self.gives_way(known):
            return Match.NONE, {}
        return match, {**child, "path_params": values}

    def get_route_handler(self) -> Handler:
        """Return what answers a request that matched."""
        handle = super().get_route_handler()
        guards = [
            each.call
            for each in self.dependant.dependencies
            if each.call is not None and getattr(each.call, "is_guard", False)
        ]

        computes = (self.methods or set()) <= SAFE and not inspect.iscoroutinefunction(
            self.endpoint
        )

        async def strictly(request: Request) -> Response:
            """Return the answer to a request that guards and its own text let through."""
            for guard in guards:
                await guard(request)
            _check_query(request.scope["query_string"])
            strict = StrictRequest(request.scope, request.receive, request._send)  # noqa: SLF001  # as FastAPI's own documentation does it
            turns = reading_turns(request) if computes else None
            async with turns or contextlib.nullcontext():
                return await handle(strict)

        return strictly


def reading_turns(request: Request) -> CapacityLimiter | None:
    """Return what bounds how many reads are put together at once; None where nothing does."""
    found: CapacityLimiter | None = getattr(request.app.state, "reading_turns", None)
    return found


class Router(APIRouter):
    """Routes of one domain."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(route_class=Route, redirect_slashes=False, **settings)
        self._written_out: set[str] = set()
        self._beginnings: set[str] = set()  # First segments of its routes,
        self._written = 0  # and of how many it is written out.

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        """Add a route; where it is written out, no value of another one is it."""
        super().add_api_route(path, endpoint, **settings)
        route = self.routes[-1]
        if isinstance(route, Route):
            beginning = route.path.removeprefix("/").partition("/")[0]
            self._beginnings.add(beginning)
            self._written += "{" not in beginning
            route.written_out = self._written_out
            if "{" not in route.path:
                self._written_out.add(route.path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """
        Return whether one of these routes answers; most domains see that at a glance.

        Whatever stands before them, a path that they answer has the first segment of one of them.
        """
        is_known = self._written == len(self.routes)
        if is_known and self._beginnings.isdisjoint(scope["path"].split("/")):
            return Match.NONE, {}
        return super().matches(scope)


def read_json(body: bytes) -> Any:
    """
    Return the content of a JSON document.

    Raises:
        HTTPException: It is none, says something twice, or holds text that cannot be kept.
    """
    try:
        content = json.loads(body, object_pairs_hook=_once, parse_constant=_no_figure)
    except (ValueError, RecursionError) as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else "not readable as JSON"
        raise _malformed(f"body: {said}") from error
    _check_texts(content)
    return content


def methods_at(app: FastAPI, path: str) -> list[str]:
    """Return the methods that a written path answers, in the order of the alphabet."""
    found: set[str] = set()
    for route in iter_route_contexts(app.routes):
        match = route.path_regex.match(path) if getattr(route, "path_regex", None) else None
        original = route.original_route
        if match and not (isinstance(original, Route) and original.gives_way(match.groupdict())):
            mounted = isinstance(original, Mount)
            found |= {"GET"} if mounted else set(route.methods or ())
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _check_query(query: bytes) -> None:
    if b"%" not in query:
        return
    try:
        kept = is_keepable(unquote_to_bytes(query).decode())
    except UnicodeDecodeError:
        kept = False
    if not kept:
        raise _malformed("query: it holds text that cannot be kept, or that is no UTF-8")


def _check_texts(content: Any) -> None:
    if not all(map(is_keepable, _texts(content))):
        raise _malformed("body: it holds text that cannot be kept")


def _texts(content: Any) -> Iterator[str]:
    """Yield every text in a JSON document, names included."""
    left = [content]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list):
            left.extend(each)
        elif isinstance(each, dict):
            yield from each
            left.extend(each.values())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise _malformed(f"body: the name {name!r} stands there twice")
        content[name] = value
    return content


def _no_figure(word: str) -> NoReturn:
    raise _malformed(f"body: {word} is no figure")


def _malformed(detail: str) -> HTTPException:
    return HTTPException(MALFORMED, detail)
