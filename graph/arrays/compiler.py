"""The decorator of kernels that allocate nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb
from numba.core.dispatcher import Dispatcher

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


def bound(kernel: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """
    Return a kernel's compiled code for arguments of the types of these, to be called many times.

    A call then no longer looks at what it is given, which for a hundred arrays takes longer than a
    short kernel: the arguments must be of these very types.
    """
    if not isinstance(kernel, Dispatcher):
        return kernel  # Nothing is compiled.
    signature = tuple(nb.typeof(each) for each in arguments)  # type: ignore[no-untyped-call]  # Numba's.
    kernel.compile(signature)
    found: Callable[..., Any] = kernel.get_overload(signature)
    return found
