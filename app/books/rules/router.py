"""Routes of rules."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.books.rules.schemas import RuleList
from app.books.rules.service import document, rules_asked_for
from app.platform.auth.rules import SIGNED_IN, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent, Malformed, Unauthenticated, Unready, responses
from app.platform.http.answers import TAGGED, send, tagged
from app.platform.http.days import Day
from app.platform.http.routing import Router

router = Router(tags=["rules"])
AsOf = Annotated[Day | None, Query(description="Read the rules in force on this day")]


@router.get(
    "/rules",
    operation_id="rules.list",
    summary="List the rules in force",
    response_model=RuleList,
    responses={**responses(Unauthenticated, Absent, Malformed, Unready), **TAGGED},
    dependencies=[allow(SIGNED_IN)],
)
def read_rules(request: Request, resources: ResourcesDep, as_of: AsOf = None) -> Response:
    """Return the rules in force on a day, the business day by default, each with its source."""
    rules = rules_asked_for(resources, as_of)
    given = tagged(document(rules), f"rules-{rules.pack.version}")
    return send(request, given)
