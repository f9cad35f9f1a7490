"""Routes of vouchers."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.books.business_day import business_day
from app.books.ledger.answering import answered, keyed
from app.chain.receivables.schemas import DisputeReason
from app.chain.receivables.service import Asker
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
from app.platform.auth.rules import HOLDERS, ISSUERS, SIGNED_IN, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep, VisitDep
from app.platform.errors import (
    Absent,
    Conflict,
    Forbidden,
    Malformed,
    TooLarge,
    Unauthenticated,
    responses,
)
from app.platform.http.answers import unkept
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.keys import KeyHeader
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
    request: Request,
    resources: ResourcesDep,
    who: PrincipalDep,
    body: VoucherIssue,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher, which waits for its holder; its face occupies the core's account."""
    with keyed(request, who, key, body.model_dump(mode="json")) as own:
        asker = Asker(who, own)
        draft = draft_of(resources, who.firm or "", body)
        return answered(service.issue(resources, asker, draft))


def draft_of(resources: Resources, issuer: str, body: VoucherIssue) -> VoucherDraft:
    """Return what is asked for, with the number that it will have."""
    return VoucherDraft(
        number=service.number_for(issuer, business_day(resources)),
        holder=body.holder,
        amount_fen=body.amount_fen,
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
    row, _ = service.find(visit.resources, voucher, sight)
    return unkept(document(row, sight))


@router.get(
    "/{voucher}/tree",
    operation_id="vouchers.tree",
    summary="Read a voucher with its parts",
    response_model=VoucherTree,
    dependencies=[allow(SIGNED_IN)],
)
def read_tree(voucher: str, visit: VisitDep) -> Response:
    """Return a voucher with all below it; a firm reads the part below what it held."""
    sight = service.sees(visit.resources, visit.sight)
    return unkept(service.tree(visit.resources, voucher, sight))


@router.post(
    "/{voucher}/accept",
    operation_id="vouchers.accept",
    summary="Accept a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(HOLDERS)],
)
def post_acceptance(
    request: Request,
    voucher: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher, held: from now on it counts as the holder's."""
    with keyed(request, who, key, None) as own:
        return answered(service.accept(resources, Asker(who, own), voucher))


@router.post(
    "/{voucher}/reject",
    operation_id="vouchers.reject",
    summary="Reject a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(HOLDERS)],
)
def post_rejection(
    request: Request,
    voucher: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher, rejected: who gave it has it back."""
    with keyed(request, who, key, None) as own:
        return answered(service.reject(resources, Asker(who, own), voucher))


@router.post(
    "/{voucher}/split",
    operation_id="vouchers.split",
    summary="Split a voucher",
    response_model=VoucherWithChildren,
    responses=responses(Conflict, TooLarge),
    dependencies=[allow(HOLDERS)],
)
def post_split(
    request: Request,
    voucher: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    body: VoucherParts,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher with its parts, which sum to what was held of it."""
    with keyed(request, who, key, body.model_dump()) as own:
        asker = Asker(who, own)
        return answered(service.split(resources, asker, voucher, body.parts))


@router.post(
    "/{voucher}/pass",
    operation_id="vouchers.pass_on",
    summary="Pass a voucher on",
    response_model=VoucherWithChildren,
    responses=responses(Conflict, TooLarge),
    dependencies=[allow(HOLDERS)],
)
def post_passing(
    request: Request,
    voucher: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    body: VoucherPass,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher with its children; the new one waits for its holder to accept."""
    with keyed(request, who, key, body.model_dump()) as own:
        asker = Asker(who, own)
        amount = body.amount_fen
        return answered(
            service.pass_on(resources, asker, voucher, holder=body.holder, amount_fen=amount)
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
    request: Request,
    voucher: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher, cancelled: only while its holder has not accepted it."""
    with keyed(request, who, key, None) as own:
        return answered(service.cancel(resources, Asker(who, own), voucher))


@router.post(
    "/{voucher}/dispute",
    operation_id="vouchers.dispute",
    summary="Dispute a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_dispute(
    request: Request,
    voucher: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    body: DisputeReason,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher, disputed: only while its holder has not accepted it."""
    with keyed(request, who, key, body.model_dump()) as own:
        asker = Asker(who, own)
        return answered(service.dispute(resources, asker, voucher, body.reason))


@router.post(
    "/{voucher}/settle",
    operation_id="vouchers.settle",
    summary="Settle a voucher",
    response_model=ShownVoucher,
    responses=responses(Conflict),
    dependencies=[allow(ISSUERS)],
)
def post_settlement(
    request: Request,
    voucher: str,
    resources: ResourcesDep,
    who: PrincipalDep,
    key: KeyHeader = None,
) -> Response:
    """Return the voucher, settled: whoever holds a part of it is paid."""
    with keyed(request, who, key, None) as own:
        return answered(service.settle(resources, Asker(who, own), voucher))
