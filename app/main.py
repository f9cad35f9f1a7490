"""
The application put together, around what every domain brings (`app.routes`).

Layers from outside in: the path as it was sent; trace id, headers and log; audit; HEAD; who asks;
packing; routes. Every route comes from `app.platform.http.routing.Router` and declares its rule
with `app.platform.auth.rules.allow`; one that does not keeps the application from starting.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from app import probes
from app.books.business_day import open_books
from app.chain.accounts.stopping import NAME as STOPPING
from app.chain.papers import confirming, vouchers
from app.chain.receivables import bulk
from app.data.drafts import repository as drafts
from app.data.imports.working import Imports
from app.data.sources.trials import Trials, clear
from app.jobs.running import take_up
from app.jobs.scheduler import Scheduler
from app.lending.applications.drawn import NAME as DRAWN
from app.lending.papers import contents as papers
from app.lending.servicing.following import FollowingLoans
from app.lending.servicing.suspending import SuspendingApplications
from app.platform.audit.layer import Audited
from app.platform.auth.gate import Authenticator, SignInGate
from app.platform.auth.rules import OPEN, SIGNED_IN, AccessRule, Guard
from app.platform.auth.sessions import COOKIE
from app.platform.clock import Clock, utc_now
from app.platform.config import Settings
from app.platform.deps import Resources
from app.platform.errors import AppError
from app.platform.http.crowding import Crowding
from app.platform.http.description import ABOUT, TAGS, Access, completed
from app.platform.http.heads import HeadAsGet
from app.platform.http.keys import KeyedRequests
from app.platform.http.metrics import Metrics
from app.platform.http.packing import Packing
from app.platform.http.paths import Paths
from app.platform.http.problems import add_handlers
from app.platform.http.routing import Route
from app.platform.http.tracing import API, Surroundings
from app.platform.release import code_version
from app.platform.users.desk import SignInDesk
from app.platform.web.faults import add_pages_of_faults
from app.platform.web.render import STATIC
from app.risk.stress.child import Child
from app.risk.stress.workbench import Computer, Workbench
from app.routes import (
    API_ROUTERS,
    APPLICATION_PARTS,
    APPROVAL_ACTIONS,
    FINDERS,
    LENDER,
    LIMIT_NOTES,
    PAGE_ROUTERS,
    WAITING,
)
from graph.errors import GraphError

BODY_BYTES_MAX = 2**20
UPLOAD_BYTES_MAX = 2**32
PUSH_BYTES_MAX = 2**24
ANSWERING_MAX = 16  # Threads that answer, those included that wait for a database.
READING_MAX = 4  # Reads put together at once: more only take each other's turns, and memory.
DESCRIPTION_BYTES_MAX = 2**18
PUSHING_MAX = 1  # Pushes judged at once; the others wait in line.
SIGN_IN_BYTES_MAX = 2**15
DRAFT_BYTES_MAX = drafts.BYTES_MAX + BODY_BYTES_MAX
LIST_BYTES_MAX = bulk.BYTES_MAX + BODY_BYTES_MAX
PAPER_BYTES_MAX = papers.BYTES_MAX + BODY_BYTES_MAX
UPLOADS = ("imports", "sources/check", "sources/guess")
BODIES = {  # What a body may have where it is not the usual.
    **dict.fromkeys((f"{API}/{each}" for each in UPLOADS), UPLOAD_BYTES_MAX),
    **dict.fromkeys((f"{API}/session", "/sign-in"), SIGN_IN_BYTES_MAX),
    **dict.fromkeys((f"{API}/papers", "/my/papers"), PAPER_BYTES_MAX),
    "/sources/new": DRAFT_BYTES_MAX,
    **dict.fromkeys((confirming.LOOK, vouchers.LOOK), LIST_BYTES_MAX),
}
BODIES_BELOW = {
    f"{API}/sources/": DESCRIPTION_BYTES_MAX,
    f"{API}/records/": PUSH_BYTES_MAX,
    "/sources/new/": DRAFT_BYTES_MAX,
}


class Service(FastAPI):
    """The application; `app.platform.http.description` completes what it says of itself."""

    def openapi(self) -> dict[str, Any]:
        """Return the description of the interface."""
        if self.openapi_schema is None:
            access = {
                key: Access(open=rule is OPEN, refuses=rule is not SIGNED_IN)
                for key, rule in rules_of(self).items()
            }
            completed(super().openapi(), access, COOKIE)
        found: dict[str, Any] = super().openapi()
        return found


def create_app(
    settings: Settings | None = None,
    *,
    now: Clock = utc_now,
    with_jobs: bool = False,
    computer: Callable[[], Computer] = Child,
) -> FastAPI:
    """
    Return the application for these settings (those of the environment by default).

    Args:
        settings: Where everything is.
        now: The clock.
        with_jobs: Whether this process may lead the scheduled jobs while it serves.
        computer: Makes what computes scenarios: a process of its own by default.
    """
    resources = Resources(settings or Settings(), now=now)
    app = Service(
        title="deeptier",
        version=code_version(),
        summary="Credit and contagion on a supply network: limits with their derivation",
        description=ABOUT,
        contact={"name": "deeptier"},
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "The service that this description came from"}],
        openapi_tags=[{"name": name, "description": says} for name, says in TAGS.items()],
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.resources = resources
    app.state.with_jobs = with_jobs
    app.state.imports = Imports(resources, after=lambda: take_up(resources))
    app.state.workbench = Workbench(resources.settings.threads, computer)
    app.state.trials = Trials()
    app.state.keyed = KeyedRequests()
    resources.once("lender", lambda: LENDER(resources))
    resources.once(DRAWN, FollowingLoans)
    resources.once(STOPPING, SuspendingApplications)
    actions = [make(resources) for make in APPROVAL_ACTIONS]
    app.state.application_parts, app.state.limit_notes = APPLICATION_PARTS, LIMIT_NOTES
    app.state.waiting, app.state.finders = WAITING, FINDERS
    app.state.approval_actions = {each.name: each for each in actions}
    app.state.metrics = Metrics()
    app.state.authenticator = Authenticator(
        lambda: resources.records, resources.settings.signing_key(), now=now
    )
    app.state.desk = SignInDesk(resources)
    _add_routes(app)
    _add_layers(app)
    add_handlers(app)
    add_pages_of_faults(app)
    return app


def stopping(app: FastAPI) -> None:
    """Send away who waits for work that takes long: the service stops."""
    app.state.workbench.stop()
    app.state.trials.stop()


def rules_of(app: FastAPI) -> dict[tuple[str, str], AccessRule]:
    """
    Return the rule of every route, by method and path.

    Raises:
        RuntimeError: A route has no rule, or two, or was not made by our own `Router`.
    """
    found: dict[tuple[str, str], AccessRule] = {}
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute):
            continue
        guards = [d.call for d in route.dependant.dependencies if isinstance(d.call, Guard)]
        if len(guards) != 1:
            raise RuntimeError(f"route {route.path} declares {len(guards)} rules, not one")
        if type(route.original_route) is not Route:
            raise RuntimeError(f"route {route.path} comes from another Router than ours")
        for method in route.methods or ():
            found[method, str(route.path)] = guards[0].rule
    return found


def _add_routes(app: FastAPI) -> None:
    app.router.routes.extend(_routes())
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    rules_of(app)


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return every route of every domain: what answers a path is put together once a process."""
    every = APIRouter()
    every.include_router(probes.router)
    for router in API_ROUTERS:
        every.include_router(router, prefix=API)
    for router in PAGE_ROUTERS:
        every.include_router(router, include_in_schema=False)
    return tuple(every.routes)


def _add_layers(app: FastAPI) -> None:
    resources: Resources = app.state.resources
    app.add_middleware(Packing, kept=resources.shelf("packed", 1 / 8, len))
    app.add_middleware(SignInGate, authenticator=app.state.authenticator)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Audited, records=lambda: resources.records, now=resources.now)
    app.add_middleware(Crowding)
    app.add_middleware(
        Surroundings,
        metrics=app.state.metrics,
        body_bytes_max=_body_bytes_max,
    )
    app.add_middleware(Paths)


def _body_bytes_max(path: str) -> int:
    if path in BODIES:
        return BODIES[path]
    return next(
        (most for begin, most in BODIES_BELOW.items() if path.startswith(begin)), BODY_BYTES_MAX
    )


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    resources: Resources = app.state.resources
    to_thread.current_default_thread_limiter().total_tokens = ANSWERING_MAX
    app.state.reading_turns = CapacityLimiter(READING_MAX)
    app.state.pushing = CapacityLimiter(PUSHING_MAX)
    app.state.workbench.open()
    app.state.trials.open()
    await to_thread.run_sync(clear, resources.settings.home)
    with contextlib.suppress(AppError, GraphError):  # They open with the first who asks.
        await to_thread.run_sync(open_books, resources)
    app.state.desk.open()
    try:
        with (
            app.state.imports,
            Scheduler(resources) if app.state.with_jobs else contextlib.nullcontext(),
        ):
            yield
            await app.state.workbench.close()
            await to_thread.run_sync(app.state.trials.close)
            app.state.desk.close()
    finally:
        resources.close()
