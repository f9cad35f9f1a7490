"""Routes of vouchers."""

from typing import Annotated

from fastapi import Query, Response

from app.books.business_day import business_day
from app.books.ledger import Reply
from app.books.ledger.answering import Asker, MoverDep
from app.chain.receivables.schemas import DisputeReason
from app.chain.vouchers import service
from app.chain.vouchers.acts import VoucherDraft
from app.chain.vouchers.repository import WantedVouchers
from app.chain.vouchers.schemas import (
    IssuedVoucher,
    ShownVoucher,
    State,
    VoucherIssue,
    VoucherParts,
    VoucherPass,
    Vouchers,
    VoucherTree,
    VoucherWithChildren,
)
from app.chain.vouchers.shown import document
from app.platform.auth.rules import HOLDERS, ISSUERS, SIGNED_IN, allow
from app.platform.deps import Resources
from app.platform.deps.routes import VisitDep
from app.platform.errors import (
    Absent,
    Conflict,
    Forbidden,
    Malformed,
    TooLarge,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import unkept, unkept_parts
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import PageDep, page_of
from app.platform.http.routing import Router

CREATED = 201
ID_LENGTH_MAX = 400
router = Router(
    prefix="/vouchers",
    tags=["vouchers"],
    responses=responses(Unauthenticated, Forbidden, Absent, Malformed),
)
PartyQuery = Annotated[str | None, Query(min_length=1, max_length=ID_LENGTH_MAX)]


@router.get(
    "",
    operation_id="vouchers.list",
    summary="List vouchers",
    response_model=Vouchers,
    dependencies=[allow(SIGNED_IN)],
)
def read_vouchers(
    visit: VisitDep,
    page: PageDep,
    issuer: PartyQuery = None,
    holder: PartyQuery = None,
    state: Annotated[State | None, Query(description="In this state")] = None,
) -> Response:
    """Return vouchers and their parts; a core reads what it issued or holds."""
    sight = service.sees(visit.resources, visit.sight)
    after = read_cursor(page.cursor, after=str)["after"] if page.cursor else None
    wanted = WantedVouchers(issuer, holder, state, sight.firm, sight.named_tiers)
    found = service.page(visit.resources, wanted, after=after, size=page.size + 1)
    rows, last = page_of(found, page.size)
    items = [document(row, sight) for row in rows]
    return unkept(
        {"items": items, "next": write_cursor({"after": last["voucher"]}) if last else None}
    )


@router.post(
    "",
    operation_id="vouchers.issue",
    summary="Issue a voucher",
    response_model=IssuedVoucher,
    status_code=CREATED,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_voucher(
    mover: MoverDep,
    body: VoucherIssue,
) -> Response:
    """Return the voucher, which waits for its holder; its face occupies the core's account."""
    return mover.ask(body.model_dump(mode="json"), _issued, body)


def _issued(resources: Resources, asker: Asker, body: VoucherIssue) -> Reply:
    draft = draft_of(resources, asker.core or "", body)
    return service.issue(resources, asker, draft)


def draft_of(resources: Resources, issuer: str, body: VoucherIssue) -> VoucherDraft:
    """Return what is asked for, with the number that it will have."""
    return VoucherDraft(
        number=service.number_for(resources, issuer, business_day(resources)),
        holder=body.holder,
        amount_fen=body.asked_fen,
        due_on=body.due_on,
        receivables=tuple(body.receivables),
        recourse=body.recourse,
        related=service.related_as_issuer(resources, issuer, body.holder),
    )


@router.get(
    "/{voucher}",
    operation_id="vouchers.read",
    summary="Read a voucher",
    response_model=ShownVoucher,
    dependencies=[allow(SIGNED_IN)],
)
def read_voucher(voucher: str, visit: VisitDep) -> Response:
    """Return a voucher, or a part of one."""
    sight = service.sees(visit.resources, visit.sight)
    row, *_ = service.find(visit.resources, voucher, sight, size=0)
    return unkept(document(row, sight))


@router.get(
    "/{voucher}/tree",
    operation_id="vouchers.tree",
    summary="Read a voucher with its parts",
    response_model=VoucherTree,
    dependencies=[allow(SIGNED_IN)],
)
def read_tree(voucher: str, visit: VisitDep) -> Response:
    """
    Return a voucher with all below it, at most 50,000 nodes; a firm reads what is below its own.

    What would make a tree larger is refused when it is split or passed on.
    """
    sight = service.sees(visit.resources, visit.sight)
    return unkept_parts(service.tree(visit.resources, voucher, sight))


@router.post(
    "/{voucher}/accept",
    operation_id="vouchers.accept",
    summary="Accept a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(HOLDERS)],
)
def post_acceptance(
    voucher: str,
    mover: MoverDep,
) -> Response:
    """Return the voucher, held: from now on it counts as the holder's."""
    return mover.ask(None, service.accept, voucher)


@router.post(
    "/{voucher}/reject",
    operation_id="vouchers.reject",
    summary="Reject a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(HOLDERS)],
)
def post_rejection(
    voucher: str,
    mover: MoverDep,
) -> Response:
    """Return the voucher, rejected: who gave it has it back."""
    return mover.ask(None, service.reject, voucher)


@router.post(
    "/{voucher}/split",
    operation_id="vouchers.split",
    summary="Split a voucher",
    response_model=VoucherWithChildren,
    responses=responses(Conflict, TooLarge),
    dependencies=[allow(HOLDERS)],
)
def post_split(
    voucher: str,
    mover: MoverDep,
    body: VoucherParts,
) -> Response:
    """Return the voucher with its parts, which sum to what was held of it."""
    return mover.ask(body.model_dump(), service.split, voucher, body.parts)


@router.post(
    "/{voucher}/pass",
    operation_id="vouchers.pass_on",
    summary="Pass a voucher on",
    response_model=VoucherWithChildren,
    responses=responses(Conflict, TooLarge),
    dependencies=[allow(HOLDERS)],
)
def post_passing(
    voucher: str,
    mover: MoverDep,
    body: VoucherPass,
) -> Response:
    """Return the voucher with its children; the new one waits for its holder to accept."""
    return mover.ask(
        body.model_dump(), service.pass_on, voucher, holder=body.holder, amount_fen=body.asked_fen
    )


@router.post(
    "/{voucher}/cancel",
    operation_id="vouchers.cancel",
    summary="Cancel a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_cancellation(
    voucher: str,
    mover: MoverDep,
) -> Response:
    """Return the voucher, cancelled: only while its holder has not accepted it."""
    return mover.ask(None, service.cancel, voucher)


@router.post(
    "/{voucher}/dispute",
    operation_id="vouchers.dispute",
    summary="Dispute a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_dispute(
    voucher: str,
    mover: MoverDep,
    body: DisputeReason,
) -> Response:
    """Return the voucher, disputed: only while its holder has not accepted it."""
    return mover.ask(body.model_dump(), service.dispute, voucher, body.reason)


@router.post(
    "/{voucher}/settle",
    operation_id="vouchers.settle",
    summary="Settle a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_settlement(
    voucher: str,
    mover: MoverDep,
) -> Response:
    """Return the voucher, settled: whoever holds a part of it is paid."""
    return mover.ask(None, service.settle, voucher)
