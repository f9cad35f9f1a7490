"""The bank's list of cores: every chain with its facility, and what binds it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.auth.rules import BANK, allow
from app.pages.reading import Facility, ReadingDep
from app.web.listing import listing
from app.web.preferences import preferences_of
from app.web.render import page
from app.web.sheets import sheet
from app.web.texts import Texts

router = APIRouter()
KEYS: Mapping[str, Callable[[Facility], Any]] = {
    "name": lambda row: row.name,
    "limit": lambda row: row.limit_fen,
    "occupied": lambda row: row.occupied_fen,
    "available": lambda row: row.available_fen,
    "use": lambda row: row.use,
    "firms": lambda row: row.firms,
    "binding": lambda row: row.binding,
}


@dataclass(frozen=True, slots=True)
class Total:
    """All chains together; `full` counts facilities with nothing left."""

    cores: int
    known: int
    full: int
    limit_fen: int
    occupied_fen: int
    available_fen: int

    @property
    def share(self) -> float | None:
        """Return the share of all facilities that is occupied."""
        return self.occupied_fen / self.limit_fen if self.limit_fen else None


def total_of(rows: Sequence[Facility]) -> Total:
    """Return the sums over all chains; those without a facility count as cores only."""
    known = [row for row in rows if row.limit_fen is not None]
    return Total(
        cores=len(rows),
        known=len(known),
        full=sum(1 for row in known if not row.available_fen),
        limit_fen=sum(row.limit_fen or 0 for row in known),
        occupied_fen=sum(row.occupied_fen or 0 for row in known),
        available_fen=sum(row.available_fen or 0 for row in known),
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
        list=listing(request, rows, KEYS, otherwise="-limit"),
        amounts=[row.limit_fen for row in every] + [row.occupied_fen for row in every],
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
        [*header, "absent", t("binding")],
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
        words,
    )


def _found(request: Request, rows: Sequence[Facility]) -> tuple[str, Sequence[Facility]]:
    query = request.query_params.get("query", "").strip()[:80]
    wanted = query.casefold()
    return query, [r for r in rows if wanted in r.name.casefold() or wanted in r.core.casefold()]
