"""What loans go by on a business day, read before the book is locked."""

import datetime as dt
from typing import NamedTuple

from app.books.business_day import business_day
from app.books.ledger import Moving, check_day
from app.books.rules import Rulebook
from app.books.rules.pack import RulesInForce
from app.data.versions.service import policy_of
from app.lending.loans.bank import loan_rules
from app.lending.loans.rules import LoanRules
from app.platform.deps import Resources
from app.policy import Policy


class LoanValues(NamedTuple):
    """Policy and rules in force on a business day, as loans go by them."""

    day: dt.date
    policy: Policy
    rules: LoanRules
    in_force: RulesInForce  # What draws are checked against, beside the policy.

    def check(self, moving: Moving) -> None:
        """
        Raise where the business day is another by now.

        Raises:
            BookMovedOn: It is another.
        """
        check_day(moving, self.day)


def values_on(resources: Resources, day: dt.date) -> LoanValues:
    """
    Return what loans go by on a day.

    Raises:
        Unready: No policy, or no rule of classes, can be used.
    """
    policy = policy_of(resources, day)
    rules = Rulebook(resources.settings.policy).on(day)
    return LoanValues(day, policy, loan_rules(policy, rules), rules)


def values_today(resources: Resources) -> LoanValues:
    """
    Return what loans go by on the business day.

    Raises:
        Absent: The books are not open.
        Unready: No policy, or no rule of classes, can be used.
    """
    return values_on(resources, business_day(resources))
