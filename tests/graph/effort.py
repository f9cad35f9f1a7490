"""How much is tried: without the compiler, which is for coverage alone, an eighth."""

import numba

UNCOMPILED = bool(numba.config.DISABLE_JIT)


def examples(count: int) -> int:
    """Return how many examples stand for so many."""
    return max(2, count // 8) if UNCOMPILED else count
