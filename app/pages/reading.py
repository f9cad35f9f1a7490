"""What the pages read: one interface, so that a page does not care where it comes from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from app.data.versions.schemas import AskedDep
from app.data.versions.service import Asked
from app.pages.directory import Directory
from app.platform.auth.sight import Sight
from app.platform.deps.routes import SightDep
from app.platform.web.charts import Flow, Group

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facility:
    """What a chain as a whole may borrow; money is None where there is no facility."""

    core: str
    name: str
    firms: int
    limit_fen: int | None
    occupied_fen: int | None
    available_fen: int | None
    binding: str | None
    absent: str | None
    reserved_fen: int | None = None

    @property
    def headroom_fen(self) -> int | None:
        """Return what is left of the facility; below zero where it is used beyond its limit."""
        return headroom_fen(self.limit_fen, self.occupied_fen, self.reserved_fen)

    @property
    def use(self) -> float | None:
        """Return the share of the facility that is occupied: infinite where nothing is granted."""
        if self.limit_fen is None or self.occupied_fen is None:
            return None
        if not self.limit_fen:
            return math.inf if self.occupied_fen else None
        return self.occupied_fen / self.limit_fen


def headroom_fen(
    limit_fen: int | None, occupied_fen: int | None, reserved_fen: int | None
) -> int | None:
    """
    Return what documents and reservations leave of a facility, below zero where they exceed it.

    Example:
        >>> headroom_fen(100, 130, None), headroom_fen(100, 60, 10), headroom_fen(None, None, None)
        (-30, 30, None)
    """
    if limit_fen is None or occupied_fen is None:
        return None
    return limit_fen - occupied_fen - (reserved_fen or 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """A firm in a chain: its place there, its limit, and what decides it."""

    id: str
    name: str
    direction: str
    tier: int
    limit_fen: int | None
    reachable_fen: int | None
    binding: str | None
    absent: str | None
    grade: str | None = None  # As far as the reader may see it.


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody that a firm trades with, over the last year."""

    id: str
    name: str
    amount_fen: int
    count: int
    last_on: str | None


class Reading(Protocol):
    """Everything that pages show, of one version."""

    def at(self, asked: Asked, sight: Sight) -> "Reading":
        """Return the same of the version that a reader asks for, as far as they may see it."""
        ...

    def versions(self) -> Sequence[Document]:
        """Return every published version, oldest first."""
        ...

    def facilities(self) -> Sequence[Facility]:
        """Return every chain with its facility."""
        ...

    def head(self) -> Document:
        """Return version, as-of date, policy and run of what is shown."""
        ...

    def chain(self, core: str) -> Document:
        """Return a chain's document: core, facility, absent, tiers."""
        ...

    def members(self, core: str) -> Sequence[Standing]:
        """Return every firm of a chain that the reader knows by name."""
        ...

    def limit(self, core: str, firm: str) -> Document:
        """Return the document of one limit, with its derivations."""
        ...

    def picture(self, core: str) -> tuple[Sequence[Group], Sequence[Flow]]:
        """
        Return the firms of a chain by tier and grade, and the trade between these groups.

        A core is shown one group a tier, without a grade.
        """
        ...

    def firm(self, firm: str) -> Document:
        """Return what is known of a firm: its attributes."""
        ...

    def names(self, firms: Sequence[str]) -> Mapping[str, str]:
        """Return the names of firms."""
        ...

    def chains_of(self, firm: str) -> Sequence[Standing]:
        """Return the chains a firm stands in; `id` and `name` are the core's."""
        ...

    def partners(self, firm: str) -> tuple[Sequence[Partner], Sequence[Partner]]:
        """Return the buyers and the suppliers of a firm, largest first."""
        ...

    def directory(self) -> Directory:
        """Return all firms that the reader may find, ready to be searched."""
        ...

    async def stress(self, firms: Sequence[str], channels: Sequence[str], who: str) -> str:
        """Return the id of the scenario in which these firms fail, computed where it is new."""
        ...

    def scenario(self, scenario: str) -> Document:
        """Return the document of a scenario."""
        ...


def reading_of(request: Request, asked: AskedDep, sight: SightDep) -> Reading:
    """Return what this process reads from, at the version asked for and as its reader sees it."""
    reading: Reading = request.app.state.reading
    return reading.at(asked, sight)


ReadingDep = Annotated[Reading, Depends(reading_of)]
