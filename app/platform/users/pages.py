"""Signing in and out, the first page, and how pages look."""

import secrets
from functools import partial
from http import HTTPStatus
from typing import Annotated

from anyio import to_thread
from fastapi import Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.platform.auth import sessions
from app.platform.auth.addresses import CODE_LETTERS
from app.platform.auth.errors import ForgedRequest, TooManyAttempts, WrongPassword
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import OPEN, SIGNED_IN, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, Busy, Malformed, Unauthenticated
from app.platform.http.routing import Router
from app.platform.users.mail import choose, confirm, told
from app.platform.users.router import keep_cookie, set_cookie, signed_in
from app.platform.web.areas import WORK
from app.platform.web.preferences import (
    KEPT_SECONDS,
    LANGUAGE_COOKIE,
    THEME_COOKIE,
    THEMES,
    local_path,
    preferences_of,
)
from app.platform.web.render import page, principal_of
from app.platform.web.texts import LANGUAGES

FORM_COOKIE = "deeptier_form"
FORM_SECONDS = 3600
CODE_REFUSED = "mail_code_refused"
ENDED = {"1": "session_ended", "kept": "session_ended_kept"}
NAME_LENGTH_MAX = 120
NOTHING_LEFT = {"Clear-Site-Data": '"cache", "storage"'}  # Of the bank in a browser; looks stay.
BEGINNING = "/cores"
FIRST_PAGES = {"core": "/core", "supplier": "/my", "auditor": "/audit", "admin": "/admin"}
router = Router()


@router.get("/", dependencies=[allow(SIGNED_IN)])
def start(who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Lead somebody to the page that is theirs; in a bank without data to where it begins."""
    is_new = who.is_bank and resources.store.current() is None
    return RedirectResponse(BEGINNING if is_new else start_of(who), status_code=303)


def start_of(who: Principal) -> str:
    """
    Return the first page of somebody.

    Example:
        >>> start_of(Principal("Lin", "core", "C1")), start_of(Principal("Mo", "risk"))
        ('/core', '/work')
    """
    return FIRST_PAGES.get(who.role, WORK)


@router.get("/sign-in", dependencies=[allow(OPEN)])
def show_sign_in(request: Request, resources: ResourcesDep) -> Response:
    """Return the form to sign in; who is signed in already goes on."""
    target = local_path(request.query_params.get("next"))
    if principal_of(request) is not None:
        return RedirectResponse(target, status_code=303)
    told = ENDED.get(request.query_params.get("ended", ""))
    return _form(request, resources, target=target, told=told)


@router.post("/sign-in", dependencies=[allow(OPEN)])
async def sign_in(
    request: Request,
    resources: ResourcesDep,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
    target: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Begin a session, or show the form again with what was wrong."""
    target, name = local_path(target), name.strip()[:NAME_LENGTH_MAX]
    key = resources.settings.signing_key()
    given = request.cookies.get(FORM_COOKIE, "")
    if not given or not secrets.compare_digest(
        sessions.unmasked(csrf).encode(), sessions.csrf_of(given, key).encode()
    ):
        return await _form_again(request, resources, target, name, refused="form_too_old")
    try:
        session = await signed_in(request, name, password)
    except WrongPassword:
        return await _form_again(request, resources, target, name, refused="wrong_password")
    except TooManyAttempts:
        return await _form_again(request, resources, target, name, refused="too_many_attempts")
    except Busy as error:
        answer = await _form_again(request, resources, target, name, refused="sign_in_busy")
        answer.status_code = error.status
        answer.headers["Retry-After"] = str(error.again_seconds)
        return answer
    done = RedirectResponse(target, status_code=303)
    set_cookie(request, done, session)
    done.delete_cookie(FORM_COOKIE)
    return done


@router.post("/sign-out", dependencies=[allow(SIGNED_IN)])
async def sign_out(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """End the session."""
    check_csrf(who, csrf)
    if who.session is None:
        raise ForgedRequest("only a session can be ended")
    await to_thread.run_sync(_end, resources, who.session)
    request.app.state.authenticator.forget()
    answer = RedirectResponse("/sign-in", status_code=303, headers=NOTHING_LEFT)
    answer.delete_cookie(sessions.COOKIE)
    return answer


@router.post("/session/prolong", dependencies=[allow(SIGNED_IN)])
def prolong(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Let the session last as long as a new one; say for how many seconds that is."""
    check_csrf(who, csrf)
    if who.session is None:
        raise ForgedRequest("only a session can be prolonged")
    if not sessions.prolong(resources.records, who.session, now=resources.now()):
        raise Unauthenticated("the session is over")
    request.app.state.authenticator.forget()
    seconds = int(sessions.LASTS.total_seconds())
    answer = JSONResponse({"seconds": seconds}, headers={"Cache-Control": "no-store"})
    cookie = request.cookies[sessions.COOKIE]
    keep_cookie(request, answer, name=sessions.COOKIE, value=cookie, seconds=seconds)
    return answer


def _end(resources: Resources, session: str) -> None:
    sessions.end(resources.records, session)


@router.get("/preferences", dependencies=[allow(OPEN)])
def prefer(
    request: Request,
    language: str = "",
    theme: str = "",
    target: str = "",
) -> Response:
    """Keep a language or theme, and go back to where the reader was."""
    answer = RedirectResponse(
        local_path(target or request.query_params.get("next")), status_code=303
    )
    secure = request.url.scheme == "https"
    for cookie, value, known in (
        (LANGUAGE_COOKIE, language, LANGUAGES),
        (THEME_COOKIE, theme, THEMES),
    ):
        if value in known:
            answer.set_cookie(
                cookie, value, max_age=KEPT_SECONDS, httponly=True, samesite="lax", secure=secure
            )
    return answer


@router.get("/mail", dependencies=[allow(SIGNED_IN)])
def show_mail(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return where somebody is told by mail, as a form."""
    return _mail_page(request, told(resources, who))


@router.post("/mail", dependencies=[allow(SIGNED_IN)])
def choose_mail(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    address: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Keep where somebody is told by mail; a form that is refused keeps what was typed."""
    typed = address.strip()
    try:
        check_csrf(who, csrf)
        choose(resources, who, typed or None, language or None)
    except (ForgedRequest, Malformed) as error:
        mail = told(resources, who) | {"address": typed, "language": language}
        return _mail_page(request, mail, refused=error.code, status=error.status)
    return RedirectResponse("/mail?kept=1", status_code=HTTPStatus.SEE_OTHER)


@router.post("/mail/confirm", dependencies=[allow(SIGNED_IN)])
def confirm_mail(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    code: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Take the address as confirmed; a code that is refused is told beside the form."""
    try:
        check_csrf(who, csrf)
        confirm(resources, who, code)
    except (ForgedRequest, Malformed, Absent) as error:
        said = error.code if isinstance(error, ForgedRequest) else CODE_REFUSED
        return _mail_page(request, told(resources, who), refused=said, status=error.status)
    return RedirectResponse("/mail?confirmed=1", status_code=HTTPStatus.SEE_OTHER)


def _mail_page(
    request: Request,
    mail: dict[str, object],
    *,
    refused: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    said = {ForgedRequest.code: "form_too_old", Malformed.code: "mail_refused"}
    said[CODE_REFUSED] = CODE_REFUSED
    return page(
        request,
        "mail.html",
        status=status,
        mail=mail,
        chosen=mail["language"] or preferences_of(request).language,
        refused=said.get(refused),
        saved=request.query_params.get("kept") == "1",
        confirmed=request.query_params.get("confirmed") == "1",
        code=request.query_params.get("code", "")[:CODE_LETTERS],
    )


async def _form_again(
    request: Request, resources: Resources, target: str, name: str, *, refused: str
) -> Response:
    show = partial(_form, request, resources, target=target, name=name, refused=refused)
    return await to_thread.run_sync(show)


def _form(
    request: Request,
    resources: Resources,
    *,
    target: str,
    name: str = "",
    refused: str | None = None,
    told: str | None = None,
) -> Response:
    cookie = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = page(
        request,
        "sign_in.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        form_token=sessions.masked(sessions.csrf_of(cookie, resources.settings.signing_key())),
        next=target,
        name=name,
        refused=refused,
        told=told,
    )
    answer.set_cookie(
        FORM_COOKIE,
        cookie,
        max_age=FORM_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer
