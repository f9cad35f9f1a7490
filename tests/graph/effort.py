"""How much is tried: as many examples as the profile of the run says (`tests/conftest.py`)."""

import numba
from hypothesis import settings

UNCOMPILED = bool(numba.config.DISABLE_JIT)
WHOLE = 100  # Examples a test in a whole run, where it names no number of its own.


def examples(count: int) -> int:
    """Return how many examples stand for so many of a whole run."""
    return max(2, count * settings.default.max_examples // WHOLE)
