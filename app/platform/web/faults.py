"""What a person sees where a program would get a problem: a page that says what to do."""

import inspect
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from anyio import move_on_after
from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.platform.auth.sessions import COOKIE
from app.platform.text import is_keepable
from app.platform.web.render import here, page

SIGN_IN = "/sign-in"
Handler = Callable[[Request, Any], Response | Awaitable[Response]]
FAULT_HEADERS = (
    *("content-security-policy", "x-content-type-options", "x-trace-id"),
    *("retry-after", "connection"),
)
WORDED = frozenset({403, 404, 413, 422, 429, 503})
REASONS = frozenset({"csrf"})  # What has words of its own, beside those of its status.
RESUMED = frozenset({"/stress"})  # Forms whose fields their page takes from the address too.
KEPT = "/sources/new/"  # Below it what a form is sent to can be read too, as it was last kept.
ADDRESS_LENGTH_MAX = 4000
URLENCODED = "application/x-www-form-urlencoded"
FORM_BYTES_MAX = 2**14
FORM_SECONDS_MAX = 5.0  # Nobody is signed in here: who sends slowly is not waited for.


def add_pages_of_faults(app: FastAPI) -> None:
    """Answer readers with pages, where the handlers added so far answer with problems."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _worded(handler))


def _worded(handler: Handler) -> Handler:
    async def answer(request: Request, error: Any) -> Response:
        """Return the refusal as a page to a browser, else as the problem that it is."""
        made = handler(request, error)
        problem = await made if inspect.isawaitable(made) else made
        return await fault(request, problem) if wants_page(request) else problem

    return answer


def wants_page(request: Request) -> bool:
    """Return whether a person asks, with a browser, for one of our pages."""
    accepts = "text/html" in request.headers.get("Accept", "")
    return accepts and not request.scope["path"].startswith("/api/")


async def fault(request: Request, problem: Response) -> Response:
    """Return the page for a problem; who is not signed in is asked to."""
    status = problem.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse(await _sign_in(request), status_code=303)
    found = json.loads(bytes(problem.body) or b"{}")
    worded = int(status if status in WORDED else HTTPStatus.INTERNAL_SERVER_ERROR)
    answer = page(
        request,
        "fault.html",
        status=status,
        fault=worded,
        reason=found["code"] if found.get("code") in REASONS else worded,
        trace=found.get("trace_id", ""),
        code="not_found" if worded == HTTPStatus.NOT_FOUND else found.get("code", ""),
        kept={},  # What the address asks for may be the fault.
        to=str,
    )
    for name in FAULT_HEADERS:
        if name in problem.headers:
            answer.headers[name] = problem.headers[name]
    return answer


async def _sign_in(request: Request) -> str:
    """Return where to sign in; what a form held is kept in the address that follows."""
    target, said = here(request), {}
    if request.method != "GET":
        target = await _filled_in(request)
        said = {"ended": "kept" if "?" in target else "1"}
    elif request.cookies.get(COOKIE):
        said = {"ended": "1"}
    return f"{SIGN_IN}?{urlencode({'next': target, **said})}"


async def _filled_in(request: Request) -> str:
    """Return where a form that was refused goes on; its fields too, if they are few and here."""
    path = request.scope["path"]
    if path not in RESUMED:
        return str(path) if path.startswith(KEPT) else "/"
    with move_on_after(FORM_SECONDS_MAX):
        if _is_short(request):
            return _with_fields(path, await request.form())
    return str(path)


def _is_short(request: Request) -> bool:
    announced = request.headers.get("Content-Length", "")
    urlencoded = request.headers.get("Content-Type", "").startswith(URLENCODED)
    return urlencoded and announced.isdigit() and int(announced) <= FORM_BYTES_MAX


def _with_fields(path: str, form: FormData) -> str:
    given = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    fields = [each for each in given if each[0] != "csrf" and all(map(is_keepable, each))]
    query = urlencode([("form", "1"), *fields])
    return f"{path}?{query}" if len(query) <= ADDRESS_LENGTH_MAX else path
