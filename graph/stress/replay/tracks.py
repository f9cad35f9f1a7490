"""The changes of a scenario round by round, and why each came about, as columns."""

import enum
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.stress.replay.kernels import reasons as kernel
from graph.stress.replay.kernels.reasons import RoundChanges

Channel = Literal["down", "up"]
CHANNELS: tuple[Channel, Channel] = ("down", "up")


class Reason(enum.IntEnum):
    """Why a firm's figure changed in a round."""

    SHOCK = kernel.SHOCK
    ESSENTIAL = kernel.ESSENTIAL  # Inputs of one essential sector are missing.
    NOT_ESSENTIAL = kernel.NOT_ESSENTIAL  # Inputs that are not essential are, all together.
    ORDERS = kernel.ORDERS
    # The same, and not because the supplier lost more: its market shrank, it is harder to replace.
    ESSENTIAL_MARKET = kernel.ESSENTIAL_MARKET
    NOT_ESSENTIAL_MARKET = kernel.NOT_ESSENTIAL_MARKET
    EASED = kernel.EASED  # Only where a dead market's availability counts as 1.


@dataclass(frozen=True, slots=True)
class Change:
    """One firm in one round: what it lost before and after, why, and through whom."""

    round: int
    row: int
    channel: Channel
    reason: Reason
    before: float  # Share of its production lost.
    after: float
    through: int | None  # Row at the other end of the trade that contributed most.
    share: float  # That trade's share of all that grew for this reason, to four digits.
    mover: int | None  # The firm whose loss made the market of `through` smaller.

    @property
    def cause(self) -> int | None:
        """Return the firm whose change one round before led to this one."""
        return self.through if self.mover is None else self.mover


@dataclass(frozen=True, slots=True)
class Track:
    """
    All changes of one channel, round after round, rows ascending in each.

    `offsets` says where each round begins in the columns, and one end more.
    """

    offsets: IntArray
    rows: RowArray
    left: FloatArray
    reasons: npt.NDArray[np.int8]
    through: RowArray
    movers: RowArray
    shares_e4: npt.NDArray[np.uint16]

    @classmethod
    def of(cls, rounds: list[RoundChanges]) -> Self:
        """Return the changes of all rounds, one after another."""
        sizes = [len(each.rows) for each in rounds]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return cls(offsets, *(np.concatenate(parts) for parts in zip(*rounds, strict=True)))

    def __len__(self) -> int:
        return len(self.rows)

    def of_round(self, number: int) -> RoundChanges:
        """Return the changes of one round; none after the last."""
        ends = self.offsets[number : number + 2].tolist()
        own = slice(*ends) if len(ends) > 1 else slice(0, 0)
        return RoundChanges(
            self.rows[own],
            self.left[own],
            self.reasons[own],
            self.through[own],
            self.movers[own],
            self.shares_e4[own],
        )

    def left_after(self, number: int, firms: int) -> FloatArray:
        """Return what is left of every firm after a round."""
        left, end = np.ones(firms), self.offsets[number + 1]
        left[self.rows[:end]] = self.left[:end]  # The last of equal rows counts.
        return left

    def place(self, number: int, row: int) -> int | None:
        """Return where a firm's change in a round stands in the columns, if it changed then."""
        first, last = self.offsets[number : number + 2].tolist()
        place = first + int(np.searchsorted(self.rows[first:last], row))
        return place if place < last and self.rows[place] == row else None

    def change(self, channel: Channel, number: int, place: int, before: float) -> Change:
        """Return the change at a place of the columns, in a round, of a firm that lost so much."""
        through, mover = int(self.through[place]), int(self.movers[place])
        return Change(
            number,
            int(self.rows[place]),
            channel,
            Reason(int(self.reasons[place])),
            before,
            1.0 - float(self.left[place]),
            None if through == kernel.NOBODY else through,
            int(self.shares_e4[place]) / kernel.E4,
            None if mover == kernel.NOBODY else mover,
        )
