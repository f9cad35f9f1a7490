"""What each analysis is asked for, and what it answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Step = Callable[[str, float], None]
Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class EsriOptions:
    """Production losses: files, rules and scenarios."""

    firms: Path
    trades: Path
    essential: Path | None
    shocks: Path | None
    close: tuple[str, ...]
    method: str | None
    tolerance: float | None
    rounds_max: int
    replaceability: bool
    dead_sector: str
    precision: str
    losses: bool
    threads: int
    dask: str | None


@dataclass(frozen=True, slots=True)
class DebtRankOptions:
    """Losses of equity: files, kind and scenarios."""

    firms: Path
    claims: Path
    shocks: Path | None
    kind: str
    method: str
    eta: float
    tolerance: float
    width: float
    losses: bool
    threads: int


@dataclass(frozen=True, slots=True)
class ClearingOptions:
    """Payments: files, recoveries and scenarios."""

    firms: Path
    claims: Path
    shocks: Path | None
    recovery_external: float
    recovery_internal: float
    seniority: str
    threads: int


@dataclass(frozen=True, slots=True)
class DiffusionOptions:
    """Ties: files, damping and sources."""

    firms: Path
    trades: Path
    sources: Path
    damping: float
    tolerance: float
    dangling: str
    threads: int


@dataclass(frozen=True, slots=True)
class CreditOptions:
    """Credit passed on: files and how much each tier passes."""

    firms: Path
    claims: Path
    sources: Path
    tiers: int
    haircut: float
    cut_off: float
    threads: int


@dataclass(frozen=True, slots=True)
class FsriOptions:
    """Losses of banks through firms: files, rules, terms and scenarios."""

    firms: Path
    trades: Path
    essential: Path | None
    banks: Path
    loans: Path
    interbank: Path | None
    shocks: Path | None
    close: tuple[str, ...]
    lgd: float
    default: str
    profit: str
    closed_default: bool
    eta: float
    tolerance: float | None
    rounds_max: int
    replaceability: bool
    dead_sector: str
    losses: bool
    threads: int


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """A table, the losses behind it where they were asked for, and a few facts."""

    table: Columns
    facts: Mapping[str, Any]
    losses: Iterable[Columns] | None = None  # In parts: all of them may not fit in memory.

    @property
    def rows(self) -> int:
        """Return the number of rows of the table."""
        return len(next(iter(self.table.values())))
