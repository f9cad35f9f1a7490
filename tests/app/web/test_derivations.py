"""Derivations in words."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.derivations import source_of, told, value_of
from app.web.texts import Texts
from tests.app.pages.economy import derivation, leaf, node, rule


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

    assert source_of(rule("advance_rate", "0.95"), t).endswith("advance_rate · R3")
    assert source_of(leaf("held", 1), t) == "version 3 · receivables"
    run = node("worst", "input", "0.4", source={"run": "7-a", "analysis": "contagion"})
    assert source_of(run, t) == "contagion · run 7-a"
    assert (
        source_of(node("one", "input", "1", source={"document": "definition"}), t)
        == "by definition"
    )
    assert source_of(node("sum", "sum", 1), t) == ""
