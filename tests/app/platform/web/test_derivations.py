"""Derivations in words."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.web.derivations import source_of, told, value_of
from app.platform.web.texts import Texts
from tests.app.platform.web.trees import derivation, leaf, node, rule


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, max_value=10**40))
def test_any_amount_however_long_is_shown_and_its_exact_value_kept(fen: Decimal) -> None:
    shown = told(leaf("held", str(fen)), Texts("en"))

    assert shown["exact"] == str(fen)
    figure = Fraction(shown["value"].removeprefix("CNY ").removesuffix("…").replace(",", ""))
    assert abs(figure * 100 - Fraction(fen)) < Fraction(1, 100)
    if not shown["value"].endswith("…"):
        assert figure * 100 == Fraction(fen)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "fen", "–"),
        ("0.4", "share", "0.4 (40.0%)"),
        ("1", "share", "1"),
        ("0.95", "ratio", "0.95"),
        (90, "days", "90 days"),
        (3, "count", "3"),
        ("12.345678", "fen", "CNY 0.1234…"),
    ],
)
def test_values_carry_their_unit(value: object, unit: str, shown: str) -> None:
    assert value_of(leaf("x", value, unit), Texts("en")) == shown


def test_a_minimum_names_the_child_that_decides() -> None:
    tree = told(derivation(928_000_000), Texts("zh"))

    assert tree["smallest"] is None
    assert tree["children"][0]["smallest"] == "funding"
    assert (
        told(
            node("x", "min", None, node("y", "absent", None, source={"reason": "?"})), Texts("en")
        )["smallest"]
        is None
    )


def test_sources_are_told_by_their_kind() -> None:
    t = Texts("en")

    assert source_of(rule("advance_rate", "0.95"), t) == "standard policy from 2015-01-01 · for R3"
    assert source_of(leaf("held", 1), t) == "version 3 · receivables"
    run = node("worst", "input", "0.4", source={"run": "7-a", "analysis": "contagion"})
    assert source_of(run, t) == "computed · contagion"
    assert (
        source_of(node("one", "input", "1", source={"document": "definition"}), t)
        == "by definition"
    )
    assert source_of(node("sum", "sum", 1), t) == ""


def money_times_money() -> dict[str, Any]:
    growth = leaf("growth", "1.5", "ratio")
    grown = node("grown", "product", 600_000_00, leaf("stock", 200_00), leaf("cost", 200_0), growth)
    days = node("turned", "product", 3_000_00, leaf("sales", 100_00), leaf("cycle", 30, "days"))
    return node(
        "need", "sum", 4_000,
        node("tied", "divide", 3_000, grown, leaf("revenue", 200_00)),
        node("cycle_need", "divide", 1_000, days, leaf("year", 300, "days")),
    )  # fmt: skip


def test_only_amounts_carry_the_unit_of_money() -> None:
    need = told(money_times_money(), Texts("zh"))
    tied, cycle = need["children"]

    assert need["value"] == "40.00 元"
    assert tied["value"] == "30.00 元"
    assert tied["children"][0]["value"] == "6,000.0000"  # Yuan times yuan.
    assert cycle["value"] == "10.00 元"
    assert cycle["children"][0]["value"] == "3,000.00"  # Yuan times days.
    assert cycle["children"][1]["value"] == "300 天"
