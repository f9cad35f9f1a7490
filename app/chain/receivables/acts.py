"""
What is done to receivables, each act one event: confirmed, disputed, settled, replaced, ended.

They work on a `Moving`; a receivable of which the platform knows nothing yet begins as the files
of a version tell it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.books.errors import BookRefusal, RuleBroken, WrongState
from app.books.ledger import Move, Moving, operations
from app.books.rules import RulesInForce
from app.chain.receivables import accounts
from app.chain.receivables.files import FileReceivables
from app.chain.receivables.lender import NO_LENDER, DocumentPaid, Lender
from app.chain.receivables.tables import receivables
from app.platform.errors import Absent

Row = dict[str, Any]
OURS = ("financing", "financed", "replaced")  # A loan or a voucher of ours stands on it.
ENDED = ("paid", "void", "elsewhere")  # States of a file that end what nothing of ours stands on.
CLOSED = ("paid", "void")  # No file says anything of these any more.
FINAL = ("confirmed", "financing", "financed")


def account_of(receivable: str) -> str:
    """Return the account of a receivable as a document."""
    return f"receivable:{receivable}"


def face(row: Mapping[str, Any]) -> int:
    """Return what is left to pay: the amount less what a file says is paid."""
    return max(0, int(row["amount_fen"]) - int(row["paid_fen"]))


def merged(known: Row | None, told: Row | None) -> Row | None:
    """
    Return a receivable as it stands: by the platform, with what a file may still say of it.

    Example:
        >>> known = {"state": "confirmed", "paid_fen": 0, "event": 7}
        >>> merged(known, {"state": "paid", "paid_fen": 0, "event": 0})["state"]
        'paid'
        >>> merged({**known, "state": "replaced"}, {"state": "paid", "paid_fen": 0})["state"]
        'replaced'
    """
    if known is None or told is None or known["state"] in OURS:
        return known or told
    if known["state"] in CLOSED:
        return known
    if told["state"] in CLOSED:
        return {**known, "state": told["state"]}
    state = told["state"] if told["state"] in ENDED else known["state"]
    return {**known, "state": state, "paid_fen": max(known["paid_fen"], told["paid_fen"])}


class Debt:
    """Receivables of one debtor as an order finds them."""

    def __init__(self, moving: Moving, files: FileReceivables | None, debtor: str | None) -> None:
        self.moving = moving
        self._files = files
        self._debtor = debtor

    def told(self, receivable: str) -> Row | None:
        """Return what the files say of a receivable."""
        return None if self._files is None else self._files.find(receivable)

    def find(self, receivable: str) -> Row:
        """
        Return a receivable as it stands.

        Raises:
            Absent: There is none of this id, or it is another's to pay.
        """
        known = self.moving.row(receivables, receivable)
        row = merged(known, self.told(receivable))
        if row is None or self._debtor not in (None, row["debtor"]):
            raise absent(receivable)
        return dict(row)

    def in_state(self, receivable: str, *allowed: str) -> Row:
        """
        Return a receivable that is in one of these states.

        Raises:
            Absent: There is none of this id, or it is another's to pay.
            WrongState: It is in another.
        """
        row = self.find(receivable)
        if row["state"] not in allowed:
            raise WrongState(f"receivable {receivable}", row["state"], allowed)
        return row

    def replace(self, receivable: str, voucher: str, *, debtor: str, creditor: str) -> Row:
        """
        Return a receivable that a voucher of its debtor for its creditor replaces, as it was.

        Raises:
            Absent: There is none of this id, or it is another's to pay.
            RuleBroken: Somebody else holds it.
            WrongState: It is neither open nor confirmed, or something stands on its account.
        """
        if self.find(receivable)["debtor"] != debtor:
            raise absent(receivable)
        row = self.in_state(receivable, "open", "confirmed")
        if row["creditor"] != creditor:
            raise RuleBroken(
                "voucher.receivables",
                "contract of vouchers",
                zh=f"应收账款 {receivable} 的债权人不是 {creditor}",
                en=f"receivable {receivable} is not one of {creditor}",
            )
        account = account_of(receivable)
        accounts.check_free(self.moving, account, f"receivable {receivable}", ["open", "confirmed"])
        after = {"state": "replaced", "before": row["state"], "voucher": voucher, "occupied_fen": 0}
        moves = accounts.closing(self.moving, account)
        self.record("replace", {**row, **after}, before=row["state"], moves=moves)
        return row

    def replaced(self, receivable: str) -> Row:
        """Return a receivable that a voucher has replaced."""
        row = self.moving.row(receivables, receivable)
        if row is None:
            raise RuntimeError(f"receivable {receivable} is gone from the book")
        return row

    def give_back(self, row: Row) -> None:
        """Make a receivable again what it was before a voucher replaced it."""
        here = row["before"] == "confirmed" and row["here"]
        row |= {"state": row["before"], "before": "", "voucher": None}
        row["occupied_fen"] = face(row) if here else 0
        moves = accounts.opening(self.moving, account_of(row["receivable"]))
        self.record("give-back", row, before="replaced", moves=moves)

    def pay_replaced(self, row: Row) -> None:
        """Make a receivable paid whose voucher is settled."""
        self.record("settle", {**row, "state": "paid", "before": ""}, before="replaced")

    @staticmethod
    def outside(row: Row) -> int:
        """Return what a receivable occupies of its debtor's account because a file confirmed it."""
        return face(row) if row["state"] == "confirmed" and not row["here"] else 0

    def record(
        self,
        operation: str,
        row: Row,
        *,
        before: str,
        moves: Sequence[Move] = (),
        reason: str = "",
    ) -> None:
        """Record one event on a receivable, whose row is as it is after it."""
        detail = {
            "before": before,
            "after": row["state"],
            "amount_fen": face(row),
            "debtor": row["debtor"],
            "creditor": row["creditor"],
            "occupied_fen": row["occupied_fen"],
        }
        self.moving.record(
            f"receivable.{operation}",
            f"receivable:{row['receivable']}",
            moves=moves,
            rows=[(receivables, row)],
            detail=detail,
            told=(reason, ""),
        )


def absent(receivable: str) -> Absent:
    """Return the refusal of a receivable that is not there, or not the asker's."""
    return Absent(f"no receivable {receivable!r}")


def confirmable(debt: Debt, numbers: Sequence[str]) -> list[Row]:
    """
    Return the rows of receivables that can be confirmed, all of them.

    Raises:
        Absent: There is no such receivable (where one alone is confirmed).
        WrongState: It is not open.
        LimitExceeded: The debtor's account lacks.
        BookRefusal: One of several cannot be; the refusal is the first one's, and lists them all.
    """
    rows = _open_ones(debt, numbers)
    needed: dict[str, int] = {}
    for row in rows:
        account = f"core:{row['debtor']}"
        needed[account] = needed.get(account, 0) + face(row)
    for account, fen in needed.items():
        _check_room(debt.moving, account, fen, rows)
    return rows


def confirm(debt: Debt, numbers: Sequence[str]) -> list[Row]:
    """Confirm receivables, all of them or none; return their rows (see `confirmable`)."""
    rows = confirmable(debt, numbers)
    for row in rows:
        moves = []
        if fen := face(row):
            moves.append(operations.taken(debt.moving, f"core:{row['debtor']}", fen))
        row |= {"state": "confirmed", "confirmed": 1, "here": 1, "occupied_fen": fen, "before": ""}
        debt.record("confirm", row, before="open", moves=moves)
    return rows


def _open_ones(debt: Debt, numbers: Sequence[str]) -> list[Row]:
    """Return receivables that are open, or raise with all those of several that are not."""
    rows, refused = [], []
    for number in numbers:
        try:
            rows.append(debt.in_state(number, "open"))
        except (Absent, BookRefusal) as error:
            if len(numbers) == 1:
                raise
            refused.append((number, error))
    if refused:
        raise _of_several(refused)
    return rows


def _check_room(moving: Moving, account: str, fen: int, rows: Sequence[Row]) -> None:
    """Raise where an account lacks what several need; those past what it has are listed."""
    try:
        operations.taken(moving, account, fen)
    except BookRefusal as error:
        if len(rows) > 1:
            left = moving.available(account)
            items = [
                {"number": row["receivable"], "code": error.code}
                for row in rows
                if f"core:{row['debtor']}" == account and (left := left - face(row)) < 0
            ]
            error.further = {**error.further, "items": items}
        raise


def _of_several(refused: Sequence[tuple[str, Absent | BookRefusal]]) -> BookRefusal:
    """Return the first refusal of a bulk, with all that are refused."""
    _, first = refused[0]
    items = [{"number": number, "code": error.code} for number, error in refused]
    return BookRefusal(str(first), code=first.code, further={**first.further, "items": items})


def dispute(debt: Debt, number: str, reason: str, rules: RulesInForce) -> Row:
    """
    Dispute a receivable that is not confirmed; return its row.

    Raises:
        Absent: There is no such receivable.
        RuleBroken: It is confirmed, which is final.
        WrongState: It is in another state than open.
    """
    row = debt.find(number)
    if row["state"] in FINAL:
        raise final(rules)
    row = debt.in_state(number, "open")
    moves = accounts.closing(debt.moving, account_of(number))
    row |= {"state": "disputed", "before": "open"}
    debt.record("dispute", row, before="open", moves=moves, reason=reason)
    return row


def final(rules: RulesInForce) -> RuleBroken:
    """Return the refusal to dispute what was confirmed."""
    zh, en = "确权后不可撤回，也不可提出异议", "what is confirmed is final; it cannot be disputed"
    if "confirm.final" in rules.held:
        return rules.refuse("confirm.final", zh=zh, en=en)
    return RuleBroken("confirm.final", "contract of confirmation", zh=zh, en=en)


def withdraw(debt: Debt, number: str) -> Row:
    """
    Withdraw a dispute; return the row: the receivable is again what it was before.

    Raises:
        Absent: There is no such receivable.
        WrongState: It is not disputed.
    """
    row = debt.in_state(number, "disputed")
    after = row["before"] or ("confirmed" if row["confirmed"] else "open")
    moves = accounts.opening(debt.moving, account_of(number))
    row |= {"state": after, "before": ""}
    debt.record("withdraw-dispute", row, before="disputed", moves=moves)
    return row


def settle(debt: Debt, number: str, lender: Lender = NO_LENDER) -> Row:
    """
    Settle a confirmed receivable, whole; return its row. Who has lent on it is paid first.

    Args:
        debt: Receivables as the order finds them.
        number: The receivable.
        lender: Who has lent on documents.

    Raises:
        Absent: There is no such receivable.
        WrongState: It is not confirmed, or a loan on it is just being paid out.
    """
    row = debt.in_state(number, *FINAL)
    account, is_lent = account_of(number), row["state"] == "financed"
    if row["state"] == "financing":
        lender.leave(debt.moving, [account])
        row = debt.find(number)
    paid = end(debt, row, "paid", operation="settle")
    if is_lent:
        lender.take(debt.moving, [DocumentPaid(account, row["creditor"], face(row))])
    return paid


def end(debt: Debt, row: Row, state: str, *, operation: str) -> Row:
    """Record that a receivable has ended; return its row: what it occupied is given back."""
    before, taken = row["state"], row["occupied_fen"]
    moves = accounts.closing(debt.moving, account_of(row["receivable"]))
    if taken:
        moves.append(operations.given_back(debt.moving, f"core:{row['debtor']}", taken))
    row |= {"state": state, "occupied_fen": 0, "before": ""}
    debt.record(operation, row, before=before, moves=moves)
    return row
