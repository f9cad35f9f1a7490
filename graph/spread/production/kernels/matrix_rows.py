"""
Rows of many scenarios at a time: vectors over columns, for the inner loops of a batch.

A matrix has a row a firm and a column a scenario, as many as four registers hold in its precision
(`arrays/vectors.py`). One trade then moves two or four cache lines from where they lie
together, instead of one number from anywhere: 0.1 to 0.3 ns a trade and column against 2 to 3 for
a loop over columns, which the compiler does not turn into vectors (tests/bench/test_contagion.py).

A matrix of one column has rows of one element: a lone scenario costs no more than its own figures,
and has the bits of any column of many. A tuple of arrays that ends with `ONE` says so.

Each function stands here twice: in NumPy, which says what it does and runs without the compiler,
and as the instructions that the compiler gets. Every column is computed on its own, in the order
of the rows and trades: what stands in the others does not change a bit of it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir

from graph.arrays.dtypes import Matrix
from graph.arrays.vectors import FIRST, ROW_BYTES, Addresses, Ends, Lanes, Size, compiled

ONE: tuple[()] = ()  # Last in a tuple of arrays: their matrices have one column.
MANY = None
# What each function takes, in this order; one-dimensional but for the matrices.
Passing = tuple[Any, ...]  # shares, inverse (a row), lost, passed.
# indptr, essential, needed, suppliers, in_shares, passed, lost, shares, gone and largest (rows).
Inputs = tuple[Any, ...]
Orders = tuple[Any, ...]  # indptr, buyers, out_shares, missed, missed_next, largest (a row).
Taking = tuple[Any, ...]  # weights, kept (a row), lost, missed, sums.
# indptr, essential, needed, suppliers, in_shares, margins, shares, inverse (a row), passed, lost,
# gone and moved: weights, raising (rows: side, further, floor), grown and largest (rows).
BoundedInputs = tuple[Any, ...]
BoundedOrders = tuple[Any, ...]  # indptr, buyers, out_shares, margins, missed and moved as above.


def width(dtype: npt.DTypeLike) -> int:
    """Return the number of columns of a matrix: 32 or 64 in single precision, half in double."""
    return ROW_BYTES // np.dtype(dtype).itemsize


def pass_on(first: int, last: int, arrays: Passing) -> None:
    """Write passed = min(1, shares x inverse) lost, for rows of one market."""
    shares, inverse, lost, passed = arrays[:4]
    sigma = np.minimum(1, shares[first:last, None] * inverse)
    passed[first:last] = sigma * lost[first:last]


def pull_inputs(first: int, last: int, arrays: Inputs) -> None:
    """
    Run one round downstream for rows of one market.

    Raises `lost` to the worst slot of inputs, `largest` to the growth where that is larger, and
    writes to `gone` what of the market's sales is lost.
    """
    passed, lost, shares, gone, largest = arrays[5:10]
    gone[:] = 0
    for j in range(first, last):
        worst = _worst_slot(arrays, passed, j)
        down = np.maximum(np.minimum(worst, 1), lost[j])
        largest[:] = np.maximum(largest, down - lost[j])
        gone[:] = gone + shares[j] * down
        lost[j] = down


def pull_orders(first: int, last: int, arrays: Orders) -> None:
    """Run one round upstream: write orders missed to `missed_next`, raise `largest`."""
    indptr, buyers, out_shares, missed, missed_next, largest = arrays[:6]
    for i in range(first, last):
        added = np.zeros_like(largest)
        for e in range(indptr[i], indptr[i + 1]):
            added = added + out_shares[e] * missed[buyers[e]]
        missed_next[i] = np.maximum(np.minimum(added, 1), missed[i])
        largest[:] = np.maximum(largest, missed_next[i] - missed[i])


def bound_inputs(first: int, last: int, arrays: BoundedInputs) -> None:
    """
    Raise losses for want of inputs, of rows of one market, one after another.

    A row is raised to min(1, further x asked + floor) where what is asked, (1 + side x margin)
    times its worst slot, is above it; those after it see that at once. Adds to `grown` what the
    growth counts, raises `largest` to it, and writes to `gone` what of the market's sales is lost.
    """
    margins, shares, inverse, passed, lost, gone, *moved = arrays[5:]
    gone[:] = 0
    for j in range(first, last):
        worst = _worst_slot(arrays, passed, j)
        lost[j] = _bounded_row(worst, lost[j], margins[j], moved, j)
        gone[:] = gone + shares[j] * lost[j]
        passed[j] = np.minimum(1, shares[j] * inverse) * lost[j]


def _worst_slot(arrays: tuple[Any, ...], passed: Matrix, j: int) -> Matrix:
    """Return what a firm misses most of: one essential sector, or all that is not essential."""
    indptr, essential, needed, suppliers, in_shares = arrays[:5]
    worst, added = np.zeros_like(passed[j]), np.zeros_like(passed[j])
    for e in range(indptr[j], essential[j]):
        if np.signbit(in_shares[e]):
            worst, added = np.maximum(worst, added), np.zeros_like(added)
        added = added + abs(in_shares[e]) * passed[suppliers[e]]
    worst, added = np.maximum(worst, added), np.zeros_like(added)
    for e in range(essential[j], needed[j]):
        added = added + in_shares[e] * passed[suppliers[e]]
    larger: Matrix = np.maximum(worst, added)
    return larger


def bound_orders(first: int, last: int, arrays: BoundedOrders) -> None:
    """Raise losses for want of orders, as `bound_inputs` does those for want of inputs."""
    indptr, buyers, out_shares, margins, missed, *moved = arrays
    for i in range(first, last):
        added = np.zeros_like(missed[i])
        for e in range(indptr[i], indptr[i + 1]):
            added = added + out_shares[e] * missed[buyers[e]]
        missed[i] = _bounded_row(added, missed[i], margins[i], moved, i)


def _bounded_row(worst: Matrix, before: Matrix, margin: Any, moved: list[Any], j: int) -> Matrix:
    """Return a row raised to what is asked where that is more, and note how it grew."""
    weights, raising, grown, largest = moved
    side, further, floor = raising
    asked = worst * (1 + side * margin)
    higher = np.minimum(1, asked * further + floor)
    after = np.where(asked > before, higher, before).astype(before.dtype)
    growth = after - before
    grown[:] = grown + weights[j] * growth
    largest[:] = np.maximum(largest, growth)
    return after


def take(first: int, last: int, arrays: Taking) -> None:
    """Write weighted sums of both losses, of each, and multiply the rows by what is kept."""
    weights, kept, lost, missed, sums = arrays[:5]
    down, up = lost[first:last], missed[first:last]
    weight = weights[first:last, None]
    for place, loss in enumerate((np.maximum(down, up), down, up)):
        sums[place] = np.sum(weight * loss, axis=0, dtype=sums.dtype)
    lost[first:last] *= kept
    missed[first:last] *= kept


@compiled(pass_on, 0)
def _pass_on(lanes: Lanes, ends: Ends, at: Addresses, _size: Size) -> None:
    builder = lanes.builder
    shares, inverse, lost, passed = at
    factors = lanes.load(inverse, FIRST)

    def body(i: ir.Value, _: list[Any]) -> list[Any]:
        """Pass on the losses of one firm."""
        share = lanes.splat(lanes.element(shares, i))
        sigma = lanes.smaller(builder.fmul(share, factors), lanes.one)
        lanes.store(builder.fmul(sigma, lanes.load(lost, i)), passed, i)
        return []

    lanes.loop(*ends, [], body)


@compiled(pull_inputs, 4)
def _pull_inputs(lanes: Lanes, ends: Ends, at: Addresses, size: Size) -> None:
    builder = lanes.builder
    indptr, essential, needed, suppliers, in_shares, passed, lost, shares, gone, largest = at
    trades = size(3)

    def body(j: ir.Value, carried: list[Any]) -> list[Any]:
        """Pull the inputs of one firm."""
        lost_share, growth = carried
        start, middle = lanes.element(indptr, j), lanes.element(essential, j)
        end = lanes.element(needed, j)
        worst = lanes.worst_slot(start, middle, trades, suppliers, in_shares, passed)
        added = lanes.sum_rows(middle, end, trades, suppliers, in_shares, passed)
        before = lanes.load(lost, j)
        down = lanes.larger(lanes.smaller(lanes.larger(worst, added), lanes.one), before)
        lanes.store(down, lost, j)
        growth = lanes.larger(growth, builder.fsub(down, before))
        return [lanes.add(lost_share, lanes.element(shares, j), down), growth]

    carried = [lanes.zero, lanes.load(largest, FIRST)]
    lost_share, growth = lanes.loop(*ends, carried, body)
    lanes.store(lost_share, gone, FIRST)
    lanes.store(growth, largest, FIRST)


@compiled(pull_orders, 2)
def _pull_orders(lanes: Lanes, ends: Ends, at: Addresses, size: Size) -> None:
    builder = lanes.builder
    indptr, buyers, out_shares, missed, missed_next, largest = at
    trades = size(1)

    def body(i: ir.Value, carried: list[Any]) -> list[Any]:
        """Pull the orders of one firm."""
        start, end = lanes.span(indptr, i)
        added = lanes.sum_rows(start, end, trades, buyers, out_shares, missed)
        before = lanes.load(missed, i)
        up = lanes.larger(lanes.smaller(added, lanes.one), before)
        lanes.store(up, missed_next, i)
        return [lanes.larger(carried[0], builder.fsub(up, before))]

    growth = lanes.loop(*ends, [lanes.load(largest, FIRST)], body)[0]
    lanes.store(growth, largest, FIRST)


@compiled(bound_inputs, 4)
def _bound_inputs(lanes: Lanes, ends: Ends, at: Addresses, size: Size) -> None:
    builder = lanes.builder
    indptr, essential, needed, suppliers, in_shares, margins, shares, inverse, passed = at[:9]
    lost, gone, *moved = at[9:]
    trades = size(3)
    factors = lanes.load(inverse, FIRST)

    def body(j: ir.Value, carried: list[Any]) -> list[Any]:
        """Bound what one firm loses for want of inputs."""
        lost_share, *growth = carried
        start, middle = lanes.element(indptr, j), lanes.element(essential, j)
        end = lanes.element(needed, j)
        worst = lanes.worst_slot(start, middle, trades, suppliers, in_shares, passed)
        added = lanes.sum_rows(middle, end, trades, suppliers, in_shares, passed)
        before = lanes.load(lost, j)
        worst, margin = lanes.larger(worst, added), lanes.element(margins, j)
        down, growth = _bounded_vectors(lanes, worst, before, margin, moved, j, growth)
        lanes.store(down, lost, j)
        share = lanes.element(shares, j)
        sigma = lanes.smaller(builder.fmul(lanes.splat(share), factors), lanes.one)
        lanes.store(builder.fmul(sigma, down), passed, j)
        return [lanes.add(lost_share, share, down), *growth]

    carried = [lanes.zero, *(lanes.load(row, FIRST) for row in moved[2:])]
    rows = lanes.loop(*ends, carried, body)
    for row, place in zip(rows, (gone, *moved[2:]), strict=True):
        lanes.store(row, place, FIRST)


@compiled(bound_orders, 2)
def _bound_orders(lanes: Lanes, ends: Ends, at: Addresses, size: Size) -> None:
    indptr, buyers, out_shares, margins, missed, *moved = at
    trades = size(1)

    def body(i: ir.Value, carried: list[Any]) -> list[Any]:
        """Bound what one firm loses for want of orders."""
        start, end = lanes.span(indptr, i)
        added = lanes.sum_rows(start, end, trades, buyers, out_shares, missed)
        before, margin = lanes.load(missed, i), lanes.element(margins, i)
        up, growth = _bounded_vectors(lanes, added, before, margin, moved, i, carried)
        lanes.store(up, missed, i)
        return growth

    carried = [lanes.load(row, FIRST) for row in moved[2:]]
    rows = lanes.loop(*ends, carried, body)
    for row, place in zip(rows, moved[2:], strict=True):
        lanes.store(row, place, FIRST)


def _bounded_vectors(
    lanes: Lanes, worst: Any, before: Any, margin: Any, moved: list[Any], j: Any, carried: Any
) -> tuple[Any, list[Any]]:
    """Return a row as `_bounded_row` does, what its growth counts, and the largest growth."""
    builder = lanes.builder
    side, further, floor = (
        lanes.load(moved[1], ir.Constant(ir.IntType(64), place)) for place in range(3)
    )
    asked = builder.fmul(worst, lanes.add(lanes.one, margin, side))
    higher = lanes.smaller(builder.fadd(builder.fmul(asked, further), floor), lanes.one)
    above = builder.fcmp_ordered(">", asked, before)
    after = builder.select(above, higher, before)
    growth = builder.fsub(after, before)
    grown = lanes.add(carried[0], lanes.element(moved[0], j), growth)
    return after, [grown, lanes.larger(carried[1], growth)]


@compiled(take, 0)
def _take(lanes: Lanes, ends: Ends, at: Addresses, _size: Size) -> None:
    builder = lanes.builder
    weights, kept, lost, missed, sums = at
    mask = lanes.load(kept, FIRST)

    def body(i: ir.Value, carried: list[Any]) -> list[Any]:
        """Add up one firm, and clear it where its column is taken."""
        weight = lanes.element(weights, i)
        down, up = lanes.load(lost, i), lanes.load(missed, i)
        lanes.store(builder.fmul(down, mask), lost, i)
        lanes.store(builder.fmul(up, mask), missed, i)
        losses = (lanes.larger(down, up), down, up)
        pairs = zip(carried, losses, strict=True)
        return [lanes.add(total, weight, loss) for total, loss in pairs]

    found = lanes.loop(*ends, [lanes.zero] * 3, body)
    for place, total in enumerate(found):
        lanes.store(total, sums, ir.Constant(ir.IntType(64), place))
