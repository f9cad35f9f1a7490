"""The chains of firms that carry most of what the network adds to a firm's risk."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from graph.arrays.dtypes import FloatArray, RowArray
from graph.errors import InvalidInput
from graph.network.firms import FirmRows, Frame, firm_column, frame, row_of
from graph.structure.dependence.kernels import layers as kernel
from graph.structure.dependence.kernels.layers import NOBODY
from graph.structure.dependence.rules import CHANNELS, Channel
from graph.structure.dependence.spreading import Dependence, split

TOP = 3
TRADES_MAX = 4
BOUND = 100  # Ranks are kept as 8-bit integers.


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """
    The best chains of every firm, the largest part first.

    Attributes:
        channel: Whether of risk that grew or that fell.
        trades_max: How many trades a chain has at most.
        carried: By firm and rank: what the chain adds, in logits; 0 where there is none.
        added: By firm: what all chains add, of any length; the carried ones are part of it.
    """

    channel: Channel
    trades_max: int
    carried: FloatArray
    added: FloatArray
    _named: RowArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """
        Return a row a chain, the largest part first: firm, rank, carried, share, chain.

        `rank` counts from 1; `chain` lists the firms from whose risk changed to the firm.
        """
        firm, rank = np.nonzero(self.carried > 0.0)
        named = self._named[firm, rank]
        stands = named != NOBODY
        ends = np.concatenate([[0], np.cumsum(stands.sum(axis=1))])
        listed = pa.array(firm_column(self.ids, named[stands]))
        columns = {
            "firm": firm_column(self.ids, firm),
            "rank": rank + 1,
            "carried": self.carried[firm, rank],
            "share": self.shares[firm, rank],
        }
        chain = pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), listed)
        return frame({**columns, "chain": chain})

    @property
    def shares(self) -> FloatArray:
        """Return what each chain is of all that is added to the firm."""
        whole = self.added[:, None]
        return np.divide(self.carried, whole, out=np.zeros_like(self.carried), where=whole > 0.0)

    def of(self, firm_row: int | str) -> list[tuple[list[int], float]]:
        """
        Return a firm's chains, each from whose risk changed to the firm, and what they add.

        Args:
            firm_row: The firm, by row or by id.

        Raises:
            InvalidInput: It is neither, or no row of a firm.
            NotFound: No firm has that id.
        """
        firm_row = row_of(firm_row, FirmRows(len(self.carried), self.ids), "firm_row")
        found = []
        for named, carried in zip(self._named[firm_row], self.carried[firm_row], strict=True):
            if carried > 0.0:
                found.append((named[named != NOBODY].tolist(), float(carried)))
        return found


def chains(
    found: Dependence, *, channel: Channel = "adverse", trades_max: int = TRADES_MAX, top: int = TOP
) -> Chains:
    """
    Return the chains that carry most of what is added to each firm's risk.

    What is added is the sum over all chains, j0 -> ... -> firm, of j0's own change times what
    each firm takes over of the one before. A chain may pass a firm twice: risk that comes back.
    Equal ones: shorter first, then by the row of the firm before the last.

    Args:
        found: What is added.
        channel: Risk that grew (`adverse`) or that fell (`favourable`).
        trades_max: How many trades a chain may have, 1 to 100.
        top: How many chains to return for a firm, 1 to 100.

    Raises:
        InvalidInput: An argument is out of its range.

    Example:
        Firm 0 worsens; 1 sells to it, and 2 to 1.

        >>> from graph.dependence import Dealings, Links, dependence
        >>> dealings = Dealings([1, 2], [0, 1], amount_fen=[90, 60], receivable_fen=[50, 50])
        >>> risk = dependence(Links.build([0, 0, 0], dealings), [0.5, 0.1, 0.1], [0.2, 0.1, 0.1])
        >>> best = chains(risk, trades_max=3)
        >>> [(rows, round(carried, 3)) for rows, carried in best.of(2)]
        [([0, 1, 2], 0.243)]
    """
    if channel not in CHANNELS:
        raise InvalidInput(f"channel {channel!r} is none of {', '.join(CHANNELS)}")
    for name, value in (("trades_max", trades_max), ("top", top)):
        if not 1 <= value <= BOUND:
            raise InvalidInput(f"{name} must be 1 to {BOUND}, not {value}")
    side, held = CHANNELS.index(channel), found.operator
    carried, named = kernel.chains(
        held.needs,
        held.factors[:, side].copy(),
        split(found.residual)[side],
        float(held.decays[side]),
        trades_max,
        top,
    )
    added = found.adverse if channel == "adverse" else found.favourable
    return Chains(channel, trades_max, carried, added, named, held.ids)
