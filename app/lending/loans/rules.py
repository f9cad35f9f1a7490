"""What the bank goes by in all loans: values of policy and rules, passed in, never written here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
KINDS = ("fees", "penalty", "interest_overdue", "interest", "principal")
STAGES = ("two", "three")


@dataclass(frozen=True, slots=True)
class LoanRules:
    """
    Values of the bank, as they are in force.

    Args:
        class_days: Days overdue beyond which each class but the first begins.
        stage_days: Days overdue beyond which stages two and three begin.
        cure_months: Months in order after which a stage is left.
        watch_days: Days in order after which a restructured loan is as any other.
        provisions: Share of the outstanding principal that is provided, by class.
        payment_order: In which order a payment goes to what is due, by class.
        days_off: Days without work: what is due then is due on the next working day.
        graded_days: Made of these: on which days overdue how a loan is graded changes, rising.

    Raises:
        ValueError: A class, a stage or a kind is missing or unknown, or the days do not rise.
    """

    class_days: Mapping[str, int]
    stage_days: Mapping[str, int]
    cure_months: Mapping[str, int]
    watch_days: int
    provisions: Mapping[str, Decimal]
    payment_order: Mapping[str, Sequence[str]]
    days_off: frozenset[dt.date]
    graded_days: Sequence[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_keys("class_days", self.class_days, CLASSES[1:])
        _check_keys("stage_days", self.stage_days, STAGES)
        _check_keys("cure_months", self.cure_months, STAGES)
        _check_keys("provisions", self.provisions, CLASSES)
        _check_keys("payment_order", self.payment_order, CLASSES)
        _check_rising("class_days", [self.class_days[each] for each in CLASSES[1:]])
        _check_rising("stage_days", [self.stage_days[each] for each in STAGES])
        for name, order in self.payment_order.items():
            if sorted(order) != sorted(KINDS):
                raise ValueError(f"payment_order of {name} must name each of {KINDS} once")
        if self.watch_days < 1 or min(self.cure_months.values()) < 1:
            raise ValueError("watch_days and cure_months must be above 0")
        if any(not 0 <= share <= 1 for share in self.provisions.values()):
            raise ValueError("provisions must be shares in [0, 1]")
        beyond = (*self.class_days.values(), *self.stage_days.values())
        object.__setattr__(self, "graded_days", tuple(sorted(days + 1 for days in beyond)))

    @property
    def default_days(self) -> int:
        """Return the days overdue beyond which a loan is in default."""
        return self.class_days["substandard"]


def _check_keys(name: str, table: Mapping[str, object], wanted: Sequence[str]) -> None:
    if set(table) != set(wanted):
        raise ValueError(f"{name} must have the keys {list(wanted)}")


def _check_rising(name: str, days: Sequence[int]) -> None:
    if days[0] < 0 or sorted(set(days)) != list(days):
        raise ValueError(f"{name} must rise")
