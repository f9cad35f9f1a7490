"""
Issuing many vouchers at once: written in a form or a file, tried, then issued all or none.

Trying is the order itself, row by row, of which nothing is kept: what is told before the click is
what the book would answer.
"""

import contextlib
import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.books.business_day import business_day
from app.books.ledger import Reads, Reply
from app.books.ledger.answering import Asker
from app.chain.receivables.acts import Debt, account_of
from app.chain.receivables.bulk import lines_of, tables
from app.chain.receivables.tables import receivables
from app.chain.vouchers import acts, nodes
from app.chain.vouchers.acts import VoucherDraft
from app.chain.vouchers.nodes import Acting
from app.chain.vouchers.schemas import FEN_MAX, FIRM_LENGTH_MAX, RECEIVABLES_MAX
from app.chain.vouchers.service import CREATED, ask_acting, number_for, related_as_issuer
from app.chain.vouchers.tables import vouchers
from app.data.imports.service import Upload
from app.platform.deps import Resources
from app.platform.errors import AppError, Malformed
from app.platform.web.money import fen_of
from app.platform.web.unfit import UnfitField, UnfitFile

ISSUED_MAX = 500
HEADS: Mapping[str, tuple[str, ...]] = {
    "holder": ("holder", "持有人", "收款人", "供应商", "供应商编号"),
    "amount": ("amount", "金额", "票面金额", "金额(元)", "金额（元）"),
    "due_on": ("due_on", "到期日", "到期日期"),
    "receivables": ("receivables", "应收账款", "应收账款编号"),
    "recourse": ("recourse", "追索", "追索权", "有追索权"),
}
NEEDED = ("holder", "due_on")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00(?:\.0+)?)?)?")
NUMBERS = re.compile(r"[;；,，、\s]+")
YES, NO = ("1", "yes", "true", "y", "是", "有"), ("", "0", "no", "false", "n", "否", "无")


@dataclass(frozen=True, slots=True)
class WrittenVoucher:
    """A voucher to be issued as somebody wrote it, and the line of the file; 0 in a form."""

    holder: str
    amount: str
    due_on: str
    receivables: str = ""
    recourse: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class TriedVoucher:
    """A voucher that was tried: its amount where it would be issued, or what refuses it."""

    written: WrittenVoucher
    amount_fen: int
    refused: AppError | None


@dataclass(frozen=True, slots=True)
class TriedVouchers:
    """What issuing would do now: each voucher, and what is left of the issuer's account."""

    rows: Sequence[TriedVoucher]
    before_fen: int
    after_fen: int

    @property
    def refused(self) -> list[TriedVoucher]:
        """Return those that would be refused."""
        return [each for each in self.rows if each.refused is not None]

    @property
    def accepted(self) -> list[TriedVoucher]:
        """Return those that would be issued."""
        return [each for each in self.rows if each.refused is None]

    @property
    def sum_fen(self) -> int:
        """Return what the others come to together."""
        return sum(each.amount_fen for each in self.rows)


class _TriedError(AppError):
    """Ends an order of which nothing is kept."""


def draft_of(resources: Resources, issuer: str, written: WrittenVoucher) -> VoucherDraft:
    """
    Return what is asked for, with the number that it will have.

    Raises:
        Malformed: A field is not what it has to be; it is named.
    """
    holder, amount = written.holder.strip(), fen_of(written.amount)
    if not 1 <= len(holder) <= FIRM_LENGTH_MAX:
        raise Malformed("holder: the id of a firm")
    if (amount is None) != (not written.amount.strip()) or (amount or 0) > FEN_MAX:
        raise Malformed("amount: a positive amount of yuan with at most two decimal places")
    named = [each for each in NUMBERS.split(written.receivables) if each]
    if len(named) > RECEIVABLES_MAX or len(set(named)) != len(named):
        raise Malformed(f"receivables: at most {RECEIVABLES_MAX:,}, each once")
    if amount is None and not named:
        raise Malformed("amount: missing, and no receivables whose sum it is")
    recourse = written.recourse.strip().casefold()
    if recourse not in (*YES, *NO):
        raise Malformed("recourse: yes or no")
    return VoucherDraft(
        number=number_for(resources, issuer, business_day(resources)),
        holder=holder,
        amount_fen=amount,
        due_on=_day(written.due_on),
        receivables=tuple(named),
        recourse=recourse in YES,
        related=related_as_issuer(resources, issuer, holder),
    )


def _day(text: str) -> dt.date:
    known = DAY.fullmatch(text.strip())
    try:
        return dt.date(*map(int, known.groups())) if known else dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise Malformed("due_on: a day, as 2026-09-30") from error


def try_all(resources: Resources, issuer: str, written: Sequence[WrittenVoucher]) -> TriedVouchers:
    """
    Return what issuing these would do; nothing is issued.

    Raises:
        Malformed: There are none, or too many.
    """
    _check_count(written)
    drafts: list[VoucherDraft | AppError] = []
    for each in written:
        try:
            drafts.append(draft_of(resources, issuer, each))
        except Malformed as error:
            drafts.append(error)
    found: list[TriedVoucher] = []
    left: list[int] = []

    def tried(acting: Acting, debt: Debt) -> Reply:
        """Try each; leave nothing."""
        found.clear()  # An order may be decided again.
        left[:] = [acting.moving.available(f"core:{issuer}")]
        for each, draft in zip(written, drafts, strict=True):
            found.append(_tried(acting, debt, each, draft))
        left.append(acting.moving.available(f"core:{issuer}"))
        raise _TriedError

    needs = _needs(issuer, [each for each in drafts if isinstance(each, VoucherDraft)])
    with contextlib.suppress(_TriedError):
        ask_acting(resources, issuer, needs, tried)
    return TriedVouchers(found, *left)


def _tried(
    acting: Acting, debt: Debt, written: WrittenVoucher, draft: VoucherDraft | AppError
) -> TriedVoucher:
    if isinstance(draft, AppError):
        return TriedVoucher(written, 0, draft)
    try:
        with acting.moving.attempt():
            return TriedVoucher(written, acts.issue(acting, draft, debt)["amount_fen"], None)
    except AppError as error:
        return TriedVoucher(written, 0, error)


def issue_all(resources: Resources, asker: Asker, written: Sequence[WrittenVoucher]) -> Reply:
    """
    Return the numbers of vouchers that are issued, all or none (see `acts.issue`).

    Raises:
        Malformed: There are none, too many, or a field is not what it has to be.
        BookRefusal: One of them cannot be issued.
    """
    _check_count(written)
    issuer = asker.core or ""
    drafts = [draft_of(resources, issuer, each) for each in written]

    def issued(acting: Acting, debt: Debt) -> Reply:
        """Issue each."""
        rows = [acts.issue(acting, draft, debt) for draft in drafts]
        total = sum(row["amount_fen"] for row in rows)
        told = {"items": [row["voucher"] for row in rows], "amount_fen": total}
        return Reply.of(CREATED, told)

    return ask_acting(resources, asker, _needs(issuer, drafts), issued)


def _check_count(written: Sequence[WrittenVoucher]) -> None:
    if not 1 <= len(written) <= ISSUED_MAX:
        raise UnfitField("vouchers", most=ISSUED_MAX)


def _needs(issuer: str, drafts: Sequence[VoucherDraft]) -> Reads:
    named = [number for draft in drafts for number in draft.receivables]
    numbers = [draft.number for draft in drafts]
    return Reads(
        [f"core:{issuer}", *map(account_of, named), *map(nodes.account_of, numbers)],
        {vouchers: numbers, receivables: named},
    )


def written_in(uploads: Iterable[Upload]) -> list[WrittenVoucher]:
    """
    Return the vouchers that files list, each with its line, in the columns of `HEADS`.

    Raises:
        UnfitFile: A file is none, too large, or lacks a column.
    """
    return lines_of(uploads, _lines, most=ISSUED_MAX)


def _lines(place: Path, name: str) -> Iterable[WrittenVoucher]:
    for chunk in tables(place, name, lambda cells: all(each in _columns(cells) for each in NEEDED)):
        columns = _columns(chunk.columns)
        for each in NEEDED:
            if each not in columns:
                raise UnfitFile(name, "column", heads=" / ".join(HEADS[each]))
        for row in chunk.rows.iter_rows(named=True):
            cells = {each: str(row[column] or "") for each, column in columns.items()}
            if any(cells.values()):
                yield WrittenVoucher(**{"amount": "", **cells}, line=int(row["_line"]))


def _columns(cells: Iterable[str]) -> dict[str, str]:
    """Return under which head of a file each field stands."""
    found: dict[str, str] = {}
    for cell in cells:
        for name, heads in HEADS.items():
            if cell.strip().casefold() in heads:
                found.setdefault(name, cell)
    return found
