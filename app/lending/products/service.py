"""The products in force on a day, as their readers may see them."""

import datetime as dt
from collections.abc import Mapping, Sequence

from app.books.business_day import business_day
from app.books.rules import Rulebook
from app.data.versions.service import policy_of
from app.lending.loans.fees import FeeTerms
from app.lending.products.book import Product, ProductBook
from app.lending.products.fees import charged_by, terms_of_fees
from app.lending.products.forms import ProductFile, WhoEntry
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.web.texts import Language
from app.policy import Policy
from app.policy.schemas.entries import Wording

CHAIN_CAP = "product_cap_fen"  # What limits let a firm borrow along chains, by whatever product.


def document(resources: Resources, day: dt.date | None, sight: Sight) -> Document:
    """
    Return the products in force on a day that a reader names, else on the business day.

    Args:
        resources: What this process has open.
        day: The day, where one is named.
        sight: The reader's: budgets, and how much risk the bank takes, are the bank's own.

    Raises:
        Absent: None was in force on the day that they name.
        Unready: The folder of products or of policies cannot be used.
    """
    held, day = ProductBook(resources.settings.policy), day or _day_of_books(resources)
    products = held.on(day)
    if not any(each.terms.valid_from <= day for each in held.every()):
        raise Absent(f"no products were in force on {day.isoformat()}")
    policy = policy_of(resources, day)
    return {
        "as_of": day,
        "policy": policy.version,
        "items": [_entry(each, policy, sight) for each in products],
        "next": None,
    }


def _day_of_books(resources: Resources) -> dt.date:
    """Return the business day; before the books open, the day that it is."""
    try:
        return business_day(resources)
    except Absent:
        return resources.today()


def amount_cap(terms: ProductFile, policy: Policy) -> int:
    """
    Return the most that a firm may borrow by a product at once.

    Along chains the policy caps whatever a firm borrows, as its limits do: a product may be
    narrower, never wider.
    """
    cap = policy.whole(CHAIN_CAP)
    if terms.amount_cap_fen is None:
        return cap
    return terms.amount_cap_fen if terms.path == "own" else min(cap, terms.amount_cap_fen)


def fees_on(resources: Resources, day: dt.date) -> Mapping[str, tuple[FeeTerms, ...]]:
    """
    Return what each product in force on a day charges a firm whose size nobody looks at, by its id.

    Raises:
        Unready: The folder of products cannot be used.
    """
    held, rules = (
        ProductBook(resources.settings.policy).on(day),
        Rulebook(resources.settings.policy).on(day),
    )
    return {each.terms.id: charged_by(each.terms.fees, None, rules) for each in held}


def _entry(product: Product, policy: Policy, sight: Sight) -> Document:
    terms = product.terms
    return {
        "id": terms.id,
        "version": product.version,
        "from": terms.valid_from,
        "to": terms.valid_to,
        "labels": _worded(terms.labels),
        "path": terms.path,
        "purpose": terms.purpose,
        "amount_floor_fen": terms.amount_floor_fen,
        "amount_cap_fen": amount_cap(terms, policy),
        "tenor_floor_days": terms.tenor_floor_days,
        "tenor_cap_days": terms.tenor_cap_days,
        "repayment": terms.repayment,
        "rate_floor": str(terms.rate_floor),
        "rate_cap": str(terms.rate_cap),
        "straight_through": terms.straight_through,
        "documents": terms.documents,
        "who": _asked(terms.who),
        "fees": [each.document() for each in terms_of_fees(terms.fees)],
        **_of_the_bank(terms, sight),
    }


def _of_the_bank(terms: ProductFile, sight: Sight) -> Document:
    """Return what the bank alone reads; nothing of it for others."""
    own: Document = {
        "rate_add": str(terms.rate_add),
        "pd_max": str(terms.pd_max),
        "budget_fen": terms.budget_fen,
        "source": terms.source,
    }
    return own if sight.is_whole else dict.fromkeys(own)


def _asked(who: Sequence[WhoEntry]) -> list[Document]:
    return [
        {
            "rule": each.rule,
            "leaf": each.leaf,
            "op": each.op,
            "value": each.value,
            "unit": "fen",
            "label": _worded(each.label),
            "fix": _worded(each.fix),
        }
        for each in who
    ]


def _worded(words: Wording) -> Document:
    return {"zh": words.zh, "en": words.en}


def product_names(resources: Resources, language: Language) -> Mapping[str, str]:
    """
    Return what every product that the bank has had is called, by its id.

    Raises:
        Unready: The folder of products cannot be used.
    """
    every = ProductBook(resources.settings.policy).every()
    return {each.terms.id: getattr(each.terms.labels, language) for each in every}
