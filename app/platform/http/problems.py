"""Every failed request as a problem (RFC 9457), whoever raised it."""

import errno
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.platform.documents import dumps
from app.platform.errors import PROBLEM_TYPE, AppError, Gone, Unready
from app.platform.http.faults import words
from app.platform.http.keys import REPLAYED
from app.platform.http.refusals import Fault, Problem
from app.platform.http.routing import methods_at
from app.platform.http.tracing import HEADERS, TRACE_HEADER, trace_of
from app.platform.process.logs import logger
from app.platform.text import kept_form
from graph.errors import (
    Damaged,
    GraphError,
    InvalidInput,
    NotConverged,
    NotFound,
    StageRefused,
    StoreUnavailable,
)

GRAPH_STATUS: Mapping[type[GraphError], tuple[int, str]] = {
    Damaged: (503, "damaged"),
    NotFound: (404, "not_found"),
    InvalidInput: (422, "malformed"),
    NotConverged: (503, "not_converged"),
    StoreUnavailable: (503, "unready"),
    StageRefused: (409, "conflict"),
}
FAILED = (500, "failed")
AGAIN_SECONDS = 5
UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOLCK})
HTTP_CODES: Mapping[int, str] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "malformed",
}
ERRORS_MAX = 20
PLACE_LENGTH_MAX = 200
log = logger("deeptier.http")


def problem(
    request: Request,
    status: int,
    code: str,
    *,
    detail: str,
    again_seconds: int | None = None,
    further: Mapping[str, Any] | None = None,
) -> Response:
    """Return the answer to a failed request; `further` are fields of its code alone."""
    body = Problem(
        type="about:blank",
        title=phrase(status),
        status=status,
        code=code,
        detail=kept_form(detail),
        trace_id=trace_of(request.scope),
        errors=None,
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if again_seconds is not None:
        headers["Retry-After"] = str(again_seconds)
    return Response(
        dumps(body.model_dump(exclude_none=True) | dict(further or {})),
        status_code=status,
        media_type=PROBLEM_TYPE,
        headers=headers,
    )


def phrase(status: int) -> str:
    """Return the words of a status, of which the log may know more than the standard."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else Gone.title


def refusal(request: Request, error: AppError) -> Response:
    """Return the answer to a request that was refused."""
    again = error.again_seconds
    answer = problem(
        request,
        error.status,
        error.code,
        detail=str(error),
        again_seconds=again,
        further=error.further,
    )
    if error.replayed:
        answer.headers[REPLAYED] = "true"
    return answer


def add_handlers(app: FastAPI) -> None:
    """Render refusals, errors of the graph, malformed requests and crashes as problems."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(GraphError, _on_graph_error)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(OSError, _on_full_disk)
    app.add_exception_handler(Exception, _on_crash)


def _on_app_error(request: Request, error: Exception) -> Response:
    return refusal(request, error) if isinstance(error, AppError) else _on_crash(request, error)


def _on_graph_error(request: Request, error: Exception) -> Response:
    for kind, (status, code) in GRAPH_STATUS.items():
        if isinstance(error, kind):
            again = AGAIN_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else None
            return problem(request, status, code, detail=str(error), again_seconds=again)
    return _on_crash(request, error)


def _on_full_disk(request: Request, error: Exception) -> Response:
    """Return 503 where nothing can be written now; any other fault of a file is a crash."""
    if not isinstance(error, OSError) or error.errno not in UNWRITABLE:
        return _on_crash(request, error)
    log.error("disk", detail=str(error))
    said = f"the data folder cannot be written to: {error.strerror}"
    return refusal(request, Unready(said, again_seconds=AGAIN_SECONDS))


def _on_malformed(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        Fault(
            place=".".join(str(part) for part in fault["loc"])[:PLACE_LENGTH_MAX],
            message=words(fault),
        )
        for fault in found[:ERRORS_MAX]
    ]
    detail = "; ".join(f"{fault.place}: {fault.message}" for fault in errors)
    told = {"errors": [fault.model_dump() for fault in errors]}
    return problem(request, 422, "malformed", detail=detail, further=told)


def _on_http_error(request: Request, error: Exception) -> Response:
    status, detail = (
        (error.status_code, str(error.detail)) if isinstance(error, HTTPException) else (500, "")
    )
    if status == HTTPStatus.BAD_REQUEST:  # A body that its parser cannot read.
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    answer = problem(request, status, HTTP_CODES.get(status, "refused"), detail=detail)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(methods_at(request.app, request.scope["path"]))
    return answer


def _on_crash(request: Request, error: Exception) -> Response:
    log.error("crash", exc_info=error)
    detail = "something went wrong here; the log has more under this trace id"
    answer = problem(request, *FAILED, detail=detail)
    answer.headers.update({**HEADERS, TRACE_HEADER: trace_of(request.scope)})
    return answer  # Sent outside the layer that adds these headers to every other answer.
