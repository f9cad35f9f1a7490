"""By what an application is judged: day, product, policy, people; read before the lock is taken."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.errors import RuleBroken
from app.books.ledger import Moving, UseOrder, check_day, operations
from app.books.ledger.figures import day_text
from app.books.organisation import Organisation, OrganisationBook
from app.chain.accounts.service import group_by
from app.chain.groups.moving import check_grouping, grouping
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import FileReceivables, of_version
from app.chain.uses.financing import hold
from app.chain.uses.paths import UseAsked, path_of
from app.data.runs.repository import newest_run
from app.data.versions.service import policy_of
from app.lending.applications.moves import Row
from app.lending.applications.offers import documents_of, release
from app.lending.applications.states import DRAWABLE
from app.lending.applications.tables import applications
from app.lending.pricing.plans import named
from app.lending.products.book import Product, ProductBook
from app.lending.products.service import amount_cap
from app.platform.deps import Resources
from app.policy import Policy


@dataclass(frozen=True, slots=True)
class LendingTerms:
    """What an order on an application goes by, as it was read before the order."""

    day: dt.date
    policy: Policy
    product: Product
    organisation: Organisation
    files: FileReceivables
    grouping: str
    group: str | None

    def check(self, moving: Moving) -> None:
        """
        Raise where the book has moved on since.

        Raises:
            BookMovedOn: It is another business day, or the groups are others.
        """
        check_day(moving, self.day)
        check_grouping(moving, self.grouping)

    def check_offer(self, amount_fen: int, rate: Decimal, most_fen: int) -> None:
        """
        Raise where an offer is outside the product, or more than there may be.

        Raises:
            RuleBroken: It is.
        """
        terms = self.product.terms
        least, most = terms.amount_floor_fen, min(most_fen, amount_cap(terms, self.policy))
        if not least <= amount_fen <= most:
            zh, en = f"金额为 {least} 至 {most} 分", f"the amount is {least} to {most} fen"
            raise RuleBroken("product.amount", self.product.version, zh=zh, en=en)
        if not terms.rate_floor <= rate <= terms.rate_cap:
            zh = f"产品年利率为 {terms.rate_floor} 至 {terms.rate_cap}"
            en = f"the product costs {terms.rate_floor} to {terms.rate_cap} a year"
            raise RuleBroken("product.rate", self.product.version, zh=zh, en=en)

    def check_open(self, moving: Moving, firm: str) -> None:
        """
        Raise where a firm has as many applications that may be drawn as it may have.

        Raises:
            RuleBroken: It has.
        """
        own, most = applications.c, self.policy.whole("open_applications")
        query = sa.select(sa.func.count()).where(own.firm == firm, own.state.in_(DRAWABLE))
        if (moving.connection.scalar(query) or 0) >= most:
            zh, en = f"未结申请最多 {most} 笔", f"at most {most} applications may be open"
            raise RuleBroken("open_applications", self.policy.version, zh=zh, en=en)

    def offer(self, debt: Debt, row: Row, use: str, offered: tuple[int, str]) -> dict[str, Any]:
        """
        Hold what an offer needs; return how the row of its application changes.

        Args:
            debt: Receivables as the order finds them.
            row: The application; where it holds an offer, that one is replaced.
            use: The name of the reservation, where a new one is needed.
            offered: How much, in fen, at what rate.

        Raises:
            BookRefusal: Accounts lack, or a document cannot be held.
        """
        amount, rate = offered
        until = self.day + dt.timedelta(days=self.policy.whole("offer_days"))
        changes = {"offered_fen": amount, "rate": rate, "offer_until": until.isoformat()}
        if row["use"] is not None and row["offered_fen"] == amount:
            return changes
        documents = documents_of(row)
        release(debt, row)
        if documents:
            hold(debt, documents, core=row["core"], firm=row["firm"])
        moving = debt.moving
        asked = UseAsked(row["firm"], row["product"], amount, row["core"], documents)
        kappa = Fraction(self.policy.decimal("kappa_relation"))
        path = path_of(moving, asked, group=self.group, kappa=kappa)
        owner = f"application:{row['application']}"
        order = UseOrder(use, row["firm"], row["product"], path, amount, row["core"], owner)
        operations.reserve(moving, order)
        return {**changes, "use": use, "documents_due": _due(moving, documents)}


def terms_of(resources: Resources, product: str, firm: str) -> LendingTerms:
    """
    Return by what an application of a firm is judged on the business day.

    Raises:
        Absent: There is no such product in force, or no version yet.
        Unready: Policies, products or the organisation cannot be used.
    """
    day, folder = business_day(resources), resources.settings.policy
    standing = grouping(resources.records)  # Before the run: that one is no older then.
    return LendingTerms(
        day,
        policy_of(resources, day),
        named(ProductBook(folder).on(day), product),
        OrganisationBook(folder).on(day),
        of_version(resources, resources.version()),
        standing,
        group_by(resources, newest_run(resources.records), firm),
    )


def _due(moving: Moving, documents: list[str]) -> str:
    """Return when the first of these documents falls due; "" where none does."""
    due = [found.figures.valid_to for each in documents if (found := moving.account(each))]
    return day_text(min((each for each in due if each), default=0)) or ""
