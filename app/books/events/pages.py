"""Pages of the chain of events: looked through, one event as it is hashed, the whole verified."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from app.books.events.repository import (
    EventsWanted,
    WholeEvent,
    day_of,
    every_event,
    found_events,
    number_of,
    whole_event,
)
from app.books.events.verification import verifier_of
from app.books.ledger.figures import Figures
from app.books.ledger.forms import OrderSentDep, refusal_words
from app.books.ledger.proof import head_of
from app.platform.auth.rules import AUDITORS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, AppError
from app.platform.http.routing import Router
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download_long
from app.platform.web.listing import SIZE, TEXT_LENGTH_MAX
from app.platform.web.preferences import preferences_of
from app.platform.web.render import HEADERS, page
from app.platform.web.texts import Texts, catalogue
from app.platform.web.unfit import UnfitField

router = Router()
PLACE = "/audit/events"
_WORDS = "operation_"
MOVES_SHOWN = 200  # Accounts; setting all totals of a run moves thousands.
TEXT_SHOWN_MAX = 20_000  # Characters; all of it is in the file.
_COUNT = len(Figures._fields)
_MONEY = Figures._fields[:5]
Move = tuple[str, Sequence[tuple[str, int, int]]]  # An account; figures before and after.


@router.get(PLACE, dependencies=[allow(AUDITORS)])
def show_events(request: Request, resources: ResourcesDep) -> Response:
    """Return the last events that fit, or those before the one that the address names."""
    return _page(request, resources)


@router.post(PLACE + "/verify", dependencies=[allow(AUDITORS)])
def verify_events(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
    head: Annotated[str, Form()] = "",
) -> Response:
    """Begin to verify the book, where nobody does; the page tells how far it is."""
    try:
        with form.order(request, who, head) as key:
            told = head_of(head)
            if told is None and head.strip():
                raise UnfitField("head")
            verifier_of(resources).begin(who.person, f"{key.person} {key.key}", told)
    except AppError as error:
        return _page(request, resources, head=head, refused=error)
    return RedirectResponse(PLACE, HTTPStatus.SEE_OTHER)


@router.get(PLACE + ".csv", dependencies=[allow(AUDITORS)])
@router.get(PLACE + ".xlsx", dependencies=[allow(AUDITORS)])
def download_events(request: Request, resources: ResourcesDep) -> Response:
    """Return all events that fit as a file, however many there are."""
    t, wanted = Texts(preferences_of(request).language), EventsWanted(**_query(request))
    day = day_of(resources.records) or resources.now().date().isoformat()
    head = {"version": "", "as_of": day, "policy": ""}
    return download_long(request, _table(t), partial(every_event, resources.records, wanted), head)


def _table(t: Texts) -> ListTable[Any]:
    """Return the list of events as its files have it."""
    return ListTable(
        "events",
        lambda row: str(row.number),
        (
            ListColumn("operation", "account_event_operation", "text", partial(_operation, t=t)),
            ListColumn("subject", "account_event_subject", "text", lambda row: row.subject),
            ListColumn("actor", "account_event_actor", "text", partial(_actor, t=t)),
            ListColumn("day", "account_event_day", "day", lambda row: row.day or None),
            ListColumn("at", "account_event_at", "text", lambda row: row.at),
            ListColumn("reason", "account_event_reason", "text", lambda row: row.reason),
            ListColumn("hash", "event_hash", "text", lambda row: row.hash),
        ),
        "number",
    )


def _operation(row: Any, t: Texts) -> str:
    return t.coded("operation", row.operation)


def _actor(row: Any, t: Texts) -> str:
    return t("machine") if row.actor == "machine" else str(row.actor)


@router.get(PLACE + "/{number}", dependencies=[allow(AUDITORS)])
def show_event(request: Request, number: str, resources: ResourcesDep) -> Response:
    """Return one event: what it moved, the bytes that are hashed, and both hashes."""
    found = _found(resources, number)
    return page(
        request,
        "event.html",
        found=found,
        event=found.event,
        detail=_read(found.event.detail),
        things=_read(found.event.things),
        moves=_moves(found.event.path),
        moved_path=_read(found.event.path),
        shown=_shown,
        most=MOVES_SHOWN,
    )


@router.get(PLACE + "/{number}/canonical", dependencies=[allow(AUDITORS)])
def download_event(number: str, resources: ResourcesDep) -> Response:
    """Return the bytes that are hashed of an event, as a file."""
    found = _found(resources, number)
    name = f"event-{found.event.number}.json"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found.text.encode(), headers=headers, media_type="application/json")


def _found(resources: Resources, number: str) -> WholeEvent:
    known = number_of(number)
    if known is None:
        raise Absent(f"no event {number!r}")
    return whole_event(resources.records, known)


def _shown(text: str) -> str:
    """Return a text as a page shows it: the beginning of a very long one."""
    return text if len(text) <= TEXT_SHOWN_MAX else text[:TEXT_SHOWN_MAX] + " …"


def _query(request: Request) -> dict[str, str]:
    """Return what an address asks of events, an empty text where it asks nothing."""
    asked = request.query_params
    names = [each.name for each in fields(EventsWanted)]
    return {name: asked.get(name, "").strip()[:TEXT_LENGTH_MAX] for name in names}


def _page(
    request: Request, resources: Resources, *, head: str = "", refused: AppError | None = None
) -> Response:
    t, asked, query = (
        Texts(preferences_of(request).language),
        request.query_params,
        _query(request),
    )
    wanted = EventsWanted(**query)
    before = number_of(asked.get("before", ""))
    return page(
        request,
        "events.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=PLACE,
        wanted=wanted,
        head_typed=head,
        operations=_operations(wanted, t),
        events=found_events(resources.records, wanted, before=before, size=SIZE),
        query={name: value for name, value in query.items() if value},
        earlier=before is not None,
        verification=verifier_of(resources).standing(),
        key=secrets.token_hex(16),
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


def _operations(wanted: EventsWanted, t: Texts) -> list[tuple[str, str]]:
    """Return the operations that have words, and the one that is asked for, with their words."""
    known = {key.removeprefix(_WORDS) for key in catalogue() if key.startswith(_WORDS)}
    known |= {wanted.operation} - {""}
    return [("", t("event_any")), *((each, t.coded("operation", each)) for each in sorted(known))]


def _moves(path: str) -> Sequence[Move]:
    """Return what an event changed of accounts; nothing where its text is none of an event."""
    made = []
    try:
        for account, _, *figures in json.loads(path):
            before, after = Figures(*figures[:_COUNT]), Figures(*figures[_COUNT:])
            pairs = zip(_MONEY, before, after, strict=False)
            made.append((account, [each for each in pairs if each[1] != each[2]]))
    except (ValueError, TypeError):
        return ()
    return made


def _read(text: str) -> str:
    """Return what a JSON text of an event says, as lines; as it stands where it is none."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
