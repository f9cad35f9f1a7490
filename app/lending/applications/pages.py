"""Pages of applications: what waits for an officer, all of them, what comes next."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.books.business_day import business_day
from app.chain.accounts.service import Named, names
from app.lending.applications import listing
from app.lending.applications.desk import is_taken, next_of, queue_terms
from app.lending.applications.listing import (
    AGES,
    AMOUNTS,
    CLAIMED,
    FACETS,
    QUEUE_FACETS,
    WAITING,
    ApplicationOrder,
    ListedApplications,
    QueueTerms,
    Row,
)
from app.lending.applications.service_hours import BANDS, DAY_HOURS, Deadline
from app.lending.applications.states import STATES
from app.lending.applications.turns import HANDS
from app.lending.decisions.cards import rate_words
from app.lending.products.service import product_names
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.areas import WORK
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download_long
from app.platform.web.facets import Facet, counted
from app.platform.web.listing import SIZE, chosen_of, one_page, order_of, page_of, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
ALL, NEXT = WORK + "/applications", WORK + "/next"
ORDERED = {
    "urgency": BANDS,
    "claimed": CLAIMED,
    "state": STATES,
    "hands": HANDS,
    "age": AGES,
    "amount": AMOUNTS,
    "product": (),
}
TONES: Mapping[str, str] = {
    **dict.fromkeys(WAITING, "now"),
    **dict.fromkeys(("approved", "offer_accepted", "signing", "signed", "active"), "done"),
    **dict.fromkeys(("repaid", "closed"), "done"),
    **dict.fromkeys(("declined", "defaulted", "written_off", "draw_failed"), "bad"),
    **dict.fromkeys(("overdue", "restructured", "suspended", "expired", "drawing"), "warn"),
}


URGENT: Mapping[str, str] = {"late": "bad", "near": "warn", "in_time": ""}  # By their colours.


def left_words(deadline: Deadline, t: Texts) -> str:
    """
    Return how much time is left to act, in words.

    Example:
        >>> left_words(Deadline(24, -50, "late"), Texts("en"))
        '2 d late'
        >>> left_words(Deadline(24, 0, "late"), Texts("en"))
        '1 h late'
    """
    hours, key = deadline.left_hours, "queue_has"
    if deadline.band == "late":
        hours, key = max(1, -hours), "queue_late"  # An hour that has begun is late.
    if hours < 2 * DAY_HOURS:
        return t(key, time=t("queue_hours", count=hours))
    return t(key, time=t("queue_days", count=hours // DAY_HOURS))


class _ListWords:
    """The words of a list of applications in one language; of a queue, by its terms."""

    def __init__(self, resources: Resources, t: Texts, queue: QueueTerms | None = None) -> None:
        self.queue = queue
        self.t, self.named = t, names(resources)
        self.products = product_names(resources, t.language)
        self.day = business_day(resources)

    def state(self, row: Row) -> str:
        """Return the state of an application in words."""
        return self.t.coded("application_state", row["shown"])

    def hands(self, row: Row) -> str:
        """Return how many people decide on an application, in words."""
        return self.t.coded("hands", row["hands"])

    def product(self, product: str) -> str:
        """Return what a product is called."""
        return self.products.get(product, product)

    def deadline(self, row: Row) -> Deadline:
        """Return until when an application of a queue is to be acted upon."""
        if self.queue is None:
            raise ValueError("a list that is no queue has no hours")
        return self.queue.hours.deadline(row, self.day, self.queue.now)

    def left_hours(self, row: Row) -> int:
        """Return how many hours are left to act on an application; below zero: over."""
        return self.deadline(row).left_hours

    def taken_by(self, row: Row) -> str | None:
        """Return who works on an application of a queue."""
        officer: str | None = row["claimed_by"]
        return officer

    def age(self, row: Row) -> int:
        """Return how many days ago an application was made, by the business day."""
        return (self.day - self.day.fromisoformat(row["made_on"])).days


def _table(words: _ListWords) -> ListTable[Row]:
    """Return the columns of the list, or of the queue."""
    named = words.named
    listed = ListTable(
        "all_applications",
        lambda row: str(row["application"]),
        (
            ListColumn("application", "application", "text", lambda row: row["application"]),
            ListColumn("firm", "firm", "text", lambda row: named(row["firm"])),
            ListColumn("core", "core", "text", partial(_core, named), asked=True),
            ListColumn(
                "product",
                "application_by_product",
                "text",
                lambda row: words.product(row["product"]),
            ),
            ListColumn(
                *("amount", "application_asked", "money", lambda row: row["amount_fen"]),
                look="strong",
            ),
            ListColumn("offered", "application_offered", "money", _offered, asked=True),
            ListColumn("state", "state", "text", words.state),
            ListColumn("hands", "decision_hands", "text", words.hands),
            ListColumn("age", "application_age", "count", words.age),
            ListColumn("made", "application_made", "day", lambda row: row["made_on"], asked=True),
        ),
        "-made",
    )
    if words.queue is None:
        return listed
    left = ListColumn("urgency", "queue_left", "count", words.left_hours, rises=True)
    taken = ListColumn("claimed", "queue_claimed", "text", words.taken_by)
    shown = [replace(each, asked=each.asked or each.key == "product") for each in listed.columns]
    return replace(listed, name="queue", otherwise="urgency", columns=(*shown, left, taken))


def _offered(row: Row) -> int | None:
    return row["offered_fen"] or None


def _core(named: Named, row: Row) -> str | None:
    return named(row["core"]) if row["core"] else None


def _wanted(request: Request, resources: Resources, words: _ListWords) -> ListedApplications:
    text, queue = text_of(request), words.queue
    facets = (*QUEUE_FACETS, *FACETS) if queue else FACETS
    chosen: Mapping[str, Any] = chosen_of(request, facets)
    wanted = ListedApplications(words.day, text, waiting=queue is not None, queue=queue, **chosen)
    if not text:
        return wanted
    known, folded = listing.parties(resources.records), text.casefold()
    meant = [e for e in known if folded in e.casefold() or folded in words.named(e).casefold()]
    return replace(wanted, firms=meant)


def _order(request: Request, table: ListTable[Row], words: _ListWords) -> ApplicationOrder:
    order = order_of(request, table)
    told = partial(words.t.coded, "application_state") if order.sort == "state" else words.named
    return ApplicationOrder(order.sort, order.descending, told)


def _facets(
    found: Mapping[str, Mapping[str, int]], wanted: ListedApplications, words: _ListWords
) -> list[Facet]:
    t, made = words.t, []
    kinds = {"state": "application_state", "hands": "hands", "age": "age", "amount": "asked"}
    kinds |= {"urgency": "urgency", "claimed": "claimed"}
    for name in wanted.facets:
        tell = partial(t.coded, kinds[name]) if name in kinds else words.product
        title, chosen = t(f"application_by_{name}"), getattr(wanted, name)
        made.append(counted(name, title, chosen, found[name], tell, order=ORDERED[name]))
    return [each for each in made if each.options]


@router.get(WORK, dependencies=[allow(BANK)])
def show_queue(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the applications that wait for an officer, the most urgent first."""
    return _page(request, resources, who, waiting=True)


@router.get(ALL, dependencies=[allow(BANK)])
def show_applications(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return all applications as a list, the latest first."""
    return _page(request, resources, who, waiting=False)


def _words(request: Request, resources: Resources, who: Principal, *, waiting: bool) -> _ListWords:
    queue = queue_terms(resources, who) if waiting else None
    return _ListWords(resources, Texts(preferences_of(request).language), queue)


def _page(request: Request, resources: Resources, who: Principal, *, waiting: bool) -> Response:
    words, records = _words(request, resources, who, waiting=waiting), resources.records
    table, wanted = _table(words), _wanted(request, resources, words)
    total, order = listing.count(records, wanted), _order(request, table, words)
    rows = listing.listed(records, wanted, order, ((page_of(request, total) - 1) * SIZE, SIZE))
    return page(
        request,
        "work_applications.html",
        waiting=waiting,
        list=one_page(request, table, rows, total),
        views=views_of(records, who, table.name),
        facets=_facets(listing.counts(records, wanted), wanted, words),
        names_of_facets=wanted.facets,
        text=wanted.text,
        unit=scale([row["amount_fen"] for row in rows], words.t.language),
        tones=TONES,
        rate=rate_words,
        may_act=who.role == "officer",
        key_of=partial(token_hex, 16),
        deadline=words.deadline,
        left_words=partial(left_words, t=words.t),
        urgent=URGENT,
        taken=lambda row: words.queue is not None and is_taken(row, words.queue),
        nothing_next=request.query_params.get("next") == "none",
    )


@router.get(WORK + ".csv", dependencies=[allow(BANK)])
@router.get(WORK + ".xlsx", dependencies=[allow(BANK)])
@router.get(ALL + ".csv", dependencies=[allow(BANK)])
@router.get(ALL + ".xlsx", dependencies=[allow(BANK)])
def download_applications(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the same applications as a file, all that pass."""
    waiting = not request.scope["path"].startswith(ALL)
    words = _words(request, resources, who, waiting=waiting)
    table, wanted = _table(words), _wanted(request, resources, words)
    order = _order(request, table, words)

    def rows() -> Iterator[Row]:
        """Yield all that pass."""
        return listing.every_listed(resources.records, wanted, order)

    head = {"version": "", "as_of": words.day.isoformat(), "policy": ""}
    return download_long(request, table, rows, head)


@router.get(NEXT, dependencies=[allow(BANK)])
def lead_on(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Lead to what is most urgent for the reader, or to what comes after the one in the address."""
    after = request.query_params.get("after", "")
    known = after.isascii() and after.isdigit() and len(after) < len(str(2**63))
    found = next_of(resources, who, after=int(after) if known else 0)
    place = address_of(found) if found else f"{WORK}?next=none"
    return RedirectResponse(place, HTTPStatus.SEE_OTHER)


def address_of(application: str) -> str:
    """
    Return where the page of an application is.

    Example:
        >>> address_of("a/1").removeprefix(WORK)
        '/applications/a%2F1'
    """
    return f"{ALL}/{quote(application, safe='')}"
