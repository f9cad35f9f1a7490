"""What issuers and holders do to vouchers that are not due yet, from issue to passing on."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.books.errors import RuleBroken
from app.books.ledger import Move, Moving
from app.books.ledger.operations.checks import figures_of, with_room
from app.books.rules import RulesInForce
from app.chain.receivables import accounts
from app.chain.receivables.acts import Debt, final
from app.chain.vouchers import nodes
from app.chain.vouchers.nodes import Acting, Row, rule
from app.chain.vouchers.repository import has_dishonoured
from app.chain.vouchers.tables import vouchers
from app.platform.errors import Busy

SOFT, HARD, STOP = "voucher.tenor.soft_days", "voucher.tenor.hard_days", "core.stop_issue_on"
WARNED = "voucher.tenor.soft_days"
UNPAID = "voucher_unpaid"  # What stops an issuer, in the words of the rule.


@dataclass(frozen=True, slots=True)
class VoucherDraft:
    """A voucher that is to be issued."""

    number: str
    holder: str
    amount_fen: int | None  # None: the sum of what it replaces.
    due_on: dt.date
    receivables: Sequence[str]
    recourse: bool
    related: bool  # The issuer has a trade with the holder, or owes it something.


def issue(acting: Acting, draft: VoucherDraft, debt: Debt) -> Row:
    """
    Issue a voucher; return its row. Its face occupies the issuer's account from now on.

    Raises:
        Absent: A receivable is not there, or not the issuer's to pay.
        RuleBroken: A rule forbids it.
        WrongState: A receivable is neither open nor confirmed.
        LimitExceeded: The issuer's account lacks.
    """
    moving, issuer = acting.moving, acting.firm
    _check_issue(acting, draft)
    _check_new(moving, [draft.number])
    account = f"core:{issuer}"
    was = [
        debt.replace(each, draft.number, debtor=issuer, creditor=draft.holder)
        for each in draft.receivables
    ]
    amount = _amount(draft, was)
    freed = sum(row["occupied_fen"] for row in was)
    outside = sum(debt.outside(row) for row in was)
    standing = moving.account(account)
    outside = min(outside, standing.figures.outside) if standing else 0
    with_room(moving, [(account, max(0, amount - freed - outside))])
    figures = figures_of(moving, account)
    after = figures._replace(
        posted=figures.posted + amount - freed, outside=figures.outside - outside
    )
    row = _root(acting, draft, amount)
    nodes.record(
        moving,
        "issue",
        [row],
        before="",
        moves=[Move(account, after)],
        receivables=list(draft.receivables),
        due_on=row["due_on"],
    )
    return row


def _root(acting: Acting, draft: VoucherDraft, amount: int) -> Row:
    day = acting.moving.day
    return {
        "voucher": draft.number,
        "root": draft.number,
        "parent": None,
        "issuer": acting.firm,
        "holder": draft.holder,
        "giver": acting.firm,
        "tier": 1,
        "depth": 0,
        "amount_fen": amount,
        "parts_fen": 0,
        "financed_fen": 0,
        "held_fen": amount,
        "state": "issued",
        "accepted": 0,
        "before": "",
        "recourse": int(draft.recourse),
        "issued_on": day.isoformat(),
        "due_on": draft.due_on.isoformat(),
        "accept_by": _accept_by(acting),
        "occupies_fen": amount,
        "receivables": json.dumps(list(draft.receivables), ensure_ascii=False),
    }


def _accept_by(acting: Acting) -> str:
    return (acting.moving.day + dt.timedelta(days=acting.accept_days)).isoformat()


def _check_issue(acting: Acting, draft: VoucherDraft) -> None:
    if draft.holder == acting.firm:
        raise rule("voucher.holder", zh="持有人不能是开立人", en="the issuer cannot be the holder")
    if not draft.related:
        raise rule(
            "voucher.trade",
            zh=f"与 {draft.holder} 之间没有贸易或应收账款",
            en=f"there is no trade with {draft.holder}, and no receivable",
        )
    check_tenor(acting.rules, acting.moving.day, draft.due_on)
    moving = acting.moving
    if is_stopped(acting.rules, moving.connection, acting.firm, moving.day):
        raise acting.rules.refuse(
            STOP,
            zh="有到期未付的凭证，付清前不得新开立",
            en="a voucher of this issuer is past due and not paid; none is issued until it is",
        )


def is_stopped(rules: RulesInForce, connection: Connection, issuer: str, day: dt.date) -> bool:
    """Return whether an issuer may issue nothing: a voucher of its own is past due and unpaid."""
    return UNPAID in rules.text(STOP) and has_dishonoured(connection, issuer, day)


def check_tenor(rules: RulesInForce, day: dt.date, due_on: dt.date) -> None:
    """
    Raise where a due day may not be that of a voucher issued on a day.

    Raises:
        RuleBroken: It is not after the day, or further away than the rule in force allows.
    """
    days = (due_on - day).days
    if days < 1:
        raise rule("voucher.due", zh="到期日须在业务日之后", en="the due day is not after today")
    most = rules.days(HARD)
    if most is not None and days > most:
        raise rules.refuse(
            HARD,
            zh=f"期限 {days} 天，最长 {most} 天",
            en=f"{days} days to the due day; at most {most}",
        )


def warnings(rules: RulesInForce, day: dt.date, due_on: dt.date) -> list[dict[str, str]]:
    """Return what is told of a voucher's tenor, which does not refuse it."""
    days, soft = (due_on - day).days, rules.days(SOFT)
    if soft is None or days <= soft:
        return []
    zh, en = f"期限 {days} 天，原则上不超过 {soft} 天", f"{days} days, in principle at most {soft}"
    return [{"rule": WARNED, "zh": zh, "en": en}]


def _amount(draft: VoucherDraft, was: Sequence[Row]) -> int:
    faces = sum(max(0, row["amount_fen"] - row["paid_fen"]) for row in was)
    amount = faces if draft.amount_fen is None else draft.amount_fen
    if was and amount != faces:
        raise rule(
            "voucher.amount",
            zh=f"金额须等于所列应收账款之和 {faces} 分",
            en=f"the amount is the sum of the receivables it replaces, {faces} fen",
        )
    if amount < 1:
        raise rule("voucher.amount", zh="金额须大于零", en="there is nothing left to pay on these")
    return amount


def _check_new(moving: Moving, numbers: Sequence[str]) -> None:
    if any(row is not None for row in moving.rows(vouchers, numbers).values()):
        raise Busy("the number is taken; ask again", again_seconds=1)


def accept(acting: Acting, voucher: str) -> Row:
    """
    Accept a voucher that was issued or passed to the asker; return its row.

    Raises:
        Absent: There is none of this id, or it is another's.
        WrongState: It does not wait for that.
    """
    row = nodes.held_by(acting, voucher)
    nodes.check_state(row, "issued")
    row |= {"state": "held", "accepted": 1, "accept_by": ""}
    nodes.record(acting.moving, "accept", [row], before="issued")
    return row


def reject(acting: Acting, voucher: str, debt: Debt) -> Row:
    """
    Reject a voucher that was issued or passed to the asker; return its row.

    Raises:
        Absent: There is none of this id, or it is another's.
        WrongState: It does not wait for that.
    """
    row = nodes.held_by(acting, voucher)
    nodes.check_state(row, "issued")
    return undone(row, debt, "reject")


def cancel(acting: Acting, voucher: str, debt: Debt) -> Row:
    """
    Cancel a voucher that its holder has not accepted; return its row.

    Raises:
        Absent: There is none of this id, or it is another's.
        WrongState: It is accepted, or over, or something stands on its account.
        RuleBroken: It is a part of a voucher.
    """
    row = nodes.issued_by(acting, voucher)
    nodes.check_state(row, *(["issued", "disputed"] if not row["accepted"] else ["issued"]))
    account = nodes.account_of(voucher)
    accounts.check_free(acting.moving, account, f"voucher {voucher}", ["issued"])
    return undone(row, debt, "cancel", state="cancelled")


def dispute(acting: Acting, voucher: str, reason: str) -> Row:
    """
    Dispute a voucher that its holder has not accepted; return its row, frozen.

    Raises:
        Absent: There is none of this id, or it is another's.
        RuleBroken: It is accepted, which is final.
        WrongState: It is over, or disputed already.
    """
    row = nodes.found(acting.moving, voucher)
    if row["issuer"] != acting.firm:
        raise nodes.absent(voucher)
    if row["parent"] is not None or (row["accepted"] and row["state"] not in nodes.OVER):
        raise final(acting.rules)
    nodes.check_state(row, "issued")
    row |= {"state": "disputed", "before": "issued"}
    nodes.record(acting.moving, "dispute", [row], before="issued", reason=reason)
    return row


def undone(row: Row, debt: Debt, operation: str, *, state: str = "rejected") -> Row:
    """Record that a node ends before it was accepted; return its row: what it took goes back."""
    moving, before = debt.moving, row["state"]
    if row["parent"] is None:
        moves, rows = nodes.restored(debt, row), []
    else:
        parent = nodes.found(moving, row["parent"])
        parent["parts_fen"] -= row["amount_fen"]
        parent["held_fen"] += row["amount_fen"]
        if parent["state"] in ("passed", "split"):
            parent["state"] = "held"
        moves = accounts.opening(moving, nodes.account_of(parent["voucher"]))
        rows = [parent]
    row |= {"state": state, "held_fen": 0, "occupies_fen": 0, "accept_by": ""}
    nodes.record(moving, operation, [row, *rows], before=before, moves=moves)
    return row


def split(acting: Acting, voucher: str, parts: Sequence[int], numbers: Sequence[str]) -> list[Row]:
    """
    Split what is held of a voucher; return its row and those of the new parts.

    Raises:
        Absent: There is none of this id, or it is another's.
        WrongState: It is not held, or something stands on its account.
        RuleBroken: The parts do not sum to what is held.
    """
    row = nodes.held_by(acting, voucher)
    nodes.check_movable(acting, row)
    if sum(parts) != row["held_fen"]:
        raise rule(
            "voucher.parts",
            zh=f"各部分之和 {sum(parts)} 分须等于所持 {row['held_fen']} 分",
            en=f"the parts are {sum(parts)} fen; what is held is {row['held_fen']}",
        )
    _check_new(acting.moving, numbers)
    children = [nodes.child(row, number, part) for number, part in zip(numbers, parts, strict=True)]
    row |= {"parts_fen": row["parts_fen"] + row["held_fen"], "held_fen": 0, "state": "split"}
    moves = accounts.closing(acting.moving, nodes.account_of(voucher))
    nodes.record(
        acting.moving, "split", [row, *children], before="held", moves=moves, parts=list(parts)
    )
    return [row, *children]


@dataclass(frozen=True, slots=True)
class Passing:
    """To whom a voucher is passed on, how much of it, and under what number."""

    number: str
    holder: str
    amount_fen: int | None  # None: all that is held.
    related: bool  # The new holder sells to the old one, or has an open claim on it.


def pass_on(acting: Acting, voucher: str, asked: Passing) -> list[Row]:
    """
    Pass a voucher on, or a part of it; return its row and the new one, which waits for its holder.

    Raises:
        Absent: There is none of this id, or it is another's.
        WrongState: It is not held, or something stands on its account.
        RuleBroken: A rule forbids it.
    """
    row = nodes.held_by(acting, voucher)
    nodes.check_movable(acting, row)
    _check_passing(acting, row, asked)
    held = row["held_fen"]
    amount = held if asked.amount_fen is None else asked.amount_fen
    if amount > held:
        raise rule(
            "voucher.parts",
            zh=f"转让 {amount} 分，所持仅 {held} 分",
            en=f"{amount} fen are to be passed on; {held} are held",
        )
    _check_new(acting.moving, [asked.number])
    new = nodes.child(
        row,
        asked.number,
        amount,
        holder=asked.holder,
        giver=row["holder"],
        tier=row["tier"] + 1,
        state="issued",
        accepted=0,
        accept_by=_accept_by(acting),
    )
    left = held - amount
    row |= {"parts_fen": row["parts_fen"] + amount, "held_fen": left}
    row["state"] = "held" if left else "passed"
    moves = accounts.lowering(acting.moving, nodes.account_of(voucher), left, held)
    more = {"to": asked.holder, "passed_fen": amount, "tier": new["tier"]}
    nodes.record(acting.moving, "pass", [row, new], before="held", moves=moves, **more)
    return [row, new]


def _check_passing(acting: Acting, row: Row, asked: Passing) -> None:
    refused: RuleBroken | None = None
    if asked.holder == row["issuer"]:
        refused = rule("voucher.holder", zh="不能转让给开立人", en="never passed to its issuer")
    elif asked.holder == row["holder"]:
        refused = rule("voucher.holder", zh="不能转让给自己", en="never passed to oneself")
    elif row["tier"] >= acting.tiers_max:
        refused = rule(
            "voucher.tiers",
            zh=f"持有人最多变更 {acting.tiers_max} 次",
            en=f"the holder changes at most {acting.tiers_max} times",
        )
    elif not asked.related:
        refused = rule(
            "voucher.trade",
            zh=f"{asked.holder} 对持有人没有贸易或应收账款",
            en=f"{asked.holder} neither sells to the holder nor has a claim on it",
        )
    if refused is not None:
        raise refused
