"""One trade or exposure changed in one compiled call, over the arrays of one state."""

from collections.abc import Callable
from functools import partial
from typing import Any

from graph.arrays.compiler import bound
from graph.stress.live.kernels import changes
from graph.stress.live.state import Channels

Found = tuple[int, int, int, float]  # Pushes, or why not; who moved in either index; the error.


class Quick:
    """
    The compiled calls, with the arrays that they are called with.

    It holds as long as no array of the state is put in the place of another: until a row or a
    market needs more capacity, or all is solved beside the changes.
    """

    __slots__ = ("exposure", "trade")

    def __init__(self, state: Channels, told: changes.ToldIndices) -> None:
        kept = (*state.kept, told)
        self.trade: Callable[..., Found] = _call(changes.change_trade, kept, 0, 0, 0.0, 0)
        self.exposure: Callable[..., Found] = _call(changes.change_exposure, kept, 0, 0, 0.0)


def _call(kernel: Callable[..., Any], kept: tuple[Any, ...], *change: float) -> Callable[..., Any]:
    return partial(bound(kernel, *kept, *change), *kept)
