"""Pages of approvals: what waits for a second person, decided where it is read."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from secrets import token_hex
from typing import Annotated

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.books.approvals import service
from app.books.approvals.schemas import REASON_LENGTH_MAX
from app.books.ledger.answering import Asker, keyed
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, CHECKERS, CORE_PEOPLE, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.web.areas import WORK
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.listing import listing
from app.platform.web.money import NONE
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
LISTED_MAX = 1000
DECIDED_MAX = 20
OF_BANK, OF_CORE = WORK + "/approvals", "/core/approvals"


@dataclass(frozen=True, slots=True)
class _DecidingForm:
    """What a decision was sent with."""

    csrf: str
    key: str
    reason: str


async def sent(
    csrf: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    reason: Annotated[str, Form(max_length=REASON_LENGTH_MAX)] = "",
) -> _DecidingForm:
    """Return what a decision was sent with."""
    return _DecidingForm(csrf, key, reason)


def _table(t: Texts) -> ListTable[Document]:
    return ListTable(
        "approvals",
        lambda row: str(row["id"]),
        (
            ListColumn("action", "approval_action", "text", partial(_action, t=t)),
            ListColumn("thing", "approval_thing", "text", partial(_things, t=t), look="short"),
            ListColumn("amount", "approval_amount", "money", lambda row: row["amount_fen"] or None),
            ListColumn("maker", "approval_maker", "text", lambda row: row["maker"]),
            ListColumn("checker", "approval_checker", "text", partial(_checker, t=t)),
            ListColumn("made", "approval_made", "day", lambda row: row["made_on"]),
            ListColumn("expires", "approval_expires", "day", lambda row: row["expires_on"]),
        ),
        "expires",
    )


def _action(row: Document, t: Texts) -> str:
    return t.coded("action", row["action"])


def _things(row: Document, t: Texts) -> str:
    first, *others = row["subjects"]
    return t("approval_and_others", first=first, more=len(others)) if others else str(first)


def _checker(row: Document, t: Texts) -> str:
    """Return who must act."""
    if row["core"] is not None:
        return t("approval_by_core", core=row["core"])
    return t("approval_by_level", level=t(f"level_{row['level']}" if row["level"] else "level_any"))


@router.get(OF_BANK, dependencies=[allow(BANK)])
@router.get(OF_CORE, dependencies=[allow(CORE_PEOPLE)])
def show_approvals(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what waits for a second person, and what was decided last."""
    return _page(request, resources, who)


@router.post(OF_BANK + "/{approval}/{verdict}", dependencies=[allow(CHECKERS)])
@router.post(OF_CORE + "/{approval}/{verdict}", dependencies=[allow(CORE_PEOPLE)])
def decide(
    request: Request,
    approval: str,
    verdict: service.Verdict,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: Annotated[_DecidingForm, Depends(sent)],
) -> Response:
    """Decide, and lead back to the list; what stands against it is told above the list."""
    try:
        check_csrf(who, form.csrf)
        with keyed(request, who, form.key, {"reason": form.reason}) as counted:
            asked = (approval, verdict, form.reason)
            actions = request.app.state.approval_actions
            service.decide(resources, Asker(who, counted), actions, asked)
    except AppError as error:
        return _page(request, resources, who, refused=error)
    place = OF_BANK if who.is_bank else OF_CORE
    done = "approved" if verdict == "approve" else "rejected"
    return RedirectResponse(f"{place}?done={done}", status_code=HTTPStatus.SEE_OTHER)


def _page(
    request: Request, resources: Resources, who: Principal, *, refused: AppError | None = None
) -> Response:
    t = Texts(preferences_of(request).language)
    waiting = [row for _, row in service.listed(resources, who, state="open", size=LISTED_MAX)]
    latest = [row for _, row in service.listed(resources, who, size=2 * DECIDED_MAX)]
    decided = [row for row in latest if row["state"] != "open"][:DECIDED_MAX]
    return page(
        request,
        "approvals.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        list=listing(request, _table(t), waiting),
        decided=decided,
        action=partial(_action, t=t),
        things=partial(_things, t=t),
        may=[row["id"] for row in waiting if _may_approve(row, who)],
        mine=[row["id"] for row in waiting if row["maker"] == who.person],
        place=OF_BANK if who.is_bank else OF_CORE,
        figure=partial(figure, t=t),
        key=token_hex,
        done=request.query_params.get("done"),
        refused=refused,
        why=_why(refused, t) if refused else "",
    )


def figure(value: int | str | None, unit: str, t: Texts) -> str:
    """
    Return a figure as who decides on it reads it: to the last fen.

    Example:
        >>> figure(123456789, "fen", Texts("en")), figure(None, "fen", Texts("en"))
        ('CNY 1,234,567.89', '–')
    """
    if value is None:
        return NONE
    if unit == "fen":
        return t("approval_yuan", amount=f"{Decimal(value).scaleb(-2):,.2f}")
    return str(value)


def _may_approve(row: Document, who: Principal) -> bool:
    """Return whether somebody is shown that they may approve; the desk decides."""
    own = row["core"] == who.firm if who.role == "core" else row["core"] is None
    return own and CHECKERS.permits(who, {}) and row["maker"] != who.person


def _why(refused: AppError, t: Texts) -> str:
    """Return what stands against it, in words, and what to do."""
    told = refused.further.get(t.language)
    if isinstance(told, str):  # A rule in its own words.
        return told
    needs = str(refused.further.get("needs", ""))
    level = t(f"level_{needs}") if t.has(f"level_{needs}") else needs
    key = f"approval_refused_{refused.code}"
    return t(key, level=level) if t.has(key) else t("approval_refused", detail=str(refused))
