"""The page of an import: waiting, running, done or failed, and what to do next."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.data.imports.following import refresh_state
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
    refresh = refresh_state(resources)
    return page(
        request,
        "import.html",
        row=row,
        why=spoken(row["detail"] or "", t.language),
        outcome=outcome,
        computed=computed,
        waits=row["state"] in ("waiting", "running")
        or (row["state"] == "done" and not computed and refresh.state == "now"),
        steps=_steps(row, t, limits="done" if computed else _LIMITS[refresh.state]),
        reasons={code: getattr(REASONS[code], t.language) for code in outcome.get("set_aside", ())},
    )


# Of the last step while its version has no limits: without a core nobody computes them.
_LIMITS = {"none": "waiting", "over": "waiting", "now": "now", "failed": "refused"}


def _steps(row: Mapping[str, Any], t: Texts, *, limits: str) -> list[dict[str, str]]:
    """Return the way of an import up to limits: what is done, and what is going on."""
    hows = {
        "waiting": ("now", "waiting", "waiting"),
        "running": ("done", "now", "waiting"),
        "failed": ("done", "refused", "waiting"),
        "done": ("done", "done", limits),
    }[row["state"]]
    words = (t("import_taken"), t("import_read"), t("import_limits"))
    return [
        {"state": how, "words": said, "at": "", "note": ""}
        for how, said in zip(hows, words, strict=True)
    ]
