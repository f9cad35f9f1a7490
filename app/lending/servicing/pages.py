"""The bank's page of all loans: by state, class and product, with what is provided for them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from app.chain.accounts.service import Named, names
from app.lending.decisions.cards import rate_words
from app.lending.products.service import product_names
from app.lending.servicing import listing
from app.lending.servicing.listing import CODED, FACETS, ListedLoans, LoansOrder, Row
from app.lending.servicing.repository import WantedLoans
from app.lending.servicing.service import summed
from app.lending.servicing.shown import document
from app.lending.servicing.values import LoanValues, values_today
from app.platform.auth.rules import BANK, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
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
ALL = WORK + "/loans"
KINDS = {"state": "loan_state", "class": "loan_class"}
TONES: Mapping[str, str] = {
    "active": "done",
    "repaid": "done",
    "overdue": "warn",
    "restructured": "warn",
    "defaulted": "bad",
    "written_off": "bad",
}


def _table(named: Named, products: Mapping[str, str], t: Texts) -> ListTable[Document]:
    return ListTable(
        "bank_loans",
        lambda row: str(row["id"]),
        (
            ListColumn("loan", "bank_loan", "text", lambda row: row["id"]),
            ListColumn("firm", "firm", "text", lambda row: named(row["firm"])),
            ListColumn("core", "core", "text", partial(_core, named), asked=True),
            ListColumn(
                *("product", "application_by_product", "text", partial(_product, products)),
                asked=True,
            ),
            ListColumn("amount", "bank_loan_amount", "money", lambda row: row["amount_fen"]),
            ListColumn(
                *("outstanding", "effect_outstanding", "money", lambda row: row["outstanding_fen"]),
                look="strong",
            ),
            ListColumn("state", "state", "text", partial(_state, t)),
            ListColumn("class", "bank_loan_class", "text", partial(_class, t)),
            ListColumn("stage", "bank_loan_stage", "count", lambda row: row["stage"], asked=True),
            ListColumn("drawn", "bank_loan_drawn", "day", lambda row: row["drawn_on"], asked=True),
            ListColumn("due", "due_on", "day", lambda row: row["due_on"]),
        ),
        "-class",
    )


def _core(named: Named, row: Document) -> str | None:
    return named(row["core"]) if row["core"] else None


def _product(products: Mapping[str, str], row: Document) -> str:
    return products.get(row["product"], row["product"])


def _state(t: Texts, row: Document) -> str:
    """Return the state of a loan, with how long it is overdue."""
    told = t.coded("loan_state", row["state"])
    days = row["overdue_days"]
    return t("bank_loan_late", state=told, days=days) if days else told


def _class(t: Texts, row: Document) -> str:
    return t.coded("loan_class", row["class"])


def _wanted(request: Request, resources: Resources, named: Named) -> ListedLoans:
    text, chosen = text_of(request), chosen_of(request, FACETS)
    known = listing.parties(resources.records) if text else ()
    folded = text.casefold()
    meant = [
        each for each in known if folded in each.casefold() or folded in named(each).casefold()
    ]
    return ListedLoans(text, meant, chosen)


def _order(request: Request, table: ListTable[Document], named: Named) -> LoansOrder:
    order = order_of(request, table)
    return LoansOrder(order.sort, order.descending, named)


def _facets(
    found: Mapping[str, Mapping[str, int]],
    wanted: ListedLoans,
    products: Mapping[str, str],
    t: Texts,
) -> Sequence[Facet]:
    titles = {"state": "state", "class": "bank_loan_class", "product": "application_by_product"}
    made = []
    for name in FACETS:
        tell = partial(t.coded, KINDS[name]) if name in KINDS else partial(_called, products)
        order = CODED.get(name, ())
        made.append(
            counted(name, t(titles[name]), wanted.chosen[name], found[name], tell, order=order)
        )
    return [each for each in made if each.options]


def _called(products: Mapping[str, str], product: str) -> str:
    return products.get(product, product)


def _shown(rows: Sequence[Row], values: LoanValues) -> list[Document]:
    return [document(row, values, whole=True) for row in rows]


@router.get(ALL, dependencies=[allow(BANK)])
def show_loans(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return all loans as a list, the worst class first."""
    t, named = Texts(preferences_of(request).language), names(resources)
    products, records = product_names(resources, t.language), resources.records
    table, wanted = _table(named, products, t), _wanted(request, resources, named)
    total, values = listing.count(records, wanted), values_today(resources)
    part = ((page_of(request, total) - 1) * SIZE, SIZE)
    rows = _shown(listing.listed(records, wanted, _order(request, table, named), part), values)
    return page(
        request,
        "work_loans.html",
        list=one_page(request, table, rows, total),
        views=views_of(records, who, table.name),
        facets=_facets(listing.counts(records, wanted), wanted, products, t),
        names_of_facets=FACETS,
        text=wanted.text,
        unit=scale([row["amount_fen"] for row in rows], t.language),
        tones=TONES,
        state=partial(_state, t),
        rate=rate_words,
        sums=summed(resources, WantedLoans()),
    )


@router.get(ALL + ".csv", dependencies=[allow(BANK)])
@router.get(ALL + ".xlsx", dependencies=[allow(BANK)])
def download_loans(request: Request, resources: ResourcesDep) -> Response:
    """Return the same loans as a file, all that pass."""
    t, named = Texts(preferences_of(request).language), names(resources)
    table = _table(named, product_names(resources, t.language), t)
    wanted, order = _wanted(request, resources, named), _order(request, table, named)
    values = values_today(resources)

    def rows() -> Iterator[Document]:
        """Yield all that pass, as they stand on the business day."""
        for row in listing.every_listed(resources.records, wanted, order):
            yield document(row, values, whole=True)

    head = {"version": "", "as_of": values.day.isoformat(), "policy": values.policy.version}
    return download_long(request, table, rows, head)


def address_of(loan: str) -> str:
    """
    Return where the bank's page of a loan is.

    Example:
        >>> address_of("L/1").removeprefix(WORK)
        '/loans/L%2F1'
    """
    return f"{ALL}/{quote(loan, safe='')}"
