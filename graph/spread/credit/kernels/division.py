"""
Whole numbers whose products do not fit 64 bits, divided exactly.

Written twice, as vectors are (`spread/production/kernels/matrix_rows.py`): in Python, and as
instructions on 128 bits. There the quotient is guessed in floating point, and what the guess
leaves, exact, is divided again: the first guess is off by 2^13 at most, the second by one or two.
"""

from typing import Any

import numba as nb
from llvmlite import ir
from numba.extending import intrinsic, overload

ENOUGH = 2**62  # Factors, sums, divisors and quotients stay below this.
_ROUNDS = 2  # Of corrections by one, in either direction.


def divided(left: int, right: int, more: int, by: int) -> tuple[int, int]:
    """Return quotient and remainder of (left x right + more) / by, all not negative."""
    quotient, rest = divmod(int(left) * int(right) + int(more), int(by))
    return quotient, rest


@intrinsic
def _divided(_typing: Any, _left: Any, _right: Any, _more: Any, _by: Any) -> Any:
    whole = nb.types.int64
    pair: Any = nb.types.UniTuple

    def code(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        """Write the division on twice as many bits."""
        word, wide, real = ir.IntType(64), ir.IntType(128), ir.DoubleType()
        one, other, added, divisor = (builder.sext(each, wide) for each in arguments)
        size = builder.sitofp(arguments[3], real)
        product = builder.fmul(*(builder.sitofp(each, real) for each in arguments[:2]))
        guess = builder.fptosi(builder.fdiv(product, size), word)
        quotient = builder.sext(guess, wide)
        rest = builder.add(builder.mul(one, other), added)
        rest = builder.sub(rest, builder.mul(quotient, divisor))
        further = builder.fptosi(builder.fdiv(_real(builder, rest), size), word)
        further = builder.sext(further, wide)
        quotient = builder.add(quotient, further)
        rest = builder.sub(rest, builder.mul(further, divisor))
        zero, step = ir.Constant(wide, 0), ir.Constant(wide, 1)
        for _ in range(_ROUNDS):
            below = builder.icmp_signed("<", rest, zero)
            quotient = builder.sub(quotient, builder.select(below, step, zero))
            rest = builder.add(rest, builder.select(below, divisor, zero))
            above = builder.icmp_signed(">=", rest, divisor)
            quotient = builder.add(quotient, builder.select(above, step, zero))
            rest = builder.sub(rest, builder.select(above, divisor, zero))
        parts = [builder.trunc(each, word) for each in (quotient, rest)]
        return context.make_tuple(builder, signature.return_type, parts)

    return pair(whole, 2)(whole, whole, whole, whole), code


def _real(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """Return 128 bits as a float: exactly rounded where 64 hold them, else to 2^11."""
    word, real = ir.IntType(64), ir.DoubleType()
    low = builder.trunc(value, word)
    high = builder.trunc(builder.ashr(value, ir.Constant(value.type, 64)), word)
    fits = builder.icmp_signed("==", builder.sext(low, value.type), value)
    scaled = builder.fmul(builder.sitofp(high, real), ir.Constant(real, 2.0**64))
    wide = builder.fadd(scaled, builder.uitofp(low, real))
    return builder.select(fits, builder.sitofp(low, real), wide)


_instructions: Any = _divided


@overload(divided, strict=False)
def _(left: Any, right: Any, more: Any, by: Any) -> Any:  # noqa: ARG001  # Types, which it takes as they are.
    return lambda left, right, more, by: _instructions(left, right, more, by)  # noqa: PLW0108  # Compiled itself.
