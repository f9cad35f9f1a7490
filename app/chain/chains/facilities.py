"""What each chain as a whole may borrow, how much of it is used, and all chains together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.chain.limits.shown import Shown
from app.platform.deps import Resources

ROW_BYTES = 700
FIGURES = ("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding")


@dataclass(frozen=True, slots=True)
class ChainFacility:
    """What a chain as a whole may borrow; money is None where there is no facility."""

    core: str
    name: str
    firms: int
    limit_fen: int | None
    occupied_fen: int | None
    reserved_fen: int | None
    available_fen: int | None
    binding: str | None
    absent: str | None

    @property
    def headroom_fen(self) -> int | None:
        """
        Return what documents and reservations leave, below zero where they exceed the facility.

        Example:
            >>> ChainFacility("C1", "", 3, 100, 130, None, 0, "rate_cap", None).headroom_fen
            -30
        """
        if self.limit_fen is None or self.occupied_fen is None:
            return None
        return self.limit_fen - self.occupied_fen - (self.reserved_fen or 0)

    @property
    def use(self) -> float | None:
        """Return the share of the facility that is occupied: infinite where nothing is granted."""
        if self.limit_fen is None or self.occupied_fen is None:
            return None
        if not self.limit_fen:
            return math.inf if self.occupied_fen else None
        return self.occupied_fen / self.limit_fen


@dataclass(frozen=True, slots=True)
class Total:
    """
    All chains together, as sums that fit.

    What is left of the facilities that have something left, less what others (`over` chains) are
    used beyond their limit, is the headroom.
    """

    cores: int
    known: int
    over: int
    limit_fen: int
    occupied_fen: int
    reserved_fen: int
    left_fen: int
    over_fen: int

    @property
    def headroom_fen(self) -> int:
        """Return what is left of all facilities together."""
        return self.left_fen - self.over_fen

    @property
    def share(self) -> float | None:
        """Return the share of all facilities that is occupied."""
        return self.occupied_fen / self.limit_fen if self.limit_fen else None


def facility_of(results: Shown, core: str) -> ChainFacility:
    """
    Return the facility of one chain.

    Raises:
        NotFound: There is no such core, or it is not the reader's.
    """
    granted = results.facility(core) or {}
    return ChainFacility(
        core=core,
        name=results.name(core),
        firms=results.size(core),
        absent=results.why_no_facility(core),
        **{name: granted.get(name) for name in FIGURES},
    )


def facilities(resources: Resources, results: Shown) -> Sequence[ChainFacility]:
    """Return every chain that the reader sees with its facility; made once a run."""
    kept = resources.shelf("facilities", 1 / 16, _bytes_of)
    return kept.made(
        (results.head.run, results.sight),
        lambda: [facility_of(results, core) for core in results.cores],
    )


def total_of(rows: Sequence[ChainFacility]) -> Total:
    """Return the sums over all chains; those without a facility count as cores only."""
    known = [row for row in rows if row.limit_fen is not None]
    left = [row.headroom_fen or 0 for row in known]
    return Total(
        cores=len(rows),
        known=len(known),
        over=sum(1 for fen in left if fen < 0),
        limit_fen=sum(row.limit_fen or 0 for row in known),
        occupied_fen=sum(row.occupied_fen or 0 for row in known),
        reserved_fen=sum(row.reserved_fen or 0 for row in known),
        left_fen=sum(fen for fen in left if fen > 0),
        over_fen=-sum(fen for fen in left if fen < 0),
    )


def _bytes_of(rows: Sequence[ChainFacility]) -> int:
    return ROW_BYTES * (1 + len(rows))
