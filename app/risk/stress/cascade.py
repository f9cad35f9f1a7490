"""
The losses of one scenario, round by round.

Production: what a firm cannot make for want of inputs or orders, the larger share of its sales.
Payments: what debtors that stopped, and those they fell, do not pay it. The two add up. In round
0 the firms that are hit lose what the scenario says; round n adds what moved in the n-th step of
each channel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.chain.runs.contagion import prepared, rules_of
from app.policy import Policy
from graph.clearing import Debts, stop_paying
from graph.contagion import cut_e12, in_fen, rounds
from graph.network import Network
from graph.scenarios import Resolved

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
OWED = ("open", "confirmed")  # The seller still waits for its money.
SOLD = "financed"  # The buyer owes, but to who bought the claim.


@dataclass(frozen=True, slots=True)
class Round:
    """What every firm lost in one round."""

    production_fen: IntArray
    payments_fen: IntArray
    share_e12: IntArray

    @property
    def loss_fen(self) -> IntArray:
        """Return both losses together."""
        return self.production_fen + self.payments_fen

    @property
    def hit(self) -> npt.NDArray[np.bool_]:
        """Return whether a firm lost anything."""
        return (self.loss_fen > 0) | (self.share_e12 > 0)


def run(
    network: Network, receivables: pa.Table, as_of: date, hit: Resolved, policy: Policy
) -> Iterator[Round]:
    """
    Yield what every firm lost in each round, from round 0.

    Args:
        network: The version's firms and trades; `cash_fen` softens payments.
        receivables: The version's receivables.
        as_of: Rows dated later are not seen.
        hit: One scenario, looked up in the network.
        policy: Gives the tolerance, the bound on rounds, and whether firms replace each other.

    Raises:
        NotConverged: Losses still moved at the bound on rounds.
    """
    before = [np.zeros(len(network), np.int64) for _ in range(3)]
    shares, unpaid = np.zeros(len(network)), np.zeros(len(network))
    steps = zip_longest(
        _production(network, hit, policy),
        _payments(network, receivables, as_of, hit),
    )
    for share, missing in steps:
        shares = shares if share is None else share
        unpaid = unpaid if missing is None else missing
        now = [
            in_fen(shares, network.sales_fen),
            np.rint(unpaid).astype(np.int64),
            cut_e12(shares),
        ]
        yield Round(*(after - earlier for after, earlier in zip(now, before, strict=True)))
        before = now


def _production(network: Network, hit: Resolved, policy: Policy) -> Iterator[FloatArray]:
    """Yield the share of production lost after each round, where anybody loses any at once."""
    if not len(hit.shocks.rows):
        return
    for state in rounds(prepared(network, policy), hit.shocks, rules=rules_of(policy)):
        yield state.loss


def _payments(
    network: Network, receivables: pa.Table, as_of: date, hit: Resolved
) -> Iterator[FloatArray]:
    """Yield what is not paid after each round."""
    rows = hit.unpaid.rows.tolist()
    if rows:
        debts = debts_of(network, receivables, as_of)
        yield from stop_paying(debts, rows, recovery=1.0 - hit.unpaid.shares).levels


def debts_of(network: Network, receivables: pa.Table, as_of: date) -> Debts:
    """
    Return who owes whom on a day: what is not paid of receivables that are open or confirmed.

    A financed receivable is owed to whoever bought it, outside; a disputed one is no money that
    anybody counts on; one between a firm and itself is none.
    """
    rows = _unpaid(receivables, as_of)
    owed = rows.filter(pc.is_in(rows["status"], pa.array(OWED)))
    sold = rows.filter(pc.equal(rows["status"], SOLD))
    outside = np.zeros(len(network))
    np.add.at(outside, network.rows(sold["buyer"]), _amounts(sold))
    return Debts(
        len(network),
        network.rows(owed["seller"]),
        network.rows(owed["buyer"]),
        _amounts(owed),
        _cash(network),
        outside,
    )


def _unpaid(receivables: pa.Table, as_of: date) -> pa.Table:
    day = pa.scalar(as_of, pa.date32())
    paid = pc.fill_null(pc.less_equal(receivables["paid_on"], day), fill_value=False)
    open_rows = pc.and_(pc.less_equal(receivables["issued_on"], day), pc.invert(paid))
    others = pc.not_equal(receivables["seller"], receivables["buyer"])
    owing = pc.and_(pc.greater(_faces(receivables), 0), others)
    return receivables.filter(pc.and_(open_rows, owing))


def _faces(rows: pa.Table) -> pa.ChunkedArray:
    """Return amounts less what is paid of them."""
    return pc.subtract(rows["amount_fen"], pc.fill_null(rows["paid_fen"], 0))


def _amounts(rows: pa.Table) -> FloatArray:
    return np.asarray(_faces(rows).cast(pa.float64()).to_numpy(), np.float64)


def _cash(network: Network) -> FloatArray:
    if "cash_fen" not in network.attributes.column_names:
        return np.zeros(len(network))
    stated = network.column("cash_fen").cast(pa.float64()).fill_null(0.0)
    return np.maximum(np.asarray(stated.to_numpy(zero_copy_only=False), np.float64), 0.0)
