"""Columns of exact figures against exact decimals, place by place."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chain.limits import exact, wide
from app.chain.limits.algebras import Plain, Traced, Wide, single
from app.chain.limits.exact import EXACT
from app.chain.limits.nodes import Formula, Origin
from app.chain.limits.wide import Column
from graph.errors import InvalidInput
from tests.app.chain.limits.test_second_reading import POLICY

ORIGIN = Origin(1, "run")
figures = st.decimals(min_value=-(10**16), max_value=10**16, places=12).map(
    lambda value: value.normalize(EXACT)
)
maybe = st.one_of(st.none(), figures)
SIZE = 4
columns = st.lists(st.lists(maybe, min_size=SIZE, max_size=SIZE), min_size=1, max_size=4)
units = st.sampled_from(["fen", "share"])


def back(column: Column) -> list[Decimal | None]:
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
    found = wide.combined(op, unit, [Column.of(row) for row in rows])

    assert back(found) == [exact.combined(op, unit, place) for place in places(rows)]


@given(columns, units)
def test_subtracting_columns_subtracts_at_every_place(
    rows: list[list[Decimal | None]], unit: str
) -> None:
    found = wide.subtracted(unit, [Column.of(row) for row in rows])

    assert back(found) == [exact.subtracted(unit, place) for place in places(rows)]


@given(st.lists(st.tuples(maybe, maybe), min_size=SIZE, max_size=SIZE))
def test_quotients_are_cut_towards_zero(pairs: list[tuple[Decimal | None, Decimal | None]]) -> None:
    first, second = zip(*pairs, strict=True)

    found = wide.quotient(Column.of(first), Column.of(second))

    assert back(found) == [exact.quotient(*pair) for pair in pairs]


@given(st.lists(st.tuples(maybe, maybe, maybe), min_size=SIZE, max_size=SIZE))
def test_clipping_holds_every_place(
    rows: list[tuple[Decimal | None, Decimal | None, Decimal | None]],
) -> None:
    parts = [Column.of(each) for each in zip(*rows, strict=True)]

    assert back(wide.clipped(*parts)) == [exact.clipped(*row) for row in rows]


@given(st.lists(maybe, min_size=SIZE, max_size=SIZE))
def test_flooring_cuts_down(row: list[Decimal | None]) -> None:
    assert back(wide.floored(Column.of(row))) == [exact.floored(value) for value in row]


def test_one_figure_stands_for_all_places() -> None:
    row = Column.of([Decimal("1.5"), None, Decimal(-2), Decimal(0)])
    half = Column.single(Decimal("0.5"))

    assert back(wide.combined("product", "fen", [row, half])) == [
        Decimal("0.75"),
        Decimal("0.5"),
        -1,
        0,
    ]
    assert back(wide.quotient(half, row))[2:] == [Decimal("-0.25"), None]


def test_numbers_beyond_64_bits_stay_exact() -> None:
    huge = Column.whole([2**62] * SIZE)

    found = wide.combined("product", "fen", [huge, huge, huge])

    assert back(found) == [Decimal(2**186)] * SIZE


def test_a_masked_figure_of_one_number_does_not_shrink_to_64_bits() -> None:
    there = np.array([True, False, True, True])
    masked = Column(10**30, 0, there)

    found = wide.combined("sum", "fen", [masked, Column.single(1)])

    assert back(found) == [10**30 + 1, 1, 10**30 + 1, 10**30 + 1]


def test_rounding_would_be_an_error() -> None:
    with pytest.raises(ArithmeticError):
        EXACT.divide(1, 3)


def test_a_column_is_refused_where_one_figure_is_read() -> None:
    with pytest.raises(InvalidInput, match="held: a column"):
        single("held", Column.single(1))


def test_the_three_readings_agree() -> None:
    def formula(algebra: Formula) -> object:
        a = algebra.algebra
        rate = a.policy("rate", "a_verified")
        claim = a.input("claim", "fen", 12_345, ORIGIN.table("receivables"))
        nothing = a.absent("nothing", "fen", "not given")
        part = a.divide("part", "fen", claim, algebra.constant("year", 365, "days"))
        kept = a.clip("kept", "fen", (part, algebra.constant("zero", 0, "fen"), claim))
        return a.floor("limit", algebra.sum("both", algebra.product("worth", rate, kept), nothing))

    plain, column = formula(Formula(Plain(POLICY))), formula(Formula(Wide(POLICY)))
    tree = formula(Formula(Traced(POLICY)))

    assert plain == tree.value == back(column)[0] == 28
    assert tree.children[0].source == {"absent": {"nothing": "zero"}}


@pytest.mark.parametrize("op", ["sum", "product", "min", "max"])
def test_a_step_without_any_value_is_itself_absent(op: str) -> None:
    traced = Traced(POLICY)
    missing = [traced.absent("a", "fen", "no book"), traced.absent("b", "fen", "no row")]

    found = traced.combine(op, "both", "fen", missing)

    assert (found.op, found.value, found.children) == ("absent", None, ())
    assert found.source["reason"] == "no book; no row"


def test_a_step_that_may_not_skip_is_absent_with_its_child() -> None:
    traced = Traced(POLICY)
    missing = traced.absent("a", "fen", "no book")
    one = traced.input("one", "fen", 1, ORIGIN.table("firms"))

    found = [
        traced.floor("x", missing),
        traced.clip("x", "fen", (missing, one, one)),
        traced.subtract("x", "fen", [missing, one]),
        traced.divide("x", "fen", one, missing),
    ]

    assert [(each.op, each.source["reason"]) for each in found] == [("absent", "no book")] * 4


def test_dividing_by_zero_is_absent_and_says_why() -> None:
    traced = Traced(POLICY)
    one, zero = (traced.input(str(n), "fen", n, ORIGIN.table("firms")) for n in (1, 0))

    found = traced.divide("share", "share", one, zero)

    assert (found.op, found.source["reason"]) == ("absent", "0 is zero")
