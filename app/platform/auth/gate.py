"""
Who asks, settled before anything else: the layer that knows every request's principal.

Under `/api/v1` a request without one ends here with 401, before path, parameters or body are
looked at; so does one that carries a session but changes something without its CSRF token.
"""

import datetime as dt
import hmac
import secrets
import threading
from collections.abc import Callable

from anyio import to_thread
from cachetools import TTLCache
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.platform.auth import sessions, tokens
from app.platform.auth.errors import ForgedRequest
from app.platform.auth.principals import Principal
from app.platform.clock import Clock
from app.platform.errors import AppError, Unauthenticated
from app.platform.http.problems import refusal
from app.platform.http.tracing import API
from app.platform.records import Records

OPEN = frozenset({("POST", f"{API}/session"), ("GET", f"{API}/openapi.json")})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
KEPT_MAX = 1024
KEPT = dt.timedelta(seconds=2)  # A revoked token or ended session holds this long at most.


class Authenticator:
    """Finds who asks; keeps what it found for a moment, so that reads need no database."""

    def __init__(self, records: Callable[[], Records], key: bytes, *, now: Clock) -> None:
        self._records = records
        self._key = key
        self._now = now
        self._kept: TTLCache[str, Principal, dt.datetime] = TTLCache(KEPT_MAX, KEPT, now)
        self._lock = threading.Lock()

    async def principal(self, request: Request) -> Principal | None:
        """
        Return who asks; None where the request names nobody.

        Raises:
            Unauthenticated: It carries a token that does not hold.
        """
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        bearer = scheme.lower() == "bearer"
        if not bearer:
            credential = request.cookies.get(sessions.COOKIE, "")
        if not credential:
            return None
        with self._lock:
            known = self._kept.get(credential)
        if known is not None:
            return known
        find = self._of_token if bearer else self._of_session
        found = await to_thread.run_sync(find, credential.strip())
        if found is not None:
            with self._lock:
                self._kept[credential] = found
        return found

    def forget(self) -> None:
        """Forget what was kept: somebody signed out."""
        with self._lock:
            self._kept.clear()

    def _of_token(self, token: str) -> Principal:
        name, bearer = tokens.read(token, self._key, now=self._now())
        if tokens.is_revoked(self._records(), name):
            raise Unauthenticated("the bearer token was revoked")
        return bearer

    def _of_session(self, cookie: str) -> Principal | None:
        return sessions.find(self._records(), self._key, cookie, now=self._now())


class SignInGate:
    """Lets nobody through to `/api/v1` who is not signed in."""

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator) -> None:
        self.app = app
        self.authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Settle who asks, then pass the request on or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            await self._settle(request)
        except AppError as error:
            await refusal(request, error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _settle(self, request: Request) -> None:
        path = request.scope["path"]
        api = path == API or path.startswith(f"{API}/")
        state = request.scope.setdefault("state", {})
        try:
            principal = await self.authenticator.principal(request)
        except Unauthenticated:
            if api and (request.method, path) not in OPEN:
                raise
            principal = None
        state["principal"] = principal
        state["actor"] = principal.name if principal else None
        if not api or (request.method, path) in OPEN:
            return
        if principal is None:
            raise Unauthenticated("send a bearer token, or sign in")
        if principal.csrf and request.method not in SAFE:
            check_csrf(principal, request.headers.get(CSRF_HEADER, ""))


def check_csrf(principal: Principal, given: str) -> None:
    """
    Raise where a form or script of a session does not carry its token.

    Raises:
        ForgedRequest: It does not.
    """
    expected = principal.csrf or secrets.token_hex()
    if not hmac.compare_digest(sessions.unmasked(given).encode(), expected.encode()):
        raise ForgedRequest("the request does not carry the token of its session")
