"""
Rounds: orders that wait for the lock of the book are gathered, decided and committed together.

Who comes when nobody is at work leads, in its own thread; the others wait to be told. A lone
caller never waits for company. The lock is the row `head` on PostgreSQL, on SQLite a file beside
the database and then the database's own; it is taken before anything is read, and only then is the
queue emptied, so that whoever came during the wait is in. Nobody is answered before the commit.
"""

import collections
import contextlib
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger.connection import RoundConnection
from app.books.ledger.driver_errors import DriverErrors
from app.books.ledger.expiring import Expiries
from app.books.ledger.memory import RoundMemory
from app.books.ledger.moving import LedgerRound
from app.books.ledger.orders import Order, Reply
from app.books.ledger.statements import Statements
from app.books.ledger.turn import BookTurn
from app.books.ledger.waiting import Decided, Handed, WaitingOrder, answer_all
from app.platform.clock import Clock
from app.platform.errors import AppError, Busy, Unready
from app.platform.events import Head
from app.platform.records import Records

BATCH_MAX = 256
WAITING_MAX = 10_000
COMPANY_SECONDS = 0.002  # How long a round waits for as many as the last one had.
TRIES_MAX = 6
UNSURE_TRIES_MAX = 18  # While nobody knows whether the last try was kept.
SWEEPS_MAX = 64  # Parts of what has passed its time that are given back before anybody is told.
SECONDS_MAX = 8.0
PAUSE_SECONDS = 0.01
PAUSE_MAX_SECONDS = 0.5
AGAIN_SECONDS = 1
UNREADY_SECONDS = 5
UNKNOWN = "whether it was kept is not known yet, ask again under the same key"


class Rounds:
    """The rounds of one process over one records database."""

    def __init__(self, records: Records, now: Clock) -> None:
        self._records = records
        self._now = now
        self._sqlite = records.backend == "sqlite"
        self._statements = Statements(sqlite=self._sqlite)
        self._turn = BookTurn(records.engine.url.database if self._sqlite else None)
        self._connection = RoundConnection(records)
        self._mutex = threading.Lock()
        self._more = threading.Condition(self._mutex)
        self._queue: collections.deque[WaitingOrder] = collections.deque()
        self._led = False
        self._last = 1
        self._wanted = 0
        self._expiries = Expiries()
        dbapi = records.engine.dialect.loaded_dbapi
        self._driver_error: type[Exception] = dbapi.Error
        self._errors = DriverErrors(dbapi)
        self._memory = RoundMemory()
        self._unsure: tuple[Head, list[WaitingOrder], list[Decided]] | None = None

    def ask(self, order: Order) -> Reply:
        """
        Return the answer to an order, once it is kept for good.

        Raises:
            BookRefusal: It is refused; also one that is told again.
            AppError: It is refused, and nothing is kept under its key.
            Busy: Others were in the way for too long; nothing of it happened.
            Unready: The database cannot be written to; nothing of it happened.
        """
        mine = WaitingOrder(order)
        with self._mutex:
            if len(self._queue) >= WAITING_MAX:
                raise Busy("too many wait for the book", again_seconds=AGAIN_SECONDS)
            self._queue.append(mine)
            mine.leads = leads = not self._led
            self._led = True
            if self._wanted and len(self._queue) >= self._wanted:
                self._more.notify()
        self._wait(mine, told=not leads)
        if mine.failure is not None:
            raise mine.failure
        if isinstance(mine.answer, AppError):
            raise mine.answer
        if mine.answer is None:
            raise RuntimeError("an order went without an answer")
        return mine.answer

    def _wait(self, mine: WaitingOrder, *, told: bool) -> None:
        """Wait until an order is over, or until it is told to lead a round; else it leads now."""
        try:
            if told:  # Whoever leads may have handed the lead on to it by now: it was woken then.
                mine.wake.acquire()
            if not mine.is_over:
                self._lead()  # Who leads is the first of the queue, and so of the round.
        finally:
            if not mine.is_over:
                self._leave(mine)

    def _leave(self, mine: WaitingOrder) -> None:
        """Leave the queue, interrupted; where the lead was handed here, hand it on."""
        with self._mutex:
            if mine in self._queue:
                self._queue.remove(mine)
            following = self._pass_on() if mine.leads else None
        if following is not None:
            following.wake.release()

    def _pass_on(self) -> WaitingOrder | None:
        """Return who leads from now on, to be woken; the mutex is held."""
        following = self._queue[0] if self._queue else None
        self._led = following is not None
        if following is not None:
            following.leads = True
        return following

    def close(self) -> None:
        """Give the connection back."""
        with self._mutex:
            self._connection.close()
        self._turn.close()

    def _lead(self) -> None:
        """Work off one round; hand the lead on before anyone is woken, whatever happened."""
        batch: list[WaitingOrder] = []
        error: BaseException | None = Busy("interrupted", again_seconds=AGAIN_SECONDS)
        try:
            with Handed() as handed:
                self._work_off(batch)
            error = handed.error
        finally:
            if error is not None:
                self._fail(batch, error)
            with self._mutex:
                for each in batch:
                    each.leads = False
                following = self._pass_on()
                self._last = max(1, len(batch))
            if following is not None:
                following.wake.release()
            for each in batch:
                each.wake.release()

    def _fail(self, batch: list[WaitingOrder], error: BaseException) -> None:
        with self._mutex:
            if isinstance(error, Busy | Unready) and not batch:
                batch.extend(self._queue)  # The others would wait as long for nothing.
                self._queue.clear()
            if not batch and self._queue:
                batch.append(self._queue.popleft())
        for each in batch:
            if not each.is_over:
                each.failure = error

    def _work_off(self, batch: list[WaitingOrder]) -> None:
        """Work off one round; where it fails by a fault, each by itself: only one has it."""
        with Handed(but=(AppError,)) as handed:
            self._tried(batch, take=True)
        if handed.error is None:
            return
        if len(batch) <= 1:
            raise handed.error
        for each in batch:
            with Handed(but=(AppError,)) as own:
                self._tried([each], take=False)
            if own.error is not None and not each.is_over:
                each.failure = own.error

    def _tried(self, batch: list[WaitingOrder], *, take: bool) -> None:
        """
        Carry out a round, again where that may help.

        Raises:
            Busy: Others were in the way for too long.
            Unready: The database cannot be written to.
        """
        until = time.monotonic() + SECONDS_MAX
        self._unsure = None
        for attempt in range(UNSURE_TRIES_MAX):
            try:
                if take:
                    self._gather()
                self._swept(batch, take=take)
            except sa.exc.TimeoutError as error:
                raise Busy("all connections are taken", again_seconds=AGAIN_SECONDS) from error
            except (self._driver_error, sa.exc.DBAPIError) as error:
                if self._errors.is_told(error):
                    self._unsure = None
                most = UNSURE_TRIES_MAX if self._is_unsure() else TRIES_MAX
                self._check_again(error, last=attempt + 1 >= most or time.monotonic() > until)
                pause = min(PAUSE_MAX_SECONDS, PAUSE_SECONDS * 2**attempt)
                time.sleep(pause * (1 + os.getpid() % 7) / 7)
                continue
            return

    def _swept(self, batch: list[WaitingOrder], *, take: bool) -> None:
        """
        Decide the batch, once all that has passed its time was given back, part by part.

        Raises:
            Busy: There is more of that than one caller is kept waiting for; the next goes on.
        """
        for _ in range(SWEEPS_MAX):
            if self._round(batch, take=take):
                return
        said = "reservations past their time are being given back"
        raise Busy(said, again_seconds=AGAIN_SECONDS)

    def _check_again(self, error: Exception, *, last: bool) -> None:
        """Return where another try may help; raise where none can, or this was the last."""
        cause = getattr(error, "orig", None) or error
        said, helps = str(cause), self._errors.helps(cause)
        if self._errors.is_full(cause):
            said = f"the records database is full: {said}"
            raise Unready(said, again_seconds=UNREADY_SECONDS) from error
        if not helps and not self._errors.is_ill(cause):
            raise error  # A fault of what was asked.
        unsure = self._is_unsure()
        if not last and (helps or unsure):
            return
        said = f"{said}; {UNKNOWN}" if unsure else said
        if helps:
            raise Busy(f"the book is busy: {said}", again_seconds=AGAIN_SECONDS) from error
        said = f"the records database cannot be written to: {said}"
        raise Unready(said, again_seconds=UNREADY_SECONDS) from error

    def _gather(self) -> None:
        """After a round with company, wait a moment for as many to come back; no lock is held."""
        with self._mutex:
            if self._last > 1:
                self._wanted = min(self._last, BATCH_MAX)
                self._more.wait_for(lambda: len(self._queue) >= self._wanted, COMPANY_SECONDS)
                self._wanted = 0

    def _round(self, batch: list[WaitingOrder], *, take: bool) -> bool:
        """Return whether the batch was decided; not where all of it went into what is over."""
        with self._turn.taken(), self._transaction() as connection:
            cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
            ahead = self._memory.expect(partial(self._expected, batch, take=take), self._statements)
            locked = self._statements.stands(cursor, self._memory.since, ahead)
            if self._is_done(cursor):
                return True
            round_ = LedgerRound(connection, self._statements, locked.head, self._now())
            self._memory.recall(round_, locked)
            is_ready = self._expiries.sweep(round_, locked.first_end)
            if is_ready and take:
                self._take(batch)
            decided = batch if is_ready else []
            round_.load([each.order for each in decided])
            answers = [self._decided(round_, each.order) for each in decided]
            kept = None if round_.head == locked.head else (round_.head, list(decided), answers)
            if self._sqlite:
                round_.flush()
                self._unsure = kept
            else:
                self._unsure = kept
                round_.flush(commits=True)
        self._expiries.stands_at(round_)
        self._memory.keep(round_)
        self._unsure = None
        answer_all(decided, answers)
        return is_ready

    def _is_unsure(self) -> bool:
        """Return whether nobody knows if the last try was kept."""
        return self._unsure is not None

    def _is_done(self, cursor: Any) -> bool:
        """
        Return whether the last try was kept after all, though nobody heard of it; then answer it.

        Its last event is in the chain then, with its hash: so also what has no key counts once.
        """
        if self._unsure is None:
            return False
        head, batch, answers = self._unsure
        found = self._statements.hash_of(cursor, head.number)
        is_kept = found == head.hash
        if is_kept and batch and not self._sqlite:
            self._statements.settle(cursor)
        self._unsure = None  # Not before: where the database is lost again, it is asked again.
        if is_kept:
            answer_all(batch, answers)
        return is_kept and bool(batch)

    def _decided(self, round_: LedgerRound, order: Order) -> Decided:
        """Return the answer to an order, or the fault of its own that it ran into."""
        with Handed(but=(sa.exc.DBAPIError, self._driver_error)) as handed:
            return round_.decide(order)
        if handed.error is None:
            raise RuntimeError("an order was not decided")
        return handed.error

    def _expected(self, batch: list[WaitingOrder], *, take: bool) -> list[Order]:
        """Return the orders that a round is likely to decide: whoever waits before it begins."""
        with self._mutex:
            waiting = [*batch, *self._queue][:BATCH_MAX] if take else batch
        return [each.order for each in waiting]

    def _take(self, batch: list[WaitingOrder]) -> None:
        with self._mutex:
            while self._queue and len(batch) < BATCH_MAX:
                batch.append(self._queue.popleft())

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Yield the connection of rounds in a transaction; what fails forgets what is known."""
        is_kept = False
        try:
            with self._connection.transaction() as connection:
                yield connection
            is_kept = True
        finally:
            if not is_kept:
                self._expiries.forget()
                self._memory.forget()
