"""What a decision is made from, gathered once: the run, the accounts, the policy, the products."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.books.business_day import business_day
from app.books.errors import RuleBroken
from app.books.ledger.reading import AccountSeen, accounts_of
from app.books.organisation import OrganisationBook
from app.books.rules import Rulebook
from app.books.rules.pack import RulesInForce
from app.chain.accounts.service import group_by
from app.chain.limits.documents import results_of
from app.chain.limits.formulas.leaves import FirmLeaves
from app.chain.limits.results import LimitBasis
from app.chain.limits.shown import Shown
from app.chain.uses.paths import UseAsked, names_of, path_of
from app.data.runs.repository import newest_run
from app.data.versions.service import AskedVersion, policy_of
from app.lending.decisions.case import FORMULA, case_from
from app.lending.decisions.deciding import trees_of
from app.lending.decisions.forms import Asked
from app.lending.decisions.outlook import DOCUMENTS
from app.lending.decisions.plain import plain, tree
from app.lending.decisions.reach import within_reach
from app.lending.loans.bank import loan_rules
from app.lending.loans.terms import check_terms
from app.lending.pricing.plans import (
    PlanAsked,
    check_tenor,
    check_terms_of,
    named,
    tenor_of,
    terms_of,
)
from app.lending.products.book import Product, ProductBook
from app.lending.products.fees import charged_by
from app.lending.products.purposes import check_use
from app.lending.products.service import amount_cap
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.events import canonical
from app.platform.release import code_version
from app.policy import Policy

NO_GRADE = "none"
OF_LIMITS = (  # What the formulas of limits read of a policy.
    *("a_confirmed", "a_unverified", "a_verified", "bank_capital_fen", "cycle_days", "cross_age"),
    *("data_credit_factor", "delta", "dilution_free", "grade_factors", "kappa", "kappa_relation"),
    *("lgd", "margin", "micro_months", "omega", "pd_by_grade", "pd_unrated", "prepay_days"),
    *("product_cap_fen", "resilience_min", "sales_share", "single_borrower_share"),
    *("stress_budget_share", "tenor_days_max", "past_due_days_document"),
)
OF_PRICES = (
    *("day_base", "ftp", "hurdle", "liquidity", "operations_add", "opex", "pd_by_grade"),
    *("pd_floor", "pd_unrated", "price_add", "price_lgd", "sme_sales_cap_fen"),
    "sme_sales_floor_fen",
)


@dataclass(frozen=True, slots=True)
class DecisionGround:
    """On what a decision stands: the day, its policy, the product and the run."""

    day: dt.date
    policy: Policy
    product: Product
    results: Shown
    tenor_days: int
    in_force: RulesInForce


class AccountsRead:
    """Accounts as they are read beside the lock."""

    def __init__(self, found: Sequence[AccountSeen]) -> None:
        self.found: Mapping[str, AccountSeen] = {each.account: each for each in found}

    def account(self, account: str) -> AccountSeen | None:
        """Return an account; None where there is none."""
        return self.found.get(account)

    def available(self, account: str) -> int:
        """Return what is offered of it: nothing of a document that is financed."""
        seen = self.found.get(account)
        return 0 if seen is None or account in self.financed else seen.available

    @property
    def financed(self) -> Sequence[str]:
        """Return the documents on which a use stands."""
        documents = [e for e in self.found.values() if e.identity.layer == "document"]
        return sorted(each.account for each in documents if each.carries)


def inputs_of(
    resources: Resources, asked: Asked, name: str, *, without: str | None = None
) -> bytes:
    """
    Return what a decision is made from, as canonical JSON, with what the formulas make of it.

    Args:
        resources: What the process has open.
        asked: What is asked for.
        name: The id of the decision.
        without: The reservation of what is asked, which takes no room from itself.

    Raises:
        Absent: There is no such product, firm or core, or no version yet.
        RuleBroken: It is outside the product.
        Unready: Policies, rules, products or the organisation cannot be used.
    """
    ground = _ground(resources, asked)
    told: Document = {
        "formula": FORMULA,
        "code": code_version(),
        "id": name,
        "asked": asked.document(),
        "day": ground.day.isoformat(),
        "tenor_days": ground.tenor_days,
        "head": _head(ground),
        "models": [],
        "product": _product(ground, asked.firm),
        "values": {
            "limit": values_of(ground.results.policy, OF_LIMITS),
            "price": values_of(ground.policy, OF_PRICES),
        },
        **_of_firm(ground, asked),
        **_of_book(resources, asked, ground, without),
        **within_reach(resources, asked, ground.results, ground.day),
        **_of_people(resources, asked, ground),
    }
    told = json.loads(canonical(told))  # As whoever reads it later finds it.
    return canonical(told | {"found": found_in(told)}).encode()


def found_in(told: Mapping[str, Any]) -> Document:
    """Return what formulas make of inputs: the trees of limit and price, what is not met."""
    trees = trees_of(case_from(told))
    limit = trees.outlook.limit
    return {
        "limit": None if limit is None else tree(limit),
        "price": tree(trees.price),
        "unmet": [each.rule for each in trees.outlook.unmet],
    }


def _ground(resources: Resources, asked: Asked) -> DecisionGround:
    day, folder = business_day(resources), resources.settings.policy
    product = named(ProductBook(folder).on(day), asked.product)
    policy, in_force = policy_of(resources, day), Rulebook(folder).on(day)
    _check_path(product, asked)
    check_use(product, asked.purpose, in_force)
    _check_purpose(product, asked)
    check_terms_of(product, asked.amount_fen, asked.repayment, policy)
    planned = PlanAsked(
        *(product.terms.id, asked.amount_fen, Decimal(0), asked.repayment),
        *(asked.tenor_days, asked.tenor_months),
    )
    terms, rules = terms_of(planned, day, policy), loan_rules(policy, in_force)
    check_terms(terms, rules.days_off)
    days = tenor_of(terms, rules)
    check_tenor(product, days)
    results = results_of(resources, AskedVersion(), EVERYTHING)
    if not results.knows(asked.firm):
        raise Absent(f"no firm {asked.firm!r}")
    if asked.core is not None and asked.core not in results.cores:
        raise Absent(f"no core {asked.core!r}")
    return DecisionGround(day, policy, product, results, days, in_force)


def _check_path(product: Product, asked: Asked) -> None:
    """
    Raise where core or documents are not what the product is lent on.

    Raises:
        RuleBroken: They are not.
    """
    terms = product.terms
    if (terms.path == "own") != (asked.core is None):
        zh, en = "产品须指明核心企业", "the product is lent in the chain of a core, which is named"
        if asked.core is not None:
            zh, en = "产品不经核心企业", "the product is lent without a core"
        raise RuleBroken("product.path", product.version, zh=zh, en=en)
    kinds = {each.kind for each in asked.documents}
    if not kinds <= set(terms.documents):
        taken = ", ".join(terms.documents)
        raise RuleBroken(
            "product.documents",
            product.version,
            zh=f"产品接受的单证：{taken or '无'}",
            en=f"documents that the product is lent on: {taken or 'none'}",
        )


def _check_purpose(product: Product, asked: Asked) -> None:
    """
    Raise where the product is not for a purpose, or there is no such programme.

    Raises:
        RuleBroken: It is not.
    """
    if asked.purpose and asked.purpose not in product.terms.purpose:
        purposes = ", ".join(product.terms.purpose)
        zh, en = f"产品用途为 {purposes}", f"the product is for {purposes}"
        raise RuleBroken("product.purpose", product.version, zh=zh, en=en)
    if asked.programme is not None:
        zh, en = f"没有专项 {asked.programme}", f"there is no programme {asked.programme!r}"
        raise RuleBroken("product.programme", product.version, zh=zh, en=en)


def _head(ground: DecisionGround) -> Document:
    head = ground.results.head
    book = ground.results.book
    return {
        "version": head.version,
        "run": head.run,
        "book": book,
        "policy": ground.policy.version,
        "limit_policy": head.policy,
        "as_of": head.as_of,
    }


def _product(ground: DecisionGround, firm: str) -> Document:
    terms, own = ground.product.terms, ground.results.leaves_of(firm)
    fees = charged_by(terms.fees, None if own is None else own.size, ground.in_force)
    names = ("id", "path", "amount_floor_fen", "straight_through")
    rates = ("rate_floor", "rate_cap", "rate_add", "pd_max")
    return {
        **{name: getattr(terms, name) for name in names},
        **{name: str(getattr(terms, name)) for name in rates},
        "version": ground.product.version,
        "amount_cap_fen": amount_cap(terms, ground.policy),
        "who": [each.model_dump(mode="json") for each in terms.who],
        **({"fees": [each.document() for each in fees]} if fees else {}),
    }


def values_of(policy: Policy, names: Sequence[str]) -> Document:
    """Return values of a policy, exact numbers as texts."""
    found = {}
    for name in names:
        value = policy.rule(name).value
        kept = {k: str(v) for k, v in value.items()} if isinstance(value, Mapping) else str(value)
        found[name] = {"unit": policy.unit(name), "value": kept}
    return {"version": policy.version, "rules": found}


def _of_firm(ground: DecisionGround, asked: Asked) -> Document:
    """Return the leaves of the limit, and of who carries the price."""
    results, on_documents = ground.results, ground.product.terms.path == DOCUMENTS
    basis: LimitBasis | None = None
    if asked.core is not None:
        basis = results.basis(asked.core, asked.firm)
    own: FirmLeaves | None = results.leaves_of(asked.firm)
    carries = results.leaves_of(asked.core) if asked.core and on_documents else own
    return {
        "limit": None if basis is None else plain(basis.leaves),
        "loss_e12": 0 if basis is None else basis.loss_e12,
        "elsewhere_e12": {} if basis is None else dict(basis.elsewhere_e12),
        "payer": None if carries is None else plain(carries),
    }


def _of_book(
    resources: Resources, asked: Asked, ground: DecisionGround, without: str | None
) -> Document:
    """Return the path of the use and its accounts."""
    documents = [each.account for each in asked.documents]
    use = UseAsked(asked.firm, asked.product, asked.amount_fen, asked.core, documents)
    group = group_by(resources, newest_run(resources.records), asked.firm)
    names = [*names_of(use), *([] if group is None else [f"group:{group}"])]
    seen = accounts_of(resources.records, names, resources.now(), without=without)
    found = AccountsRead(seen)
    _check_documents(found, asked)
    kappa = Fraction(ground.policy.decimal("kappa_relation"))
    path = path_of(found, use, group=group, kappa=kappa)
    return {
        "path": [list(each) for each in path],
        "accounts": {name: list(each.figures) for name, each in found.found.items()},
        "financed": found.financed,
    }


def _check_documents(found: AccountsRead, asked: Asked) -> None:
    """
    Raise where a document is none that the firm can finance, whosever it is.

    Raises:
        RuleBroken: It is not.
    """
    for each in asked.documents:
        account = found.account(each.account)
        own = account is not None and account.identity
        if not own or own.firm != asked.firm or own.core != asked.core:
            raise RuleBroken(
                "use.document",
                "contract of the ledger",
                zh=f"{each.account} 不是 {asked.firm} 可融资的 {asked.core} 的凭证；"
                "刚确权或签收的单证，数秒后方可融资",
                en=f"{each.account} is no document of {asked.core} that {asked.firm} can finance; "
                "what was confirmed or accepted just now can be within seconds",
            )


def _of_people(resources: Resources, asked: Asked, ground: DecisionGround) -> Document:
    """Return who decides on which amount, of the firm's grade and the product."""
    organisation = OrganisationBook(resources.settings.policy).on(ground.day)
    known = ground.results.leaves_of(asked.firm)
    grade = NO_GRADE if known is None or known.rating is None else known.rating
    rows = [row for row in organisation.table if row.takes(0, grade, asked.product)]
    return {
        "organisation": organisation.version,
        "authority": [
            {"to_fen": row.to_fen, "hands": row.hands, "level": row.level, "source": row.source}
            for row in rows
        ],
    }
