"""
What an order reads and records while it is decided, over what a round has read and will write.

A round keeps accounts and rows as of the orders accepted so far; an order works on its own layer
above, which joins the round when the order is accepted and vanishes when it is refused.
"""

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.errors import BookRefusal, RuleBroken
from app.books.ledger.digests import digest_of_values
from app.books.ledger.figures import Figures, available
from app.books.ledger.known import Identity, KnownBook, Row, StandingAccount
from app.books.ledger.orders import Key, Order, Reply
from app.books.ledger.statements import Statements, Write, names_of
from app.books.ledger.tables import accounts, keys, uses
from app.platform.errors import AppError, Conflict, KeyReused
from app.platform.events import EventDraft, Head, canonical, link, moment_text
from app.platform.events.tables import events
from app.platform.text import kept_form

REFUSED = 409
WHOLE_MAX = 2**63 - 1
NOTHING = Figures()
# An event, and the figures before and after.
FIGURES_TOLD = ",".join(["%d"] * (1 + 2 * len(NOTHING)))


class Move(NamedTuple):
    """An account with its figures after an event; with what it is of where the event opens it."""

    account: str
    figures: Figures
    opens: Identity | None = None
    stands: StandingAccount | None = None  # How it stood before, where who moves it has looked.


class LedgerRound(KnownBook):
    """What a round has read and will write."""

    def __init__(
        self, connection: Connection, statements: Statements, head: Head, now: dt.datetime
    ) -> None:
        driver: Any = connection.connection.driver_connection
        super().__init__(driver.cursor(), statements)
        self.connection = connection
        self.began = self.head = head
        self.now = now
        self.moment = moment_text(now)
        self.touched: set[tuple[sa.Table, str]] = set()  # Rows that it has changed.
        self._events: list[tuple[Any, ...]] = []
        self._keys: list[tuple[Any, ...]] = []
        self._has_written = False
        # What is to be written, with the event at which it stands in the database (0: nowhere).
        self._moved: dict[str, int] = {}
        self._changed: dict[tuple[sa.Table, str], int] = {}

    def decide(self, order: Order) -> Reply | AppError:
        """Return the answer to an order, or why it is refused."""
        key = order.key
        if key is not None and (known := self.kept.get((key.key, key.person))) is not None:
            return _told_again(key, *known)
        moving = Moving(self, order)
        answer: Reply | BookRefusal
        try:
            answer = order.decide(moving)
        except BookRefusal as refusal:
            self._keep(key, REFUSED, refusal.kept())
            return refusal
        except AppError as error:
            return error
        self._join(moving)
        self._keep(key, answer.status, answer.text)
        return answer

    def _keep(self, key: Key | None, status: int, answer: str) -> None:
        if key is not None:
            answer = kept_form(answer)
            self.kept[key.key, key.person] = (key.digest, status, answer)
            self._keys.append((key.key, key.person, key.digest, status, answer, self.moment))

    def _join(self, moving: "Moving") -> None:
        head, linked = self.head, []
        for draft in moving.drafts:
            event = link(head, draft)  # Raises where a text of it has no bytes: then none joins.
            linked.append(event)
            head = Head(event.number, event.hash, moving.day_text)
        if linked:
            self.head = head
            self._events += linked
        for account, standing in moving.own_accounts.items():
            stood = self.accounts.get(account)
            self._moved.setdefault(account, 0 if stood is None else stood.event)
            self.accounts[account] = standing
        for place, row in moving.own_rows.items():
            known = self.rows.get(place)
            self._changed.setdefault(place, 0 if known is None else known["event"])
            self.rows[place] = row
            if place[0] is uses:
                self.paths[place[1]] = row["path"]
        self.touched.update(moving.own_rows)

    def flush(self, *, commits: bool = False) -> None:
        """
        Write all that was accepted so far; where asked, PostgreSQL is sent the commits with it.

        Raises:
            RuntimeError: Something was changed under the lock, by whoever does not take it.
        """
        say = self.statements
        # What takes longest goes first: PostgreSQL is at it while the rest is made ready.
        writes = self._writes(accounts, map(self._account_row, self._moved.items()))
        writes += [say.insert(events, self._events), say.insert(keys, self._keys)]
        tables = {table for table, _ in self._changed}
        for table in sorted(tables, key=_name_of) if len(tables) > 1 else tables:
            changed = [
                (*(self.rows[place] or {}).values(), stood)
                for place, stood in self._changed.items()
                if place[0] is table
            ]
            writes += self._writes(table, changed)
        if self.head != self.began:
            writes.append(say.move_head(self.began, self.head))
        writes = [each for each in writes if each.rows]
        self._has_written |= bool(writes)
        if commits and not self._has_written:
            say.settle(self.cursor)  # What others have done may not be on the disk yet.
        else:
            say.carry_out(self.cursor, writes, commits=commits)
        self.began = self.head
        self._keys, self._events = [], []
        self._moved, self._changed = {}, {}

    def _account_row(self, moved: tuple[str, int]) -> tuple[Any, ...]:
        account, stood = moved
        standing = self.accounts[account]
        if standing is None:
            raise RuntimeError(f"account {account} was moved and is not there")
        identity, figures, event = standing
        return (account, *identity, *figures, event, stood)

    def _writes(self, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> list[Write]:
        """Return what writes rows, each followed by the event at which it stood."""
        new, old = [], []
        for row in rows:
            if row[-1]:
                old.append(row)
            else:
                new.append(row[:-1])
        return [self.statements.insert(table, new), self.statements.update(table, old)]


def _name_of(table: sa.Table) -> str:
    return table.name


def _check_whole(account: str, figures: Figures) -> None:
    """
    Raise where a figure is below nothing, or more than the database can hold.

    Raises:
        RuleBroken: It is.
    """
    if min(figures) >= 0 and max(figures) <= WHOLE_MAX and sum(figures[1:5]) <= WHOLE_MAX:
        return
    raise RuleBroken(
        "ledger.amount",
        "contract of the ledger",
        zh=f"账户 {account} 的金额超出可记账范围",
        en=f"a figure of account {account} is past what it can hold",
    )


def _told_again(key: Key, digest: str, status: int, answer: str) -> Reply | AppError:
    if digest != key.digest:
        return KeyReused("this key was used for another request; a key is for one body alone")
    if status == REFUSED:
        return BookRefusal.told_again(answer)
    return Reply(status, answer, replayed=True)


class Moving:
    """What an order reads and records; nothing of it is there before the order is accepted."""

    def __init__(self, round_: LedgerRound, order: Order) -> None:
        self._round = round_
        self._key = "" if order.key is None else order.key.key
        self.actor = kept_form(order.actor)
        self.drafts: list[EventDraft] = []
        self.own_accounts: dict[str, StandingAccount] = {}
        self.own_rows: dict[tuple[sa.Table, str], Row] = {}
        self.day_text = round_.head.day

    @property
    def now(self) -> dt.datetime:
        """Return the clock's time of this round."""
        return self._round.now

    @property
    def moment(self) -> str:
        """Return the clock's time of this round as events hold it."""
        return self._round.moment

    @property
    def day(self) -> dt.date:
        """
        Return the business day.

        Raises:
            Conflict: There is none before the first version.
        """
        if not self.day_text:
            raise Conflict("the books are not open: no version is published yet")
        return dt.date.fromisoformat(self.day_text)

    @property
    def connection(self) -> Connection:
        """Return a connection to read many rows by: what was accepted before is written first."""
        self._round.flush()
        return self._round.connection

    @property
    def number(self) -> int:
        """Return the number of the last event, those of this order among them."""
        return self._round.head.number + len(self.drafts)

    def account(self, account: str) -> StandingAccount | None:
        """Return an account as it stands for this order; None where there is none."""
        found = self.own_accounts.get(account)
        if found is None:
            if account not in self._round.accounts:
                self._round.load_accounts([account])
            found = self._round.accounts.get(account)
        return found

    def accounts(self, ids: Iterable[str]) -> dict[str, StandingAccount | None]:
        """Return accounts as they stand for this order."""
        wanted = list(ids)
        self._round.load_accounts(wanted)
        return {each: self.account(each) for each in wanted}

    def row(self, table: sa.Table, name: str) -> Row | None:
        """Return a row of a table of the book as it stands for this order; None where none is."""
        found = self._row(table, name)
        return None if found is None else dict(found)

    def _row(self, table: sa.Table, name: str) -> Row | None:
        found = self.own_rows.get((table, name))
        if found is None:
            if (table, name) not in self._round.rows:
                self._round.load_rows(table, [name])
            found = self._round.rows.get((table, name))
        return found

    def rows(self, table: sa.Table, names: Iterable[str]) -> dict[str, Row | None]:
        """Return rows of a table of the book as they stand for this order."""
        wanted = list(names)
        self._round.load_rows(table, wanted)
        return {each: self.row(table, each) for each in wanted}

    def available(self, account: str) -> int:
        """Return what a use may take of an account, 0 where there is none."""
        found = self.own_accounts.get(account) or self.account(account)
        return 0 if found is None else available(found.figures, self.day_text)

    @contextlib.contextmanager
    def attempt(self) -> Iterator[None]:
        """Take back what is recorded inside where it is refused there; the refusal goes on."""
        count, own_accounts = len(self.drafts), dict(self.own_accounts)
        own_rows = dict(self.own_rows)
        try:
            yield
        except AppError:
            del self.drafts[count:]
            self.own_accounts, self.own_rows = own_accounts, own_rows
            raise

    def record(
        self,
        operation: str,
        subject: str,
        *,
        moves: Iterable[Move] = (),
        rows: Iterable[tuple[sa.Table, Row]] = (),
        detail: Mapping[str, Any] | None = None,
        told: tuple[str, str] = ("", ""),
    ) -> int:
        """
        Record one event; return its number.

        Args:
            operation: What happens, in the words of the contract.
            subject: To what: `kind:id`.
            moves: The accounts that it moves, with their figures after it.
            rows: The rows of tables of the book that it changes, whole, as they are after it; what
                they hold under `event` does not matter.
            detail: What else a reader wants to know: states before and after, amounts, codes.
            told: The reason that a person gives, and the digest of what it rests on.
        """
        number = self.number + 1
        opened: list[str] = []
        path = ",".join([self._moved(number, move, opened) for move in moves])
        changed = [self._changed(number, table, row) for table, row in rows]
        draft = EventDraft(
            self._round.moment,
            self.day_text,
            self.actor,
            self._key,
            operation,
            kept_form(subject),
            f"[{path}]",
            f"[{','.join((*opened, *changed))}]",
            canonical(detail or {}),
            kept_form(told[0]),
            told[1],
        )
        self.drafts.append(draft)
        return number

    def _moved(self, number: int, move: Move, opened: list[str]) -> str:
        account, figures, opens, stands = move
        if stands is None:
            stands = self.account(account)
        if stands is None:
            if opens is None:
                raise RuntimeError(f"there is no account {account}")
            stands = StandingAccount(opens, NOTHING, 0)
            digest = digest_of_values(opens)
            opened.append(f'["{accounts.name}",{quoted(account)},0,"{digest}"]')
        _check_whole(account, figures)
        identity, before, event = stands
        self.own_accounts[account] = StandingAccount(identity, figures, number)
        return f"[{quoted(account)},{FIGURES_TOLD % (event, *before, *figures)}]"

    def _changed(self, number: int, table: sa.Table, row: Row) -> str:
        *names, last = names_of(table)
        name = row[names[0]]
        known = self._row(table, name)
        values = [row[each] for each in names]
        self.own_rows[table, name] = dict(zip((*names, last), (*values, number), strict=True))
        since = 0 if known is None else known["event"]
        return f'["{table.name}",{quoted(name)},{since},"{digest_of_values(values)}"]'
