"""Routes of records that other systems push."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Query, Request, Response
from starlette.requests import ClientDisconnect

from app.data.pushes.schemas import Dropped, Push
from app.data.pushes.service import PushOrder, check_source, draft, drop, push
from app.platform.audit.layer import note
from app.platform.auth.rules import IMPORTERS, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import (
    Absent,
    Conflict,
    Forbidden,
    Gone,
    Malformed,
    TooLarge,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.keys import REPLAYED, KeyHeader, checked
from app.platform.http.routing import Router
from ingestion.forms import forms
from ingestion.sets.errors import nearest

CREATED = 201
_LINES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {
                    "type": "string",
                    "description": "A line of JSON each: an object, its names columns of the table",
                },
                "example": '{"number":"N1","issued_on":"2026-06-30","seller":"F000002",'
                '"buyer":"F000001","amount_fen":1250000000}\n',
            }
        },
    }
}
router = Router(
    prefix="/records",
    tags=["records"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)
SourceParameter = Annotated[
    str, Query(description="The source, whose description says pushed: true")
]


@router.post(
    "/{table}",
    operation_id="records.push",
    summary="Push records",
    response_model=Push,
    status_code=CREATED,
    responses=responses(TooLarge, Conflict),
    openapi_extra=_LINES,
    dependencies=[allow(IMPORTERS)],
)
async def post_records(
    request: Request,
    table: str,
    source: SourceParameter,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return what became of each line, once those that are accepted are kept for good."""
    if table not in forms():
        raise Absent(f"no table {table!r}{nearest(table[:80], forms())}")
    own = checked(key)
    await to_thread.run_sync(check_source, resources, source)
    order = PushOrder(source, table, f"{who.role} {who.account}", own)
    with draft(resources, table) as lines:
        try:
            with lines.open("wb") as file:
                async for piece in request.stream():
                    file.write(piece)
        except ClientDisconnect as error:
            raise Gone("the client has gone") from error
        work = partial(push, resources, order, lines)
        turns = getattr(request.app.state, "pushing", None)
        answered, again = await to_thread.run_sync(work, limiter=turns)
    said = "again" if again else f"{answered['accepted']} of {answered['rows']} rows"
    note(request.scope, f"source {source}, batch {answered['batch']}: {said}")
    answer = unkept(answered, CREATED)
    if again:
        answer.headers[REPLAYED] = "true"
    return answer


@router.delete(
    "",
    operation_id="records.drop",
    summary="Drop records that are staged",
    response_model=Dropped,
    dependencies=[allow(IMPORTERS)],
)
def delete_records(request: Request, source: SourceParameter, resources: ResourcesDep) -> Response:
    """Return how much was dropped of what was pushed to a source and is not published yet."""
    dropped = drop(resources, source)
    if not dropped["batches"] and not dropped["staged"]:
        resources.sources.path(source)  # What was pushed to one that has gone can be dropped.
    note(request.scope, f"source {source}: {dropped['rows']} rows dropped")
    return unkept(dropped)
