"""What all loans of the bank go by on a day: out of its policy, and the rules in force."""

import datetime as dt
from collections.abc import Mapping

from app.books.rules import RulesInForce
from app.lending.loans.rules import CLASSES, LoanRules
from app.platform.errors import Unready
from app.policy import Policy

OVERDUE = "class.overdue_days"


def loan_rules(policy: Policy, rules: RulesInForce) -> LoanRules:
    """
    Return the values that loans go by.

    Args:
        policy: The policy in force.
        rules: The rules in force.

    Raises:
        Unready: No rule in force says how many days overdue each class begins at.
        ValueError: The values do not hold together.
    """
    ruling = rules.held.get(OVERDUE)
    if ruling is None or not isinstance(ruling.value, Mapping):
        raise Unready(f"no rule {OVERDUE} is in force on {rules.day}")
    orders = dict.fromkeys(CLASSES, policy.texts("payment_order_in_default"))
    orders |= dict.fromkeys(CLASSES[:2], policy.texts("payment_order"))
    return LoanRules(
        class_days={name: int(days) for name, days in ruling.value.items()},
        stage_days={
            "two": policy.whole("stage_two_days"),
            "three": policy.whole("stage_three_days"),
        },
        cure_months={
            "two": policy.whole("cure_two_months"),
            "three": policy.whole("cure_three_months"),
        },
        watch_days=policy.whole("watch_days"),
        provisions=policy.table("provisions"),
        payment_order=orders,
        days_off=frozenset(dt.date.fromisoformat(day) for day in policy.texts("days_off")),
    )
