"""What a cascade starts from, and whose losses are wanted of it, as flat columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.shocks import ShockArrays, entries
from graph.errors import InvalidInput
from graph.network.firms import (
    KnownFirms,
    doubles,
    firm_column,
    named_or_whole,
    refuse,
    refuse_outside,
    rows_of,
    whole,
)


@dataclass(frozen=True, slots=True)
class Scenarios:
    """
    Scenarios one after another, as flat columns.

    Args:
        offsets: Where each scenario begins in the columns; one more than there are scenarios.
        rows: Shocked firms, each at most once in a scenario; their ids where the network has some.
        down: Share of its production that the firm loses at the start, running downstream.
        up: The same, running upstream.
    """

    offsets: IntArray
    rows: npt.NDArray[Any]
    down: FloatArray
    up: FloatArray = field(repr=False)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def alone(cls, rows: npt.ArrayLike) -> Self:
        """
        Return one scenario a firm, given by row or by id: it closes.

        Raises:
            InvalidInput: The firms are given by neither.
        """
        firms = named_or_whole(rows, "rows")
        whole = np.ones(len(firms))
        return cls(np.arange(len(firms) + 1), firms, whole, whole.copy())

    @classmethod
    def together(
        cls, rows: Sequence[int] | Sequence[str], *, down: float = 1.0, up: float = 1.0
    ) -> Self:
        """
        Return one scenario: all these firms, given by row or by id, lose that share at once.

        Raises:
            InvalidInput: The firms are given by neither.
        """
        firms = named_or_whole(rows, "rows")
        size = len(firms)
        return cls(np.array([0, size]), firms, np.full(size, down), np.full(size, up))

    def refuse_many(self) -> None:
        """Raise `InvalidInput` unless this is one scenario."""
        if len(self) != 1:
            raise InvalidInput(f"{len(self)} scenarios where one is wanted")

    def some(self, chosen: IntArray) -> Self:
        """Return chosen scenarios, in the order they are named."""
        ends, places = entries(np.asarray(self.offsets, np.int64), chosen)
        rows, down, up = np.asarray(self.rows), np.asarray(self.down), np.asarray(self.up)
        return type(self)(ends, rows[places], down[places], up[places])

    def shocks(self, network: KnownFirms | int) -> ShockArrays:
        """
        Return the columns as the kernels take them.

        Args:
            network: Who knows the firms by id, or how many there are.

        Raises:
            InvalidInput: They do not fit together, a firm stands twice in one scenario, or a
                share is not in [0, 1].
            NotFound: The network has no firm of that id.
        """
        firms = network if isinstance(network, int) else len(network)
        offsets, rows = whole(self.offsets, "offsets"), rows_of(self.rows, network, "rows")
        down, up = doubles(self.down, "down"), doubles(self.up, "up")
        if not len(rows) == len(down) == len(up):
            raise InvalidInput("rows, down and up differ in length")
        if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(rows):
            raise InvalidInput("offsets do not run from 0 to the number of shocks")
        refuse(np.diff(offsets) < 0, "offsets", "is larger than the next")
        refuse_outside(rows, firms, "rows")
        for name, shares in (("down", down), ("up", up)):
            refuse(~((shares >= 0) & (shares <= 1)), name, "is not in [0, 1]")
        if np.diff(offsets).max(initial=0) > 1:
            refuse_twice(offsets, rows, firms)
        return ShockArrays(offsets, rows, down, up)

    def names(self, network: KnownFirms) -> Any:
        """Return a column of what scenarios are called: by their firm where all have one."""
        return names_of(network, self.offsets, self.rows)


def names_of(network: KnownFirms, offsets: npt.ArrayLike, rows: npt.ArrayLike) -> Any:
    """Return a column of what scenarios are called: by their firm where all have one."""
    sizes = np.diff(np.asarray(offsets))
    if len(np.asarray(rows)) == len(sizes) and bool((sizes == 1).all()):
        named = rows_of(rows, network, "rows")
        refuse_outside(named, len(network), "rows")
        return firm_column(network.ids, named)
    return np.arange(len(sizes))


def refuse_twice(offsets: IntArray, rows: IntArray, firms: int) -> None:
    """Raise `InvalidInput` where a firm stands twice in one scenario."""
    places = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)) * firms + rows
    ascending = bool((places[1:] > places[:-1]).all())
    if not ascending and len(np.unique(places)) < len(places):
        raise InvalidInput("a firm stands twice in one scenario")


@dataclass(frozen=True, slots=True)
class Observers:
    """
    Firms whose loss is wanted, scenario after scenario.

    Args:
        offsets: Where each scenario's observers begin, and one end more.
        rows: The firms.
    """

    offsets: IntArray
    rows: IntArray

    @classmethod
    def none(cls, scenarios: int) -> Self:
        """Return no observers for so many scenarios."""
        return cls(np.zeros(scenarios + 1, np.int64), np.zeros(0, np.int64))

    def checked(self, scenarios: int, firms: int) -> "Observers":
        """
        Return the columns as arrays.

        Raises:
            InvalidInput: Offsets do not fit the scenarios, or a row is that of no firm.
        """
        offsets, rows = whole(self.offsets, "offsets"), whole(self.rows, "observers")
        if len(offsets) != scenarios + 1 or offsets[0] != 0 or offsets[-1] != len(rows):
            raise InvalidInput("offsets do not give every scenario its observers")
        refuse(np.diff(offsets) < 0, "offsets", "is larger than the next")
        refuse((rows < 0) | (rows >= firms), "observers", "is no row of a firm")
        return Observers(offsets, rows)
