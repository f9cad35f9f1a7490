"""Saved views: kept from the list they are of, listed and deleted on a page of their own."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.platform.auth.errors import ForgedRequest
from app.platform.auth.gate import check_csrf
from app.platform.auth.rules import SIGNED_IN, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, Conflict, Malformed
from app.platform.http.routing import Router
from app.platform.text import is_on_one_line
from app.platform.views.repository import VIEWS_MAX, SavedView, drop, keep, views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.listing import listing
from app.platform.web.preferences import local_path, preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
NAME_LENGTH_MAX = 80
QUERY_LENGTH_MAX = 2000
LISTS = {
    "accounts": "nav_accounts",
    "all_applications": "nav_all_applications",
    "applications": "nav_applications",
    "bank_loans": "nav_bank_loans",
    "loans_proposed": "nav_portfolio",
    "cores": "facilities",
    "decisions": "decisions",
    "firms": "nav_firms",
    "limits": "limits",
    "loans": "nav_loans",
    "losses": "losses",
    "scenarios": "scenarios",
    "partners": "partners",
    "groups": "nav_groups",
    "ties": "ties",
    "exposures": "nav_exposures",
    "receivables": "nav_receivables",
    "vouchers": "nav_vouchers",
    "queue": "nav_work",
}
REFUSED = {
    ForgedRequest.code: "view_of_other_session",
    Malformed.code: "view_without_name",
    Conflict.code: "too_many_views",
}
LEFT_OUT = frozenset({"page", "cursor", "version", "as_of"})  # A view follows the newest data.


@dataclass(frozen=True, slots=True)
class _ViewForm:
    """What the form of a list was sent with."""

    list: str
    path: str
    query: str
    name: str

    @property
    def address(self) -> str:
        """Return where the list shows this view."""
        return address_of(self.path, self.query, self.list)


def address_of(path: str, query: str, table: str) -> str:
    """
    Return the address of a list with what a view holds.

    Example:
        >>> address_of("/cores", "sort=name", "cores")
        '/cores?sort=name#cores'
    """
    return f"{path}?{query}#{table}" if query else f"{path}#{table}"


def query_of(given: str) -> str:
    """
    Return what a view holds of a query: all but the page and the version.

    Example:
        >>> query_of("sort=-limit&page=3&version=2&query=%E6%B1%9F")
        'sort=-limit&query=%E6%B1%9F'
    """
    pairs = parse_qsl(given, max_num_fields=QUERY_LENGTH_MAX)
    return urlencode([(name, value) for name, value in pairs if name not in LEFT_OUT])


async def sent(
    table: Annotated[str, Form(alias="list")] = "",
    path: Annotated[str, Form()] = "",
    query: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
) -> _ViewForm:
    """
    Return what the form of a list was sent with.

    Raises:
        Malformed: There is no such list, or it has no such address.
    """
    here = local_path(path, otherwise="")
    if table not in LISTS or not here or "?" in here or "#" in here:
        raise Malformed("list, path: this is no list of ours")
    if len(path) + len(query) > QUERY_LENGTH_MAX:
        raise Malformed(f"query: at most {QUERY_LENGTH_MAX} characters")
    return _ViewForm(table, here, query_of(query), name.strip())


@router.get("/views", dependencies=[allow(SIGNED_IN)])
def show_views(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return somebody's own views."""
    return _page(request, views_of(resources.records, who))


@router.post("/views", dependencies=[allow(SIGNED_IN)])
def save_view(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    view: Annotated[_ViewForm, Depends(sent)],
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Keep a view and lead back to its list; a form that is refused keeps what was typed."""
    try:
        check_csrf(who, csrf)
        _check_name(view.name)
        kept = SavedView(0, view.list, view.name, view.path, view.query, "")
        keep(resources.records, who, kept, now=resources.now)
    except (ForgedRequest, Malformed, Conflict) as error:
        mine = views_of(resources.records, who)
        return _page(request, mine, typed=view, code=REFUSED[error.code], status=error.status)
    return RedirectResponse(view.address, status_code=HTTPStatus.SEE_OTHER)


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Malformed(f"name: from 1 to {NAME_LENGTH_MAX} characters")
    if not is_on_one_line(name):
        raise Malformed("name: one line of text")


@router.post("/views/{view}/delete", dependencies=[allow(SIGNED_IN)])
def delete_view(
    view: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Forget a view of one's own."""
    check_csrf(who, csrf)
    if not view.isascii() or not view.isdigit() or len(view) >= len(str(2**31)):
        raise Absent("no such view")
    drop(resources.records, who, int(view))
    return RedirectResponse("/views", status_code=HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    mine: list[SavedView],
    *,
    typed: _ViewForm | None = None,
    code: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    t = Texts(preferences_of(request).language)
    table: ListTable[SavedView] = ListTable(
        "views",
        lambda row: str(row.view),
        (
            ListColumn("name", "view_name", "text", lambda row: row.name),
            ListColumn("list", "view_list", "text", lambda row: t(LISTS[row.list])),
            ListColumn("created", "view_created", "day", lambda row: row.created_on),
        ),
        "name",
    )
    return page(
        request,
        "views.html",
        status=status,
        list=listing(request, table, mine),
        address=address_of,
        typed=typed,
        code=code,
        most=VIEWS_MAX,
    )
