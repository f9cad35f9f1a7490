"""Files of a loan: its plan and its statement as tables, and a receipt for each line of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.chain.accounts.service import names
from app.lending.borrowing.applications import head_of
from app.lending.borrowing.loan import seen
from app.lending.borrowing.receipts import receipt_pdf
from app.lending.borrowing.told import LOANS, plan_rows
from app.lending.servicing import service
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent
from app.platform.http.routing import Router
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import attachment, download
from app.platform.web.money import amount
from app.platform.web.preferences import preferences_of
from app.platform.web.texts import Texts

router = Router()
PARTS = ("fees_fen", "penalty_fen", "interest_fen", "principal_fen", "change_fen")
PDF = "application/pdf"
Row = Mapping[str, Any]


def _money(key: str, words: str) -> ListColumn[Row]:
    return ListColumn(key, words, "money", lambda row: row[key])


PLAN: ListTable[Row] = ListTable(
    "schedule",
    lambda row: str(row["n"]),
    (
        ListColumn("due_on", "due_on", "day", lambda row: row["due_on"]),
        _money("principal_fen", "plan_principal"),
        _money("interest_fen", "plan_interest"),
        _money("sum_fen", "plan_sum"),
        _money("paid_fen", "plan_paid"),
        _money("fees_fen", "offer_fees"),
    ),
    "due_on",
)


def _statement(t: Texts) -> ListTable[Row]:
    return ListTable(
        "statement",
        lambda row: str(row["n"]),
        (
            ListColumn("day", "statement_day", "day", lambda row: row["day"]),
            ListColumn("kind", "statement_kind", "text", lambda row: t.coded("act", row["kind"])),
            _money("amount_fen", "amount"),
            *(_money(each, f"statement_{each.removesuffix('_fen')}") for each in PARTS),
            _money("outstanding_fen", "loan_outstanding"),
        ),
        "day",
    )


@router.get(LOANS + "/{loan}/schedule.csv", dependencies=[allow(HOLDERS)])
@router.get(LOANS + "/{loan}/schedule.xlsx", dependencies=[allow(HOLDERS)])
def download_schedule(
    request: Request, loan: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return the plan of a loan as a file, with what of each row is paid."""
    rows: Sequence[Row] = plan_rows(service.schedule(resources, loan, sight_of(who)))
    return download(request, PLAN, rows, head_of(resources), name=f"schedule-{loan}")


@router.get(LOANS + "/{loan}/statement.csv", dependencies=[allow(HOLDERS)])
@router.get(LOANS + "/{loan}/statement.xlsx", dependencies=[allow(HOLDERS)])
def download_statement(
    request: Request, loan: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return the statement of a loan as a file."""
    t = Texts(preferences_of(request).language)
    rows = [each._asdict() for each in seen(resources, who, loan).rows]
    return download(request, _statement(t), rows, head_of(resources), name=f"statement-{loan}")


@router.get(LOANS + "/{loan}/receipts/{n}.pdf", dependencies=[allow(HOLDERS)])
def download_receipt(
    request: Request, loan: str, n: int, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return the receipt of one line of a statement."""
    t, found = Texts(preferences_of(request).language), seen(resources, who, loan)
    line = next((each for each in found.rows if each.n == n), None)
    if line is None:
        raise Absent(f"no line {n} of loan {loan!r}")
    told = {
        t("loan"): loan,
        t("receipt_number"): str(n),
        t("receipt_firm"): names(resources)(found.loan["firm"]),
        t("statement_day"): str(line.day),
        t("amount"): _exact(line.amount_fen, t),
        t("statement_fees"): _exact(line.fees_fen, t),
        t("statement_penalty"): _exact(line.penalty_fen, t),
        t("statement_interest"): _exact(line.interest_fen, t),
        t("statement_principal"): _exact(line.principal_fen, t),
        t("loan_outstanding"): _exact(line.outstanding_fen, t),
    }
    made = receipt_pdf(told, t("receipt_heading", act=t.coded("act", line.kind)), t)
    headers = attachment(f"receipt-{loan}-{n}.pdf")
    return Response(made, media_type=PDF, headers=headers)


def _exact(fen: int, t: Texts) -> str:
    return t("approval_yuan", amount=amount(fen, t.language).exact)
