"""Waiting for what has to have happened, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

WAIT_S = 120.0  # A bound that fails: far more than a busy machine needs.
STEP_S = 0.01
Found = TypeVar("Found")


def until(happened: Callable[[], Found | None]) -> Found:
    """
    Return what is said by `happened` once it is true, and do not wait for ever.

    Raises:
        AssertionError: It did not happen.
    """
    for _ in range(int(WAIT_S / STEP_S)):
        if found := happened():
            return found
        time.sleep(STEP_S)
    raise AssertionError(f"it did not happen within {WAIT_S:g} s")
