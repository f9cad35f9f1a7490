"""The page of one application: what was found, who has acted; officers recommend and decide."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.books.business_day import business_day
from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.books.organisation import OrganisationBook
from app.chain.accounts.service import names
from app.chain.accounts.words import words_of
from app.lending.applications import claims, deciding, repository
from app.lending.applications.deciding import OfficersView
from app.lending.applications.desk import queue_terms
from app.lending.applications.listing import WAITING
from app.lending.applications.moves import absent
from app.lending.applications.pages import TONES, address_of, left_words
from app.lending.applications.parts import ApplicationPart, PartMaker
from app.lending.applications.schemas import REASON_LENGTH_MAX
from app.lending.applications.shown import document, event_document, state_on, tag_on
from app.lending.applications.turns import OfficersTurn, decidable, turn_of
from app.lending.decisions import service as decisions
from app.lending.decisions.cards import card_of, hands_words, rate_words
from app.lending.decisions.checks import ShownCheck, checks_of
from app.lending.products.service import product_names
from app.platform.auth.principals import Principal
from app.platform.auth.rules import AUDITORS, BANK, OFFICERS, PrincipalDep, allow
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent, AppError
from app.platform.events import moment_text
from app.platform.http.routing import Router
from app.platform.web.areas import WORK
from app.platform.web.derivations import told
from app.platform.web.money import fen_of
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
PLACE = WORK + "/applications/{application}"
DONE = ("recommend", "decide", "return", "claim", "release")
CLAIMS = {"claim": claims.claim, "release": claims.release}
SIGNED = ("signed", "drawing", "draw_failed")
EVENTS_SHOWN_MAX = 500
RATE_PLACES = 4  # Whole basis points.
Act = Literal["recommend", "decide", "return", "claim", "release"]
Verdict = Literal["approved", "declined"]


@dataclass(frozen=True, slots=True)
class JudgingForm:
    """What the forms of an application are sent with; an amount of yuan, a rate of a year."""

    order: OrderSent
    if_match: str = ""
    outcome: str = ""
    comment: str = ""
    amount: str = ""
    rate: str = ""

    @property
    def expected(self) -> frozenset[str] | None:
        """Return the tag of the application as the page showed it."""
        return frozenset({self.if_match}) if self.if_match else None

    def typed(self) -> Mapping[str, str]:
        """Return what somebody has typed or chosen."""
        named = ("outcome", "comment", "amount", "rate")
        return {name: getattr(self, name) for name in named}

    def view(self) -> OfficersView:
        """
        Return what an officer recommends or decides.

        Raises:
            UnfitField: A field is none of its kind.
        """
        if self.outcome not in ("approved", "declined"):
            raise UnfitField("outcome")
        fen = fen_of(self.amount)
        if (fen is None) != (not self.amount.strip()):
            raise UnfitField("amount")
        verdict: Verdict = "approved" if self.outcome == "approved" else "declined"
        return OfficersView(verdict, self.said(), fen, rate_of(self.rate))

    def said(self) -> str:
        """
        Return the comment.

        Raises:
            UnfitField: It is too long.
        """
        if len(self.comment) > REASON_LENGTH_MAX:
            raise UnfitField("comment", most=REASON_LENGTH_MAX)
        return self.comment.strip()


def rate_of(text: str) -> Decimal | None:
    """
    Return the rate of a year that somebody types, as a decimal or in per cent; None where empty.

    Raises:
        UnfitField: It is no rate in whole basis points between nothing and all.

    Example:
        >>> rate_of("0.045"), rate_of("4.5 %"), rate_of(" ")
        (Decimal('0.045'), Decimal('0.045'), None)
    """
    typed = text.strip().replace("％", "%")  # as a Chinese keyboard types it
    if not typed:
        return None
    figure = typed.removesuffix("%").strip()
    if len(figure) > len("100.00") or not figure.replace(".", "", 1).isdecimal():
        raise UnfitField("rate")
    rate = Decimal(figure) / 100 if typed.endswith("%") else Decimal(figure)
    if not 0 <= rate < 1 or rate != round(rate, RATE_PLACES):
        raise UnfitField("rate")
    return rate


async def _sent(
    order: OrderSentDep,
    if_match: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    rate: Annotated[str, Form()] = "",
) -> JudgingForm:
    return JudgingForm(order, if_match, outcome, comment, amount, rate)


@router.get(PLACE, dependencies=[allow(BANK)])
def show_application(
    request: Request, application: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return one application."""
    return _page(request, resources, who, application)


@router.post(PLACE + "/{act}", dependencies=[allow(OFFICERS)])
def judge(
    request: Request,
    application: str,
    act: Act,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: Annotated[JudgingForm, Depends(_sent)],
) -> Response:
    """Recommend, decide or return it; what stands against it is told with what was typed."""
    try:
        _act(request, resources, who, (application, act), form)
    except AppError as error:
        return _page(request, resources, who, application, typed=(act, form), refused=error)
    return RedirectResponse(f"{address_of(application)}?done={act}", HTTPStatus.SEE_OTHER)


def _act(
    request: Request,
    resources: Resources,
    who: Principal,
    asked: tuple[str, Act],
    form: JudgingForm,
) -> None:
    application, act = asked
    with form.order.order(request, who, [form.if_match, *form.typed().values()]) as key:
        asker = Asker(who, key)
        if act in CLAIMS:
            CLAIMS[act](resources, asker, application)
            return
        if act == "return":
            deciding.send_back(resources, asker, application, form.expected, form.said())
            return
        ordered = deciding.recommend if act == "recommend" else deciding.decide
        ordered(resources, asker, application, form.expected, form.view())


def _page(
    request: Request,
    resources: Resources,
    who: Principal,
    application: str,
    *,
    typed: tuple[str, JudgingForm] | None = None,
    refused: AppError | None = None,
) -> Response:
    t = Texts(preferences_of(request).language)
    day, row = repository.one(resources.records, application)
    if row is None:
        raise absent(application)
    organisation = OrganisationBook(resources.settings.policy).on(business_day(resources))
    found, turn = (
        document(row, day, EVERYTHING),
        turn_of(organisation, row, state_on(row, day), who),
    )
    events = repository.events_of(resources.records, row)
    done = request.query_params.get("done", "")
    return page(
        request,
        "work_application.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        application=found,
        made=row["made"],
        maker=row["maker"],
        tag=tag_on(row, day),
        named=names(resources),
        product=product_names(resources, t.language).get(found["product"], found["product"]),
        tones=TONES,
        card=card_of(found["decision"], t, names(resources)) if found["decision"] else None,
        turn=turn,
        waits=waiting_words(found, turn, t),
        hands=hands_words(turn.hands, turn.level, t),
        rate=rate_words,
        history=[event_document(each, EVERYTHING) for each in events[-EVENTS_SHOWN_MAX:]],
        since=events[-1]["at"] if events else "",
        signed=found["state"] in SIGNED,
        may_audit=AUDITORS.permits(who, {}),
        typed={typed[0]: typed[1].typed()} if typed else {},
        key=secrets.token_hex(16),
        done=done if done in DONE else "",
        refused=refused,
        refusal=refused and judged_words(refused, turn, t),
        parts=_parts(request, resources, application, t),
        **_of_decision(resources, row, t),
        **_of_queue(resources, who, row, events, t),
    )


def _of_queue(
    resources: Resources,
    who: Principal,
    row: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    t: Texts,
) -> Document:
    """Return until when an application is to be acted upon, and who works on it."""
    day = business_day(resources)
    if state_on(row, day.isoformat()) not in WAITING or not events:
        return {"due": None, "claim": None}
    terms, last = queue_terms(resources, who), events[-1]
    told = {"state": row["state"], "since": last["at"], "since_on": last["day"]}
    due = terms.hours.deadline(told, day, terms.now)
    claim = claims.shown(resources, row["application"])
    over = claim["until"] is not None and claim["until"] <= moment_text(terms.now)
    return {
        "due": due,
        "due_words": t("turn_within", hours=due.hours, left=left_words(due, t)),
        "claim": claim,
        "claim_over": over,
    }


def _parts(
    request: Request, resources: Resources, application: str, t: Texts
) -> Sequence[ApplicationPart]:
    """Return what other domains say of an application."""
    makers: Sequence[PartMaker] = request.app.state.application_parts
    made = (maker(resources, application, t) for maker in makers)
    return [each for each in made if each is not None]


def _of_decision(resources: Resources, row: Mapping[str, Any], t: Texts) -> Document:
    """Return what the decision on an application looked at, and the tree of its limit."""
    nothing: Document = {"checks": [], "words": {}, "limit": None}
    if not row["decision"]:
        return nothing
    try:
        found = decisions.read(resources, json.loads(row["decision"])["id"], EVERYTHING)
    except Absent:  # Of a decision that was never kept there is nothing more.
        return nothing
    checks: Sequence[ShownCheck] = checks_of(found["inputs"], t)
    return {
        "checks": checks,
        "words": words_of(resources, [each.code for each in checks], names(resources), t),
        "limit": told(found["derivation"], t) if found["derivation"] else None,
    }


def waiting_words(application: Document, turn: OfficersTurn, t: Texts) -> str:
    """Return whose turn an application is, in words; nothing where it waits for no officer."""
    state, level = application["state"], t(f"level_{turn.level}" if turn.level else "level_any")
    if state == "recommended":
        acted = [application["recommended"]["by"], *(each["by"] for each in turn.votes)]
        left = turn.needed - len(turn.votes)
        return t("turn_recommended", level=level, left=left, people=t("list_comma").join(acted))
    if state == "referred":
        key = "turn_decide" if state in decidable(turn.hands) else "turn_recommend"
        return t(key, level=level)
    return ""


def judged_words(refused: AppError, turn: OfficersTurn, t: Texts) -> str:
    """Return what stands against an officer's act, in words, and whose turn it is."""
    level = t(f"level_{turn.level}" if turn.level else "level_any")
    key = f"application_refused_{refused.code}"
    if t.has(key):
        state = t.coded("application_state", str(refused.further.get("state", "")))
        return t(key, level=level, state=state, hands=hands_words(turn.hands, turn.level, t))
    return refusal_words(refused, t)
