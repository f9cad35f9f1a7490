"""What a person sees where a program would get a problem: a page that says what to do."""

import inspect
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.web.render import here, page

SIGN_IN = "/sign-in"
Handler = Callable[[Request, Any], Response | Awaitable[Response]]
FAULT_HEADERS = (
    *("content-security-policy", "x-content-type-options", "x-trace-id"),
    *("retry-after", "connection"),
)
WORDED = frozenset({403, 404, 422, 429, 503})


def add_pages_of_faults(app: FastAPI) -> None:
    """Answer readers with pages, where the handlers added so far answer with problems."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _worded(handler))


def _worded(handler: Handler) -> Handler:
    async def answer(request: Request, error: Any) -> Response:
        made = handler(request, error)
        problem = await made if inspect.isawaitable(made) else made
        return fault(request, problem) if wants_page(request) else problem

    return answer


def wants_page(request: Request) -> bool:
    """Return whether a person asks, with a browser, for one of our pages."""
    accepts = "text/html" in request.headers.get("Accept", "")
    return accepts and not request.url.path.startswith("/api/")


def fault(request: Request, problem: Response) -> Response:
    """Return the page for a problem; who is not signed in is asked to."""
    status = problem.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        target = here(request) if request.method == "GET" else "/"
        return RedirectResponse(f"{SIGN_IN}?next={quote(target, safe='')}", status_code=303)
    found = json.loads(bytes(problem.body) or b"{}")
    worded = status if status in WORDED else HTTPStatus.INTERNAL_SERVER_ERROR
    answer = page(
        request,
        "fault.html",
        status=status,
        fault=int(worded),
        trace=found.get("trace_id", ""),
        kept={},  # What the address asks for may be the fault.
        to=str,
    )
    for name in FAULT_HEADERS:
        if name in problem.headers:
            answer.headers[name] = problem.headers[name]
    return answer
