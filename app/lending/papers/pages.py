"""Pages of papers: a firm hands files in and sees what became of them; the bank's queue of them."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal, get_args

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.chain.accounts.service import names
from app.data.imports.sent import uploads_of
from app.lending.applications import repository as applications
from app.lending.applications.repository import WantedApplications
from app.lending.papers import service
from app.lending.papers.contents import BYTES_MAX
from app.lending.papers.repository import WantedPapers
from app.lending.papers.schemas import REASON_LENGTH_MAX, PaperKind
from app.lending.papers.service import HandedIn
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, HOLDERS, OFFICERS, PrincipalDep, allow
from app.platform.auth.sight import Sight, sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.forms import SentForm
from app.platform.http.routing import Router
from app.platform.web.areas import WORK
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField, UnfitInput

router = Router()
OWN, QUEUE = "/my/papers", f"{WORK}/papers"
KINDS = get_args(PaperKind)
DONE = ("hand_in", "withdraw", "take", "refuse")
SHOWN_MAX = 50
IDS_SHOWN = 8
Verdict = Literal["take", "refuse"]


@router.get(OWN, dependencies=[allow(HOLDERS)])
def show_own(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the form by which a firm hands a file in, and what became of those before."""
    return _own(request, resources, who, request.query_params)


@router.post(OWN, dependencies=[allow(HOLDERS)])
async def hand_in(
    request: Request, who: PrincipalDep, resources: ResourcesDep, form: SentForm
) -> Response:
    """Hand a file in; what stands against it is told above the form."""
    return await to_thread.run_sync(_hand_in, request, resources, who, form)


def _hand_in(request: Request, resources: Resources, who: Principal, form: FormData) -> Response:
    sent = OrderSent(str(form.get("csrf", "")), str(form.get("key", "")))
    try:
        given = _given(form)
        with sent.order(request, who, given.asked()) as key:
            service.hand_in(resources, Asker(who, key), given)
    except AppError as refused:
        return _own(request, resources, who, form, refused=refused)
    return RedirectResponse(f"{OWN}?done=hand_in", HTTPStatus.SEE_OTHER)


@router.post(OWN + "/{paper}/withdraw", dependencies=[allow(HOLDERS)])
def withdraw(
    request: Request, paper: str, who: PrincipalDep, resources: ResourcesDep, form: OrderSentDep
) -> Response:
    """Withdraw a paper that nobody has taken."""
    try:
        with form.order(request, who) as key:
            service.end(resources, Asker(who, key), paper, "withdraw")
    except AppError as refused:
        return _own(request, resources, who, {}, refused=refused)
    return RedirectResponse(f"{OWN}?done=withdraw", HTTPStatus.SEE_OTHER)


@router.get(QUEUE, dependencies=[allow(BANK)])
def show_queue(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what firms handed in and waits, and what was taken or refused last."""
    return _queue(request, resources, who)


@router.post(QUEUE + "/{paper}/{act}", dependencies=[allow(OFFICERS)])
def decide(
    request: Request,
    paper: str,
    act: Verdict,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
) -> Response:
    """Take a paper, or refuse it with a reason; its firm is told."""
    try:
        reason = form.reason_given(REASON_LENGTH_MAX) if act == "refuse" else ""
        with form.order(request, who, [reason]) as key:
            service.end(resources, Asker(who, key), paper, act, reason)
    except AppError as refused:
        return _queue(request, resources, who, refused=refused)
    return RedirectResponse(f"{QUEUE}?done={act}", HTTPStatus.SEE_OTHER)


def papers_for(resources: Resources, sight: Sight, application: str) -> list[tuple[int, Document]]:
    """Return the papers that were handed in for an application, those touched last first."""
    wanted = WantedPapers(application=application)
    return service.page(resources, sight, wanted, before=None, size=SHOWN_MAX)


def _given(form: FormData) -> HandedIn:
    """
    Return the file that a form was sent with.

    Raises:
        UnfitInput: There is no file, or no kind.
    """
    uploads, kind = uploads_of(form, "file"), str(form.get("kind", ""))
    if len(uploads) != 1:
        raise UnfitInput("file", "unfit_file_empty")
    if kind not in KINDS:
        raise UnfitField("kind")
    return HandedIn.of(
        kind=kind,
        name=uploads[0].name,
        application=str(form.get("application", "")),
        content=uploads[0].content.read(BYTES_MAX + 1),
    )


def _own(
    request: Request,
    resources: Resources,
    who: Principal,
    typed: Mapping[str, Any],
    *,
    refused: AppError | None = None,
) -> Response:
    t, firm = Texts(preferences_of(request).language), who.firm or ""
    found = service.page(resources, sight_of(who), WantedPapers(), before=None, size=SHOWN_MAX + 1)
    wanted = WantedApplications(firm=firm)
    _, asked = applications.listed(resources.records, wanted, before=None, size=SHOWN_MAX)
    ids = [(row["application"], row["application"][:IDS_SHOWN]) for row in asked]
    return page(
        request,
        "own_papers.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=OWN,
        rows=found[:SHOWN_MAX],
        more=len(found) > SHOWN_MAX,
        kinds=[(each, t(f"handed_kind_{each}")) for each in KINDS],
        applications=[("", t("handed_for_none")), *ids],
        typed={name: str(typed.get(name, "")) for name in ("kind", "application")},
        **_said(request, t, refused),
    )


def _queue(
    request: Request, resources: Resources, who: Principal, *, refused: AppError | None = None
) -> Response:
    t, sight = Texts(preferences_of(request).language), sight_of(who)
    found = service.page(
        resources, sight, WantedPapers(state="open"), before=None, size=SHOWN_MAX + 1
    )
    ended = [
        each
        for state in ("taken", "refused")
        for each in service.page(
            resources, sight, WantedPapers(state=state), before=None, size=SHOWN_MAX
        )
    ]
    return page(
        request,
        "work_papers.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=QUEUE,
        named=names(resources),
        rows=found[:SHOWN_MAX],
        more=len(found) > SHOWN_MAX,
        over=sorted(ended, key=lambda each: -each[0])[:SHOWN_MAX],
        may_act=who.role == "officer",
        may_import=who.role in ("risk", "admin"),
        reason_most=REASON_LENGTH_MAX,
        **_said(request, t, refused),
    )


def _said(request: Request, t: Texts, refused: AppError | None) -> dict[str, object]:
    return {
        "key": secrets.token_hex(16),
        "done": request.query_params.get("done", ""),
        "known_done": DONE,
        "refused": refused,
        "refusal": refused and refusal_words(refused, t),
    }
