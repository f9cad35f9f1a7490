"""
The refusals of the service; each carries its HTTP status and a stable code.

AppError
├── Unauthenticated   401  nobody is signed in, or the token no longer holds
├── Forbidden         403  somebody is, but may not do or see this
├── Absent            404  there is no such thing, or nothing of it yet
├── Conflict          409  it is being done already, or something else stands in the way
│   └── InProgress    409  the request with this key is still being worked on
├── Outdated          412  it is no longer as who changes it has read it
├── TooLarge          413  the body is larger than a route takes
├── Unsupported       415  the body is of a kind that a route does not read
├── Malformed         422  a parameter or body is not what it must be
│   ├── KeyRequired   422  what is sent comes with a key, so that it counts once
│   └── KeyReused     422  the key was used for something else
├── Unconditional     428  who changes it does not say what they have read
├── Gone              499  who asked has gone before the answer was there
├── Unready           503  something that is needed cannot be reached now
└── Busy              503  all that may be done at once is being done; it may come again
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

PROBLEM_TYPE = "application/problem+json"


class AppError(Exception):
    """A refusal that is part of the business; never a crash."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "failed"
    title: ClassVar[str] = "Failed"
    further: Mapping[str, object] = MappingProxyType({})  # What its problem says beside.

    def __init__(self, detail: str = "", *, again_seconds: int | None = None) -> None:
        super().__init__(detail)
        self.again_seconds = again_seconds  # When it makes sense to ask again, where we know.
        self.replayed = False  # Whether it was told before, to the same key.


class Unauthenticated(AppError):
    """Nobody is signed in, or the token no longer holds."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class Forbidden(AppError):
    """Who asks may not do or see this."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class Absent(AppError):
    """There is no such thing, or nothing of it yet."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(AppError):
    """It is being done already, or something else stands in the way."""

    status = 409
    code = "conflict"
    title = "Conflict"


class InProgress(Conflict):
    """The request with this key is still being worked on."""

    code = "in_progress"
    title = "In progress"


class Outdated(AppError):
    """It is no longer as who changes it has read it."""

    status = 412
    code = "precondition_failed"
    title = "Precondition Failed"


class TooLarge(AppError):
    """The body is larger than this route takes."""

    status = 413
    code = "too_large"
    title = "Too large"


class Unsupported(AppError):
    """The body is of a kind that this route does not read."""

    status = 415
    code = "unsupported_media"
    title = "Unsupported Media Type"


class Malformed(AppError):
    """A parameter or the body is not what it must be."""

    status = 422
    code = "malformed"
    title = "Malformed request"


class KeyRequired(Malformed):
    """What is sent comes with a key, so that it counts once however often it is sent."""

    code = "key_required"
    title = "Idempotency-Key is required"


class KeyReused(Malformed):
    """The key was used for something else."""

    code = "key_reused"
    title = "Idempotency-Key was used before"


class Unconditional(AppError):
    """Who changes it does not say, in `If-Match`, what they have read."""

    status = 428
    code = "precondition_required"
    title = "Precondition Required"


class Gone(AppError):
    """Who asked has gone before the answer was there; nobody receives this."""

    status = 499
    code = "gone"
    title = "Client has gone"


class Unready(AppError):
    """Something that is needed cannot be reached now."""

    status = 503
    code = "unready"
    title = "Not ready"


class Busy(AppError):
    """All that may be done at once is being done; it may come again."""

    status = 503
    code = "busy"
    title = "Busy"


def responses(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of these refusals."""
    return {
        error.status: {
            "description": error.__doc__,
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for error in errors
    }
