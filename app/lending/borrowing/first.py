"""The first page of a firm: how much it can get, at what cost, what to do, when money moves."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.chain.accounts.service import names
from app.chain.papers.holding import HELD
from app.chain.papers.receivables import CLAIMS, TONES
from app.chain.papers.vouchers import ISSUED_TONES
from app.chain.receivables.standing import MONTH_DAYS
from app.chain.vouchers.payments import offered
from app.lending.applications.repository import WantedApplications
from app.lending.applications.service import listed
from app.lending.applications.steps import FIRM_STATES, TURNS
from app.lending.borrowing.choices import LoanChoice, choice_of, filled, products_now, suggested
from app.lending.borrowing.coming import CashAhead, CashMove, ahead_of_firm
from app.lending.borrowing.own_chains import available_fen, chains_of, papers_of, ready_of
from app.lending.borrowing.told import APPLY, LOANS, PLACE
from app.lending.borrowing.typed import TypedLoan
from app.lending.decisions.cards import rate_words
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, OWN_LIMIT, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.web.money import count, scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
FIRST = "/my"
SHOWN, MONTHS_SHOWN = 12, 12
TO_DO_SHOWN = 3  # Of each kind of what waits.


@router.get(FIRST, dependencies=[allow(HOLDERS)])
def show_own(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return how much a firm can get, at what cost, what it does next, when money moves."""
    t, firm = Texts(preferences_of(request).language), who.firm or ""
    day = business_day(resources)
    chains = chains_of(resources, who)
    found = ahead_of_firm(resources, firm, day, SHOWN)
    waiting, offers = offered(resources.records, firm, size=SHOWN)
    to_do = [
        *_applications(resources, who, t),
        *_loans(found, t),
        *_papers(found, offers, t),
    ]
    return page(
        request,
        "holder_first.html",
        firm=firm,
        named=names(resources),
        day_now=day.isoformat(),
        tones=TONES | ISSUED_TONES,
        claims=CLAIMS,
        vouchers=HELD,
        apply=APPLY,
        loans_place=LOANS,
        offered=waiting,
        offered_count=offers,
        to_do=to_do,
        next_move=next(iter(_moves(found)), None),
        **_limits(resources, who, chains, t),
        **_payments(found, t),
    )


def _limits(
    resources: Resources, who: Principal, chains: Sequence[Document], t: Texts
) -> dict[str, Any]:
    """Return a firm's limits by chain and together, what they cost, and whose tree it may open."""
    firm = who.firm or ""
    most_fen = available_fen(resources, firm, chains)
    return {
        "chains": chains,
        "limit_fen": sum(row["limit_fen"] or 0 for row in chains),
        "amount_fen": most_fen,
        "cost": _cost(resources, who, chains, most_fen, t) if chains and most_fen > 0 else None,
        "opens": [row["id"] for row in chains if OWN_LIMIT.permits(who, _path(row["id"], firm))],
        "unit": scale([row["limit_fen"] for row in chains], t.language),
    }


def _cost(
    resources: Resources, who: Principal, chains: Sequence[Document], most_fen: int, t: Texts
) -> Mapping[str, Any] | None:
    """Return what the likely loan would cost, as rate and in yuan; None where there is none."""
    choice = _likely(resources, who, chains, most_fen)
    if choice is None or not choice.figures:
        return None
    told = choice.figures
    return {
        "rate": rate_words(told["rate"]),
        "amount_fen": told["amount_fen"],
        "interest_fen": told["interest_fen"],
        "fees_fen": told["fees_fen"],
        "effective": rate_words(told["effective_rate"]),
        "product": choice.product["labels"][t.language],
        "until": told["last_on"],
        "address": f"{APPLY}?{choice.typed.query()}",
    }


def _likely(
    resources: Resources, who: Principal, chains: Sequence[Document], most_fen: int
) -> LoanChoice | None:
    try:
        held = products_now(resources, who)
        papers = ready_of(papers_of(resources, who.firm or ""))
    except AppError:
        return None
    typed = filled(TypedLoan(), held, chains, papers, most_fen)
    product = next((each for each in held if each["id"] == typed.product), None)
    if product is None:
        return None
    choice = choice_of(resources, who, product, typed)
    less = suggested(choice)
    return choice if less is None else choice_of(resources, who, product, less)


def _applications(resources: Resources, who: Principal, t: Texts) -> Iterator[Mapping[str, str]]:
    """Yield what the firm does next on applications: accept, sign, draw."""
    for state in FIRM_STATES:
        wanted = WantedApplications(firm=who.firm, state=state)
        for _, row in listed(resources, sight_of(who), wanted, size=TO_DO_SHOWN):
            if row["state"] == state:  # Not over by the day.
                until = str((row["offer"] or {}).get("until") or "")
                yield {
                    "code": TURNS[state][1],
                    "words": t(f"to_do_{TURNS[state][1]}", until=until),
                    "address": f"{PLACE}/{quote(row['id'], safe='')}",
                }


def _loans(found: CashAhead, t: Texts) -> Iterator[Mapping[str, str]]:
    """Yield loans on which something is due by now."""
    now = [each for each in found.due if each.due_on <= found.day]
    for each in now[:TO_DO_SHOWN]:
        words = t("to_do_pay_late" if each.late else "to_do_pay", day=each.due_on)
        address = f"{LOANS}/{quote(each.loan, safe='')}"
        yield {"code": "pay", "words": words, "address": address}


def _papers(found: CashAhead, offers: int, t: Texts) -> Iterator[Mapping[str, str]]:
    """Yield what a firm does on its papers: accept vouchers, have claims confirmed."""
    if offers:
        words = t("to_do_vouchers", count=count(offers))
        yield {"code": "voucher", "words": words, "address": f"{HELD}?state=issued#vouchers"}
    if found.unconfirmed:
        words = t("my_next_unconfirmed", count=count(found.unconfirmed))
        yield {"code": "confirm", "words": words, "address": f"{CLAIMS}?state=open#receivables"}


def _moves(found: CashAhead) -> Iterator[CashMove]:
    """Yield payments from the business day on, what is late is none of them."""
    day = found.day.isoformat()
    yield from (each for each in found.moves(SHOWN + len(found.due)) if each.day >= day)


def _payments(found: CashAhead, t: Texts) -> dict[str, Any]:
    """Return what is held, what is paid next, how much soon and by month, and what is late."""
    coming, day = found.coming, found.day
    held_count, held_fen = coming.of_kind("voucher")
    number, fen = coming.between(day, None)
    return {
        "held_count": held_count,
        "held_fen": held_fen,
        "coming": coming.first,
        "coming_count": number,
        "coming_fen": fen,
        "soon_fen": coming.between(day, found.days_on(MONTH_DAYS))[1],
        "late_count": coming.between(None, found.days_on(-1))[0],
        "late_fen": found.late_in_fen,
        "months": coming.months(day).head(MONTHS_SHOWN).to_dicts(),
        "coming_unit": scale([row["amount_fen"] for row in coming.first], t.language),
        "due_soon": _due_soon(found),
    }


def _due_soon(found: CashAhead) -> Mapping[str, Any]:
    """Return what the firm has to pay on its loans within a month, and the first of it."""
    soon = [each for each in found.due if each.due_on <= found.days_on(MONTH_DAYS)]
    return {
        "fen": sum(each.amount_fen for each in soon),
        "count": len(soon),
        "first": soon[0] if soon else None,
    }


def _path(core: str, firm: str) -> dict[str, str]:
    return {"core": core, "firm": firm}
