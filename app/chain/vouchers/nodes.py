"""
Nodes of vouchers' trees while they are moved: found, checked, recorded.

At every live node its amount is what its children carry, what is financed of it, and what is held;
children that were rejected, or not accepted in time, are left out.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.books.errors import RuleBroken, WrongState
from app.books.ledger import Move, Moving
from app.books.rules import RulesInForce
from app.chain.receivables import accounts
from app.chain.receivables.acts import Debt
from app.chain.receivables.lender import NO_LENDER, Lender
from app.chain.vouchers.tables import vouchers
from app.platform.errors import Absent

DEPTH_MAX = 50  # Steps from the root: a tree is shown as it is, node within node.
TREE_MAX = 50_000  # Nodes of a tree.
OVER = ("rejected", "cancelled", "settled")
LEFT_OUT = ("rejected", "cancelled")
SOURCE = "contract of vouchers"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acting:
    """An order on vouchers: what is recorded, who acts for which firm, by which rules."""

    moving: Moving
    firm: str
    rules: RulesInForce
    tiers_max: int
    accept_days: int
    lender: Lender = NO_LENDER


def account_of(voucher: str) -> str:
    """Return the account of a voucher as a document."""
    return f"voucher:{voucher}"


def absent(voucher: str) -> Absent:
    """Return the refusal of a voucher that is not there, or not the asker's."""
    return Absent(f"no voucher {voucher!r}")


def rule(name: str, *, zh: str, en: str) -> RuleBroken:
    """Return the refusal by a rule of vouchers themselves."""
    return RuleBroken(name, SOURCE, zh=zh, en=en)


def found(moving: Moving, voucher: str) -> Row:
    """
    Return a node.

    Raises:
        Absent: There is none of this id.
    """
    row = moving.row(vouchers, voucher)
    if row is None:
        raise absent(voucher)
    return row


def held_by(acting: Acting, voucher: str) -> Row:
    """
    Return a node of which the asker is the holder.

    Raises:
        Absent: There is none of this id, or it is another's.
    """
    row = found(acting.moving, voucher)
    if row["holder"] != acting.firm:
        raise absent(voucher)
    return row


def issued_by(acting: Acting, voucher: str) -> Row:
    """
    Return the root of a tree that the asker issued.

    Raises:
        Absent: There is none of this id, or it is another's.
        RuleBroken: It is a part of a voucher.
    """
    row = found(acting.moving, voucher)
    if row["issuer"] != acting.firm:
        raise absent(voucher)
    if row["parent"] is not None:
        raise rule(
            "voucher.root",
            zh=f"请在整张凭证 {row['root']} 上操作",
            en=f"this is done to the whole voucher, {row['root']}",
        )
    return row


def check_state(row: Row, *allowed: str) -> None:
    """
    Raise where a node is in another state than these.

    Raises:
        WrongState: It is.
    """
    if row["state"] not in allowed:
        raise WrongState(f"voucher {row['voucher']}", row["state"], allowed)


def check_movable(acting: Acting, row: Row) -> None:
    """
    Raise where a node cannot be split or passed on.

    Raises:
        WrongState: It is not held, or something stands on its account.
        RuleBroken: It lies too deep in its tree.
    """
    check_state(row, "held")
    voucher = row["voucher"]
    accounts.check_free(acting.moving, account_of(voucher), f"voucher {voucher}", ["held"])
    if row["depth"] >= DEPTH_MAX:
        raise rule(
            "voucher.depth",
            zh=f"凭证最多拆转 {DEPTH_MAX} 次",
            en=f"a voucher is split and passed at most {DEPTH_MAX} times in a row",
        )


def child(row: Row, voucher: str, amount: int, **more: object) -> Row:
    """Return a new node below another, with its issuer, due day and holder but for what is said."""
    return {
        **row,
        "voucher": voucher,
        "parent": row["voucher"],
        "depth": row["depth"] + 1,
        "amount_fen": amount,
        "parts_fen": 0,
        "financed_fen": 0,
        "held_fen": amount,
        "occupies_fen": 0,
        "receivables": "[]",
        "before": "",
        **more,
    }


def record(
    moving: Moving,
    operation: str,
    rows: Sequence[Row],
    *,
    before: str,
    moves: Iterable[Move] = (),
    reason: str = "",
    **more: object,
) -> None:
    """Record one event on the first of these rows, which are as they are after it."""
    row = rows[0]
    detail = {
        "before": before,
        "after": row["state"],
        "root": row["root"],
        "issuer": row["issuer"],
        "holder": row["holder"],
        "amount_fen": row["amount_fen"],
        "held_fen": row["held_fen"],
        **more,
    }
    moving.record(
        f"voucher.{operation}",
        f"voucher:{row['voucher']}",
        moves=moves,
        rows=[(vouchers, each) for each in rows],
        detail=detail,
        told=(reason, ""),
    )


def children_of(moving: Moving, row: Row) -> list[Row]:
    """Return the children that a node had before this order, in order of their ids."""
    own = vouchers.c
    query = sa.select(vouchers).where(own.parent == row["voucher"]).order_by(own.voucher)
    return [dict(each) for each in moving.connection.execute(query).mappings()]


def tree_of(moving: Moving, root: str) -> list[Row]:
    """
    Return all nodes of a tree as they stand for this order, the root first.

    Raises:
        RuntimeError: There are more than a tree may have.
    """
    query = sa.select(vouchers.c.voucher).where(vouchers.c.root == root).limit(TREE_MAX + 1)
    ids = [row[0] for row in moving.connection.execute(query)]
    if len(ids) > TREE_MAX:
        raise RuntimeError(f"the tree of voucher {root} has more than {TREE_MAX} nodes")
    standing = moving.rows(vouchers, ids)
    rows = [row for row in standing.values() if row is not None]
    return sorted(rows, key=lambda row: (row["depth"], row["voucher"]))


def restored(debt: Debt, root: Row) -> list[Move]:
    """Give back what a root replaced; return how the issuer's account moves."""
    account = f"core:{root['issuer']}"
    standing = debt.moving.account(account)
    posted = outside = 0
    for receivable in json.loads(root["receivables"]):
        row = debt.replaced(receivable)
        debt.give_back(row)
        posted += row["occupied_fen"]
        outside += debt.outside(row)
    if standing is None:
        return []
    now = standing.figures
    now = now._replace(
        posted=now.posted - root["occupies_fen"] + posted, outside=now.outside + outside
    )
    return [Move(account, now._replace(ceiling=max(now.ceiling, now.used)))]
