"""Where there are no limits to show yet: what is missing, and the page that chooses cores."""

from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.chain.chains.cores import cores_of, decide_all
from app.chain.chains.suggestions import suggest
from app.data.imports.following import order_refresh, refresh_state
from app.platform.audit.layer import note
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import IMPORTERS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Malformed
from app.platform.http.forms import SentForm
from app.platform.http.routing import Router
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page

router = Router()
SHOWN_MAX = 100
TOLD_MAX = 20  # Ids that the audit names.


def first_page(request: Request, who: Principal, resources: Resources) -> Response:
    """Return what a bank sees that has no limits yet: what is missing, and how to go on."""
    current = resources.store.current()
    if current is None:
        missing = "data"
    else:
        missing = "limits" if cores_of(resources, current.number) else "cores"
    return page(
        request,
        "first.html",
        missing=missing,
        refresh=refresh_state(resources),
        may_import=IMPORTERS.permits(who, {}),
    )


@router.get("/cores/choose", dependencies=[allow(IMPORTERS)])
def show_choice(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the firms that look most like cores, those that are ticked."""
    current = resources.store.current()
    if current is None:
        return first_page(request, who, resources)
    rows = suggest(resources, current.number, count=SHOWN_MAX)
    sums = [at for row in rows for at in (row.purchases_fen, row.sales_fen)]
    unit = scale(sums, preferences_of(request).language)
    return page(request, "choose_cores.html", rows=rows, unit=unit, version=current, most=SHOWN_MAX)


@router.post("/cores/choose", dependencies=[allow(IMPORTERS)])
async def choose(
    request: Request, who: PrincipalDep, resources: ResourcesDep, form: SentForm
) -> Response:
    """
    Make the firms that were ticked cores, those no longer ticked none, and compute limits.

    Raises:
        Malformed: More firms are sent than the page shows.
    """
    check_csrf(who, str(form.get("csrf", "")))
    ticked = {str(firm) for firm in form.getlist("core")}
    shown = [str(firm) for firm in form.getlist("shown")]
    if len(shown) > SHOWN_MAX:
        raise Malformed(f"shown: {len(shown)} firms; the page shows at most {SHOWN_MAX}")
    said = await to_thread.run_sync(
        partial(_decided, resources, {firm: firm in ticked for firm in shown}, by=who.name)
    )
    note(request.scope, said)
    request.app.state.imports.wake()
    return RedirectResponse("/cores", status_code=303)


def _decided(resources: Resources, wanted: dict[str, bool], *, by: str) -> str:
    """Return what was decided, in words; what stands already is not decided anew."""
    now = set(cores_of(resources, resources.version().number))
    changed = {firm: chosen for firm, chosen in wanted.items() if chosen is not (firm in now)}
    ordered: Any = partial(order_refresh, by=by, at=resources.now())
    decide_all(resources, changed, by=by, along=ordered)
    told = [f"{'core' if chosen else 'no core'}: {firm}" for firm, chosen in changed.items()]
    more = f" and {len(told) - TOLD_MAX} more" if len(told) > TOLD_MAX else ""
    return "; ".join(told[:TOLD_MAX]) + more or "nothing changed"
