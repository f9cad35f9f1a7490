"""Who lives on one partner: most of what a firm takes, or spends, is with one other."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Self

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import BoolArray, IntArray, RowArray
from graph.errors import InvalidInput
from graph.network import Network
from graph.network.firms import Frame, firm_column, frame

SIDES = ("receipts", "expenditure")  # Names of the codes in a column `sides`.
SHARE = Decimal("0.5")
NEAR = 1e-9  # Sums in doubles come nearer than this; what is so near is compared exactly.


@dataclass(frozen=True, slots=True, eq=False)
class Reliances:
    """
    Firms and the partner that most of their trade is with, a row each, in order of firm.

    Attributes:
        firm_rows: The firm that relies on a partner.
        partner_rows: The partner.
        sides: What comes from it: 0 receipts (sales to it), 1 expenditure (purchases from it).
        amount_fen: The trade with the partner.
        total_fen: All trade of the firm on that side.
    """

    firm_rows: RowArray
    partner_rows: RowArray
    sides: npt.NDArray[np.int8]
    amount_fen: IntArray
    total_fen: IntArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.firm_rows)

    def among(self, firms: BoolArray) -> Self:
        """
        Return the reliances of which both ends are among some firms.

        Args:
            firms: Of every firm whether it counts.

        Raises:
            InvalidInput: There are fewer of them than firms that rely on others.
        """
        last = max(self.firm_rows.max(initial=-1), self.partner_rows.max(initial=-1))
        if last >= len(firms):
            raise InvalidInput(f"firms has {len(firms)} entries, and firm {last} relies or is one")
        kept = firms[self.firm_rows] & firms[self.partner_rows]
        columns = ("firm_rows", "partner_rows", "sides", "amount_fen", "total_fen")
        return replace(self, **{name: getattr(self, name)[kept] for name in columns})

    def to_pandas(self) -> Frame:
        """Return a row a reliance: firm, partner, side, amount_fen, total_fen."""
        return frame(
            {
                "firm": firm_column(self.ids, self.firm_rows),
                "partner": firm_column(self.ids, self.partner_rows),
                "side": np.array(SIDES)[self.sides],
                "amount_fen": self.amount_fen,
                "total_fen": self.total_fen,
            }
        )


def reliances(network: Network, *, share: Decimal | float = SHARE) -> Reliances:
    """
    Return the firms of which a share of receipts or of expenditure comes from one partner.

    Receipts are net sales, expenditure net purchases, over pairs whose trade is positive. What a
    firm trades with itself counts in its totals and makes no reliance.

    Args:
        network: Who sells whom what.
        share: From which share on, in (0, 1]; the share itself suffices.

    Raises:
        InvalidInput: The share is none.

    Example:
        >>> from graph.testing.networks import toy
        >>> network = toy({("ore", "mill"): 50, ("ore", "cars"): 40, ("ore", "shop"): 10})
        >>> found = reliances(network).to_pandas().values.tolist()
        >>> found[1], found[-1]
        (['mill', 'ore', 'expenditure', 50, 50], ['shop', 'ore', 'expenditure', 10, 10])
        >>> [row for row in found if row[2] == "receipts"]
        [['ore', 'mill', 'receipts', 50, 100]]
    """
    least = _share(share)
    sold = (network.out_indptr, network.out_indices, network.out_amount_fen)
    bought = (network.in_indptr, network.in_indices, network.in_amount_fen)
    parts = [_side(*rows, least) for rows in (sold, bought)]
    firm, partner, amount, total = (
        np.concatenate([part[place] for part in parts]) for place in range(4)
    )
    side = np.repeat(np.arange(2, dtype=np.int8), [len(part[0]) for part in parts])
    order = np.lexsort((partner, side, firm))
    return Reliances(
        firm[order].astype(np.int32),
        partner[order].astype(np.int32),
        side[order],
        amount[order],
        total[order],
        network.ids,
    )


def _share(given: Decimal | float) -> Fraction:
    try:
        share = Fraction(str(given))
    except ValueError:
        share = Fraction(0)
    if not 0 < share <= 1:
        raise InvalidInput(f"share must be above 0 and at most 1, not {given}")
    return share


def _side(
    indptr: IntArray, indices: RowArray, amount: IntArray, least: Fraction
) -> tuple[IntArray, RowArray, IntArray, IntArray]:
    """Return firm, partner, amount and total of the entries that reach the share."""
    ends = np.concatenate([[0], np.cumsum(amount)])
    totals = ends[indptr[1:]] - ends[indptr[:-1]]
    firm = np.repeat(np.arange(len(totals)), np.diff(indptr))
    near = np.flatnonzero((firm != indices) & (amount >= (float(least) - NEAR) * totals[firm]))
    reach = [
        part * least.denominator >= least.numerator * whole
        for part, whole in zip(amount[near].tolist(), totals[firm[near]].tolist(), strict=True)
    ]
    kept = near[np.array(reach, np.bool_)]
    return firm[kept], indices[kept], amount[kept], totals[firm[kept]]
