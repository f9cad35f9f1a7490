"""
Losses of production split over the trades that carried them.

A firm's loss is its own as far as it lost it at the start. The rest came over trades: from the
suppliers it missed most where its loss is one of inputs, from its buyers where it is one of orders,
in proportion to what each withheld in the last round (`kernels/carried.py`). The parts of a
firm are rounded to fen by largest remainder, so that they sum to its loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, firm_column, firm_frame, frame, rows_of
from graph.spread.production.cascade import losses_of
from graph.spread.production.economy import Production, Rules
from graph.spread.production.results import in_fen
from graph.spread.shocks import Scenarios
from graph.stress.attribution.euler import Attribution, shocks_of, weigh
from graph.stress.attribution.kernels import carried
from graph.stress.attribution.rounding import share_out
from graph.stress.scenarios.stakes import Stakes


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """
    Losses in fen by firm that lost them first, and by trade that carried them.

    Attributes:
        first_fen: What each firm lost at the start, by row.
        suppliers: Row of the seller of every trade, ascending, then by buyer.
        buyers: Row of its buyer.
        inputs_fen: What the buyer lost because the supplier did not deliver.
        orders_fen: What the supplier lost because the buyer did not order.
        ids: What the firms are called, by row; None where rows are all there is.
    """

    first_fen: IntArray
    suppliers: IntArray
    buyers: IntArray
    inputs_fen: IntArray
    orders_fen: IntArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a trade: supplier, buyer, inputs_fen, orders_fen."""
        ends = {"supplier": self.suppliers, "buyer": self.buyers}
        named = {name: firm_column(self.ids, rows) for name, rows in ends.items()}
        return frame({**named, "inputs_fen": self.inputs_fen, "orders_fen": self.orders_fen})

    def first_to_pandas(self) -> Frame:
        """Return a row a firm: firm, first_fen."""
        return firm_frame(self.ids, first_fen=self.first_fen)

    @property
    def total_fen(self) -> int:
        """Return the sum of all parts."""
        parts = (self.first_fen, self.inputs_fen, self.orders_fen)
        return sum(int(each.sum()) for each in parts)


class _Sums(NamedTuple):
    """Parts as the kernel adds them up, by place."""

    own: FloatArray
    inputs: FloatArray
    orders: FloatArray

    @classmethod
    def of(cls, production: Production) -> Self:
        """Return nothing lost yet."""
        structure = production.structure
        trades = len(structure.out_buyers)
        return cls(np.zeros(len(production)), np.zeros(trades), np.zeros(trades))

    def add(
        self,
        production: Production,
        losses: tuple[FloatArray, FloatArray],
        first: FloatArray,
        amounts: FloatArray,
    ) -> None:
        """Add one scenario, whose columns are by row."""
        rows = production.rows
        carried.add(
            production.structure,
            losses[0][rows],
            losses[1][rows],
            first[rows],
            amounts[rows],
            self.own,
            self.inputs,
            self.orders,
        )


def carried_by(
    production: Production, scenario: Scenarios, stakes: Stakes, *, rules: Rules | None = None
) -> Carried:
    """
    Return what one scenario costs in production, by who lost it first and which trade carried it.

    Args:
        production: The prepared economy.
        scenario: One scenario.
        stakes: Sales that can be lost.
        rules: When the cascade stops; the published setting by default.

    Raises:
        InvalidInput: There is not one scenario, or the stakes are of other firms.
        NotFound: The economy has no firm of that id.
        NotConverged: Losses still moved at the bound on rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> production = prepare(Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0]))
        >>> found = carried_by(production, Scenarios.together([0]), Stakes.build([40, 60, 5]))
        >>> found.first_fen.tolist(), found.inputs_fen.tolist(), found.orders_fen.tolist()
        ([40, 0, 0], [60, 5], [0, 0])
    """
    scenario.refuse_many()
    sales_fen = _sales(production, stakes)
    block = next(losses_of(production, scenario, np.arange(len(production)), rules=rules))
    down, up = block.down[0], block.up[0]
    firm_fen = in_fen(np.maximum(down, up), sales_fen)
    first = np.zeros(len(production))
    first[rows_of(scenario.rows, production, "rows")] = np.maximum(scenario.down, scenario.up)
    sums = _Sums.of(production)
    sums.add(production, (down, up), first, firm_fen.astype(np.float64))
    return _rounded(production, sums, firm_fen, stakes)


def attribute_trades(
    production: Production, stakes: Stakes, attribution: Attribution, *, threads: int = 1
) -> Carried:
    """
    Return an attribution of lost production split further, over the trades that carried it.

    The parts of a firm, its own and those of its trades, sum to its part in the attribution.

    Args:
        production: The economy that was simulated.
        stakes: What could be lost.
        attribution: A figure split over firms.
        threads: How many draws run at a time; the parts have the same bits on any number.

    Raises:
        InvalidInput: The figure is one of lost loans, or the stakes are of other firms.
        NotConverged: A cascade still moved at the bound on rounds.
    """
    if attribution.part.loss != "production":
        raise InvalidInput("trades carry lost production; lost loans are not split over them")
    sales_fen, simulation = _sales(production, stakes), attribution.simulation
    weights, _ = weigh(simulation, attribution.part)
    share = max(simulation.model.down, simulation.model.up)
    everybody, sums = np.arange(len(production)), _Sums.of(production)
    for numbers, shocks in shocks_of(simulation, weights.draws, threads):
        at = 0
        for block in losses_of(
            production, shocks, everybody, rules=simulation.model.rules, threads=threads
        ):
            for down, up in zip(block.down, block.up, strict=True):
                place = int(np.searchsorted(weights.draws, numbers[at]))
                count = int(weights.times[place]) * weights.counts[int(weights.kind[place])]
                first = np.zeros(len(production))
                first[shocks.rows[shocks.offsets[at] : shocks.offsets[at + 1]]] = share
                fen = in_fen(np.maximum(down, up), sales_fen) * (attribution.firm_fen > 0)
                sums.add(production, (down, up), first, np.multiply(fen, count / weights.whole))
                at += 1
    return _rounded(production, sums, attribution.firm_fen, stakes)


def _sales(production: Production, stakes: Stakes) -> IntArray:
    if stakes.economy != len(production):
        raise InvalidInput(f"stakes of {stakes.economy} firms, an economy of {len(production)}")
    sales_fen = np.zeros(len(production), np.int64)
    sales_fen[stakes.firms] = stakes.sales_fen
    return sales_fen


def _rounded(production: Production, sums: _Sums, firm_fen: IntArray, stakes: Stakes) -> Carried:
    """Return the parts in fen; those of a firm sum to what it lost."""
    structure, rows = production.structure, production.rows
    firms = np.arange(len(production))
    sellers = np.repeat(firms, np.diff(structure.out_indptr))
    buyers = np.repeat(firms, np.diff(structure.in_indptr))
    owners = rows[np.concatenate([firms, buyers, sellers])]
    parts = share_out(firm_fen, owners, np.concatenate(sums))
    own, inputs, orders = np.split(parts, [len(firms), len(firms) + len(buyers)])
    first_fen = np.zeros(len(firms), np.int64)
    first_fen[rows] = own
    from_rows, to_rows = rows[structure.in_suppliers], rows[buyers]
    by_buyer = np.lexsort((to_rows, from_rows))
    by_seller = np.lexsort((rows[structure.out_buyers], rows[sellers]))
    return Carried(
        first_fen,
        from_rows[by_buyer],
        to_rows[by_buyer],
        inputs[by_buyer],
        orders[by_seller],
        stakes.called(production),
    )
