"""Routes of contracts."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.books.ledger.answering import MoverDep
from app.lending.applications.schemas import Application
from app.lending.contracts import service
from app.lending.contracts.forms import Language
from app.lending.contracts.schemas import ContractSigning, SignedContract
from app.lending.contracts.service import SigningAsked
from app.platform.auth.rules import HOLDERS, SIGNED_IN, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import (
    Absent,
    Busy,
    Conflict,
    Forbidden,
    KeyRequired,
    Malformed,
    Unauthenticated,
    Unready,
    responses,
)
from app.platform.http.conditions import ExpectedDep
from app.platform.http.routing import Router
from app.platform.web.downloads import attachment

router = Router(
    prefix="/applications",
    tags=["applications"],
    responses=responses(Unauthenticated, Forbidden, Absent, Conflict, Malformed, Unready),
)
Id = Annotated[str, Path(max_length=64, description="The application")]
LanguageQuery = Annotated[Language | None, Query(description="Of a text not signed yet")]
PDF = "application/pdf"
BYTES = {"type": "string", "format": "binary"}


@router.get(
    "/{application}/contract",
    operation_id="contracts.read",
    summary="Read a contract",
    response_model=SignedContract,
    dependencies=[allow(SIGNED_IN)],
)
def read_contract(application: Id, visit: VisitDep, language: LanguageQuery = None) -> Response:
    """Return the canonical bytes as a file; not signed yet, the text that there is to sign."""
    found = service.contract_of(visit.resources, visit.sight, application, language)
    headers = attachment(f"contract-{application}.json")
    return Response(found, media_type="application/json", headers=headers)


@router.get(
    "/{application}/contract.pdf",
    operation_id="contracts.print",
    summary="Read a contract as a PDF",
    response_class=Response,
    responses={
        200: {"content": {PDF: {"schema": BYTES}}, "description": "The contract, for people"}
    },
    dependencies=[allow(SIGNED_IN)],
)
def read_paper(application: Id, visit: VisitDep, language: LanguageQuery = None) -> Response:
    """Return the contract for people to read; what counts is the file that signatures verify."""
    found = service.paper_of(visit.resources, visit.sight, application, language)
    return Response(found, media_type=PDF, headers=attachment(f"contract-{application}.pdf"))


@router.post(
    "/{application}/sign",
    operation_id="contracts.sign",
    summary="Sign a contract",
    response_model=Application,
    responses=responses(KeyRequired, Busy),
    dependencies=[allow(HOLDERS)],
)
def sign_contract(
    application: Id, mover: MoverDep, expected: ExpectedDep, body: ContractSigning | None = None
) -> Response:
    """Return the application, signed by who asks for their firm, and by the bank."""
    given = body or ContractSigning()
    language = given.language or mover.resources.settings.language
    asked = SigningAsked(language, given.sha256, expected.tags)
    return mover.ask(given.model_dump(), service.sign, application, asked)
