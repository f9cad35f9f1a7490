"""Operations on uses: reserved, posted, voided, given back, moved to other accounts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.books.errors import AlreadyDecided, WrongState
from app.books.ledger.known import Row
from app.books.ledger.moving import WHOLE_MAX, Move, Moving
from app.books.ledger.operations.checks import (
    all_open,
    check_amount,
    figures_of,
    moved,
    moves_of,
    with_room,
)
from app.books.ledger.paths import (
    Element,
    less_document,
    occupied,
    path_of,
    rest_of,
    taken_of,
    text_of,
)
from app.books.ledger.tables import uses
from app.platform.errors import Absent
from app.platform.events import moment_text


class UseOrder(NamedTuple):
    """A use that is asked for: whose, of what, and the accounts that it occupies."""

    use: str
    firm: str
    product: str
    path: Sequence[Element]
    amount: int
    core: str | None = None
    owner: str | None = None
    expires_at: dt.datetime | None = None


def reserve(moving: Moving, asked: UseOrder, *, reason: str = "") -> Row:
    """
    Take an amount as pending on every account of a path; return the row of the use.

    Raises:
        LimitExceeded: Accounts lack: all of them are named.
        AlreadyDecided: There is a use of this name.
        RuleBroken: The amount is none.
    """
    known = moving.row(uses, asked.use)
    if known is not None:
        raise AlreadyDecided(f"use {asked.use}", known["state"])
    check_amount(asked.amount, WHOLE_MAX)
    taken = taken_of(asked.path, asked.amount)
    stands = with_room(moving, taken)
    moves = [
        moved(each, account, pending=amount)
        for each, (account, amount) in zip(stands, taken, strict=True)
        if amount
    ]
    row = {
        "use": asked.use,
        "state": "reserved",
        "core": asked.core,
        "firm": asked.firm,
        "product": asked.product,
        "owner": asked.owner,
        "asked_fen": asked.amount,
        "left_fen": asked.amount,
        "path": text_of(asked.path),
        "expires_at": "" if asked.expires_at is None else moment_text(asked.expires_at),
        "created_at": moving.moment,
    }
    _record(moving, "reserve", row, moves, ("", asked.amount), reason)
    return row


def post(
    moving: Moving, use: str, amount: int, *, owner: str | None = None, reason: str = ""
) -> Row:
    """
    Turn a reservation, or a part of it, into a use; the rest of it is void.

    Args:
        moving: What is recorded.
        use: The reservation.
        amount: What is used of it, in fen.
        owner: What alone moves it from now on; None: what moved it before.
        reason: Why, in a person's words.

    Raises:
        Absent: There is no such use.
        AlreadyDecided: It was posted, voided, or its time has passed.
        RuleBroken: More is asked than was reserved.
        LimitExceeded: An account of its path is frozen or closed.
    """
    row = _reserved(moving, use)
    before = row["left_fen"]
    check_amount(amount, before)
    path = path_of(row["path"])
    come = taken_of(path, amount)
    gone = come if amount == before else taken_of(path, before)
    moves = [
        moved(each, account, pending=-freed, posted=used)
        for each, (account, used), (_, freed) in zip(
            all_open(moving, come), come, gone, strict=True
        )
        if freed
    ]
    row |= {"state": "posted", "left_fen": amount, "expires_at": ""}
    row["owner"] = owner or row["owner"]
    _record(moving, "post", row, moves, ("reserved", amount), reason)
    return row


def divide(moving: Moving, use: str, amount: int, into: str, *, reason: str = "") -> Row:
    """
    Make a part of a reservation one of its own; return its row. No account moves.

    Args:
        moving: What is recorded.
        use: The reservation, which keeps the rest; it stands on no document.
        amount: The part, in fen: less than what is reserved.
        into: The name of the part.
        reason: Why, in a person's words.

    Raises:
        Absent: There is no such use.
        AlreadyDecided: It is not reserved any more, or there is a use of the part's name.
        RuleBroken: The part is none, or all of it.
        ValueError: It stands on a document.
    """
    row, known = _reserved(moving, use), moving.row(uses, into)
    if known is not None:
        raise AlreadyDecided(f"use {into}", known["state"])
    before, path = row["left_fen"], path_of(row["path"])
    if any(each.part >= 0 for each in path):
        raise ValueError(f"use {use} stands on documents: it is not divided")
    check_amount(amount, before - 1)
    own = {"use": into, "asked_fen": amount, "left_fen": amount, "created_at": moving.moment}
    part = {**row, **own}
    row |= {"left_fen": before - amount, "path": text_of(rest_of(path, before, amount))}
    detail = {"amount_fen": amount, "before": "reserved", "after": "reserved", "into": into}
    moving.record(
        "divide",
        f"use:{use}",
        rows=[(uses, row), (uses, part)],
        detail={**detail, "left_fen": row["left_fen"]},
        told=(reason, ""),
    )
    return part


def void(moving: Moving, use: str, *, reason: str = "") -> Row:
    """
    Give a reservation back.

    Raises:
        Absent: There is no such use.
        AlreadyDecided: It was posted, voided, or its time has passed.
    """
    return _ended(moving, _reserved(moving, use), "void", "void", reason)


def expire(moving: Moving, use: str) -> Row:
    """
    Give back a reservation whose time has passed.

    Raises:
        Absent: There is no such use.
        AlreadyDecided: It is not reserved.
        WrongState: Its time has not passed.
    """
    row = _use(moving, use)
    if row["state"] != "reserved":
        raise AlreadyDecided(f"use {use}", row["state"])
    if not has_passed(row, moving.now):
        raise WrongState(f"use {use}", "reserved", ["past its time"])
    return _ended(moving, row, "expired", "expire", "")


def release(
    moving: Moving, use: str, amount: int, *, document: str | None = None, reason: str = ""
) -> Row:
    """
    Give back an amount of a use that was repaid.

    Args:
        moving: What is recorded.
        use: The use.
        amount: What is given back, in fen.
        document: The account of a document that was paid: what it carried goes first.
        reason: Why, in a person's words.

    Raises:
        Absent: There is no such use, or the document is not in its path.
        WrongState: It is not posted.
        RuleBroken: More is given back than is used.
    """
    row = _use(moving, use)
    if row["state"] != "posted":
        raise WrongState(f"use {use}", row["state"], ["posted"])
    before = row["left_fen"]
    check_amount(amount, before)
    path = path_of(row["path"])
    rest = path if document is None else less_document(path, document, amount)
    given = [
        (old.account, occupied(old, before) - occupied(new, before - amount))
        for old, new in zip(path, rest, strict=True)
    ]
    left = before - amount
    row |= {
        "left_fen": left,
        "path": text_of(rest),
        "state": "posted" if left else "released",
    }
    _record(moving, "release", row, moves_of(moving, given, posted=-1), ("posted", amount), reason)
    return row


def restore(moving: Moving, use: str, amount: int, *, reason: str = "") -> Row:
    """
    Use again what was given back: what it was repaid by is taken back.

    It goes through where accounts are full by now, which are then over.

    Raises:
        Absent: There is no such use.
        WrongState: Nothing of it was used.
        RuleBroken: It is more than was given back.
    """
    row = _use(moving, use)
    if row["state"] not in ("posted", "released"):
        raise WrongState(f"use {use}", row["state"], ["posted", "released"])
    before, state = row["left_fen"], row["state"]
    check_amount(amount, row["asked_fen"] - before)
    moves = []
    for each in path_of(row["path"]):
        if by := occupied(each, before + amount) - occupied(each, before):
            now = figures_of(moving, each.account)
            now = now._replace(posted=now.posted + by)
            moves.append(Move(each.account, now._replace(ceiling=max(now.ceiling, now.used))))
    row |= {"left_fen": before + amount, "state": "posted"}
    _record(moving, "restore", row, moves, (state, amount), reason)
    return row


def transfer(moving: Moving, use: str, accounts: Mapping[str, str], *, reason: str = "") -> Row:
    """
    Move what a use occupies from accounts to others, which may be over their totals then.

    Raises:
        Absent: There is no such use, or no such account.
        WrongState: Nothing of it is pending or posted.
    """
    path = [
        each._replace(account=accounts.get(each.account, each.account))
        for each in path_of(_use(moving, use)["path"])
    ]
    return reroute(moving, use, path, reason=reason)


def reroute(moving: Moving, use: str, path: Sequence[Element], *, reason: str = "") -> Row:
    """
    Move what a use occupies to another path, whose accounts may be over their totals then.

    Raises:
        Absent: There is no such use, or no such account.
        WrongState: Nothing of it is pending or posted.
    """
    row = _use(moving, use)
    figure = {"reserved": "pending", "posted": "posted"}.get(row["state"])
    if figure is None:
        raise WrongState(f"use {use}", row["state"], ["reserved", "posted"])
    sums: dict[str, int] = {}
    for elements, sign in ((path_of(row["path"]), -1), (path, 1)):
        for each in elements:
            by = sign * occupied(each, row["left_fen"])
            sums[each.account] = sums.get(each.account, 0) + by
    moves = []
    for account, by in sums.items():
        if by:
            now = figures_of(moving, account)
            now = now._replace(**{figure: getattr(now, figure) + by})
            moves.append(Move(account, now._replace(ceiling=max(now.ceiling, now.used))))
    row |= {"path": text_of(path)}
    _record(moving, "transfer", row, moves, (row["state"], row["left_fen"]), reason)
    return row


def has_passed(row: Row, now: dt.datetime) -> bool:
    """Return whether the time of a reservation has passed."""
    return bool(row["expires_at"]) and row["expires_at"] <= moment_text(now)


def _reserved(moving: Moving, use: str) -> Row:
    row = _use(moving, use)
    if row["state"] != "reserved":
        raise AlreadyDecided(f"use {use}", row["state"])
    if has_passed(row, moving.now):
        raise AlreadyDecided(f"use {use}", "expired")
    return row


def _use(moving: Moving, use: str) -> Row:
    row = moving.row(uses, use)
    if row is None:
        raise Absent(f"no use {use!r}")
    return row


def _ended(moving: Moving, row: Row, state: str, operation: str, reason: str) -> Row:
    path = path_of(row["path"])
    amount = row["left_fen"]
    gone = taken_of(path, amount)
    row |= {"state": state, "left_fen": 0, "expires_at": ""}
    _record(
        moving, operation, row, moves_of(moving, gone, pending=-1), ("reserved", amount), reason
    )
    return row


def _record(
    moving: Moving,
    operation: str,
    row: Row,
    moves: Sequence[Move],
    was: tuple[str, int],
    reason: str,
) -> None:
    state, amount = was
    detail = {
        "amount_fen": amount,
        "before": state,
        "after": row["state"],
        "left_fen": row["left_fen"],
    }
    subject = f"use:{row['use']}"
    moving.record(
        operation, subject, moves=moves, rows=[(uses, row)], detail=detail, told=(reason, "")
    )
