"""
What the bank would lose in a chain: expected in a year, and in the scenario that costs most.

Scenarios are those of the portfolio: each core fails, each sector is under stress. Sums are exact
in 10^-12 fen and rounded up once.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.platform.documents import Document
from app.risk.portfolio.gains import in_e12
from app.risk.portfolio.losses import E6, CarriedRisk, where_core_fails_e12
from graph.portfolio import E12

CORE_FAILS, SECTOR_STRESS = "core_fails", "sector_stress"
E18 = E12 * E6
ByFirm = dict[str, int]


class WorstCase(NamedTuple):
    """What happens: which core fails, or which sector is under stress."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class LossGround:
    """
    What losses are made from beside what is lent.

    Args:
        sector_of: The sector of a firm.
        lost_of: What a firm loses of its production where each core fails, in 10^-12.
        delta: How far lost production adds to the chance of failing.
        loads_e6: Times its expected loss that a sector under stress loses, and the others.
        cores: Who fails in a scenario.
        name_of: What a firm is called.
    """

    sector_of: Callable[[str], str]
    lost_of: Callable[[str], Mapping[str, int]]
    delta: Decimal
    loads_e6: tuple[int, int]
    cores: Collection[str]
    name_of: Callable[[str], str]


class LossSums:
    """
    What is lent in a chain and lost of it, summed up as uses are added.

    Args:
        ground: What losses are made from beside what is lent.
    """

    def __init__(self, ground: LossGround) -> None:
        self._ground = ground
        self._lent_fen = 0
        self._expected: ByFirm = {}
        self._by_sector: dict[str, ByFirm] = {}
        self._failing: dict[str, ByFirm] = {}

    def add(self, lent: CarriedRisk) -> None:
        """Add what is lent once more."""
        self._lent_fen += lent.amount_fen
        expected = lent.amount_fen * lent.gain.expected_e12
        sector = self._by_sector.setdefault(self._ground.sector_of(lent.payer), {})
        _add(self._expected, lent.firm, expected)
        _add(sector, lent.firm, expected)
        for core, weight in self._where_cores_fail(lent):
            _add(self._failing.setdefault(core, {}), lent.firm, lent.amount_fen * weight)

    def document(self) -> Document:
        """Return what is lent, its losses, and who contributes most to each."""
        name = self._ground.name_of
        scenario, stressed = self._worst()
        told = None
        if scenario is not None:
            called = name(scenario.id) if scenario.kind == CORE_FAILS else scenario.id
            told = {"kind": scenario.kind, "id": scenario.id, "name": called}
        return {
            "lent_fen": self._lent_fen,
            "expected_fen": -(-sum(self._expected.values()) // E12),
            "expected_largest": _largest(self._expected, E12, name),
            "stressed_fen": -(-sum(stressed.values()) // E18),
            "stressed_largest": _largest(stressed, E18, name),
            "scenario": told,
        }

    def _where_cores_fail(self, lent: CarriedRisk) -> Iterator[tuple[str, int]]:
        """Yield the cores whose failing costs something of what is lent, and which part."""
        ground = self._ground
        for core, lost in ground.lost_of(lent.payer).items():
            yield core, where_core_fails_e12(lent.gain, lost, ground.delta)
        if lent.payer in ground.cores:
            yield lent.payer, in_e12(lent.gain.lgd)

    def _worst(self) -> tuple[WorstCase | None, ByFirm]:
        """Return the scenario that costs most, and what it costs by firm, in 10^-18 fen."""
        found = [
            *((sum(each.values()) * E6, CORE_FAILS, core) for core, each in self._failing.items()),
            *((self._stressed_e18(each), SECTOR_STRESS, each) for each in self._by_sector),
        ]
        if not found:
            return None, {}
        _, kind, name = min((-lost, kind, name) for lost, kind, name in found)
        if kind == CORE_FAILS:
            return WorstCase(kind, name), {f: e * E6 for f, e in self._failing[name].items()}
        hard, other = self._ground.loads_e6
        own = self._by_sector[name]
        by_firm = {
            firm: lost * other + own.get(firm, 0) * (hard - other)
            for firm, lost in self._expected.items()
        }
        return WorstCase(kind, name), by_firm

    def _stressed_e18(self, sector: str) -> int:
        hard, other = self._ground.loads_e6
        own = sum(self._by_sector[sector].values())
        return sum(self._expected.values()) * other + own * (hard - other)


def _largest(by_firm: ByFirm, scale: int, name_of: Callable[[str], str]) -> Document | None:
    total = sum(by_firm.values())
    if not total:
        return None
    firm = min(by_firm, key=lambda each: (-by_firm[each], each))
    return {
        "id": firm,
        "name": name_of(firm),
        "loss_fen": -(-by_firm[firm] // scale),
        "share": f"{Decimal(by_firm[firm]) / total:.6f}",
    }


def _add(by_firm: ByFirm, firm: str, lost: int) -> None:
    by_firm[firm] = by_firm.get(firm, 0) + lost
