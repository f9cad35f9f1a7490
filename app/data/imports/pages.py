"""The page of an import: waiting, running, done or failed, and what to do next."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.data.imports.refusals import spoken
from app.data.imports.service import read
from app.data.runs.repository import newest_run
from app.platform.auth.rules import IMPORTERS, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from ingestion.reasons import REASONS

router = Router()


@router.get("/imports/{name}", dependencies=[allow(IMPORTERS)])
def show_import(request: Request, name: str, resources: ResourcesDep) -> Response:
    """Return an import as it stands; where its version has limits, the way there."""
    row = read(resources, name)
    outcome: Mapping[str, Any] = row["outcome"] or {}
    t = Texts(preferences_of(request).language)
    version = outcome.get("version")
    computed = version is not None and newest_run(resources.records, version) is not None
    return page(
        request,
        "import.html",
        row=row,
        why=spoken(row["detail"] or "", t.language),
        outcome=outcome,
        computed=computed,
        waits=row["state"] in ("waiting", "running") or (row["state"] == "done" and not computed),
        steps=_steps(row, t, computed=computed),
        reasons={code: getattr(REASONS[code], t.language) for code in outcome.get("set_aside", ())},
    )


def _steps(row: Mapping[str, Any], t: Texts, *, computed: bool) -> list[dict[str, str]]:
    """Return the way of an import up to limits: what is done, and what is going on."""
    state = row["state"]
    reached = {"waiting": 0, "running": 1, "failed": 1, "done": 3 if computed else 2}[state]
    words = ("import_taken", "import_read", "import_limits")
    steps = []
    for at, key in enumerate(words):
        how = "done" if at < reached else "now" if at == reached else "waiting"
        if state == "failed" and at == reached:
            how = "refused"
        steps.append({"state": how, "words": t(key), "at": "", "note": ""})
    return steps
