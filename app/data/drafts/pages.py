"""
Pages by which a person brings files: what they look like, corrections, a trial, saving, publishing.

All that a draft is sent goes to its own address: whoever loads the page again, goes back, or signs
in again finds it as it was left. Every form carries the stamp of what it was made of.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.data.drafts import repository, service
from app.data.drafts.errors import DraftRefused
from app.data.drafts.repository import Draft
from app.data.drafts.showing import (
    FORM,
    IMPORT,
    TEXT,
    VIEWS,
    DraftView,
    address_of,
    draft_page,
    refusal_of,
)
from app.data.imports.ingesting import source_names
from app.data.imports.sent import uploads_of
from app.data.imports.service import FILES_MAX
from app.data.sources.trials import Alive, Trials
from app.platform.audit.layer import note
from app.platform.auth.errors import ForgedRequest
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import IMPORTERS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, Busy
from app.platform.http.attending import attended
from app.platform.http.forms import SentForm
from app.platform.http.routing import Router
from app.platform.web.downloads import attachment
from app.platform.web.render import page

router = Router()
Made = TypeVar("Made")


def texts_of(form: FormData) -> dict[str, str]:
    """Return the fields of a form that are texts."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


@router.get("/sources/new", dependencies=[allow(IMPORTERS)])
def show_new(request: Request, resources: ResourcesDep) -> Response:
    """Return the form that files are brought with; the address may say for which source."""
    return _new(request, resources, source=request.query_params.get("from", ""))


def _new(
    request: Request, resources: Resources, *, source: str, refused: DraftRefused | None = None
) -> Response:
    names = source_names(resources)
    return page(
        request,
        "new_source.html",
        status=refused.status if refused else 200,
        refused=refused,
        refusal=refusal_of(request, refused),
        sources=[(name, name) for name in names],
        chosen=source if source in names else "",
        key=secrets.token_hex(16),
        files_most=FILES_MAX,
        bytes_most=repository.BYTES_MAX // 2**20,
    )


@router.post("/sources/new", dependencies=[allow(IMPORTERS)])
async def bring_files(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: SentForm,
) -> Response:
    """Keep files as a draft, look at them, and lead to it."""
    fields, uploads = texts_of(form), uploads_of(form, "files")
    source, key = fields.get("source", ""), fields.get("key", "")

    def begun(alive: Alive) -> Draft:
        """Return the draft, for as long as somebody waits for it."""
        return service.begin(resources, who.account, uploads, source=source, key=key, alive=alive)

    try:
        check_csrf(who, fields.get("csrf", ""))
        draft = await _worked(request, who, begun)
    except DraftRefused as error:
        refused = error
    except ForgedRequest:
        refused = DraftRefused("draft_other_session", "csrf", status=HTTPStatus.FORBIDDEN)
    except Absent:
        refused = DraftRefused("draft_no_source", "no such source", name=source)
    except Busy as error:
        refused = DraftRefused("draft_busy", str(error), status=error.status)
    else:
        return RedirectResponse(address_of(draft), status_code=HTTPStatus.SEE_OTHER)
    again = partial(_new, request, resources, source=source, refused=refused)
    return await to_thread.run_sync(again)


async def _worked(request: Request, who: Principal, work: Callable[[Alive], Made]) -> Made:
    """Return what reads files in its turn, for as long as somebody waits for it."""
    trials: Trials = request.app.state.trials
    return await attended(request, trials.run(who.account, work))


@router.get("/sources/new/{token}", dependencies=[allow(IMPORTERS)])
async def show_draft(
    request: Request, token: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return a draft: as a form, as a text, or what its import would do."""
    draft = await to_thread.run_sync(repository.find, resources, token, who.account)
    if draft.handed_in:
        return RedirectResponse(f"/imports/{draft.handed_in}", status_code=HTTPStatus.SEE_OTHER)
    view = request.query_params.get("view", FORM)
    return await _shown(request, who, resources, DraftView(draft, view if view in VIEWS else FORM))


async def _shown(
    request: Request, who: Principal, resources: Resources, asked: DraftView
) -> Response:
    """Return the page of a draft with what a trial tells; where another one runs it says so."""

    def tried(alive: Alive) -> Mapping[str, Any]:
        """Return what a trial tells; it ends with who waits for it."""
        admin = who.role == "admin"
        return service.tried(
            resources, asked.draft, with_queries=admin, changes=changes, alive=alive
        )

    changes = asked.view == IMPORT
    look = partial(service.found, resources, asked.draft, changes=changes)
    trial: Mapping[str, Any] | None = await to_thread.run_sync(look)
    if trial is None:
        try:
            trial = await _worked(request, who, tried)
        except Busy:
            trial = None
    return await to_thread.run_sync(draft_page, request, resources, asked, trial)


@dataclass(frozen=True, slots=True)
class _Act:
    """What a button of a draft was pressed for: by whom, with which fields."""

    request: Request
    resources: Resources
    draft: Draft
    who: Principal
    form: FormData
    fields: Mapping[str, str]


@router.post("/sources/new/{token}", dependencies=[allow(IMPORTERS)])
async def work_on(
    request: Request,
    token: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: SentForm,
) -> Response:
    """Do with a draft what a button says: correct, save, publish, bring other files, discard."""
    draft = await to_thread.run_sync(repository.find, resources, token, who.account)
    fields = texts_of(form)
    act = _Act(request, resources, draft, who, form=form, fields=fields)
    try:
        check_csrf(who, fields.get("csrf", ""))
        work = _ACTS.get(fields.get("act", ""), _correct)
        target = await to_thread.run_sync(work, act)
    except ForgedRequest:
        refused = DraftRefused("draft_other_session", "csrf", status=HTTPStatus.FORBIDDEN)
    except DraftRefused as error:
        refused = error
    else:
        return RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER)
    kept = ("name",) if refused.code == "draft_changed" else ("name", "text")
    typed = {name: fields[name] for name in kept if name in fields}
    view = fields.get("view", FORM)
    asked = DraftView(draft, view if view in VIEWS else FORM, refused, typed)
    return await _shown(request, who, resources, asked)


def _correct(act: _Act) -> str:
    service.correct(act.resources, act.draft, act.fields)
    return address_of(act.draft, TEXT if act.fields.get("view") == TEXT else FORM)


def _save(act: _Act) -> str:
    service.correct(act.resources, act.draft, act.fields)
    name, admin = act.fields.get("name", "").strip(), act.who.role == "admin"
    saved, change = service.save(act.resources, act.draft, name, with_queries=admin)
    note(act.request.scope, change)
    return address_of(saved, IMPORT)


def _publish(act: _Act) -> str:
    name = service.publish(act.resources, act.draft)
    act.request.app.state.imports.wake()
    return f"/imports/{name}"


def _bring(act: _Act) -> str:
    service.bring(act.resources, act.draft, uploads_of(act.form, "files"))
    return address_of(act.draft)


def _discard(act: _Act) -> str:
    repository.drop(act.resources, act.draft)
    return "/sources"


_ACTS: Mapping[str, Callable[[_Act], str]] = {
    "correct": _correct,
    "save": _save,
    "publish": _publish,
    "bring": _bring,
    "discard": _discard,
}


@router.get("/sources/new/{token}/issues.csv", dependencies=[allow(IMPORTERS)])
def download_issues(token: str, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the rows that an import of a draft would set aside: file, line, column, reason."""
    draft = repository.find(resources, token, who.account)
    path = service.issues_of(resources, draft)
    if path is None:
        raise Absent("nothing was tried yet")
    text = service.issues_text(resources, draft, path)
    return Response(text, media_type="text/csv; charset=utf-8", headers=attachment("issues.csv"))
