"""Search of everything that a reader may see by name: cores, firms, their chains."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import polars as pl
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.chain.firms.directory import Wanted, directory_of
from app.chain.limits import documents
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.data.versions.service import documents as versions_of
from app.platform.auth.principals import Principal
from app.platform.auth.rules import SIGNED_IN, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.web.found import Finder, FoundKind
from app.platform.web.pinyin import could_be_initials, initials
from app.platform.web.render import kept, page, pinned
from graph.stores.rows import fold

router = Router()
QUERY_LENGTH_MAX = 80
SHOWN = 40
THING_LENGTH_MIN = 2  # A shorter text is in the number of nearly everything.


@dataclass(frozen=True, slots=True)
class SearchHit:
    """Something that was found: who, where it stands, and the address of its page."""

    id: str
    name: str
    core: bool
    place: str | None
    address: str


@router.get("/search", dependencies=[allow(SIGNED_IN)])
def search(
    request: Request, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return what a text finds, the closest first; an id that is typed in full leads on."""
    query = request.query_params.get("q", "").strip()[:QUERY_LENGTH_MAX]
    total, hits = _found(query, who, resources, results) if query else (0, ())
    kinds = _things(request, who, resources, query)
    named = [each for kind in kinds for each in kind.first if each.id == query]
    if len(named) == 1:
        return RedirectResponse(named[0].address, status_code=303)
    if hits and fold(hits[0].id) == fold(query):
        return RedirectResponse(pinned(kept(request), hits[0].address), status_code=303)
    return page(
        request,
        "search.html",
        head=results.head,
        versions=versions_of(resources, results.sight),
        query=query,
        total=total,
        kinds=kinds,
        hits=[hit for hit in hits if hit.core] + [hit for hit in hits if not hit.core],
    )


def _things(
    request: Request, who: Principal, resources: Resources, query: str
) -> Sequence[FoundKind]:
    """Return what a text finds beside firms, kinds that it finds alone."""
    if len(query) < THING_LENGTH_MIN:
        return ()
    finders: Sequence[Finder] = request.app.state.finders
    told = (each for find in finders for each in find(resources, who, query))
    return [each for each in told if each.total]


def _found(
    query: str, who: Principal, resources: Resources, results: Shown
) -> tuple[int, Sequence[SearchHit]]:
    """Return how many there are that the reader may see, and the first of them."""
    if who.is_bank:
        directory, wanted = directory_of(resources, results), Wanted(query, counterparties=True)
        total, _ = directory.count(wanted)
        rows = directory.find(wanted, sort="match", size=SHOWN)
        return total, [
            SearchHit(row.id, row.name, row.core, row.place, _bank_address(row.id, core=row.core))
            for row in rows
        ]
    hits = [hit for hit, fits in _fitting(query, list(_own(who, results))) if fits]
    return len(hits), hits[:SHOWN]


def _bank_address(firm: str, *, core: bool) -> str:
    return f"/{'chains' if core else 'firms'}/{quote(firm, safe='')}"


def _own(who: Principal, results: Shown) -> Iterable[SearchHit]:
    """Yield what a core or a firm knows by name: itself, and the ends of its chains."""
    own = who.firm or ""
    here = quote(own, safe="")
    yield SearchHit(own, results.name(own), who.role == "core", None, _start(who.role, here))
    if who.role == "core":
        for row in documents.chain(results, own)["firms"]:
            address = f"/chains/{here}/limits/{quote(row['id'], safe='')}"
            yield SearchHit(row["id"], row["name"], core=False, place=_place(row), address=address)
    else:
        for row in documents.everywhere(results, own):
            core = row["core"]
            address = f"/chains/{quote(core['id'], safe='')}/limits/{here}"
            yield SearchHit(core["id"], core["name"], core=True, place=_place(row), address=address)


def _start(role: str, firm: str) -> str:
    return f"/{'chains' if role == 'core' else 'firms'}/{firm}"


def _place(row: Document) -> str:
    return f"{row['direction']}{row['tier']}"


def _fitting(query: str, hits: Sequence[SearchHit]) -> Iterable[tuple[SearchHit, bool]]:
    """Yield each with whether its id, its name or the initials of its name hold the text."""
    folded = fold(query)
    letters = could_be_initials(folded)
    short = initials(pl.Series([hit.name for hit in hits])).to_list() if letters else []
    for at, hit in enumerate(hits):
        inside = folded in fold(hit.id) or folded in fold(hit.name)
        yield hit, inside or (letters and folded in short[at])
