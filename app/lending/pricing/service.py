"""The price of a product for a firm, with its terms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.books.business_day import business_day
from app.chain.limits.documents import results_of
from app.chain.limits.formulas.algebra import Algebra
from app.chain.limits.formulas.exact import written
from app.chain.limits.shown import Shown
from app.chain.limits.words import document as tree_of
from app.data.versions.service import AskedVersion, policy_of
from app.lending.pricing.formula import PriceLeaves, price
from app.lending.pricing.plans import named, tenor_broken
from app.lending.products.book import Product, ProductBook
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent, Malformed
from graph.model import Label, declared

_LABELS = Path(__file__).parent / "labels.yml"


@dataclass(frozen=True, slots=True)
class PriceAsked:
    """Which price is asked for: of a product, for a firm, on documents of a core, for how long."""

    product: str
    firm: str
    core: str | None
    tenor_days: int


def document(resources: Resources, asked: PriceAsked, sight: Sight) -> Document:
    """
    Return a price by the policy and the products of the business day, with its derivation.

    Raises:
        Absent: There is no such product in force, firm or core, or no version yet.
        Malformed: A product on documents without whose documents they are, or another with a core.
        RuleBroken: The tenor is not one of the product's.
    """
    day = business_day(resources)
    product = _product(ProductBook(resources.settings.policy).on(day), asked)
    results = results_of(resources, AskedVersion(None), sight)
    payer = _payer(results, asked)
    policy, head = policy_of(resources, day), results.head
    algebra = Algebra(policy, version=head.version, run=head.run)
    known = results.leaves_of(payer)
    found = price(algebra, PriceLeaves(known, product.terms, product.version, asked.tenor_days))
    rate = found.figure
    return {
        "product": product.terms.id,
        "product_version": product.version,
        "firm": asked.firm,
        "core": asked.core,
        "tenor_days": asked.tenor_days,
        "version": head.version,
        "as_of": day,
        "policy": policy.version,
        "rate": None if rate is None else written(rate),
        "absent": found.source["reason"] if rate is None else None,
        "derivation": None if rate is None else tree_of(found, results.name, label),
    }


def _product(held: Sequence[Product], asked: PriceAsked) -> Product:
    """Return the product that is asked for, which must take core and tenor."""
    found = named(held, asked.product)
    terms = found.terms
    if (terms.path == "documents") != (asked.core is not None):
        raise Malformed("core: is for products on documents alone, which need it")
    if not terms.tenor_floor_days <= asked.tenor_days <= terms.tenor_cap_days:
        raise tenor_broken(found)
    return found


def _payer(results: Shown, asked: PriceAsked) -> str:
    """Return whose credit carries the loan: the core's whose documents do, else the firm's."""
    if not results.knows(asked.firm):
        raise Absent(f"no firm {asked.firm!r}")
    if asked.core is None:
        return asked.firm
    if asked.core not in results.cores:
        raise Absent(f"no core {asked.core!r}")
    return asked.core


@cache
def _labels() -> dict[str, Label]:
    read = declared(_LABELS.read_text(encoding="utf-8"))
    return {str(code): Label(**entry) for code, entry in read.items()}


def label(code: str, _: Callable[[str], str]) -> Label:
    """Return the words for a code of a price."""
    return _labels()[code]
