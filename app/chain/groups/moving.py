"""Uses follow their firm into the group that a run finds it in, and out of the one it left."""

import json
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from app.books.ledger import AccountTotal, BookMovedOn, Element, Identity, Moving, operations
from app.books.ledger.paths import path_of
from app.books.ledger.tables import uses
from app.chain.groups.stored import Connected
from app.chain.groups.tables import groupings
from app.platform.records import Records

PREFIX = "group:"
GROUPS = "groups"  # The one row of `groupings`.
LIVE = ("reserved", "posted")
READ = 10_000  # Uses that are read at a time.


def account_of(group: str) -> str:
    """Return the account of a group."""
    return f"{PREFIX}{group}"


def regroup(moving: Moving, found: Connected) -> int:
    """
    Move every use whose firm stands in another group than its path says; return how many.

    It is part of the order that sets the totals of a run, so that no use stands between groups.
    A group that has no account yet is given one, by the cap of the run. Groups may be over their
    caps afterwards: nothing is taken back.

    Args:
        moving: What is recorded.
        found: The groups of the run.
    """
    _mark(moving, found)
    moved = list(_misplaced(moving, found))
    wanted = sorted({group for _, _, group in moved if group is not None})
    standing = moving.accounts([account_of(group) for group in wanted])
    missing = [
        AccountTotal(account_of(group), Identity("group", thing=group), found.cap_fen)
        for group in wanted
        if standing[account_of(group)] is None
    ]
    for start in range(0, len(missing), operations.TOTALS_MAX):
        part = missing[start : start + operations.TOTALS_MAX]
        operations.set_totals(moving, part, {"run": found.run})
    for use, path, group in moved:
        operations.reroute(moving, use, _grouped(path, group))
    return len(moved)


def _mark(moving: Moving, found: Connected) -> None:
    """Say in the book which groups uses stand in from now on, where they were others before."""
    row = moving.row(groupings, GROUPS)
    if row is None or row["digest"] != found.digest:
        marked = {"name": GROUPS, "digest": found.digest}
        told = {"run": found.run, "groups": len(found.groups)}
        moving.record("group.found", f"run:{found.run}", rows=[(groupings, marked)], detail=told)


def grouping(records: Records) -> str:
    """Return the digest of the groups that uses stand in; "" before any run has told of some."""
    with records.reading() as connection:
        return str(connection.scalar(sa.select(groupings.c.digest)) or "")


def check_grouping(moving: Moving, digest: str) -> None:
    """
    Raise where uses stand in other groups by now than an order was made with.

    Raises:
        BookMovedOn: They do.
    """
    row = moving.row(groupings, GROUPS)
    if digest != ("" if row is None else row["digest"]):
        raise BookMovedOn("the groups of firms are others by now", again_seconds=1)


def _misplaced(
    moving: Moving, found: Connected
) -> Iterator[tuple[str, Sequence[Element], str | None]]:
    """Yield uses that stand in another group than their firm, with their paths and its group."""
    columns = sa.select(uses.c.use, uses.c.firm, uses.c.path).where(uses.c.state.in_(LIVE))
    connection, last = moving.connection, ""
    while rows := connection.execute(
        columns.where(uses.c.use > last).order_by(uses.c.use).limit(READ)
    ).all():
        for use, firm, text in rows:
            group = found.of(firm)
            if not _stands(text, group):
                yield use, path_of(text), group
        last = rows[-1][0]


def _stands(text: str, group: str | None) -> bool:
    """Return whether a path, as text, leads over the account of a group alone, or over none."""
    count = text.count(f'["{PREFIX}')
    if group is None:
        return count == 0
    return count == 1 and f"[{json.dumps(account_of(group), ensure_ascii=False)}," in text


def _grouped(path: Sequence[Element], group: str | None) -> list[Element]:
    """Return a path over the account of a group, behind the bank's, and over no other group's."""
    rest = [each for each in path if not each.account.startswith(PREFIX)]
    if group is None:
        return rest
    at = 1 if rest and rest[0].account == "bank" else 0
    return [*rest[:at], Element(account_of(group)), *rest[at:]]
