"""Routes of imports."""

from typing import Annotated, Any

from fastapi import File, Form, Request, Response, UploadFile

from app.data.imports.ingesting import source_names
from app.data.imports.schemas import Import
from app.data.imports.service import ImportOrder, Upload, read, take
from app.data.imports.working import Imports
from app.platform.auth.rules import BANK, IMPORTERS, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document, dumps
from app.platform.errors import Absent, Forbidden, Malformed, TooLarge, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer
from app.platform.http.days import Day
from app.platform.http.routing import Router

router = Router(
    prefix="/imports",
    tags=["imports"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)


@router.post(
    "",
    operation_id="imports.create",
    summary="Hand files in",
    response_model=Import,
    status_code=202,
    responses=responses(TooLarge),
    dependencies=[allow(IMPORTERS)],
)
def post_import(
    request: Request,
    who: PrincipalDep,
    source: Annotated[str, Form(description="Which mapping reads them: demo, files, …")],
    files: Annotated[list[UploadFile], File(description="The source's files")],
    as_of: Annotated[Day | None, Form(description="Date of the version")] = None,
    replace: Annotated[bool, Form(description="Forget what the source gave before")] = False,  # noqa: FBT002  # a form field, given by name
) -> Response:
    """Return an import that waits for its turn; reading it tells how it ended."""
    resources = request.app.state.resources
    known = source_names(resources)
    if source not in known:
        raise Malformed(f"no source {source!r}; there are {', '.join(known)}")
    uploads = [Upload(each.filename or "", each.file) for each in files]
    order = ImportOrder(source=source, by=who.name, as_of=as_of, replace=replace)
    taken = take(resources, order, uploads)
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
