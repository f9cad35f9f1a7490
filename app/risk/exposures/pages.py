"""The page of exposures: by core, firm, group, sector or product, beside the caps in force."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from fastapi import Request
from starlette.responses import Response

from app.books.business_day.service import business_day
from app.chain.limits.reading import ShownDep
from app.platform.auth.rules import BANK, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.risk.exposures.caps import By
from app.risk.exposures.service import STATES, UNKNOWN, CappedExposure, exposures

router = Router()
KINDS: Sequence[By] = get_args(By)
FACETS: Mapping[str, Callable[[CappedExposure], str]] = {"state": lambda row: row.state}
TONES = {"over": "bad", "near": "warn", "inside": ""}
PAGES = {"core": "/firms/", "firm": "/firms/", "group": "/groups/"}


@dataclass(frozen=True, slots=True)
class _ExposuresAsked:
    by: By
    words: Callable[[CappedExposure], str]


def _asked(request: Request, t: Texts) -> _ExposuresAsked:
    given = request.query_params.get("by", "")
    by = cast("By", given) if given in KINDS else KINDS[0]

    def words(row: CappedExposure) -> str:
        """Return what an exposure is called in the reader's language."""
        if by == "sector":
            return t("not_given") if row.id == UNKNOWN else t.sector(row.id)
        return row.name

    return _ExposuresAsked(by, words)


def _table(t: Texts, asked: _ExposuresAsked) -> ListTable[CappedExposure]:
    documents: ListColumn[CappedExposure] = ListColumn(
        *("documents", "exposure_documents", "money"), lambda row: row.total.documents_fen
    )
    return ListTable(
        "exposures",
        lambda row: row.id,
        (
            ListColumn("name", f"exposure_{asked.by}", "text", asked.words),
            ListColumn("posted", "exposure_posted", "money", lambda row: row.total.posted_fen),
            ListColumn("pending", "exposure_pending", "money", lambda row: row.total.pending_fen),
            *([documents] if asked.by == "core" else []),
            ListColumn(
                *("exposure", "exposure", "money", lambda row: row.total.exposure_fen),
                look="strong",
            ),
            ListColumn("cap", "exposure_cap", "money", lambda row: row.cap_fen),
            ListColumn("share", "share_of_cap", "share", _share),
            ListColumn(
                *("state", "exposure_state", "text"),
                lambda row: t.coded("exposure_is", row.state),
                order=lambda row: STATES.index(row.state),
            ),
        ),
        "-share",
    )


def _share(row: CappedExposure) -> float | None:
    return None if row.share is None else float(row.share)


@router.get("/exposures", dependencies=[allow(BANK)])
def show_exposures(
    request: Request, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return what is lent and promised now, beside the caps in force."""
    t = Texts(preferences_of(request).language)
    asked = _asked(request, t)
    rows, chosen = exposures(resources, results, asked.by), chosen_of(request, FACETS)
    words = {"state": (t("exposure_state"), lambda value: t.coded("exposure_is", value))}
    return page(
        request,
        "exposures.html",
        by=asked.by,
        kinds=KINDS,
        day_now=business_day(resources).isoformat(),
        caps=rows[0].caps if rows else (),
        leads=PAGES.get(asked.by, ""),
        tones=TONES,
        list=listing(request, _table(t, asked), passing(rows, FACETS, chosen)),
        views=views_of(resources.records, who, "exposures"),
        facets=facets(rows, FACETS, chosen, words, orders={"state": STATES}),
        unit=scale([row.total.exposure_fen for row in rows], t.language),
    )


@router.get("/exposures.csv", dependencies=[allow(BANK)])
@router.get("/exposures.xlsx", dependencies=[allow(BANK)])
def download_exposures(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the same list as a file."""
    t = Texts(preferences_of(request).language)
    asked = _asked(request, t)
    table = _table(t, asked)
    found = passing(exposures(resources, results, asked.by), FACETS, chosen_of(request, FACETS))
    rows = ordered(request, table, found)
    return download(request, table, rows, results.head.document(), name=f"exposures-{asked.by}")
