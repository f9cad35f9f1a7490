"""Budgets of products in the book: the total of the account `product:P`."""

import datetime as dt
from collections.abc import Mapping

from app.books.business_day import business_day
from app.books.ledger import AccountTotal, Identity, ledger_of
from app.books.ledger.reading import accounts_of
from app.lending.products.book import ProductBook
from app.platform.deps import Resources
from app.platform.errors import Absent, Unready

LAYER = "product"


def close(resources: Resources, day: dt.date) -> int:
    """
    Set budgets as they are on the day after one that is closed; return how many were set.

    Args:
        resources: What the process has open.
        day: The day that is closed.
    """
    return _set(resources, day + dt.timedelta(days=1))


def set_today(resources: Resources) -> int:
    """
    Set budgets as they are on the business day; return how many were set.

    Raises:
        Absent: No version is published yet, so that there is no business day.
        Unready: The folder of products cannot be used as it is.
    """
    return _set(resources, business_day(resources))


def are_behind(resources: Resources) -> bool:
    """Return whether a budget is not set as it is today; what is wrong with files is told else."""
    try:
        return bool(_unset(resources, business_day(resources)))
    except (Absent, Unready):
        return False


def _set(resources: Resources, day: dt.date) -> int:
    found = _unset(resources, day)
    for product, (total, version) in found.items():
        account = AccountTotal(f"{LAYER}:{product}", Identity(LAYER, thing=product), total)
        ledger_of(resources).set_totals([account], {"product": version})
    return len(found)


def _unset(resources: Resources, day: dt.date) -> Mapping[str, tuple[int, str]]:
    """Return the budgets that accounts do not have as their totals, and what states them."""
    wanted = _budgets(ProductBook(resources.settings.policy), day)
    if not wanted:
        return {}
    names = [f"{LAYER}:{product}" for product in wanted]
    there = {
        each.account: each.figures.total
        for each in accounts_of(resources.records, names, resources.now())
    }
    return {
        product: told
        for product, told in wanted.items()
        if there.get(f"{LAYER}:{product}") != told[0]
    }


def _budgets(held: ProductBook, day: dt.date) -> Mapping[str, tuple[int, str]]:
    """Return the budget of every product that has begun with one: nothing once it has ended."""
    found = {
        each.terms.id: (0, each.version)
        for each in held.every()
        if each.terms.budget_fen is not None and each.terms.valid_from <= day
    }
    for each in held.on(day):
        if each.terms.budget_fen is not None:
            found[each.terms.id] = (each.terms.budget_fen, each.version)
    return found
