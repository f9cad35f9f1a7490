"""The page on which a firm asks for a loan: what each product would lend, at once, and the form."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from http import HTTPStatus

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, refusal_words
from app.chain.accounts.service import names
from app.chain.requests.repository import WantedRequests
from app.chain.requests.service import standing
from app.lending.applications import asking
from app.lending.borrowing.choices import (
    LoanChoice,
    choice_of,
    choices_of,
    filled,
    on_documents,
    products_now,
    suggested,
)
from app.lending.borrowing.fees import fee_lines
from app.lending.borrowing.own_chains import available_fen, chains_of, papers_of, ready_of
from app.lending.borrowing.told import APPLY, PLACE, links_of, offer_rows
from app.lending.borrowing.typed import TypedLoan, typed_in
from app.lending.decisions.cards import card_of, rate_words
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.forms import SentForm
from app.platform.http.routing import Router
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
YUAN_FEN = 100
STEP_YUAN = 1_000


@router.get(APPLY, dependencies=[allow(HOLDERS)])
def show_form(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the form as its address fills it in, with what each product would lend."""
    return _page(request, resources, who, typed_in(request.query_params))


@router.post(APPLY, dependencies=[allow(HOLDERS)])
async def ask(
    request: Request, who: PrincipalDep, resources: ResourcesDep, form: SentForm
) -> Response:
    """Ask for the loan; its application says what was decided. What is refused stays as typed."""
    return await to_thread.run_sync(_ask, request, resources, who, form)


def _ask(request: Request, resources: Resources, who: Principal, form: FormData) -> Response:
    typed = typed_in(form)
    if form.get("act") == "quote":  # Without a script: the address of the form as it is filled in.
        return RedirectResponse(f"{APPLY}?{typed.query()}", HTTPStatus.SEE_OTHER)
    sent = OrderSent(str(form.get("csrf", "")), str(form.get("key", "")))
    try:
        with sent.order(request, who, asdict(typed)) as key:
            asked = typed.asked(who.firm or "")
            made = asking.apply(resources, Asker(who, key), asked).document
    except AppError as refused:
        return _page(request, resources, who, typed, refused=refused)
    return RedirectResponse(f"{PLACE}/{made['id']}?done=apply", HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    resources: Resources,
    who: Principal,
    typed: TypedLoan,
    *,
    refused: AppError | None = None,
) -> Response:
    t, firm = Texts(preferences_of(request).language), who.firm or ""
    held, chains = products_now(resources, who), chains_of(resources, who)
    papers = papers_of(resources, firm)
    ready = ready_of(papers)
    most_fen = available_fen(resources, firm, chains)
    given, typed = typed, filled(typed, held, chains, ready, most_fen)
    if not given.amount:
        product = next((each for each in held if each["id"] == typed.product), None)
        first = choice_of(resources, who, product, typed) if product else None
        typed = suggested(first) or typed
    choices = choices_of(resources, who, typed, held, ready)
    chosen = next((each for each in choices if each.product["id"] == typed.product), None)
    most_yuan = max(most_fen // YUAN_FEN, STEP_YUAN)
    return page(
        request,
        "apply.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        firm=firm,
        named=names(resources),
        place=APPLY,
        chains=chains,
        papers=papers,
        typed=typed,
        choices=[_told(each, typed, t) for each in choices],
        chosen=chosen,
        quoted=chosen and chosen.quote and _quoted(resources, chosen, held, t),
        against=chosen and chosen.refused and refusal_words(chosen.refused, t),
        products=[(each.product["id"], each.product["labels"][t.language]) for each in choices],
        cores=[(row["id"], row["name"]) for row in chains],
        repayments=_coded(chosen, "repayment", t),
        purposes=_coded(chosen, "purpose", t),
        amount_fen=most_fen,
        slider={"most": most_yuan, "step": STEP_YUAN},
        key=secrets.token_hex(16),
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


def _told(choice: LoanChoice, typed: TypedLoan, t: Texts) -> dict[str, object]:
    """Return what a product would lend, as one of the offers side by side."""
    figures, quote = choice.figures, choice.quote
    return {
        "id": choice.product["id"],
        "words": choice.product["labels"][t.language],
        "chosen": choice.product["id"] == typed.product,
        "address": f"{APPLY}?{choice.typed.query()}",
        "outcome": quote["outcome"] if quote else "",
        "rate": rate_words(figures.get("rate")),
        "why": "" if choice.refused is None else refusal_words(choice.refused, t),
        "code": choice.refused.code if choice.refused else "",
        "reason": quote["reasons"][0][t.language] if quote and quote["reasons"] else "",
        "repayment": t.coded("repayment", choice.typed.repayment),
        "figures": figures,
        "fees": fee_lines(figures.get("fees", ()), t),
        "effective": rate_words(figures.get("effective_rate")),
    }


def _coded(choice: LoanChoice | None, kind: str, t: Texts) -> list[tuple[str, str]]:
    """Return what the product that is chosen allows, each with its words."""
    return [(each, t.coded(kind, each)) for each in (choice.product[kind] if choice else ())]


def _quoted(
    resources: Resources, choice: LoanChoice, held: Sequence[Document], t: Texts
) -> dict[str, object]:
    """Return what would be decided on the product that is chosen."""
    quote = choice.quote or {}
    return {
        "card": card_of(quote, t, names(resources)),
        "links": partial(
            links_of,
            asked=quote["asked"],
            t=t,
            product=on_documents(held),
            standing=standing(resources, WantedRequests(firm=quote["asked"]["firm"])),
        ),
        "plan": offer_rows(choice.schedule),
    }
