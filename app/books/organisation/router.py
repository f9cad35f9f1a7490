"""Routes of the organisation."""

from fastapi import Request, Response

from app.books.organisation.schemas import UnitsOfBank
from app.books.organisation.service import document, organisation_on
from app.platform.auth.rules import BANK, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Unauthenticated, Unready, responses
from app.platform.http.answers import TAGGED, send, tagged
from app.platform.http.routing import Router

router = Router(tags=["users"])


@router.get(
    "/organisation/units",
    operation_id="organisation.units",
    summary="List the units of the bank",
    response_model=UnitsOfBank,
    responses={**responses(Unauthenticated, Unready), **TAGGED},
    dependencies=[allow(BANK)],
)
def read_units(request: Request, resources: ResourcesDep) -> Response:
    """Return the units that people of the bank may work in today."""
    organisation = organisation_on(resources)
    mark = f"organisation-{organisation.version}"
    return send(request, tagged(document(organisation), mark))
