"""The page of people: who may sign in, in which role and unit, and who may decide how much."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.books.organisation.chart import Organisation
from app.books.organisation.service import organisation_on
from app.platform.auth import users
from app.platform.auth.principals import ROLES
from app.platform.auth.rules import ADMINS, allow
from app.platform.auth.users import Account
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
LISTED_MAX = 10_000
FACETS = {"role": lambda row: row.role, "unit": lambda row: row.unit}


def unit_words(organisation: Organisation, unit: str, t: Texts) -> str:
    """Return what a unit is called; one that is no longer there stands for itself."""
    known = organisation.units.get(unit)
    return str(getattr(known.label, t.language)) if known else unit


def _table(organisation: Organisation, t: Texts) -> ListTable[Account]:
    return ListTable(
        "people",
        lambda row: row.name,
        (
            ListColumn("name", "person", "text", lambda row: row.name),
            ListColumn("role", "person_role", "text", lambda row: t(f"role_{row.role}")),
            ListColumn(
                *("unit", "person_unit", "text", lambda row: unit_words(organisation, row.unit, t))
            ),
            ListColumn("firm", "person_firm", "text", lambda row: row.firm),
            ListColumn("state", "person_state", "text", lambda row: _state(row, t)),
            ListColumn("sessions", "person_sessions", "count", lambda row: row.sessions),
            ListColumn("tokens", "person_tokens", "count", lambda row: row.tokens),
            ListColumn("mail", "person_mail", "text", lambda row: row.mail),
        ),
        "name",
    )


def _state(row: Account, t: Texts) -> str:
    return t("person_active" if row.active else "person_disabled")


def _people(resources: Resources) -> Sequence[Account]:
    return users.accounts(resources.records, now=resources.now(), size=LISTED_MAX)


@router.get("/admin", dependencies=[allow(ADMINS)])
def lead_to_people() -> Response:
    """Lead to the first page of the area of administrators."""
    return RedirectResponse("/admin/people", status_code=303)


@router.get("/admin/people", dependencies=[allow(ADMINS)])
def show_people(request: Request, resources: ResourcesDep) -> Response:
    """Return who may sign in, the units of the bank, and the table of authority."""
    t, organisation = Texts(preferences_of(request).language), organisation_on(resources)
    every, chosen = _people(resources), chosen_of(request, FACETS)
    words = {
        "role": (t("person_role"), partial(t.coded, "role")),
        "unit": (t("person_unit"), partial(unit_words, organisation, t=t)),
    }
    orders = {"role": ROLES, "unit": list(organisation.units)}
    return page(
        request,
        "people.html",
        list=listing(request, _table(organisation, t), passing(every, FACETS, chosen)),
        facets=facets(every, FACETS, chosen, words, orders=orders),
        organisation=organisation,
        people_in=Counter(row.unit for row in every),
    )


@router.get("/admin/people.csv", dependencies=[allow(ADMINS)])
@router.get("/admin/people.xlsx", dependencies=[allow(ADMINS)])
def download_people(request: Request, resources: ResourcesDep) -> Response:
    """Return the same list as a file."""
    organisation = organisation_on(resources)
    table = _table(organisation, Texts(preferences_of(request).language))
    rows = passing(_people(resources), FACETS, chosen_of(request, FACETS))
    head = {
        "version": "",
        "as_of": resources.today().isoformat(),
        "policy": organisation.version,
    }
    return download(request, table, ordered(request, table, rows), head)
