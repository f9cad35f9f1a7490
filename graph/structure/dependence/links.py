"""Who depends on whom: shares of sales that are owed, and shares of purchases."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.arrays import csr
from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network import Network
from graph.network import columns as check
from graph.network.firms import FirmRows, Frame, checked_ids, firm_column, frame, rows_of

OWED = 2.0  # Receivables of half the equity count in full.


@dataclass(frozen=True, slots=True)
class Dealings:
    """
    What suppliers sold buyers and are owed by them, as columns; equal pairs are added up.

    Args:
        suppliers: Row or id of the supplier.
        buyers: Row or id of the buyer.
        amount_fen: What was sold, whole fen, not negative.
        receivable_fen: What the buyer still owes for it, whole fen, not negative.
        substitutability: Share, in [0, 1], of the supplier's part that the buyer could replace;
            one for all or one each. Unknown is 0: nobody stands in.
        ids: What the firms are called, in row order.
    """

    suppliers: npt.ArrayLike
    buyers: npt.ArrayLike
    amount_fen: npt.ArrayLike
    receivable_fen: npt.ArrayLike
    substitutability: npt.ArrayLike = 0.0
    ids: Sequence[str] | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        network: Network,
        *,
        creditors: npt.ArrayLike,
        debtors: npt.ArrayLike,
        receivable_fen: npt.ArrayLike,
        substitutability: float = 0.0,
    ) -> Self:
        """
        Return the trades of a network with a list of receivables.

        Args:
            network: Who sells whom what, and what the firms are called.
            creditors: Row or id of who is owed.
            debtors: Row or id of who owes it.
            receivable_fen: What is owed, whole fen, not negative.
            substitutability: As above, one for all.

        Raises:
            InvalidInput: Creditors or debtors are neither rows nor ids.
            NotFound: One is not in the network.

        Example:
            >>> from graph.testing.networks import toy
            >>> network = toy({("mill", "cars"): 90})
            >>> dealings = Dealings.of(network, creditors=[1], debtors=[0], receivable_fen=[30])
            >>> dealings.suppliers.tolist(), dealings.amount_fen.tolist()
            ([1, 1], [90, 0])
        """
        supplying = np.repeat(np.arange(len(network)), np.diff(network.out_indptr))
        owed, nothing = check.untyped(receivable_fen), np.zeros(network.edges, np.int64)
        return cls(
            np.concatenate((supplying, rows_of(creditors, network, "creditors"))),
            np.concatenate((network.out_indices, rows_of(debtors, network, "debtors"))),
            np.concatenate((network.out_amount_fen, np.zeros(len(owed), np.int64))),
            np.concatenate((nothing, owed)),
            substitutability,
            network.ids,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """
    Dependence of firms on each other before any theta, rows of who depends.

    Attributes:
        up: [i, c]: the share of i's sales that goes to c, times what c owes i as a share of half
            of i's equity, 1 at most.
        down: [j, s]: the share of j's purchases that comes from s and cannot be replaced.
    """

    up: sparse.csr_array
    down: sparse.csr_array
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a link: side (up, down), firm, partner it depends on, share."""
        up, down = self.up.tocoo(), self.down.tocoo()
        sides = ["up"] * len(up.data) + ["down"] * len(down.data)
        ends = (np.concatenate([up.coords[side], down.coords[side]]) for side in (0, 1))
        firms, partners = (firm_column(self.ids, rows) for rows in ends)
        share = np.concatenate([up.data, down.data])
        return frame({"side": sides, "firm": firms, "partner": partners, "share": share})

    def __len__(self) -> int:
        return int(self.up.shape[0])

    @classmethod
    def build(
        cls,
        equity_fen: npt.ArrayLike,
        dealings: Dealings,
        *,
        sales_fen: npt.ArrayLike | None = None,
        purchases_fen: npt.ArrayLike | None = None,
    ) -> Self:
        """
        Return the links of firms with this equity.

        A firm that is owed anything without positive equity depends in full on who owes it. What
        a firm trades with itself counts in its totals and is no link.

        Args:
            equity_fen: Of every firm, whole fen, of either sign.
            dealings: What firms sell and owe each other.
            sales_fen: All sales of every firm, where stated; where they are less than the
                dealings, or not given, the dealings count.
            purchases_fen: The same for purchases.

        Raises:
            InvalidInput: A column is not what it must be.
            NotFound: An id is none of a firm.

        Example:
            Firm 1 sells all it makes to 0, which owes it a quarter of its equity.

            >>> dealings = Dealings([1], [0], amount_fen=[90], receivable_fen=[25])
            >>> links = Links.build([500, 100], dealings)
            >>> links.up.toarray().tolist(), links.down.toarray().tolist()
            ([[0.0, 0.0], [0.5, 0.0]], [[0.0, 1.0], [0.0, 0.0]])
        """
        equity = _fen(equity_fen, "equity_fen")
        firms = len(equity)
        named = FirmRows(firms, checked_ids(dealings.ids, firms))
        selling, buying = (
            check.row_numbers(rows_of(ends, named, name), firms, name)
            for name, ends in (("suppliers", dealings.suppliers), ("buyers", dealings.buyers))
        )
        amount = _positive(dealings.amount_fen, "amount_fen")
        owed = _positive(dealings.receivable_fen, "receivable_fen")
        if not len(selling) == len(buying) == len(amount) == len(owed):
            raise InvalidInput("suppliers, buyers, amount_fen and receivable_fen differ in length")
        kept = amount * (1.0 - _shares(dealings.substitutability, len(amount)))
        totals = (
            _totals(selling, amount, sales_fen, "sales_fen", firms),
            _totals(buying, amount, purchases_fen, "purchases_fen", firms),
        )
        other = selling != buying
        ends = (selling[other], buying[other])
        indptr, indices, sold = csr.sum_pairs(*ends, amount[other], firms)
        *_, claims = csr.sum_pairs(*ends, owed[other], firms)
        rows = np.repeat(np.arange(firms), np.diff(indptr))
        strength = _quotient(sold.astype(np.float64), totals[0][rows]) * _owed(claims, equity[rows])
        up = sparse.csr_array((strength, indices, indptr), shape=(firms, firms))
        share = _quotient(kept[other], totals[1][ends[1]])
        down = sparse.csr_array((share, (ends[1], ends[0])), shape=(firms, firms))
        for links in (up, down):
            links.eliminate_zeros()
        return cls(up, down, named.ids)


def _owed(claims: IntArray, equity: IntArray) -> FloatArray:
    """Return what claims are of half the equity, 1 at most; all that stands on none is 1."""
    shares = (claims > 0).astype(np.float64)
    np.divide(OWED * claims, equity, out=shares, where=equity > 0)
    return np.minimum(shares, 1.0)


def _quotient(parts: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(parts, whole, out=np.zeros(len(parts)), where=whole > 0.0)


def _totals(
    rows: npt.NDArray[np.int32],
    amount: IntArray,
    stated: npt.ArrayLike | None,
    name: str,
    firms: int,
) -> FloatArray:
    """Return what every firm's dealings come to, or what is stated where that is more."""
    traded = np.bincount(rows, amount, firms).astype(np.float64)
    if stated is None:
        return traded
    whole = _positive(stated, name)
    if len(whole) != firms:
        raise InvalidInput(f"{name} has {len(whole)} entries for {firms} firms")
    return np.maximum(traded, whole)


def _fen(values: npt.ArrayLike, name: str) -> IntArray:
    """Return whole fen as int64 whose sums fit."""
    try:
        return check.amounts(check.untyped(values))
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from error


def _positive(values: npt.ArrayLike, name: str) -> IntArray:
    whole = _fen(values, name)
    if len(whole) and int(whole.min()) < 0:
        raise InvalidInput(f"{name}: entry {int(np.argmax(whole < 0))} is negative")
    return whole


def _shares(values: npt.ArrayLike, size: int) -> FloatArray:
    shares = np.asarray(values, np.float64)
    if shares.ndim and shares.shape != (size,):
        raise InvalidInput(f"substitutability has {shares.size} entries for {size} dealings")
    if not bool(((shares >= 0.0) & (shares <= 1.0)).all()):
        raise InvalidInput("substitutability must be shares in [0, 1]")
    return np.broadcast_to(shares, size)
