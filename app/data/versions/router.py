"""Routes of versions."""

from fastapi import Request, Response

from app.data.versions import service
from app.data.versions.reading import AskedDep
from app.data.versions.schemas import Versions
from app.platform.auth.rules import SIGNED_IN, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import Absent, Malformed, Unauthenticated, responses
from app.platform.http.answers import TAGGED, answer
from app.platform.http.routing import Router

router = Router(tags=["versions"])


@router.get(
    "/versions",
    operation_id="versions.list",
    summary="List versions",
    response_model=Versions,
    responses={**responses(Unauthenticated, Absent, Malformed), **TAGGED},
    dependencies=[allow(SIGNED_IN)],
)
def read_versions(request: Request, visit: VisitDep, asked: AskedDep) -> Response:
    """Return every published version, oldest first; of those asked for where a time is given."""
    items = service.documents(visit.resources, visit.sight)
    if asked.version is not None or asked.as_of is not None:
        number = service.version_of(visit.resources, asked).number
        items = [each for each in items if each["version"] == number]
    newest = items[-1]["version"] if items else 0
    return answer(request, {"items": items, "next": None}, version=newest, policy="none")
