"""The bank's list of cores: every chain with its facility, and what binds it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.pages.reading import Facility, ReadingDep
from app.platform.auth.rules import BANK, allow
from app.platform.http.routing import Router
from app.platform.web.listing import listing
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.sheets import sheet
from app.platform.web.texts import Texts

router = Router()
KEYS: Mapping[str, Callable[[Facility], Any]] = {
    "name": lambda row: row.name,
    "limit": lambda row: row.limit_fen,
    "occupied": lambda row: row.occupied_fen,
    "headroom": lambda row: row.headroom_fen,
    "use": lambda row: row.use,
    "firms": lambda row: row.firms,
    "binding": lambda row: row.binding,
}


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


def total_of(rows: Sequence[Facility]) -> Total:
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


@router.get("/cores", dependencies=[allow(BANK)])
def show_cores(request: Request, reading: ReadingDep) -> Response:
    """Return the list of cores, sorted and searched as the address says."""
    every = reading.facilities()
    query, rows = _found(request, every)
    return page(
        request,
        "cores.html",
        head=reading.head(),
        versions=reading.versions(),
        total=total_of(every),
        list=listing(request, rows, KEYS, otherwise="-use", anchor="list"),
        amounts=[fen for row in every for fen in (row.limit_fen, row.occupied_fen)],
        query=query,
    )


@router.get("/cores.csv", dependencies=[allow(BANK)])
def download_cores(request: Request, reading: ReadingDep) -> Response:
    """Return the same list as CSV, with exact amounts."""
    t = Texts(preferences_of(request).language)
    header = ("id", "name", "firms", "limit_fen", "occupied_fen", "available_fen", "binding")
    _, rows = _found(request, reading.facilities())
    return sheet(
        f"cores-{reading.head()['as_of']}.csv",
        [*header, "absent", "reserved_fen", "headroom_fen", t("binding")],
        [_line(row, t) for row in rows],
    )


def _line(row: Facility, t: Texts) -> Sequence[object]:
    words = t.reason(row.absent) if row.absent else t.coded("binding", row.binding)
    return (
        row.core,
        row.name,
        row.firms,
        row.limit_fen,
        row.occupied_fen,
        row.available_fen,
        row.binding,
        row.absent,
        row.reserved_fen,
        row.headroom_fen,
        words,
    )


def _found(request: Request, rows: Sequence[Facility]) -> tuple[str, Sequence[Facility]]:
    query = request.query_params.get("query", "").strip()[:80]
    wanted = query.casefold()
    return query, [r for r in rows if wanted in r.name.casefold() or wanted in r.core.casefold()]
