"""The decorator of kernels that allocate nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb

_Function = TypeVar("_Function", bound=Callable[..., Any])
OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}


def lean(function: _Function) -> _Function:
    """
    Return a kernel compiled without counting references to the arrays that it is given.

    The counts change in every call and around every loop, one locked instruction an array: of a
    cascade that reaches few firms they took nine tenths of the time (tests/bench). What allocates
    an array cannot be compiled so.
    """
    compiled: _Function = nb.njit(**OPTIONS)(function)
    return compiled
