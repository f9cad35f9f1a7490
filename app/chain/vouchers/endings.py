"""How vouchers end: settled by the issuer, or matured, dishonoured, lapsed as days are closed."""

import datetime as dt
import json
from collections.abc import Callable, Sequence

from app.books.ledger import MACHINE, Move, Moving, Plain, Reads, Reply, ledger_of, operations
from app.chain.receivables import accounts
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import of_version
from app.chain.receivables.lender import DocumentPaid
from app.chain.vouchers import nodes, repository
from app.chain.vouchers.acts import undone
from app.chain.vouchers.nodes import Acting, Row
from app.chain.vouchers.tables import vouchers
from app.platform.deps import Resources

DONE = 200
SETTLED = ("matured", "dishonoured", "recourse")


def settle(acting: Acting, voucher: str, debt: Debt) -> Row:
    """
    Settle a voucher that is due: all that hold of it are paid; return its root's row.

    Who has lent on parts of it is paid first.

    Raises:
        Absent: There is none of this id, or it is another's.
        WrongState: It is not due yet, or over, or a loan on a part is just being paid out.
        RuleBroken: It is a part of a voucher.
    """
    moving = acting.moving
    root = nodes.issued_by(acting, voucher)
    nodes.check_state(root, *SETTLED)
    before = root["state"]
    for receivable in json.loads(root["receivables"]):
        debt.pay_replaced(debt.replaced(receivable))
    rows = [row for row in nodes.tree_of(moving, voucher) if row["state"] not in nodes.OVER]
    paid = [
        [row["voucher"], row["holder"], row["financed_fen"], row["held_fen"]]
        for row in sorted(rows, key=lambda row: not row["financed_fen"])  # Loans first.
        if row["financed_fen"] or row["held_fen"]
    ]
    financing = [nodes.account_of(row["voucher"]) for row in rows if row["before"] == "financing"]
    if financing:
        acting.lender.leave(moving, financing)
    lent = [
        DocumentPaid(nodes.account_of(row["voucher"]), row["holder"], row["financed_fen"])
        for row in rows
        if row["financed_fen"]
    ]
    moves = _closing(moving, rows)
    moves.append(operations.given_back(moving, f"core:{root['issuer']}", root["occupies_fen"]))
    rows = [{**row, "state": "settled", "occupies_fen": 0} for row in rows]
    nodes.record(moving, "settle", rows, before=before, moves=moves, paid=paid)
    if lent:
        acting.lender.take(moving, lent)
    return rows[0]


def close(resources: Resources, day: dt.date) -> int:
    """
    Take all vouchers over a day that is closed, the business day being the next; return how many.

    What was not accepted in time lapses; what was due and is not paid is dishonoured; what is due
    on the business day matures. Done again after it was cut short, it goes on where it stood.

    Args:
        resources: What the process has open.
        day: The day that is closed.
    """
    debts = of_version(resources, resources.version())
    ledger = ledger_of(resources)
    following = day + dt.timedelta(days=1)
    steps: Sequence[tuple[Callable[..., list[str]], Callable[[Debt, str], None], dt.date]] = (
        (repository.to_lapse, _lapse, day),
        (repository.to_mature, _mature, following),
        (repository.to_dishonour, _dishonour, day),
    )
    count = 0
    for find, work, until in steps:
        with resources.records.reading() as connection:
            found = find(connection, until)
        for voucher in found:

            def decided(moving: Moving, voucher: str = voucher, work: object = work) -> Reply:
                """Return nothing but that it is done."""
                work(Debt(moving, debts, None), voucher)  # type: ignore[operator]  # bound above
                return Reply.of(DONE, None)

            ledger.ask(Plain(Reads(rows={vouchers: [voucher]}), decided, None, MACHINE))
        count += len(found)
    return count


def take_over(debt: Debt, voucher: str) -> None:
    """
    Bring a voucher to the business day where the closing of the day before has not come to it yet.

    So whoever asks anything of it in between, or while a closing that was killed waits to go on,
    meets it as it will be.
    """
    moving = debt.moving
    row = moving.row(vouchers, voucher)
    if row is None:
        return
    root, due = str(row["root"]), str(row["due_on"])
    who, moving.actor = moving.actor, MACHINE
    if due <= moving.day_text:
        _mature(debt, root)
        if due < moving.day_text:
            _dishonour(debt, root)
    elif not row["accepted"] and "" < str(row["accept_by"]) < moving.day_text:
        _lapse(debt, voucher)
    elif row["parts_fen"]:
        for name in repository.waiting_past(moving.connection, root, moving.day):
            _lapse(debt, name)
    moving.actor = who


def _lapse(debt: Debt, voucher: str) -> None:
    row = nodes.found(debt.moving, voucher)
    if row["state"] in ("issued", "disputed") and not row["accepted"]:
        undone(row, debt, "lapse")


def _mature(debt: Debt, voucher: str) -> None:
    """Make a tree due: what waits for a holder is given back first."""
    moving = debt.moving
    root = nodes.found(moving, voucher)
    if root["state"] not in (*repository.RUNNING, "issued", "disputed"):
        return
    for row in nodes.tree_of(moving, voucher):
        _lapse(debt, row["voucher"])
    root = nodes.found(moving, voucher)
    if root["state"] in nodes.OVER:
        return
    rows = [row for row in nodes.tree_of(moving, voucher) if row["state"] in repository.RUNNING]
    rows = [{**row, "before": row["state"], "state": "matured"} for row in rows]
    nodes.record(moving, "mature", rows, before=root["state"])


def _dishonour(debt: Debt, voucher: str) -> None:
    """Dishonour a tree: with recourse each holder has a claim on who passed it the voucher."""
    moving = debt.moving
    if nodes.found(moving, voucher)["state"] != "matured":
        return
    rows = [row for row in nodes.tree_of(moving, voucher) if row["state"] == "matured"]
    claims = [row for row in rows if row["recourse"] and row["tier"] > 1]
    told = [
        [row["voucher"], row["holder"], row["giver"], row["amount_fen"]]
        for row in claims
        if row["accepted"]
    ]
    moves = _closing(moving, rows)
    ends = {row["voucher"] for row in claims}
    rows = [
        {**row, "state": "recourse" if row["voucher"] in ends else "dishonoured"} for row in rows
    ]
    nodes.record(moving, "dishonour", rows, before="matured", moves=moves, claims=told)


def _closing(moving: Moving, rows: Sequence[Row]) -> list[Move]:
    names = [nodes.account_of(row["voucher"]) for row in rows]
    moving.accounts(names)  # Read at once.
    return [move for name in names for move in accounts.closing(moving, name)]
