"""
Accounts and uses as whoever reads them sees them: one settled state, no lock.

A reservation past its time counts as gone, whether or not it was swept: `pending` is read less what
it holds still.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from json.encoder import encode_basestring as quoted
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger.figures import STATES, Figures, available, day_text, excess
from app.books.ledger.known import Identity, Row
from app.books.ledger.operations import has_passed
from app.books.ledger.paths import occupied, path_of
from app.books.ledger.tables import accounts, uses
from app.platform.documents import Document
from app.platform.events import moment_text
from app.platform.events.tables import head
from app.platform.records import Records

AT_ONCE = 500
EXCESS = "excess"  # Beside the states of an account: more of it is used than its total.
_IDENTITY = len(Identity._fields)
ROWS = sa.select(accounts, head.c.day).join(head, sa.true())


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """An account as it is read on a business day, what has passed its time left out."""

    account: str
    identity: Identity
    figures: Figures
    event: int
    day: str

    @property
    def available(self) -> int:
        """Return what a use may take."""
        return available(self.figures, self.day)

    @property
    def carries(self) -> bool:
        """Return whether a use stands on it."""
        return self.figures.posted > 0 or self.figures.pending > 0

    @property
    def excess(self) -> int:
        """Return by how much more is used than the total allows."""
        return excess(self.figures)

    @property
    def state(self) -> str:
        """Return its state in a word."""
        return STATES[self.figures.state]

    def without(self, pending: int) -> "AccountSeen":
        """Return it with less pending."""
        figures = self.figures._replace(pending=self.figures.pending - pending)
        return replace(self, figures=figures)

    def document(self) -> Document:
        """Return it as answers show it; where its total comes from is not among it."""
        figures = self.figures
        return {
            "id": self.account,
            "layer": self.identity.layer,
            "core": self.identity.core,
            "firm": self.identity.firm,
            "state": self.state,
            "total_fen": figures.total,
            "outside_fen": figures.outside,
            "posted_fen": figures.posted,
            "pending_fen": figures.pending,
            "frozen_fen": figures.frozen,
            "available_fen": self.available,
            "excess_fen": self.excess,
            "valid_to": day_text(figures.valid_to),
        }


@dataclass(frozen=True, slots=True)
class AccountsAsked:
    """Which accounts are asked for; None: whatever it is."""

    layer: str | None = None
    core: str | None = None
    firm: str | None = None
    state: str | None = None


def one_account(records: Records, account: str, now: dt.datetime) -> AccountSeen | None:
    """Return an account; None where there is none."""
    with records.reading() as connection:
        row = connection.execute(ROWS.where(accounts.c.account == account)).first()
        gone = passed(connection, now, account) if row is not None else {}
    return None if row is None else seen_row(row, gone)


def accounts_of(
    records: Records, names: Iterable[str], now: dt.datetime, *, without: str | None = None
) -> list[AccountSeen]:
    """
    Return the accounts of these names that there are, in the order of the names.

    Args:
        records: The records database.
        names: The accounts.
        now: The time.
        without: A reservation that is left out: they are read as if it were given back.
    """
    wanted = list(names)
    with records.reading() as connection:
        rows = connection.execute(ROWS.where(accounts.c.account.in_(wanted))).all()
        gone = passed(connection, now, without=without)
    found = {row.account: seen_row(row, gone) for row in rows}
    return [found[name] for name in wanted if name in found]


def accounts_of_firms(
    records: Records, firms: Iterable[str], layers: Iterable[str], now: dt.datetime
) -> list[AccountSeen]:
    """Return the accounts of some layers that are of these firms."""
    wanted, own, found = sorted(set(firms)), accounts.c, []
    with records.reading() as connection:
        gone = passed(connection, now)
        for start in range(0, len(wanted), AT_ONCE):
            among = own.firm.in_(wanted[start : start + AT_ONCE]), own.layer.in_(list(layers))
            found += [seen_row(row, gone) for row in connection.execute(ROWS.where(*among))]
    return found


def accounts_after(
    records: Records,
    asked: AccountsAsked,
    now: dt.datetime,
    *,
    after: str = "",
    size: int | None = None,
) -> list[AccountSeen]:
    """
    Return accounts in the order of their ids.

    Args:
        records: The records database.
        asked: Which of them.
        now: What has passed its time by then counts as gone.
        after: Only those after this id.
        size: At most so many; all by default.
    """
    found: list[AccountSeen] = []
    with records.reading() as connection:
        gone = passed(connection, now)
        for row in _rows(connection, asked, after):
            seen = seen_row(row, gone)
            if asked.state == EXCESS and not seen.excess:
                continue
            found.append(seen)
            if size is not None and len(found) == size:
                break
    return found


def _rows(connection: Connection, asked: AccountsAsked, after: str) -> Iterator[sa.Row[Any]]:
    # The order of ids is that of their characters, whatever the order of a database is.
    name: sa.ColumnElement[str] = accounts.c.account
    if connection.dialect.name == "postgresql":
        name = sa.collate(name, "C")
    query = ROWS.where(name > after).order_by(name)
    for column, value in (
        (accounts.c.layer, asked.layer),
        (accounts.c.core, asked.core),
        (accounts.c.firm, asked.firm),
    ):
        if value is not None:
            query = query.where(column == value)
    if asked.state == EXCESS:
        figures = accounts.c
        used = figures.outside + figures.posted + figures.pending + figures.frozen
        query = query.where(used > figures.total)
    elif asked.state is not None:
        query = query.where(accounts.c.state == STATES.index(asked.state))
    yield from connection.execution_options(yield_per=1000).execute(query)


def seen_row(row: sa.Row[Any], gone: dict[str, int]) -> AccountSeen:
    """Return a row of `ROWS` as an account, less what has passed its time."""
    name, *told, event, day = tuple(row)
    identity, figures = Identity(*told[:_IDENTITY]), Figures(*told[_IDENTITY:])
    seen = AccountSeen(name, identity, figures, event, day)
    passed = gone.get(seen.account)
    return seen if passed is None else seen.without(passed)


def passed(
    connection: Connection,
    now: dt.datetime,
    account: str | None = None,
    *,
    without: str | None = None,
) -> dict[str, int]:
    """Return what of each account is held by reservations whose time has passed, or by one."""
    gone = sa.and_(uses.c.expires_at > "", uses.c.expires_at <= moment_text(now))
    if without is not None:
        gone = sa.or_(gone, uses.c.use == without)
    query = sa.select(uses.c.path, uses.c.left_fen).where(uses.c.state == "reserved", gone)
    if account is not None:  # It may find more than it should, never less.
        query = query.where(uses.c.path.contains(quoted(account), autoescape=True))
    found: dict[str, int] = {}
    for path, left in connection.execute(query):
        for each in path_of(path):
            found[each.account] = found.get(each.account, 0) + occupied(each, left)
    return found


def one_use(records: Records, use: str, now: dt.datetime) -> Row | None:
    """Return the row of a use, one past its time as expired; None where there is none."""
    with records.reading() as connection:
        row = connection.execute(sa.select(uses).where(uses.c.use == use)).mappings().first()
    return None if row is None else _use(dict(row), now)


def uses_on(records: Records, account: str, now: dt.datetime, *, size: int) -> list[Row]:
    """Return the uses that hold something of an account, the latest first, at most so many."""
    query = (
        sa.select(uses)
        .where(
            uses.c.state.in_(("reserved", "posted")),
            uses.c.path.contains(quoted(account), autoescape=True),
        )
        .order_by(uses.c.event.desc())
    )
    found: list[Row] = []
    with records.reading() as connection:
        for row in connection.execution_options(yield_per=size).execute(query).mappings():
            use = _use(dict(row), now)
            if occupied_on(use, account):
                found.append(use)
            if len(found) == size:
                break
    return found


def live_uses(records: Records, now: dt.datetime) -> Iterator[Row]:
    """Yield the uses that hold something, of one settled state, in the order of their names."""
    query = sa.select(uses).where(uses.c.state.in_(("reserved", "posted"))).order_by(uses.c.use)
    with records.reading() as connection:
        for row in connection.execution_options(yield_per=1000).execute(query).mappings():
            use = dict(row)
            if use["state"] == "posted" or not has_passed(use, now):
                yield use


def occupied_on(use: Row, account: str) -> int:
    """Return what a use holds of an account."""
    path = path_of(use["path"])
    return sum(occupied(each, use["left_fen"]) for each in path if each.account == account)


def _use(row: Row, now: dt.datetime) -> Row:
    if row["state"] == "reserved" and has_passed(row, now):
        return row | {"state": "expired", "left_fen": 0, "expires_at": ""}
    return row
