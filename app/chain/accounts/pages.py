"""The pages of accounts: all of them as a list, those of a firm or core as the stack they are."""

from collections.abc import Mapping
from functools import partial

from fastapi import Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.books.ledger.figures import LAYERS
from app.books.ledger.listing import AccountsWanted, counts, every_listed, listed
from app.books.ledger.reading import EXCESS, AccountSeen
from app.chain.accounts import service
from app.chain.accounts.words import (
    TONES,
    bar_of,
    layer_words,
    name_words,
    state_of,
)
from app.platform.auth.rules import BANK, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.areas import WORK
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download_long
from app.platform.web.facets import Facet, Option
from app.platform.web.listing import SIZE, chosen_of, one_page, order_of, page_of, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
FACETS = {"layer": (*LAYERS, "document"), "state": ("open", EXCESS, "frozen", "closed")}
KINDS = {"layer": "layer", "state": "account_state"}
Named = service.Named


def _table(named: Named, t: Texts) -> ListTable[AccountSeen]:
    def figure(name: str, *, asked: bool = False) -> ListColumn[AccountSeen]:
        """Return the column of a figure."""
        return ListColumn(
            *(name, f"account_{name}", "money", lambda row: getattr(row.figures, name)),
            asked=asked,
        )

    return ListTable(
        "accounts",
        lambda row: row.account,
        (
            ListColumn(
                *("account", "account", "text", lambda row: name_words(row, named, t)),
                order=lambda row: row.account,
            ),
            ListColumn("layer", "account_layer", "text", lambda row: layer_words(row, t)),
            figure("total"),
            ListColumn("use", "account_use", "share", _use),
            figure("outside", asked=True),
            figure("posted"),
            figure("pending"),
            figure("frozen", asked=True),
            ListColumn(
                *("available", "account_available", "money", lambda row: row.available),
                look="strong",
            ),
            ListColumn("excess", "account_excess", "money", lambda row: row.excess, asked=True),
            ListColumn("state", "account_state", "text", partial(_state_words, t=t)),
        ),
        "account",
    )


def _use(row: AccountSeen) -> float | None:
    return row.figures.used / row.figures.total if row.figures.total else None


def _state_words(row: AccountSeen, t: Texts) -> str:
    return t(f"account_state_{state_of(row)}")


def _wanted(request: Request, resources: Resources) -> AccountsWanted:
    asked, text = request.query_params, text_of(request)
    return AccountsWanted(
        core=asked.get("core", ""),
        firm=asked.get("firm", ""),
        text=text,
        firms=service.firms_named(resources, text) if text else (),
        **chosen_of(request, FACETS),
    )


def _facets(told: Mapping[str, Mapping[str, int]], chosen: AccountsWanted, t: Texts) -> list[Facet]:
    made = []
    for name, order in FACETS.items():
        mine = getattr(chosen, name)
        known = [each for each in order if each in told[name] or each == mine]
        options = [
            Option(each, t.coded(KINDS[name], each), told[name].get(each, 0)) for each in known
        ]
        made.append(Facet(name, t(f"account_{name}"), mine, options))
    return made


@router.get(WORK + "/accounts", dependencies=[allow(BANK)])
def show_accounts(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return accounts as a list; of one firm or core also as the stack that they are."""
    t, named = Texts(preferences_of(request).language), service.names(resources)
    wanted, table = _wanted(request, resources), _table(named, t)
    found = counts(resources.records, wanted)
    total = sum(count for state, count in found["state"].items() if wanted.state in ("", state))
    order = order_of(request, table)
    rows = listed(
        *(resources.records, wanted, resources.now()),
        order=(order.sort, order.descending),
        part=((page_of(request, total) - 1) * SIZE, SIZE),
    )
    return page(
        request,
        "accounts.html",
        views=views_of(resources.records, who, "accounts"),
        list=one_page(request, table, rows, total),
        text=wanted.text,
        about=" · ".join(named(each) for each in (wanted.firm, wanted.core) if each),
        stack=service.stack(resources, core=wanted.core, firm=wanted.firm),
        facets=_facets(found, wanted, t),
        unit=scale([row.figures.total for row in rows], t.language),
        name=partial(name_words, named=named, t=t),
        layer=partial(layer_words, t=t),
        state=state_of,
        bar=partial(bar_of, t=t),
        tones=TONES,
    )


@router.get(WORK + "/accounts.csv", dependencies=[allow(BANK)])
@router.get(WORK + "/accounts.xlsx", dependencies=[allow(BANK)])
def download_accounts(request: Request, resources: ResourcesDep) -> Response:
    """Return the same accounts as a file, all that pass."""
    t, named = Texts(preferences_of(request).language), service.names(resources)
    table = _table(named, t)
    order = order_of(request, table)
    rows = partial(
        every_listed,
        *(resources.records, _wanted(request, resources), resources.now()),
        order=(order.sort, order.descending),
    )
    head = {"version": "", "as_of": business_day(resources).isoformat(), "policy": ""}
    return download_long(request, table, rows, head)
