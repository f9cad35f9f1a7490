"""The plan of a loan by a product: what becomes due when, and what is paid out, kept nowhere."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.books.business_day import business_day
from app.books.errors import RuleBroken
from app.books.rules import Rulebook
from app.data.versions.service import policy_of
from app.lending.loans.bank import loan_rules
from app.lending.loans.effective import LoanCost, cost_of
from app.lending.loans.fees import FeeTerms
from app.lending.loans.rules import LoanRules
from app.lending.loans.terms import LoanTerms, due_on, proceeds_fen
from app.lending.products.book import Product, ProductBook
from app.lending.products.fees import terms_of_fees
from app.lending.products.service import amount_cap
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.policy import Policy

OF_FEES = ("fees", "draw_fees_fen", "total_fees_fen", "effective_rate")


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """Which plan is asked for: of a product, how much, at what rate, repaid how, for how long."""

    product: str
    amount_fen: int
    rate: Decimal
    repayment: str
    tenor_days: int | None
    tenor_months: int | None


def document(
    resources: Resources, asked: PlanAsked, fees: tuple[FeeTerms, ...] | None = None
) -> Document:
    """
    Return the plan of a loan drawn on the business day, by the product, policy and rules of it.

    Args:
        resources: What the process has open.
        asked: Which plan.
        fees: What was decided that it costs; None: what the product charges.

    Raises:
        Absent: There is no such product in force, or no version yet.
        RuleBroken: The product does not allow it, or it is no loan.
        Unready: No policy, or no rule of classes, can be used.
    """
    day, folder = business_day(resources), resources.settings.policy
    product = named(ProductBook(folder).on(day), asked.product)
    policy = policy_of(resources, day)
    rules = loan_rules(policy, Rulebook(folder).on(day))
    charges = terms_of_fees(product.terms.fees) if fees is None else fees
    terms = terms_of(asked, day, policy, charges)
    check_terms_of(product, asked.amount_fen, asked.repayment, policy)
    _check_rate(product, asked.rate)
    cost = cost_of(terms, rules)
    found = cost.schedule
    check_tenor(product, tenor_of(terms, rules))
    return {
        "product": product.terms.id,
        "product_version": product.version,
        "policy": policy.version,
        "drawn_on": day,
        "amount_fen": asked.amount_fen,
        "proceeds_fen": proceeds_fen(terms, rules.days_off),
        "rate": format(asked.rate, "f"),
        "repayment": asked.repayment,
        "items": [
            {
                "n": each.row,
                "due_on": each.due_on,
                "principal_fen": each.principal_fen,
                "interest_fen": each.interest_fen,
                "fees_fen": each.fees_fen,
            }
            for each in found.rows
        ],
        "total_interest_fen": found.interest_fen,
        **told_of_fees(cost, terms.fees),
    }


def told_of_fees(cost: LoanCost, fees: Sequence[FeeTerms]) -> Document:
    """
    Return what is told of the fees of a plan, and what it costs in a year with them.

    Args:
        cost: What it costs.
        fees: What is charged when.
    """
    return {
        "fees": [each.document() for each in fees],
        "draw_fees_fen": cost.draw_fees_fen,
        "total_fees_fen": cost.fees_fen,
        "effective_rate": cost.effective_text,
    }


def terms_of(
    asked: PlanAsked, day: dt.date, policy: Policy, fees: tuple[FeeTerms, ...] = ()
) -> LoanTerms:
    """
    Return the terms of a loan that is drawn on a day.

    Args:
        asked: Which plan.
        day: The day.
        policy: That of the day.
        fees: What its product charges.
    """
    return LoanTerms(
        *(asked.amount_fen, asked.rate, asked.repayment, day),
        *(asked.tenor_days, asked.tenor_months, None),
        day_base=policy.whole("day_base"),
        penalty_factor=policy.decimal("penalty_factor"),
        grace_days=policy.whole("grace_days"),
        fees=fees,
    )


def named(held: Sequence[Product], product: str) -> Product:
    """
    Return a product in force.

    Raises:
        Absent: There is none of this name.
    """
    found = next((each for each in held if each.terms.id == product), None)
    if found is None:
        raise Absent(f"no product {product!r} is in force")
    return found


def tenor_broken(product: Product) -> RuleBroken:
    """Return the refusal of a tenor that is none of the product's."""
    least, most = product.terms.tenor_floor_days, product.terms.tenor_cap_days
    return RuleBroken(
        "product.tenor",
        product.version,
        zh=f"产品期限为 {least} 至 {most} 天",
        en=f"the product is for {least} to {most} days",
    )


def check_terms_of(product: Product, amount_fen: int, repayment: str, policy: Policy) -> None:
    """
    Raise where the product does not allow amount or repayment.

    Raises:
        RuleBroken: It does not.
    """
    terms = product.terms
    least, most = terms.amount_floor_fen, amount_cap(terms, policy)
    if not least <= amount_fen <= most:
        zh, en = f"产品金额为 {least} 至 {most} 分", f"the product is for {least} to {most} fen"
        raise RuleBroken("product.amount", product.version, zh=zh, en=en)
    if repayment not in terms.repayment:
        kinds = ", ".join(terms.repayment)
        zh, en = f"产品还款方式为 {kinds}", f"the product is repaid by {kinds}"
        raise RuleBroken("product.repayment", product.version, zh=zh, en=en)


def _check_rate(product: Product, rate: Decimal) -> None:
    """
    Raise where the product does not allow a rate.

    Raises:
        RuleBroken: It does not.
    """
    terms = product.terms
    if not terms.rate_floor <= rate <= terms.rate_cap:
        zh = f"产品年利率为 {terms.rate_floor} 至 {terms.rate_cap}"
        en = f"the product costs {terms.rate_floor} to {terms.rate_cap} a year"
        raise RuleBroken("product.rate", product.version, zh=zh, en=en)


def tenor_of(terms: LoanTerms, rules: LoanRules) -> int:
    """Return the days from the draw to the last due day."""
    return (due_on(terms, terms.rows, rules.days_off) - terms.drawn_on).days


def check_tenor(product: Product, days: int) -> None:
    """
    Raise where the last due day is not one of the product's.

    Raises:
        RuleBroken: It is not.
    """
    if not product.terms.tenor_floor_days <= days <= product.terms.tenor_cap_days:
        raise tenor_broken(product)
