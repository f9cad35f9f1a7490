"""What machines ask of the service itself: is it alive, is it ready, its figures."""

from typing import Literal

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, PlainTextResponse

from app.books.outbox import lag_of
from app.platform.auth.rules import OPEN, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Unready, responses
from app.platform.http.metrics import Metrics
from app.platform.http.routing import Router
from app.platform.release import code_version

router = Router(tags=["probes"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"]
    code: str = Field(description="Version of the code")


class Ready(BaseModel):
    """The stores answer and a version is served."""

    status: Literal["ready"]
    version: int


@router.get(
    "/healthz",
    operation_id="probes.alive",
    summary="Alive",
    response_model=Alive,
    dependencies=[allow(OPEN)],
)
async def healthz() -> Response:
    """Return 200 while the process answers."""
    return JSONResponse({"status": "alive", "code": code_version()})


@router.get(
    "/readyz",
    operation_id="probes.ready",
    summary="Ready",
    response_model=Ready,
    responses=responses(Unready),
    dependencies=[allow(OPEN)],
)
def readyz(resources: ResourcesDep) -> Response:
    """Return 200 once the stores answer and a version is served, else 503."""
    with resources.records.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    current = resources.store.current()
    if current is None:
        raise Unready("no version is published yet")
    return JSONResponse({"status": "ready", "version": current.number})


@router.get(
    "/metrics",
    operation_id="probes.figures",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    dependencies=[allow(OPEN)],
)
def metrics(request: Request, resources: ResourcesDep) -> Response:
    """Return counts and times of requests, and the version served."""
    figures: Metrics = request.app.state.metrics
    current = resources.store.current()
    figures.version.set(current.number if current else 0)
    figures.outbox_lag.set(lag_of(resources).events)
    return Response(figures.render(), media_type=CONTENT_TYPE_LATEST)
