"""Pages of decisions: all of them for auditors, one with what it was made from, decided again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.books.events.verification import verifier_of
from app.chain.accounts.service import Named, names
from app.chain.accounts.words import words_of
from app.lending.decisions import service
from app.lending.decisions.cards import TONES, card_of
from app.lending.decisions.checks import checks_of
from app.lending.decisions.listing import (
    OUTCOMES,
    ListedDecision,
    WantedDecisions,
    counts,
    every_listed,
    listed,
)
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import AUDITORS, BANK, SIGNED_IN, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.derivations import told
from app.platform.web.downloads import attachment, download_long
from app.platform.web.facets import counted
from app.platform.web.listing import SIZE, chosen_of, one_page, order_of, page_of, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
PLACE, ALL = "/decisions", "/audit"
INPUTS_SHOWN_MAX = 20_000  # Characters; all of them are in the file.


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision that was decided again, or why it was not."""

    answer: Document | None = None
    refused: AppError | None = None


def _table(named: Named, t: Texts) -> ListTable[ListedDecision]:
    return ListTable(
        "decisions",
        lambda row: row.decision,
        (
            ListColumn("decision", "decision", "text", lambda row: row.decision),
            ListColumn(
                "outcome", "decision_outcome", "text", lambda row: t.coded("outcome", row.outcome)
            ),
            ListColumn("firm", "firm", "text", lambda row: named(row.firm)),
            ListColumn("core", "core", "text", lambda row: row.core and named(row.core)),
            ListColumn("application", "application", "text", lambda row: row.application),
            ListColumn("event", "account_event", "count", lambda row: row.event),
        ),
        "-event",
    )


def _wanted(request: Request) -> WantedDecisions:
    chosen = chosen_of(request, ["outcome"])["outcome"]
    return WantedDecisions(text_of(request), chosen if chosen in OUTCOMES else "")


@router.get(ALL, dependencies=[allow(AUDITORS)])
def show_decisions(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return all decisions as a list, beside how the chain of events was verified last."""
    t, wanted = Texts(preferences_of(request).language), _wanted(request)
    table, found = _table(names(resources), t), counts(resources.records, wanted)
    total = found.get(wanted.outcome, 0) if wanted.outcome else sum(found.values())
    order = order_of(request, table)
    part = ((page_of(request, total) - 1) * SIZE, SIZE)
    rows = listed(resources.records, wanted, (order.sort, order.descending), part)
    tell = partial(t.coded, "outcome")
    title = t("decision_outcome")
    facet = counted("outcome", title, wanted.outcome, found, tell, order=OUTCOMES)
    return page(
        request,
        "decisions.html",
        list=one_page(request, table, rows, total),
        views=views_of(resources.records, who, "decisions"),
        facets=[facet] if facet.options else [],
        text=wanted.text,
        unit=scale([], t.language),
        tones=TONES,
        verification=verifier_of(resources).standing(),
    )


@router.get(ALL + ".csv", dependencies=[allow(AUDITORS)])
@router.get(ALL + ".xlsx", dependencies=[allow(AUDITORS)])
def download_decisions(request: Request, resources: ResourcesDep) -> Response:
    """Return the same decisions as a file, all that pass."""
    table = _table(names(resources), Texts(preferences_of(request).language))
    order, wanted = order_of(request, table), _wanted(request)

    def rows() -> Iterator[ListedDecision]:
        """Yield all that pass."""
        return every_listed(resources.records, wanted, (order.sort, order.descending))

    head = {"version": "", "as_of": business_day(resources).isoformat(), "policy": ""}
    return download_long(request, table, rows, head)


@router.get(PLACE + "/{decision}", dependencies=[allow(SIGNED_IN)])
def show_decision(
    request: Request, decision: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return one decision: outcome, reasons, what was looked at, its trees."""
    return _page(request, resources, who, decision, Replayed())


@router.post(PLACE + "/{decision}/replay", dependencies=[allow(BANK)])
def replay_decision(
    request: Request,
    decision: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Return its page with what deciding again gives; nothing is changed."""
    try:
        check_csrf(who, csrf)
        again = Replayed(service.replay(resources, decision, sight_of(who)))
    except AppError as error:
        again = Replayed(refused=error)
    return _page(request, resources, who, decision, again)


@router.get(PLACE + "/{decision}/inputs", dependencies=[allow(BANK)])
def download_inputs(decision: str, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return all that a decision was made from, as it is kept, as a file."""
    found = service.read(resources, decision, sight_of(who))
    headers = attachment(f"decision-{decision}.json")
    return Response(found["inputs"].encode(), media_type="application/json", headers=headers)


def _page(
    request: Request, resources: Resources, who: Principal, decision: str, again: Replayed
) -> Response:
    t, named = Texts(preferences_of(request).language), names(resources)
    found = service.read(resources, decision, sight_of(who))
    inputs: str | None = found["inputs"]
    checks = checks_of(inputs, t) if inputs else []
    return page(
        request,
        "decision.html",
        status=again.refused.status if again.refused else int(HTTPStatus.OK),
        decision=found,
        card=card_of(found, t, named),
        named=named,
        checks=checks,
        words=words_of(resources, [each.code for each in checks], named, t),
        trees=_trees(found, t),
        inputs=inputs and inputs[:INPUTS_SHOWN_MAX],
        cut=bool(inputs) and len(inputs or "") > INPUTS_SHOWN_MAX,
        may_audit=AUDITORS.permits(who, {}),
        replayed=again.answer,
        refused=again.refused,
    )


def _trees(found: Document, t: Texts) -> list[tuple[str, dict[str, Any]]]:
    """Return the trees that the reader may see, with what each is called."""
    kept = [("derivation", found["derivation"]), ("decision_price", found["price"])]
    return [(words, told(node, t)) for words, node in kept if node is not None]


def address_of(decision: str) -> str:
    """
    Return where the page of a decision is.

    Example:
        >>> address_of("a/1")
        '/decisions/a%2F1'
    """
    return f"{PLACE}/{quote(decision, safe='')}"
