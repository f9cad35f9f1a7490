"""What each of some scenarios costs: lost production, lost loans, and what is not paid."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from graph.arrays.dtypes import IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, frame
from graph.spread.payments.clearing import Debts, stop_paying
from graph.spread.production.economy import Production, Rules
from graph.stress.scenarios.groups import by_group
from graph.stress.scenarios.resolve import Resolved
from graph.stress.scenarios.stakes import Stakes, count


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """
    What every scenario (rows) costs every group of firms (columns), in fen.

    Attributes:
        scenarios: Their names.
        names: Of the groups; the first is all firms.
        production_fen: Lost production: the larger share, down or up, of each firm's sales.
        credit_fen: Lost loans; None where no exposures were given.
        payments_fen: What creditors are not paid, beside lost production; None without debts.
        rules: When the cascades stopped.
    """

    scenarios: tuple[str, ...]
    names: tuple[str, ...]
    production_fen: IntArray
    credit_fen: IntArray | None
    payments_fen: IntArray | None
    rules: Rules

    def to_pandas(self) -> Frame:
        """Return a row a scenario and group: scenario, group, and what it loses in fen."""
        size = len(self.scenarios)
        numbers = np.repeat(np.arange(size), len(self.names))
        named = pa.array(self.scenarios, pa.string()).take(numbers)
        kinds = ("production_fen", "credit_fen", "payments_fen")
        losses = {name: getattr(self, name) for name in kinds}
        return frame({"scenario": named, **by_group(self.names, size, losses)})


def run(
    production: Production,
    resolved: Resolved,
    stakes: Stakes,
    *,
    debts: Debts | None = None,
    rules: Rules | None = None,
    threads: int = 1,
) -> Outcome:
    """
    Return what each scenario costs, by group.

    A firm that loses all its production at once (down or up) fails first: its loan is lost.

    Args:
        production: The prepared economy.
        resolved: The scenarios, as rows of its firms.
        stakes: What can be lost, and the groups it is summed over.
        debts: In fen, for scenarios in which firms stop paying.
        rules: When a cascade stops; the published setting by default.
        threads: How many scenarios run at a time.

    Raises:
        InvalidInput: A scenario stops payments and no debts are given, or columns are of
            different numbers of firms.
        NotConverged: Losses still moved at a bound on rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> from graph.scenarios import Hit, Scenario, resolve
        >>> from graph.testing.networks import toy
        >>> network = toy({("mill", "cars"): 90})
        >>> stop = Scenario("stop", (Hit(firms=("mill",), down=1.0),))
        >>> production = prepare(Economy.of(network))
        >>> run(production, resolve(network, [stop]), Stakes.build([500, 90])).production_fen
        array([[590]])
    """
    rules = rules or Rules()
    parts = [np.zeros((0, len(stakes.groups)), np.int64)]
    lent = [np.zeros((0, len(stakes.groups)), np.int64)]
    for part in count(production, resolved.shocks, stakes, rules=rules, threads=threads):
        parts.append(stakes.groups.sums(part.production_fen))
        if part.credit_fen is not None:
            lent.append(stakes.groups.sums(part.credit_fen))
    return Outcome(
        resolved.names,
        stakes.groups.names,
        np.concatenate(parts),
        np.concatenate(lent) if stakes.lends else None,
        _payments(resolved, stakes, debts),
        rules,
    )


def _payments(resolved: Resolved, stakes: Stakes, debts: Debts | None) -> IntArray | None:
    """Return what is not paid, by group, in every scenario."""
    unpaid = resolved.unpaid
    if debts is None:
        stops = np.flatnonzero(np.diff(unpaid.offsets))
        if len(stops):
            name = resolved.names[int(stops[0])]
            raise InvalidInput(f"scenario {name!r} stops payments, and no debts are given")
        return None
    if debts.firms != stakes.economy:
        raise InvalidInput(f"debts of {debts.firms} firms, stakes of {stakes.economy}")
    found = np.zeros((len(resolved), stakes.economy), np.int64)
    for scenario in range(len(resolved)):
        own = slice(int(unpaid.offsets[scenario]), int(unpaid.offsets[scenario + 1]))
        rows = unpaid.rows[own].tolist()
        if rows:
            lost = stop_paying(debts, rows, recovery=1.0 - unpaid.shares[own]).losses
            found[scenario] = np.rint(lost).astype(np.int64)
    return stakes.every.sums(found)
