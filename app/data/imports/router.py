"""Routes of imports."""

from typing import Annotated, Any

from fastapi import Depends, File, Form, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.data.imports.ingesting import source_names
from app.data.imports.schemas import Import, ImportOfSource
from app.data.imports.service import ImportOrder, Upload, read, take, take_staged
from app.data.imports.working import Imports
from app.platform.audit.layer import note
from app.platform.auth.rules import BANK, IMPORTERS, allow, signed_in
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document, dumps
from app.platform.errors import (
    Absent,
    Conflict,
    Forbidden,
    Malformed,
    TooLarge,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import TAGGED, answer
from app.platform.http.days import Day
from app.platform.http.routing import Router

router = Router(
    prefix="/imports",
    tags=["imports"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)


async def _named_source(request: Request) -> ImportOfSource | None:
    """Return what a body of JSON asks for; None for a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return None
    try:
        return ImportOfSource.model_validate(await request.json())
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        ) from error


NamedSource = Annotated[ImportOfSource | None, Depends(_named_source)]


@router.post(
    "",
    operation_id="imports.create",
    summary="Hand files in",
    response_model=Import,
    status_code=202,
    responses=responses(TooLarge, Conflict),
    openapi_extra={
        "requestBody": {
            "content": {"application/json": {"schema": ImportOfSource.model_json_schema()}}
        }
    },
    dependencies=[allow(IMPORTERS)],
)
def post_import(
    request: Request,
    named: NamedSource,
    source: Annotated[str, Form(description="Which description reads them: demo, files, …")] = "",
    files: Annotated[list[UploadFile], File(description="The source's files")] = (),  # type: ignore[assignment]  # none, as FastAPI takes it
    as_of: Annotated[Day | None, Form(description="Date of the version")] = None,
    replace: Annotated[bool, Form(description="Forget what the source gave before")] = False,  # noqa: FBT002  # a form field, given by name
) -> Response:
    """
    Return an import that waits for its turn; reading it tells how it ended.

    A body of JSON that names a source publishes what was pushed to it, or reads its databases.
    """
    resources, who = request.app.state.resources, signed_in(request)
    if named is not None:
        order = ImportOrder(named.source, who.name, as_of=named.as_of, replace=named.replace)
        return _taken(request, take_staged(resources, order))
    known = source_names(resources)
    if source not in known:
        raise Malformed(f"no source {source!r}; there are {', '.join(known)}")
    uploads = [Upload(each.filename or "", each.file) for each in files]
    order = ImportOrder(source=source, by=who.name, as_of=as_of, replace=replace)
    return _taken(request, take(resources, order, uploads))


def _taken(request: Request, taken: dict[str, Any]) -> Response:
    note(request.scope, f"source {taken['source']}, import {taken['import']}: {taken['given']}")
    imports: Imports = request.app.state.imports
    imports.wake()
    return Response(
        dumps(_document(taken)),
        status_code=202,
        media_type="application/json",
        headers={"Location": f"{request.scope['path']}/{taken['import']}"},
    )


@router.get(
    "/{name}",
    operation_id="imports.read",
    responses=TAGGED,
    summary="Read an import",
    response_model=Import,
    dependencies=[allow(BANK)],
)
def read_import(request: Request, name: str, resources: ResourcesDep) -> Response:
    """Return an import as it stands: waiting, running, done or failed."""
    document = _document(read(resources, name))
    current = resources.store.current()
    return answer(request, document, version=current.number if current else 0, policy="none")


def _document(row: dict[str, Any]) -> Document:
    return {
        "id": row["import"],
        **{name: row[name] for name in ("state", "source", "files", "outcome", "detail", "by")},
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
    }
