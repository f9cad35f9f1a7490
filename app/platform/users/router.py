"""Routes of sign-in and of the audit."""

from fastapi import Request, Response

from app.platform import audit
from app.platform.auth import sessions
from app.platform.auth.errors import TooManyAttempts, WrongPassword
from app.platform.auth.principals import Principal
from app.platform.auth.rules import AUDITORS, OPEN, SIGNED_IN, PrincipalDep, allow
from app.platform.auth.sessions import COOKIE, LASTS, Session
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, Busy, Forbidden, Malformed, Unauthenticated, responses
from app.platform.http.answers import unkept
from app.platform.http.attending import attended
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router
from app.platform.users.desk import Caller, SignInDesk
from app.platform.users.mail import choose, confirm, told
from app.platform.users.schemas import Audit, MailChoice, MailCode, MailTold, SignIn, Who

DEVICE_COOKIE = "deeptier_device"
DEVICE_SECONDS = 365 * 24 * 3600
router = Router(tags=["users"])


@router.post(
    "/session",
    operation_id="session.create",
    summary="Sign in",
    response_model=Who,
    status_code=201,
    responses=responses(WrongPassword, TooManyAttempts, Malformed, Busy),
    dependencies=[allow(OPEN)],
)
async def post_session(request: Request, body: SignIn) -> Response:
    """Return who is signed in from now on; the session is in the cookie."""
    session = await signed_in(request, body.name, body.password)
    answer = unkept(_who(session.principal), 201)
    set_cookie(request, answer, session)
    return answer


@router.delete(
    "/session",
    operation_id="session.delete",
    summary="Sign out",
    status_code=204,
    responses=responses(Unauthenticated, Forbidden),
    dependencies=[allow(SIGNED_IN)],
)
def delete_session(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return nothing; the session is over. A bearer token stays as it is."""
    if who.session is not None:
        sessions.end(resources.records, who.session)
        request.app.state.authenticator.forget()
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE)
    return answer


@router.get(
    "/session",
    operation_id="session.read",
    summary="Who is signed in",
    response_model=Who,
    responses=responses(Unauthenticated),
    dependencies=[allow(SIGNED_IN)],
)
def read_session(who: PrincipalDep) -> Response:
    """Return who asks."""
    return unkept(_who(who))


@router.get(
    "/session/mail",
    operation_id="session.mail",
    summary="Where one is told by mail",
    response_model=MailTold,
    responses=responses(Unauthenticated, Absent),
    dependencies=[allow(SIGNED_IN)],
)
def read_mail(who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return where who asks is told by mail; what firms are told is, to their own users."""
    return unkept(told(resources, who))


@router.put(
    "/session/mail",
    operation_id="session.choose_mail",
    summary="Be told by mail, or no longer",
    response_model=MailTold,
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
    dependencies=[allow(SIGNED_IN)],
)
def choose_mail(who: PrincipalDep, body: MailChoice, resources: ResourcesDep) -> Response:
    """Return where who asks is told from now on; what came before is not sent again."""
    return unkept(choose(resources, who, body.address, body.language))


@router.post(
    "/session/mail/confirm",
    operation_id="session.confirm_mail",
    summary="Confirm an address of mail",
    response_model=MailTold,
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
    dependencies=[allow(SIGNED_IN)],
)
def confirm_mail(who: PrincipalDep, body: MailCode, resources: ResourcesDep) -> Response:
    """Return where who asks is told, once the code is right; five wrong ones end it."""
    return unkept(confirm(resources, who, body.code))


@router.get(
    "/audit",
    operation_id="audit.list",
    summary="Read the audit",
    response_model=Audit,
    responses=responses(Unauthenticated, Forbidden, Malformed),
    dependencies=[allow(AUDITORS)],
)
def read_audit(resources: ResourcesDep, page: PageDep) -> Response:
    """Return rows of the audit, the latest first."""
    before = read_cursor(page.cursor, before=int)["before"] if page.cursor else None
    found = audit.entries(resources.records, before=before, size=page.size + 1)
    items, last = page_of(found, page.size)
    more = None if last is None else write_cursor({"before": last["entry"]})
    return unkept({"items": items, "next": more})


async def signed_in(request: Request, name: str, password: str) -> Session:
    """
    Return a new session of who asks.

    Raises:
        Busy: Too many wait to sign in.
        TooManyAttempts: Too many passwords were wrong in the last minutes.
        WrongPassword: Name and password do not belong together.
        Gone: The client has gone.
    """
    desk: SignInDesk = request.app.state.desk
    address = request.client.host if request.client else ""
    caller = Caller(address, request.cookies.get(DEVICE_COOKIE, ""))
    request.scope["state"]["actor"] = f"sign-in:{name}"  # Whose password is tried.
    try:
        return await attended(request, desk.sign_in(name, password, caller))
    except (Busy, TooManyAttempts):
        request.scope["state"]["actor"] = None  # None was: a flood is no row for each.
        raise


def set_cookie(request: Request, answer: Response, session: Session) -> None:
    """Give the browser its session and its mark: not for scripts, not for other sites."""
    desk: SignInDesk = request.app.state.desk
    seconds = int(LASTS.total_seconds())
    keep_cookie(request, answer, name=COOKIE, value=session.cookie, seconds=seconds)
    mark = desk.mark(session.principal.name)
    keep_cookie(request, answer, name=DEVICE_COOKIE, value=mark, seconds=DEVICE_SECONDS)


def keep_cookie(request: Request, answer: Response, *, name: str, value: str, seconds: int) -> None:
    """Give the browser a cookie for so long: not for scripts, not for other sites."""
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def _who(principal: Principal) -> dict[str, object]:
    return {
        "name": principal.name,
        "role": principal.role,
        "firm": principal.firm,
        "unit": principal.unit,
        "csrf": principal.csrf,
    }
