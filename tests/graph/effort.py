"""How much is tried: as many examples as the profile of the run says (`tests/conftest.py`)."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numba
import pytest
from _pytest.mark import ParameterSet
from hypothesis import settings

UNCOMPILED = bool(numba.config.DISABLE_JIT)
T = TypeVar("T")
WHOLE = 100  # Examples a test in a whole run, where it names no number of its own.


def examples(count: int) -> int:
    """Return how many examples stand for so many of a whole run."""
    return max(2, count * settings.default.max_examples // WHOLE)


def is_whole() -> bool:
    """Return whether this is a whole run, with the compiler: not one for a change."""
    return settings.default.max_examples > WHOLE // 10


def some(tried: Sequence[T]) -> Sequence[T]:
    """Return all in a whole run, every fourth for a change: of what many places answer alike."""
    return tried if is_whole() else tried[::4]


def tenth(count: int) -> int:
    """Return how many examples to try: so many in a whole run, a tenth of them for a change."""
    return count if is_whole() else max(2, count // 10)


def dear(count: int) -> int:
    """Return how many examples to try of what is dear: for a change no more than so many."""
    whole = settings.default.max_examples
    return whole if is_whole() else min(whole, count)


def seeds(numbers: Iterable[int], fast: int) -> list[ParameterSet]:
    """Return numbers of cases that are alike; a change is tried with the first of them only."""
    return [
        pytest.param(number, marks=pytest.mark.slow if at >= fast else ())
        for at, number in enumerate(numbers)
    ]
