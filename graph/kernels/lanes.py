"""
Rows of many scenarios at a time: vectors over columns, for the inner loops of a batch.

A matrix has a row a firm and a column a scenario, `WIDTH` columns of four or eight bytes, which is
four cache lines a row in either precision. One trade then moves 256 bytes from where they lie
together, instead of one number from anywhere: 0.1 to 0.2 ns a trade and column against 2 to 3 for
a loop over columns, which the compiler does not turn into vectors (tests/bench/test_contagion.py).

Each function stands here twice: in NumPy, which says what it does and runs without the compiler,
and as the instructions that the compiler gets. Every column is computed on its own, in the order
of the rows and trades: what stands in the others does not change a bit of it.
"""

from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.extending import intrinsic, overload

ROW_BYTES = 256
AHEAD = 48  # How far ahead a row is asked for.
PART = 128  # Trades that are added up on their own; a power of two.
Matrix = npt.NDArray[np.floating[Any]]
# What each function takes, in this order; one-dimensional but for the matrices.
Passing = tuple[Matrix, Matrix, Matrix, Matrix]  # shares, inverse (a row), lost, passed.
# indptr, essential, needed, suppliers, in_shares, passed, lost, shares, gone and largest (rows).
Inputs = tuple[Any, ...]
Orders = tuple[Any, ...]  # indptr, buyers, out_shares, missed, missed_next, largest (a row).
Taking = tuple[Matrix, Matrix, Matrix, Matrix, Matrix]  # weights, kept (a row), lost, missed, sums.
CONTRACT = ("contract",)  # A product and a sum in one rounding; the same on every call.


def width(dtype: npt.DTypeLike) -> int:
    """Return the number of columns of a matrix: 64 in single, 32 in double precision."""
    return ROW_BYTES // np.dtype(dtype).itemsize


def pass_on(first: int, last: int, arrays: Passing) -> None:
    """Write passed = min(1, shares x inverse) lost, for rows of one market."""
    shares, inverse, lost, passed = arrays
    sigma = np.minimum(1, shares[first:last, None] * inverse)
    passed[first:last] = sigma * lost[first:last]


def pull_inputs(first: int, last: int, arrays: Inputs) -> None:
    """
    Run one round downstream for rows of one market.

    Raises `lost` to the worst slot of inputs, `largest` to the growth where that is larger, and
    writes to `gone` what of the market's sales is lost.
    """
    indptr, essential, needed, suppliers, in_shares, passed, lost, shares, gone, largest = arrays
    gone[:] = 0
    for j in range(first, last):
        worst, added = np.zeros_like(gone), np.zeros_like(gone)
        for e in range(indptr[j], essential[j]):
            if np.signbit(in_shares[e]):
                worst, added = np.maximum(worst, added), np.zeros_like(gone)
            added = added + abs(in_shares[e]) * passed[suppliers[e]]
        worst, added = np.maximum(worst, added), np.zeros_like(gone)
        for e in range(essential[j], needed[j]):
            added = added + in_shares[e] * passed[suppliers[e]]
        down = np.maximum(np.minimum(np.maximum(worst, added), 1), lost[j])
        largest[:] = np.maximum(largest, down - lost[j])
        gone[:] = gone + shares[j] * down
        lost[j] = down


def pull_orders(first: int, last: int, arrays: Orders) -> None:
    """Run one round upstream: write orders missed to `missed_next`, raise `largest`."""
    indptr, buyers, out_shares, missed, missed_next, largest = arrays
    for i in range(first, last):
        added = np.zeros_like(largest)
        for e in range(indptr[i], indptr[i + 1]):
            added = added + out_shares[e] * missed[buyers[e]]
        missed_next[i] = np.maximum(np.minimum(added, 1), missed[i])
        largest[:] = np.maximum(largest, missed_next[i] - missed[i])


def take(first: int, last: int, arrays: Taking) -> None:
    """Write weighted sums of both losses, of each, and multiply the rows by what is kept."""
    weights, kept, lost, missed, sums = arrays
    down, up = lost[first:last], missed[first:last]
    weight = weights[first:last, None]
    for place, loss in enumerate((np.maximum(down, up), down, up)):
        sums[place] = np.sum(weight * loss, axis=0, dtype=sums.dtype)
    lost[first:last] *= kept
    missed[first:last] *= kept


class Lanes:
    """Instructions over one vector as wide as a row."""

    def __init__(self, context: Any, builder: ir.IRBuilder, element: nb.types.Float) -> None:
        self.context, self.builder = context, builder
        self.scalar = ir.FloatType() if element.bitwidth == 32 else ir.DoubleType()  # noqa: PLR2004  # Bits.
        self.word = ir.IntType(element.bitwidth)
        self.bytes = element.bitwidth // 8
        self.count = ROW_BYTES // self.bytes
        self.vector = ir.VectorType(self.scalar, self.count)
        self.zero = ir.Constant(self.vector, None)
        self.one = self.splat(ir.Constant(self.scalar, 1.0))

    def start(self, kind: nb.types.Array, array: ir.Value) -> ir.Value:
        """Return the address of an array's first element."""
        return self.context.make_array(kind)(self.context, self.builder, array).data

    def size(self, kinds: Any, packed: ir.Value, place: int) -> ir.Value:
        """Return the number of elements of one array of a tuple."""
        array = self.builder.extract_value(packed, place)
        return self.context.make_array(kinds[place])(self.context, self.builder, array).nitems

    def element(self, pointer: ir.Value, index: ir.Value) -> ir.Value:
        """Return one element of an array."""
        return self.builder.load(self.builder.gep(pointer, [index]))

    def place(self, pointer: ir.Value, index: ir.Value) -> ir.Value:
        """Return an element of an index array as wide as an address."""
        return self.builder.sext(self.element(pointer, index), ir.IntType(64))

    def splat(self, value: ir.Value) -> ir.Value:
        """Return a vector that holds one value everywhere."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        held = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), self.count), [0] * self.count)
        return self.builder.shuffle_vector(held, undefined, places)

    def _row(self, pointer: ir.Value, index: ir.Value) -> ir.Value:
        size = ir.Constant(ir.IntType(64), self.count)
        first = self.builder.gep(pointer, [self.builder.mul(index, size)])
        return self.builder.bitcast(first, self.vector.as_pointer())

    def load(self, pointer: ir.Value, index: ir.Value) -> ir.Value:
        """Return a row of a matrix."""
        found = self.builder.load(self._row(pointer, index))
        found.align = self.bytes
        return found

    def store(self, value: ir.Value, pointer: ir.Value, index: ir.Value) -> None:
        """Write a row of a matrix."""
        written = self.builder.store(value, self._row(pointer, index))
        written.align = self.bytes

    def fetch(self, places: ir.Value, index: ir.Value, size: ir.Value, rows: ir.Value) -> None:
        """Ask for the row that the trade `AHEAD` further on will read."""
        builder = self.builder
        ahead = builder.add(index, ir.Constant(ir.IntType(64), AHEAD))
        ahead = builder.select(builder.icmp_signed("<", ahead, size), ahead, index)
        first = self._row(rows, self.place(places, ahead))
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte] + [ir.IntType(32)] * 3)
        ask = _declared(builder.module, kind, "llvm.prefetch.p0")
        first = builder.bitcast(first, byte)
        reading, near, cached = (ir.Constant(ir.IntType(32), each) for each in (0, 3, 1))
        for line in range(0, ROW_BYTES, 64):
            at = builder.gep(first, [ir.Constant(ir.IntType(64), line)])
            builder.call(ask, [at, reading, near, cached])

    def larger(self, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return the larger of both, place by place."""
        above = self.builder.fcmp_ordered(">", left, right)
        return self.builder.select(above, left, right)

    def smaller(self, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return the smaller of both, place by place."""
        below = self.builder.fcmp_ordered("<", left, right)
        return self.builder.select(below, left, right)

    def add(self, total: ir.Value, factor: ir.Value, row: ir.Value) -> ir.Value:
        """Return total + factor x row, the factor a single value."""
        grown = self.builder.fmul(self.splat(factor), row, flags=CONTRACT)
        return self.builder.fadd(total, grown, flags=CONTRACT)

    def loop(
        self,
        first: ir.Value,
        last: ir.Value,
        carried: list[ir.Value],
        body: Callable[[ir.Value, list[Any]], list[Any]],
    ) -> list[Any]:
        """Return what `body(index, carried)` hands on, after all indices."""
        builder = self.builder
        before = builder.block
        head, inside, after = (builder.append_basic_block(name) for name in ("head", "body", "end"))
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(ir.IntType(64))
        index.add_incoming(first, before)
        phis = [builder.phi(value.type) for value in carried]
        for phi, value in zip(phis, carried, strict=True):
            phi.add_incoming(value, before)
        builder.cbranch(builder.icmp_signed("<", index, last), inside, after)
        builder.position_at_end(inside)
        handed = body(index, phis)
        following = builder.add(index, ir.Constant(ir.IntType(64), 1))
        for phi, value in zip([index, *phis], [following, *handed], strict=True):
            phi.add_incoming(value, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return phis

    def sum_rows(
        self,
        first: ir.Value,
        last: ir.Value,
        trades: ir.Value,
        places: ir.Value,
        factors: ir.Value,
        rows: ir.Value,
    ) -> ir.Value:
        """
        Return sum over e of factors[e] x rows[places[e]].

        Parts of `PART` trades are added up on their own: of thousands of small terms one after
        another, single precision would keep five digits.
        """
        part = ir.Constant(ir.IntType(64), PART)
        builder = self.builder

        def body(e: ir.Value, carried: list[Any]) -> list[Any]:
            self.fetch(places, e, trades, rows)
            row = self.load(rows, self.place(places, e))
            return [self.add(carried[0], self.element(factors, e), row)]

        def parts(q: ir.Value, carried: list[Any]) -> list[Any]:
            start = builder.add(first, builder.mul(q, part))
            end = builder.add(start, part)
            end = builder.select(builder.icmp_signed("<", end, last), end, last)
            added = self.loop(start, end, [self.zero], body)[0]
            return [builder.fadd(carried[0], added)]

        size = builder.sub(last, first)
        rounded = builder.add(size, ir.Constant(ir.IntType(64), PART - 1))
        count = builder.ashr(rounded, ir.Constant(ir.IntType(64), PART.bit_length() - 1))
        return self.loop(ir.Constant(ir.IntType(64), 0), count, [self.zero], parts)[0]

    def worst_slot(
        self,
        first: ir.Value,
        last: ir.Value,
        trades: ir.Value,
        places: ir.Value,
        factors: ir.Value,
        rows: ir.Value,
    ) -> ir.Value:
        """Return the largest sum of a slot; a factor with the sign bit begins a slot."""
        builder = self.builder
        sign = ir.Constant(self.word, 1 << (self.word.width - 1))
        zero = ir.Constant(self.word, 0)

        def body(e: ir.Value, carried: list[Any]) -> list[Any]:
            added, worst = carried
            bits = builder.bitcast(self.element(factors, e), self.word)
            begins = builder.icmp_signed("<", bits, zero)
            factor = builder.bitcast(builder.and_(bits, builder.not_(sign)), self.scalar)
            self.fetch(places, e, trades, rows)
            row = self.load(rows, self.place(places, e))
            worst = builder.select(begins, self.larger(worst, added), worst)
            added = builder.select(begins, self.zero, added)
            return [self.add(added, factor, row), worst]

        added, worst = self.loop(first, last, [self.zero, self.zero], body)
        return self.larger(worst, added)


def _declared(module: ir.Module, kind: ir.FunctionType, name: str) -> ir.Value:
    """Return a function of the module, declared once."""
    found = module.globals.get(name)
    return ir.Function(module, kind, name) if found is None else found


def _unpack(lanes: Lanes, kinds: Any, packed: ir.Value) -> list[ir.Value]:
    return [
        lanes.start(kind, lanes.builder.extract_value(packed, place))
        for place, kind in enumerate(kinds)
    ]


FIRST = ir.Constant(ir.IntType(64), 0)


@intrinsic
def _pass_on(_typing: Any, first: Any, last: Any, arrays: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args[2].types
        lanes = Lanes(context, builder, kinds[0].dtype)
        shares, inverse, lost, passed = _unpack(lanes, kinds, arguments[2])
        factors = lanes.load(inverse, FIRST)

        def body(i: ir.Value, _: list[Any]) -> list[Any]:
            share = lanes.splat(lanes.element(shares, i))
            sigma = lanes.smaller(builder.fmul(share, factors), lanes.one)
            lanes.store(builder.fmul(sigma, lanes.load(lost, i)), passed, i)
            return []

        lanes.loop(arguments[0], arguments[1], [], body)
        return context.get_dummy_value()

    return nb.types.void(first, last, arrays), code


@intrinsic
def _pull_inputs(_typing: Any, first: Any, last: Any, arrays: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args[2].types
        lanes = Lanes(context, builder, kinds[4].dtype)
        at = _unpack(lanes, kinds, arguments[2])
        indptr, essential, needed, suppliers, in_shares, passed, lost, shares, gone, largest = at
        trades = lanes.size(kinds, arguments[2], 3)

        def body(j: ir.Value, carried: list[Any]) -> list[Any]:
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
        lost_share, growth = lanes.loop(arguments[0], arguments[1], carried, body)
        lanes.store(lost_share, gone, FIRST)
        lanes.store(growth, largest, FIRST)
        return context.get_dummy_value()

    return nb.types.void(first, last, arrays), code


@intrinsic
def _pull_orders(_typing: Any, first: Any, last: Any, arrays: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args[2].types
        lanes = Lanes(context, builder, kinds[2].dtype)
        at = _unpack(lanes, kinds, arguments[2])
        indptr, buyers, out_shares, missed, missed_next, largest = at
        trades = lanes.size(kinds, arguments[2], 1)
        after = ir.Constant(ir.IntType(64), 1)

        def body(i: ir.Value, carried: list[Any]) -> list[Any]:
            start, end = (lanes.element(indptr, q) for q in (i, builder.add(i, after)))
            added = lanes.sum_rows(start, end, trades, buyers, out_shares, missed)
            before = lanes.load(missed, i)
            up = lanes.larger(lanes.smaller(added, lanes.one), before)
            lanes.store(up, missed_next, i)
            return [lanes.larger(carried[0], builder.fsub(up, before))]

        carried = [lanes.load(largest, FIRST)]
        (growth,) = lanes.loop(arguments[0], arguments[1], carried, body)
        lanes.store(growth, largest, FIRST)
        return context.get_dummy_value()

    return nb.types.void(first, last, arrays), code


@intrinsic
def _take(_typing: Any, first: Any, last: Any, arrays: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args[2].types
        lanes = Lanes(context, builder, kinds[0].dtype)
        weights, kept, lost, missed, sums = _unpack(lanes, kinds, arguments[2])
        mask = lanes.load(kept, FIRST)

        def body(i: ir.Value, carried: list[Any]) -> list[Any]:
            weight = lanes.element(weights, i)
            down, up = lanes.load(lost, i), lanes.load(missed, i)
            lanes.store(builder.fmul(down, mask), lost, i)
            lanes.store(builder.fmul(up, mask), missed, i)
            losses = (lanes.larger(down, up), down, up)
            pairs = zip(carried, losses, strict=True)
            return [lanes.add(total, weight, loss) for total, loss in pairs]

        found = lanes.loop(arguments[0], arguments[1], [lanes.zero] * 3, body)
        for place, total in enumerate(found):
            lanes.store(total, sums, ir.Constant(ir.IntType(64), place))
        return context.get_dummy_value()

    return nb.types.void(first, last, arrays), code


def _compile(plain: Callable[..., None], compiled: Any) -> None:
    """Put instructions in the place of a plain function wherever kernels call it."""

    @overload(plain, strict=False)
    def _(first: Any, last: Any, arrays: Any) -> Any:  # noqa: ARG001  # Types, which it takes as they are.
        return lambda first, last, arrays: compiled(first, last, arrays)  # noqa: PLW0108  # Compiled itself.


_compile(pass_on, _pass_on)
_compile(pull_inputs, _pull_inputs)
_compile(pull_orders, _pull_orders)
_compile(take, _take)
