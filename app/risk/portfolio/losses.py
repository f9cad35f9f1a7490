"""
What is lost in scenarios: where each core fails, and where each sector is under stress.

Where a core fails, its documents lose their loss given default; a firm of its chain fails more
likely, by what it loses of its production times how far that adds. A sector under stress loses its
expected loss so many times; the others do so less.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.policy import Policy
from app.risk.portfolio.gains import Gain, in_e12
from app.risk.portfolio.standing import UNKNOWN, BankStanding
from graph.portfolio import E12, Entries, LossTail

E6 = 10**6
IntArray = npt.NDArray[np.int64]


class CarriedRisk(NamedTuple):
    """What somebody's credit carries: a candidate, or something that is lent already."""

    payer: str
    firm: str
    gain: Gain
    amount_fen: int


def where_core_fails_e12(gain: Gain, lost_e12: int, delta: Decimal) -> int:
    """
    Return what of a fen lent to a firm of a chain is lost where the core fails.

    Args:
        gain: The figures of the fen.
        lost_e12: What the firm loses of its production then.
        delta: How far a lost production adds to the chance of failing.
    """
    return in_e12(min(Decimal(1), gain.chance + delta * lost_e12 / E12) * gain.lgd)


def sector_loads_e6(policy: Policy) -> tuple[int, int]:
    """Return how many times its expected loss a sector under stress loses, and the others."""
    stressed, other = (
        int(policy.decimal(name) * E6) for name in ("sector_stress", "sector_stress_elsewhere")
    )
    return stressed, other


class StressLosses:
    """
    The scenarios of a run.

    Args:
        standing: What the bank could lend and has lent.
        policy: The policy in force.
        book_fen: What the book may hold, of which caps are parts.
    """

    def __init__(self, standing: BankStanding, policy: Policy, book_fen: int) -> None:
        self._standing, self._policy, self._book_fen = standing, policy, book_fen
        self._delta = policy.decimal("delta")
        self.cores = standing.results.cores
        self.sectors = sorted({*standing.sectors.values(), UNKNOWN})
        self._place = {sector: place for place, sector in enumerate(self.sectors)}
        self._row = {core: row for row, core in enumerate(self.cores)}
        self._losses: dict[str, list[tuple[int, int]]] = {}
        for (core, firm), member in standing.members.items():
            if member.loss_e12:
                self._losses.setdefault(firm, []).append((self._row[core], member.loss_e12))

    @property
    def names(self) -> Sequence[str]:
        """Return the scenarios in their order."""
        return [
            *(f"core_fails:{core}" for core in self.cores),
            *(f"sector_stress:{sector}" for sector in self.sectors),
        ]

    def tail(self, asked: Sequence[CarriedRisk], lent: Sequence[CarriedRisk]) -> LossTail:
        """Return what candidates would lose, beside what is lost on what is lent already."""
        policy = self._policy
        factor = np.array([self._factor(each) for each in asked], np.int64)
        expected = np.array([each.gain.expected_e12 for each in asked], np.int64)
        scenarios = len(self.names)
        cap = int(policy.decimal("portfolio_scenario_share") * self._book_fen)
        return LossTail(
            alone=self._alone(asked),
            factor=factor,
            expected_e12=expected,
            load_e6=self._loads(),
            base_fen=np.array(self._base(lent), np.int64),
            cap_fen=np.full(scenarios, cap, np.int64),
            worst_e6=int(policy.decimal("portfolio_tail_part") * E6),
            tail_cap_fen=int(policy.decimal("portfolio_tail_share") * self._book_fen),
        )

    def _factor(self, carried: CarriedRisk) -> int:
        return self._place[self._standing.sectors.get(carried.payer, UNKNOWN)]

    def _loads(self) -> IntArray:
        stressed, other = sector_loads_e6(self._policy)
        count = len(self.sectors)
        found = np.full((count, count), other, np.int64)
        np.fill_diagonal(found, stressed)
        return found

    def _alone(self, asked: Sequence[CarriedRisk]) -> Entries:
        rows = [
            (row, at, weight)
            for at, carried in enumerate(asked)
            for row, weight in self._hit(carried)
        ]
        columns = np.array(rows, np.int64).reshape(-1, 3)
        return Entries(columns[:, 0], columns[:, 1], columns[:, 2])

    def _hit(self, carried: CarriedRisk) -> Iterator[tuple[int, int]]:
        """Yield the cores whose failing costs something of what is carried, and which part."""
        if carried.payer in self._row:
            yield self._row[carried.payer], in_e12(carried.gain.lgd)
        for row, lost in self._losses.get(carried.payer, ()):
            yield row, where_core_fails_e12(carried.gain, lost, self._delta)

    def _base(self, lent: Iterable[CarriedRisk]) -> Sequence[int]:
        """Return what is lost on what is lent already, by scenario, in whole fen rounded up."""
        found = [0] * len(self.cores)
        by_factor = [0] * len(self.sectors)
        for each in lent:
            by_factor[self._factor(each)] += each.amount_fen * each.gain.expected_e12
            for row, weight in self._hit(each):
                found[row] += each.amount_fen * weight
        loads = self._loads().tolist()
        stressed = [
            sum(load * lost for load, lost in zip(row, by_factor, strict=True)) for row in loads
        ]
        return [
            *(-(-lost // E12) for lost in found),
            *(-(-lost // (E12 * E6)) for lost in stressed),
        ]
