"""The list of a firm's loans: what is outstanding, what is due next, what is due now."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

from fastapi import Request
from starlette.responses import Response

from app.chain.accounts.service import Named, names
from app.lending.borrowing.applications import head_of
from app.lending.borrowing.told import LOANS
from app.lending.decisions.cards import rate_words
from app.lending.products.service import product_names
from app.lending.servicing import service
from app.lending.servicing.ahead import LOANS_AT_ONCE, LOANS_MAX, rows_ahead
from app.lending.servicing.repository import WantedLoans
from app.lending.servicing.tables import STATES
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
FACETS = ("state", "product")
OVER = ("repaid", "written_off")


def loans_of(resources: Resources, who: Principal) -> Sequence[Document]:
    """Return all loans of a firm, each with what has to be paid on it next."""
    sight, found, after = sight_of(who), list[Document](), ""
    while len(found) < LOANS_MAX:
        wanted = WantedLoans(firm=who.firm)
        part = service.listed(resources, wanted, sight, after=after, size=LOANS_AT_ONCE)
        found += part
        if len(part) < LOANS_AT_ONCE:
            break
        after = part[-1]["id"]
    ahead = sorted(rows_ahead(resources, who.firm or ""), key=lambda each: each.loan)
    first = {loan: next(rows) for loan, rows in groupby(ahead, key=lambda each: each.loan)}
    return [
        {
            **row,
            "next_on": str(first[row["id"]].due_on) if row["id"] in first else None,
            "next_fen": first[row["id"]].amount_fen if row["id"] in first else None,
        }
        for row in found
    ]


def _table(named: Named, products: Mapping[str, str], t: Texts) -> ListTable[Document]:
    def core(row: Document) -> str | None:
        """Return the core in whose chain it is; None where it is in none."""
        return named(row["core"]) if row["core"] else None

    return ListTable(
        "loans",
        lambda row: str(row["id"]),
        (
            ListColumn("number", "loan", "text", lambda row: row["id"]),
            ListColumn(
                "product",
                "product",
                "text",
                lambda row: products.get(row["product"], row["product"]),
            ),
            ListColumn("core", "chain", "text", core, asked=True),
            ListColumn("amount", "loan_drawn", "money", lambda row: row["amount_fen"]),
            ListColumn(
                "outstanding",
                "loan_outstanding",
                "money",
                lambda row: row["outstanding_fen"],
                look="strong",
            ),
            ListColumn("due", "loan_due_now", "money", lambda row: row["due_fen"]),
            ListColumn("next", "loan_next_on", "day", lambda row: row["next_on"]),
            ListColumn("next_fen", "loan_next", "money", lambda row: row["next_fen"]),
            ListColumn(
                "rate", "offer_rate", "text", lambda row: rate_words(row["rate"]), asked=True
            ),
            ListColumn("drawn", "loan_drawn_on", "day", lambda row: row["drawn_on"], asked=True),
            ListColumn("last", "loan_last_on", "day", lambda row: row["due_on"]),
            ListColumn("state", "state", "text", lambda row: t.coded("loan_state", row["state"])),
        ),
        "next",
    )


def _values() -> Mapping[str, Callable[[Document], str]]:
    return {name: lambda row, name=name: str(row[name]) for name in FACETS}  # type: ignore[misc]


def _found(request: Request, rows: Sequence[Document]) -> Sequence[Document]:
    text = text_of(request).casefold()
    return [row for row in rows if not text or text in row["id"].casefold()]


@router.get(LOANS, dependencies=[allow(HOLDERS)])
def show_loans(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the loans of a firm as a list, what is to be paid first first."""
    t, named = Texts(preferences_of(request).language), names(resources)
    products, every = product_names(resources, t.language), loans_of(resources, who)
    found, chosen, values = _found(request, every), chosen_of(request, FACETS), _values()
    table, rows = _table(named, products, t), passing(found, values, chosen)
    words: Mapping[str, tuple[str, Callable[[str], str]]] = {
        "state": (t("state"), partial(t.coded, "loan_state")),
        "product": (t("product"), lambda each: products.get(each, each)),
    }
    return page(
        request,
        "own_loans.html",
        place=LOANS,
        list=listing(request, table, rows),
        views=views_of(resources.records, who, table.name),
        facets=facets(found, values, chosen, words, orders={"state": STATES}),
        facet_names=FACETS,
        text=text_of(request),
        unit=scale([row["amount_fen"] for row in rows], t.language),
        outstanding_fen=sum(row["outstanding_fen"] for row in every),
        due_fen=sum(row["due_fen"] for row in every),
    )


@router.get(LOANS + ".csv", dependencies=[allow(HOLDERS)])
@router.get(LOANS + ".xlsx", dependencies=[allow(HOLDERS)])
def download_loans(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the same loans as a file, all that pass."""
    t, named = Texts(preferences_of(request).language), names(resources)
    table = _table(named, product_names(resources, t.language), t)
    passed = passing(
        _found(request, loans_of(resources, who)), _values(), chosen_of(request, FACETS)
    )
    return download(request, table, ordered(request, table, passed), head_of(resources))
