"""Routes of sources: descriptions of a bank's own files and databases."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, File, Form, Request, Response, UploadFile

from app.data.imports.service import Upload, checked_names
from app.data.sources import service
from app.data.sources.errors import BadText
from app.data.sources.schemas import ProposedSource, SourceStates, SourceText, SourceTrial
from app.data.sources.trials import TrialRequest, Trials, guessed, tried
from app.platform.audit.layer import note
from app.platform.auth.rules import IMPORTERS, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import (
    Absent,
    Busy,
    Conflict,
    Forbidden,
    Malformed,
    Outdated,
    TooLarge,
    Unauthenticated,
    Unconditional,
    Unsupported,
    responses,
)
from app.platform.http.answers import TAGGED, send, tagged, unkept
from app.platform.http.attending import attended
from app.platform.http.conditions import ExpectedDep
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.days import Day
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

YAML = ("application/yaml", "text/yaml")
router = Router(
    prefix="/sources", tags=["sources"], responses=responses(Unauthenticated, Forbidden, Malformed)
)


async def _yaml(request: Request) -> bytes:
    """
    Return the body, a text in YAML.

    Raises:
        Unsupported: It is said to be something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in YAML:
        raise Unsupported(f"a description is {' or '.join(YAML)}, not {kind or 'of no kind'}")
    return await request.body()


@router.get(
    "",
    operation_id="sources.list",
    summary="List sources",
    response_model=SourceStates,
    responses=TAGGED,
    dependencies=[allow(IMPORTERS)],
)
def read_sources(request: Request, resources: ResourcesDep, page: PageDep) -> Response:
    """Return the sources that there are, in the order of their names, and their state."""
    after = read_cursor(page.cursor, source=str)["source"] if page.cursor else ""
    items, last = page_of(service.items(resources, after, page.size + 1), page.size)
    following = None if last is None else write_cursor({"source": last["name"]})
    return send(request, tagged({"items": items, "next": following}, service.MARK))


@router.get(
    "/{name}",
    operation_id="sources.read",
    summary="Read a source",
    response_model=SourceText,
    responses={**TAGGED, **responses(Absent)},
    dependencies=[allow(IMPORTERS)],
)
def read_source(request: Request, name: str, resources: ResourcesDep) -> Response:
    """Return a source with its description; its tag is what replaces it."""
    return send(request, service.source(resources, name))


def _body(example: str) -> dict[str, Any]:
    media = {"schema": {"type": "string"}, "example": example}
    return {"requestBody": {"required": True, "content": dict.fromkeys(YAML, media)}}


@router.put(
    "/{name}",
    operation_id="sources.save",
    summary="Save a description",
    response_model=SourceText,
    responses={
        201: {"model": SourceText, "description": "There was no source of this name before"},
        **responses(BadText, Conflict, Outdated, Unconditional, TooLarge, Unsupported),
    },
    dependencies=[allow(IMPORTERS)],
    openapi_extra=_body("schema: 1\nowner: risk@bank.example\nsets: …\ntables: …\n"),
)
def put_source(
    request: Request,
    name: str,
    raw: Annotated[bytes, Depends(_yaml)],
    expected: ExpectedDep,
    who: PrincipalDep,
    resources: ResourcesDep,
) -> Response:
    """Return the source as it is from now on; `If-Match` says which one it replaces."""
    saved = service.save(
        resources,
        name,
        raw,
        expected=expected,
        with_queries=who.role == "admin",
    )
    note(request.scope, saved.change)
    headers = {"ETag": saved.answer.tag, "Cache-Control": "no-store"}
    if saved.is_new:
        headers["Location"] = request.scope["path"]
    status = 201 if saved.is_new else 200
    return Response(saved.answer.body, status, headers, media_type="application/json")


async def _asked(
    name: Annotated[str | None, Form(description="The source")] = None,
    description: Annotated[
        str | None, Form(description="A description to try in place of the saved one, in YAML")
    ] = None,
    as_of: Annotated[Day | None, Form(description="The last day that is seen")] = None,
    changes: Annotated[bool, Form(description="Tell what would change in what is served")] = False,  # noqa: FBT002  # a form field, given by name
) -> TrialRequest:
    return TrialRequest(name, description, as_of, changes)


@router.post(
    "/check",
    operation_id="sources.check",
    summary="Try files without publishing",
    response_model=SourceTrial,
    responses=responses(Busy, TooLarge),
    dependencies=[allow(IMPORTERS)],
)
async def check_source(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    asked: Annotated[TrialRequest, Depends(_asked)],
    files: Annotated[list[UploadFile] | None, File(description="None for databases")] = None,
) -> Response:
    """Return what an import of the files would do; nothing is published and nothing kept."""
    uploads = [Upload(each.filename or "", each.file) for each in files or ()]
    checked_names(uploads, least=0)
    check = partial(service.check_trial, resources, asked, with_queries=who.role == "admin")
    await to_thread.run_sync(check)
    trials: Trials = request.app.state.trials
    document = trials.run(who.account, partial(tried, resources, asked, uploads))
    return unkept(await attended(request, document))


@router.post(
    "/guess",
    operation_id="sources.guess",
    summary="Propose a description",
    response_model=ProposedSource,
    responses=responses(Busy, TooLarge),
    dependencies=[allow(IMPORTERS)],
)
async def guess_source(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    files: Annotated[list[UploadFile], File(description="Files that belong together")],
) -> Response:
    """Return what files look like, and a description for them; nothing is kept."""
    uploads = [Upload(each.filename or "", each.file) for each in files]
    checked_names(uploads)
    trials: Trials = request.app.state.trials
    document = trials.run(who.account, partial(guessed, resources, uploads, who.name))
    return unkept(await attended(request, document))
