"""What loans go by is in the policy and the rules in force, and nowhere else."""

from pathlib import Path

import pytest

from app.books.rules import Rulebook
from app.lending.loans.bank import loan_rules
from app.platform.errors import Unready
from app.policy import Policy, in_force, read_policy, shipped
from graph.errors import InvalidInput
from tests.app.lending.loans.making import RULES, on


def policy() -> Policy:
    return in_force(shipped(), on("2026-06-30"))


def test_shipped_values_are_those_that_the_figures_of_the_contract_are_made_with() -> None:
    found = loan_rules(policy(), Rulebook(None).on(on("2026-06-30")))

    assert found.class_days == RULES.class_days
    assert (found.stage_days, found.cure_months) == (RULES.stage_days, RULES.cure_months)
    assert (found.watch_days, found.days_off) == (180, frozenset())
    assert found.provisions == RULES.provisions
    assert {name: tuple(each) for name, each in found.payment_order.items()} == (
        RULES.payment_order
    )


def test_terms_that_a_policy_gives_are_those_of_the_contract() -> None:
    held = policy()

    assert (held.whole("day_base"), held.whole("grace_days")) == (360, 0)
    assert str(held.decimal("penalty_factor")) == "1.5"


def test_before_the_rule_of_classes_there_is_nothing_to_grade_by() -> None:
    with pytest.raises(Unready, match=r"class\.overdue_days"):
        loan_rules(policy(), Rulebook(None).on(on("2022-01-01")))


@pytest.mark.parametrize(
    ("told", "was", "now"),
    [
        ("payment_order: must name each of", "[fees, penalty, ", "[fees, fees, "),
        ("payment_order_in_default: must name each of", "[fees, principal, ", "[fees, "),
        ("days_off: .*2026-02-30", "value: []\n", 'value: ["2026-02-30"]\n'),
        ("provisions: .*loss", ', loss: "1"', ""),
        ("provisions.loss: a share is at most 1", 'loss: "1"', 'loss: "1.1"'),
    ],
)
def test_a_policy_that_says_nonsense_of_loans_is_refused_by_name(
    tmp_path: Path, told: str, was: str, now: str
) -> None:
    released = Path(__file__).parents[2] / "policy" / "released" / "5" / "run" / "policy"
    text = (released / "policy.yml").read_text(encoding="utf-8")
    head, key, rest = text.partition("  day_base:")
    if was not in rest:
        head, key, rest = text.partition("  provisions:")
    assert was in rest
    path = tmp_path / "bank.yml"
    path.write_text(head + key + rest.replace(was, now, 1), encoding="utf-8")

    with pytest.raises(InvalidInput, match=told):
        read_policy(path)
