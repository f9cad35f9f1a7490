"""Columns of exact figures against exact decimals, place by place."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chain.limits.formulas import columns as wide
from app.chain.limits.formulas import exact
from app.chain.limits.formulas.algebra import Algebra, Amount, Term
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.exact import EXACT
from graph.errors import InvalidInput
from tests.app.chain.limits.test_second_reading import POLICY

ALGEBRA = Algebra(POLICY, version=1, run="run")
figures = st.decimals(min_value=-(10**16), max_value=10**16, places=12).map(
    lambda value: value.normalize(EXACT)
)
maybe = st.one_of(st.none(), figures)
SIZE = 4
columns = st.lists(st.lists(maybe, min_size=SIZE, max_size=SIZE), min_size=1, max_size=4)
units = st.sampled_from(["fen", "share"])


def back(column: ExactColumn) -> list[Decimal | None]:
    """Return a column's figures, one a place."""
    values = np.broadcast_to(np.asarray(column.values, object), SIZE)
    there = np.broadcast_to(np.asarray(column.there), SIZE)
    return [
        Decimal(int(value)).scaleb(-column.scale, EXACT) if known else None
        for value, known in zip(values, there, strict=True)
    ]


def places(rows: list[list[Decimal | None]]) -> Sequence[tuple[Decimal | None, ...]]:
    return list(zip(*rows, strict=True))


@given(columns, units, st.sampled_from(["sum", "product", "min", "max"]))
def test_combining_columns_combines_every_place(
    rows: list[list[Decimal | None]], unit: str, op: str
) -> None:
    found = wide.evaluate(op, unit, [ExactColumn.of(row) for row in rows])

    assert back(found) == [exact.evaluate(op, unit, place) for place in places(rows)]


@given(columns, units)
def test_subtracting_columns_subtracts_at_every_place(
    rows: list[list[Decimal | None]], unit: str
) -> None:
    found = wide.evaluate("subtract", unit, [ExactColumn.of(row) for row in rows])

    assert back(found) == [exact.evaluate("subtract", unit, place) for place in places(rows)]


@given(st.lists(st.tuples(maybe, maybe), min_size=SIZE, max_size=SIZE))
def test_quotients_are_cut_towards_zero(pairs: list[tuple[Decimal | None, Decimal | None]]) -> None:
    first, second = zip(*pairs, strict=True)

    found = wide.evaluate("divide", "fen", [ExactColumn.of(first), ExactColumn.of(second)])

    assert back(found) == [exact.evaluate("divide", "fen", pair) for pair in pairs]


@given(st.lists(st.tuples(maybe, maybe, maybe), min_size=SIZE, max_size=SIZE))
def test_clipping_holds_every_place(
    rows: list[tuple[Decimal | None, Decimal | None, Decimal | None]],
) -> None:
    parts = [ExactColumn.of(each) for each in zip(*rows, strict=True)]

    assert back(wide.evaluate("clip", "fen", parts)) == [
        exact.evaluate("clip", "fen", row) for row in rows
    ]


@given(st.lists(maybe, min_size=SIZE, max_size=SIZE))
def test_flooring_cuts_down(row: list[Decimal | None]) -> None:
    assert back(wide.evaluate("floor", "fen", [ExactColumn.of(row)])) == [
        exact.evaluate("floor", "fen", [value]) for value in row
    ]


def test_one_figure_stands_for_all_places() -> None:
    row = ExactColumn.of([Decimal("1.5"), None, Decimal(-2), Decimal(0)])
    half = ExactColumn.single(Decimal("0.5"))

    assert back(wide.evaluate("product", "fen", [row, half])) == [
        Decimal("0.75"),
        Decimal("0.5"),
        -1,
        0,
    ]
    assert back(wide.evaluate("divide", "fen", [half, row]))[2:] == [Decimal("-0.25"), None]


def test_numbers_beyond_64_bits_stay_exact() -> None:
    huge = ExactColumn.whole([2**62] * SIZE)

    found = wide.evaluate("product", "fen", [huge, huge, huge])

    assert back(found) == [Decimal(2**186)] * SIZE


def test_a_masked_figure_of_one_number_does_not_shrink_to_64_bits() -> None:
    there = np.array([True, False, True, True])
    masked = ExactColumn(10**30, 0, there)

    found = wide.evaluate("sum", "fen", [masked, ExactColumn.single(1)])

    assert back(found) == [10**30 + 1, 1, 10**30 + 1, 10**30 + 1]


def test_rounding_would_be_an_error() -> None:
    with pytest.raises(ArithmeticError):
        EXACT.divide(1, 3)


def test_a_column_is_refused_where_one_figure_is_read() -> None:
    held = ALGEBRA.computed("held", "fen", ExactColumn.single(1), "documents")

    with pytest.raises(InvalidInput, match="held: a column"):
        assert held.figure


def formula(amount: Amount) -> Term:
    a = ALGEBRA
    claim, nothing = a.stored("claim", "fen", amount, "receivables"), a.absent("none", "fen", "no")
    part = a.divide("part", claim, a.constant("year", 365, "days"))
    kept = a.clip("kept", part, a.constant("zero", 0, "fen"), claim, unit="fen")
    worth = a.product("worth", a.policy("rate", "a_verified"), kept)
    most = a.not_below_zero("most", a.less("left", worth, nothing))
    return a.floor("limit", a.least("both", a.sum("all", most, nothing), claim))


def test_a_formula_of_columns_is_the_formula_of_every_figure() -> None:
    amounts = [12_345, 0, -7, 10**20]

    column = formula(ExactColumn.whole(amounts))
    trees = [formula(amount) for amount in amounts]

    assert back(column.column) == [tree.figure for tree in trees]
    assert trees[0].figure == 28


def test_a_column_holds_the_same_steps_as_a_figure() -> None:
    def steps(term: Term) -> object:
        return term.code, term.op, term.unit, term.source, [steps(each) for each in term.children]

    assert steps(formula(ExactColumn.whole([1, 2, 3, 4]))) == steps(formula(1))


def test_a_step_says_which_of_its_children_are_absent() -> None:
    found = ALGEBRA.sum("both", ALGEBRA.constant("one", 1, "fen"), ALGEBRA.absent("a", "fen", "no"))

    assert (found.figure, found.source) == (1, {"absent": {"a": "zero"}})


def test_a_policy_without_the_key_is_refused_with_its_names() -> None:
    with pytest.raises(InvalidInput, match="grade_factors has no value for 'X'"):
        ALGEBRA.policy("grade_factor", "grade_factors", key="X")


@pytest.mark.parametrize("op", ["sum", "product", "least", "most"])
def test_a_step_without_any_value_is_itself_absent(op: str) -> None:
    missing = [ALGEBRA.absent("a", "fen", "no book"), ALGEBRA.absent("b", "fen", "no row")]

    found = getattr(ALGEBRA, op)("both", *missing)

    assert (found.op, found.value, found.children) == ("absent", None, ())
    assert found.source["reason"] == "no book; no row"


def test_a_step_that_may_not_skip_is_absent_with_its_child() -> None:
    missing = ALGEBRA.absent("a", "fen", "no book")
    one = ALGEBRA.stored("one", "fen", 1, "firms")

    found = [
        ALGEBRA.floor("x", missing),
        ALGEBRA.clip("x", missing, one, one, unit="fen"),
        ALGEBRA.less("x", missing, one),
        ALGEBRA.divide("x", one, missing),
    ]

    assert [(each.op, each.source["reason"]) for each in found] == [("absent", "no book")] * 4


def test_dividing_by_zero_is_absent_and_says_why() -> None:
    one, zero = (ALGEBRA.stored(str(n), "fen", n, "firms") for n in (1, 0))

    found = ALGEBRA.divide("share", one, zero, unit="share")

    assert (found.op, found.source["reason"]) == ("absent", "0 is zero")
