"""Routes of papers."""

from functools import partial
from typing import Annotated

from fastapi import File, Form, Path, Query, Request, Response, UploadFile

from app.books.ledger.answering import MoverDep
from app.data.sources.trials import Trials
from app.lending.papers import service
from app.lending.papers.contents import BYTES_MAX
from app.lending.papers.previewing import previewed
from app.lending.papers.repository import WantedPapers
from app.lending.papers.schemas import (
    Paper,
    PaperKind,
    PaperPreview,
    PaperRefusal,
    Papers,
    PaperState,
)
from app.lending.papers.service import HandedIn
from app.platform.auth.rules import HOLDERS, OFFICERS, SIGNED_IN, PrincipalDep, allow
from app.platform.deps.routes import VisitDep
from app.platform.errors import (
    Absent,
    Busy,
    Conflict,
    Forbidden,
    KeyRequired,
    Malformed,
    TooLarge,
    Unauthenticated,
    Unsupported,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.attending import attended
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router
from app.platform.web.downloads import attachment
from app.platform.web.workbooks import MEDIA as WORKBOOK_MEDIA

CREATED = 201
ID_LENGTH_MAX = 400
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": WORKBOOK_MEDIA,
    "pdf": "application/pdf",
}
BYTES = {"type": "string", "format": "binary"}
router = Router(
    prefix="/papers",
    tags=["papers"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)
MOVING = responses(Conflict, KeyRequired, Busy)
Id = Annotated[str, Path(max_length=64, description="The paper")]
Named = Annotated[str | None, Query(min_length=1, max_length=ID_LENGTH_MAX)]


@router.get(
    "",
    operation_id="papers.list",
    summary="List what firms handed in",
    response_model=Papers,
    dependencies=[allow(SIGNED_IN)],
)
def read_papers(
    visit: VisitDep,
    page: PageDep,
    firm: Named = None,
    kind: PaperKind | None = None,
    state: PaperState | None = None,
    application: Named = None,
) -> Response:
    """Return papers, those touched last first; a firm reads its own."""
    before = read_cursor(page.cursor, before=int)["before"] if page.cursor else None
    wanted = WantedPapers(firm, kind, state, application)
    found = service.page(visit.resources, visit.sight, wanted, before=before, size=page.size + 1)
    rows, last = page_of(found, page.size)
    more = write_cursor({"before": last[0]}) if last else None
    return unkept({"items": [each for _, each in rows], "next": more})


@router.post(
    "",
    operation_id="papers.hand_in",
    summary="Hand a file in",
    response_model=Paper,
    status_code=CREATED,
    responses=responses(Conflict, KeyRequired, Busy, TooLarge, Unsupported),
    dependencies=[allow(HOLDERS)],
)
def post_paper(
    mover: MoverDep,
    file: Annotated[UploadFile, File(description="CSV, XLSX or PDF by its content")],
    kind: Annotated[PaperKind, Form(description="What it is")],
    application: Annotated[
        str, Form(max_length=ID_LENGTH_MAX, description="The application that it is for, if any")
    ] = "",
) -> Response:
    """Return the paper; the one that stands (200), where the same bytes wait already."""
    given = HandedIn.of(
        kind=kind,
        name=file.filename or "",
        application=application,
        content=file.file.read(BYTES_MAX + 1),
    )
    return mover.ask(given.asked(), service.hand_in, given)


@router.get(
    "/{paper}",
    operation_id="papers.read",
    summary="Read the facts of a paper",
    response_model=Paper,
    dependencies=[allow(SIGNED_IN)],
)
def read_paper(paper: Id, visit: VisitDep) -> Response:
    """Return what is known of a paper: who handed it in, when, its hash, what became of it."""
    return unkept(service.shown(visit.resources, visit.sight, paper))


@router.get(
    "/{paper}/file",
    operation_id="papers.file",
    summary="Save the file of a paper",
    response_class=Response,
    responses={
        200: {
            "content": {each.partition(";")[0]: {"schema": BYTES} for each in MEDIA.values()},
            "description": "The bytes as they came",
        }
    },
    dependencies=[allow(SIGNED_IN)],
)
def read_file(paper: Id, visit: VisitDep) -> Response:
    """Return the bytes as they were handed in, to be saved and never shown in a page."""
    name, form, content = service.file_of(visit.resources, visit.sight, paper)
    headers = {**attachment(name), "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=MEDIA[form], headers=headers)


@router.get(
    "/{paper}/preview",
    operation_id="papers.preview",
    summary="Read what would be read of a paper",
    response_model=PaperPreview,
    responses=responses(Conflict, Busy),
    dependencies=[allow(SIGNED_IN)],
)
async def read_preview(request: Request, paper: Id, visit: VisitDep, who: PrincipalDep) -> Response:
    """Return how many rows of a statement or of orders would be used, and what is wrong."""
    trials: Trials = request.app.state.trials
    read = partial(previewed, visit.resources, visit.sight, paper)
    return unkept(await attended(request, trials.run(who.account, read)))


@router.post(
    "/{paper}/withdraw",
    operation_id="papers.withdraw",
    summary="Withdraw a paper",
    response_model=Paper,
    responses=MOVING,
    dependencies=[allow(HOLDERS)],
)
def post_withdrawal(paper: Id, mover: MoverDep) -> Response:
    """Return the paper, which nobody has taken; its bytes are gone."""
    return mover.ask(None, service.end, paper, "withdraw")


@router.post(
    "/{paper}/take",
    operation_id="papers.take",
    summary="Take a paper",
    response_model=Paper,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def post_taking(paper: Id, mover: MoverDep) -> Response:
    """Return the paper, taken; its firm is told. What it says counts once it is imported."""
    return mover.ask(None, service.end, paper, "take")


@router.post(
    "/{paper}/refuse",
    operation_id="papers.refuse",
    summary="Refuse a paper",
    response_model=Paper,
    responses=MOVING,
    dependencies=[allow(OFFICERS)],
)
def post_refusal(paper: Id, body: PaperRefusal, mover: MoverDep) -> Response:
    """Return the paper, refused; its firm is told why."""
    return mover.ask(body.model_dump(), service.end, paper, "refuse", body.reason)
