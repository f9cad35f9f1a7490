"""
Vectors as the compiler takes them: one row of a matrix, a few cache lines, at a time.

The compiler does not turn a loop over columns into vectors where rows are gathered; what is written
here as instructions does that, in either precision and on any processor. A row fills four
registers, so that the sums of a row and what they are compared with stay in registers: 256 bytes
where these have 512 bits, else 128, and then two threads hold half as much in the cache they share.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numba as nb
from llvmlite import binding, ir
from numba.extending import intrinsic, overload

REGISTER_BYTES = 64 if binding.get_host_cpu_features().get("avx512f", False) else 32
ROW_BYTES = 4 * REGISTER_BYTES
AHEAD = 48  # How far ahead a row is asked for.
PART = 128  # Trades that are added up on their own; a power of two.
CONTRACT = ("contract",)  # A product and a sum in one rounding; the same on every call.


class Lanes:
    """Instructions over one vector as wide as a row."""

    def __init__(
        self,
        context: Any,
        builder: ir.IRBuilder,
        element: nb.types.Float,
        row_bytes: int = ROW_BYTES,
    ) -> None:
        """Take rows of so many bytes."""
        self.context, self.builder = context, builder
        self.row_bytes = row_bytes
        self.scalar = ir.FloatType() if element.bitwidth == 32 else ir.DoubleType()  # noqa: PLR2004  # Bits.
        self.word = ir.IntType(element.bitwidth)
        self.bytes = element.bitwidth // 8
        self.count = self.row_bytes // self.bytes
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

    def span(self, indptr: ir.Value, i: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Return where the entries of a compressed row begin and end."""
        return self.element(indptr, i), self.element(indptr, self.builder.add(i, AFTER))

    def splat(self, value: ir.Value, kind: ir.Type | None = None) -> ir.Value:
        """Return a vector that holds one value everywhere."""
        undefined = ir.Constant(ir.VectorType(kind or self.scalar, self.count), ir.Undefined)
        held = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), self.count), [0] * self.count)
        return self.builder.shuffle_vector(held, undefined, places)

    def _row(self, pointer: ir.Value, index: ir.Value) -> ir.Value:
        stride = ir.Constant(ir.IntType(64), self.count)
        first = self.builder.gep(pointer, [self.builder.mul(index, stride)])
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
        for line in range(0, self.row_bytes, 64):
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
            """Add the row of one trade."""
            self.fetch(places, e, trades, rows)
            row = self.load(rows, self.place(places, e))
            return [self.add(carried[0], self.element(factors, e), row)]

        def parts(q: ir.Value, carried: list[Any]) -> list[Any]:
            """Add what one part comes to."""
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
        """
        Return the largest sum of a slot; a factor with the sign bit begins a slot.

        Sums of a slot never fall, so the largest of all sums on the way is that of a whole slot:
        no step depends on where slots begin but for a mask, which no processor has to guess.
        """
        builder = self.builder
        sign = ir.Constant(self.word, 1 << (self.word.width - 1))
        shift = ir.Constant(self.word, self.word.width - 1)
        words = ir.VectorType(self.word, self.count)

        def body(e: ir.Value, carried: list[Any]) -> list[Any]:
            """Add the row of one trade, to nothing where it begins a slot."""
            added, worst = carried
            bits = builder.bitcast(self.element(factors, e), self.word)
            factor = builder.bitcast(builder.and_(bits, builder.not_(sign)), self.scalar)
            kept = self.splat(builder.not_(builder.ashr(bits, shift)), self.word)
            self.fetch(places, e, trades, rows)
            row = self.load(rows, self.place(places, e))
            added = builder.bitcast(builder.and_(builder.bitcast(added, words), kept), self.vector)
            added = self.add(added, factor, row)
            return [added, self.larger(worst, added)]

        return self.loop(first, last, [self.zero, self.zero], body)[1]


def _declared(module: ir.Module, kind: ir.FunctionType, name: str) -> ir.Value:
    """Return a function of the module, declared once."""
    found = module.globals.get(name)
    return ir.Function(module, kind, name) if found is None else found


def _unpacked(lanes: Lanes, kinds: Any, packed: ir.Value) -> list[ir.Value]:
    """Return the addresses of the arrays of a tuple."""
    return [
        lanes.start(kind, lanes.builder.extract_value(packed, place))
        for place, kind in enumerate(kinds)
        if isinstance(kind, nb.types.Array)
    ]


FIRST = ir.Constant(ir.IntType(64), 0)
AFTER = ir.Constant(ir.IntType(64), 1)
Ends = tuple[ir.Value, ir.Value]  # The first row, and the one after the last.
Addresses = list[ir.Value]  # Of the arrays of a tuple.
Size = Callable[[int], ir.Value]  # The number of elements of one of them, by its place.
Write = Callable[[Lanes, Ends, Addresses, Size], None]


def compiled(
    plain: Callable[..., None],
    element: int,
    row_bytes: Callable[[int], int] = lambda _element_bytes: ROW_BYTES,
) -> Callable[[Write], Write]:
    """
    Return what puts instructions in the place of a plain function wherever kernels call it.

    Args:
        plain: A function of the first row, the one after the last, and a tuple of arrays.
        element: Place of an array in the tuple whose elements are of the kind that rows have.
        row_bytes: How many bytes a row has, by those of an element; one element where the tuple
            of arrays ends with an empty tuple.
    """

    def put(write: Write) -> Write:
        """Put the instructions where kernels call the plain function."""

        @intrinsic
        def instructions(_typing: Any, first: Any, last: Any, arrays: Any) -> Any:
            """Return the kind of the call, and what writes its code."""

            def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                """Write the instructions for arrays of these kinds."""
                kinds = signature.args[2].types
                kind = kinds[element].dtype
                alone, size = isinstance(kinds[-1], nb.types.BaseTuple), kind.bitwidth // 8
                lanes = Lanes(context, builder, kind, size if alone else row_bytes(size))
                start, end, packed = arguments
                at = _unpacked(lanes, kinds, packed)
                write(lanes, (start, end), at, partial(lanes.size, kinds, packed))
                return context.get_dummy_value()

            return nb.types.void(first, last, arrays), code

        written: Any = instructions

        @overload(plain, strict=False)
        def _(first: Any, last: Any, arrays: Any) -> Any:  # noqa: ARG001  # Types, which it takes as they are.
            return lambda first, last, arrays: written(first, last, arrays)  # noqa: PLW0108  # Compiled itself.

        return write

    return put
