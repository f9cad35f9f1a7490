"""
What a change of the book cannot have touched: chains whose figures stand as they did before.

A chain's limits are read from its core's leaves, from what each member has in it, and from what
each member has in all its chains. Where all of these are as they were, so are its limits.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.leaves import CoreLeaves

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class ChainFigures(Protocol):
    """The figures of a run that its limits are read from."""

    @property
    def firm(self) -> Rows:
        """Return the firm of every member."""
        ...

    @property
    def by_member(self) -> Sequence[ExactColumn]:
        """Return what members have in their chains, by their places."""
        ...

    @property
    def by_firm(self) -> Sequence[ExactColumn]:
        """Return what firms have in all their chains, by row."""
        ...

    def places(self, core: int) -> Rows:
        """Return the places of a chain's members."""
        ...

    def of_core(self, core: int) -> CoreLeaves:
        """Return the leaves of a chain's core."""
        ...


class Carrying:
    """Tells which chains of a run stand as they did in another of the same version."""

    def __init__(self, before: ChainFigures, now: ChainFigures) -> None:
        self._before, self._now = before, now
        firms = [equal(*pair) for pair in zip(before.by_firm, now.by_firm, strict=True)]
        self._firms: Mask = np.logical_and.reduce(np.broadcast_arrays(*firms))

    def was(self, core: int) -> Rows | None:
        """Return the places that a chain's members had, if it stands as it did; None otherwise."""
        was, at = self._before.places(core), self._now.places(core)
        firm = self._now.firm[at]
        stands = (
            len(was) == len(at)
            and np.array_equal(self._before.firm[was], firm)
            and self._before.of_core(core) == self._now.of_core(core)
            and bool(self._firms[firm].all())
            and all(
                np.all(equal(one.take(was), other.take(at)))
                for one, other in zip(self._before.by_member, self._now.by_member, strict=True)
            )
        )
        return was if stands else None


def standing(before: ChainFigures, now: ChainFigures, cores: Iterable[int]) -> dict[int, Rows]:
    """Return the places that members had before, of chains that stand as they did."""
    carrying = Carrying(before, now)
    found = ((core, carrying.was(core)) for core in cores)
    return {core: was for core, was in found if was is not None}


def equal(one: ExactColumn, other: ExactColumn) -> npt.NDArray[np.bool_]:
    """Return at every place whether two columns have the same figure, or none."""
    scale = max(one.scale, other.scale)
    same = np.equal(one.at(scale), other.at(scale)) & np.equal(one.there, other.there)
    return np.asarray(same, np.bool_)
