"""Pages of reservations: an officer reserves in a chain, uses it or gives it back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.books.ledger.known import Row
from app.books.ledger.reading import (
    AccountsAsked,
    AccountSeen,
    accounts_after,
    accounts_of,
    one_use,
)
from app.chain.accounts.service import account_seen, names
from app.chain.accounts.words import layer_words, name_words, words_of
from app.chain.uses import service
from app.chain.uses.paths import OWN
from app.chain.uses.schemas import SECONDS_MAX, ReservationOrder
from app.platform.audit.layer import note
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, OFFICERS, PrincipalDep, allow
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, AppError, Malformed
from app.platform.http.routing import Router
from app.platform.web.areas import WORK
from app.platform.web.money import fen_of
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
RESERVING = WORK + "/accounts/{account}/reserve"
DOCUMENTS_SHOWN = 50
DAY_SECONDS = 24 * 3600
DOCUMENT_KINDS = ("receivable", "voucher")
Act = Literal["post", "void", "release"]
ACTS: dict[str, tuple[Act, ...]] = {"reserved": ("post", "void"), "posted": ("release",)}
TONES = {"reserved": "now", "posted": "done", "expired": "warn"}


@dataclass(frozen=True, slots=True)
class ReserveForm:
    """What the form was sent with."""

    product: str = ""
    amount: str = ""
    documents: str = ""
    seconds: str = str(DAY_SECONDS)

    def order(self, resources: Resources, account: AccountSeen) -> ReservationOrder:
        """
        Return what is to be reserved in the chain of an account.

        Raises:
            Malformed: A field is none of its kind, or a document is not known.
        """
        seconds = self.seconds.strip().replace(",", "")
        is_number = (
            seconds.isascii() and seconds.isdigit() and len(seconds) <= len(str(SECONDS_MAX))
        )
        if not is_number or not 1 <= int(seconds) <= SECONDS_MAX:
            raise UnfitField("seconds", most=f"{SECONDS_MAX:,}")
        asked = {
            "core": account.identity.core,
            "firm": account.identity.firm,
            "product": self.product.strip(),
            "amount_fen": _fen(self.amount),
            "documents": _documents(resources, self.documents.split()),
            "seconds": int(seconds),
        }
        try:
            return ReservationOrder.model_validate(asked)
        except ValidationError as error:
            place = str(error.errors()[0]["loc"][0])
            if place in ("product", "amount_fen"):
                raise UnfitField("product" if place == "product" else "amount") from error
            raise Malformed(f"{place}: {error.errors()[0]['msg']}") from error


async def _sent(
    product: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    documents: Annotated[str, Form()] = "",
    seconds: Annotated[str, Form()] = "",
) -> ReserveForm:
    return ReserveForm(product, amount, documents, seconds)


@dataclass(frozen=True, slots=True)
class UseForm:
    """What the forms of a use are sent with."""

    order: OrderSent
    amount: str


async def _use_sent(order: OrderSentDep, amount: Annotated[str, Form()] = "") -> UseForm:
    return UseForm(order, amount)


def _fen(amount: str) -> int:
    fen = fen_of(amount)
    if fen is None:
        raise UnfitField("amount")
    return fen


def _documents(resources: Resources, given: Sequence[str]) -> list[dict[str, str]]:
    """
    Return documents by kind and number, in their order; a kind may stand before a number.

    Raises:
        UnfitField: There is no account of one, or one of each kind.
    """
    named = {each: _accounts_named(each) for each in given}
    every = [account for accounts in named.values() for account in accounts]
    known = {each.account for each in accounts_of(resources.records, every, resources.now())}
    made = []
    for number in given:
        found = [each for each in named[number] if each in known]
        if not found:
            raise UnfitField("documents", number=number)
        if len(found) > 1:
            raise UnfitField("documents_both", first=found[0], second=found[1])
        kind, _, rest = found[0].partition(":")
        made.append({"kind": kind, "number": rest})
    return made


def _accounts_named(given: str) -> Sequence[str]:
    if given.startswith(tuple(f"{kind}:" for kind in DOCUMENT_KINDS)):
        return [given]
    return [f"{kind}:{given}" for kind in DOCUMENT_KINDS]


@router.get(RESERVING, dependencies=[allow(OFFICERS)])
def show_reserving(request: Request, account: str, resources: ResourcesDep) -> Response:
    """Return the form by which an amount is reserved in a chain."""
    return _reserving(request, resources, account, ReserveForm())


@router.post(RESERVING, dependencies=[allow(OFFICERS)])
def reserve(
    request: Request,
    account: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
    asked: Annotated[ReserveForm, Depends(_sent)],
) -> Response:
    """Reserve, or show the form with what was typed and every account that lacks."""
    found = _chain(resources, account)
    try:
        order = asked.order(resources, found)
        with form.order(request, who, order.model_dump(mode="json")) as key:
            reply = service.reserve(resources, Asker(who, key), order)
    except AppError as error:
        return _reserving(request, resources, account, asked, refused=error)
    use = reply.document["id"]
    note(request.scope, f"use {use}")
    return _done(use, "reserve")


def _chain(resources: Resources, account: str) -> AccountSeen:
    """
    Return the account of a firm in a chain.

    Raises:
        Absent: There is none, or it is of another layer.
    """
    found = account_seen(resources, EVERYTHING, account)
    if found.identity.layer != "chain":
        raise Absent(f"nothing is reserved in {account!r}: it is no firm's in a chain")
    return found


def _reserving(
    request: Request,
    resources: Resources,
    account: str,
    typed: ReserveForm,
    *,
    refused: AppError | None = None,
) -> Response:
    t, named = Texts(preferences_of(request).language), names(resources)
    found = _chain(resources, account)
    papers = _with_room(resources, found)
    paper_ids = [each.account for each in papers]
    return page(
        request,
        "reserve.html",
        account=found,
        title=name_words(found, named, t),
        layer=layer_words(found, t),
        typed=typed,
        papers=papers,
        words=words_of(resources, [*_lacking(refused), *paper_ids], named, t),
        products=_products(resources),
        **_told(request, refused, t),
    )


def _with_room(resources: Resources, chain: AccountSeen) -> Sequence[AccountSeen]:
    """Return documents of a firm, promised by the core of its chain, which may still carry some."""
    _, core, firm, _ = chain.identity
    if core in (None, OWN):
        return ()
    asked = AccountsAsked(layer="document", core=core, firm=firm)
    every = accounts_after(resources.records, asked, resources.now())
    return [each for each in every if each.available][:DOCUMENTS_SHOWN]


def _products(resources: Resources) -> Sequence[str]:
    """Return the products that have a budget."""
    asked = AccountsAsked(layer="product")
    found = accounts_after(resources.records, asked, resources.now(), size=DOCUMENTS_SHOWN)
    return [each.account.partition(":")[2] for each in found]


@router.get(WORK + "/uses/{use}", dependencies=[allow(BANK)])
def show_use(request: Request, use: str, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return a reservation, or the use that came of it."""
    return _page(request, resources, use, who)


@router.post(WORK + "/uses/{use}/{act}", dependencies=[allow(OFFICERS)])
def act_on_use(
    request: Request,
    use: str,
    act: Act,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: Annotated[UseForm, Depends(_use_sent)],
) -> Response:
    """Use a reservation, give it back, or give back a part of a use."""
    try:
        _act(request, resources, who, (use, act), form)
    except AppError as error:
        return _page(request, resources, use, who, typed=(act, form.amount), refused=error)
    return _done(use, act)


def _act(
    request: Request,
    resources: Resources,
    who: Principal,
    asked: tuple[str, Act],
    form: UseForm,
) -> None:
    use, act = asked
    fen = None if act == "void" else _fen(form.amount)
    with form.order.order(request, who, [fen]) as key:
        asker = Asker(who, key)
        if fen is None:
            service.void(resources, asker, use)
        elif act == "post":
            service.post(resources, asker, use, fen)
        else:
            service.release(resources, asker, use, fen)


def _page(
    request: Request,
    resources: Resources,
    use: str,
    who: Principal,
    *,
    typed: tuple[str, str] = ("", ""),
    refused: AppError | None = None,
) -> Response:
    t, named = Texts(preferences_of(request).language), names(resources)
    found = service.read(resources, use)
    return page(
        request,
        "use.html",
        use=found,
        owner=_owner(resources, use),
        chain=_chain_of(found),
        named=named,
        words=words_of(resources, [each["account"] for each in found["path"]], named, t),
        acts=_acts(resources, found, who),
        tones=TONES,
        typed={typed[0]: typed[1]},
        **_told(request, refused, t),
    )


def _acts(resources: Resources, use: Row, who: Principal) -> Sequence[Act]:
    """Return what somebody may do with a use; one of an application or loan moves with it alone."""
    if who.role != "officer" or _owner(resources, use["id"]):
        return ()
    return ACTS.get(use["state"], ())


def _owner(resources: Resources, use: str) -> str:
    row = one_use(resources.records, use, resources.now())
    return str(row["owner"] or "") if row else ""


def _chain_of(use: Row) -> str:
    paths = (each["account"] for each in use["path"])
    return next((each for each in paths if each.startswith("chain:")), "")


def _lacking(refused: AppError | None) -> Sequence[str]:
    """Return the ids of the accounts that lacked."""
    found: Any = refused.further.get("accounts", ()) if refused else ()
    return [each["account"] for each in found if "account" in each]


def _told(request: Request, refused: AppError | None, t: Texts) -> dict[str, Any]:
    """Return what a page says of the order before: done, or refused."""
    return {
        "status": refused.status if refused else int(HTTPStatus.OK),
        "refused": refused,
        "refusal": refused and refusal_words(refused, t),
        "lacks": refused.further.get("accounts", ()) if refused else (),
        "done": request.query_params.get("done", ""),
        "key": secrets.token_hex(16),
    }


def _done(use: str, act: str) -> Response:
    return RedirectResponse(f"{address_of(use)}?done={act}", HTTPStatus.SEE_OTHER)


def address_of(use: str) -> str:
    """
    Return where the page of a use is.

    Example:
        >>> address_of("a/1").removeprefix(WORK)
        '/uses/a%2F1'
    """
    return f"{WORK}/uses/{quote(use, safe='')}"
