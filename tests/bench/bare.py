"""
The bare twin of the ledger.

It writes the same rows (accounts, use, event, key, head), every column but the digests to the byte,
by hand-written statements on the plain driver, with the same durability; it computes no digest and
links no chain, and lets one caller of a process at a time to its connection, which is the strongest
twin where many call.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa

from app.books.ledger import Element
from app.platform.clock import utc_now
from app.platform.events import moment_text
from app.platform.text import compact

DAY = "2026-06-30"
STOOD = """SELECT account, event, total, outside, posted, pending, frozen, ceiling, state, valid_to,
    source FROM accounts WHERE account IN (?, ?, ?, ?, ?, ?, ?, ?)"""
RESERVED = """UPDATE accounts SET pending = pending + ?, event = ?
    WHERE account = ? AND state = 0 AND total - outside - posted - pending - frozen >= ?"""
POSTED = """UPDATE accounts SET pending = pending - ?, posted = posted + ?, event = ?
    WHERE account = ? AND state = 0 AND pending >= ?"""
NUMBER = "UPDATE head SET number = number + 1 RETURNING number"
USE = """INSERT INTO uses (use, state, core, firm, product, asked_fen, left_fen, path, expires_at,
    created_at, event) VALUES (?, 'reserved', 'C', 'F', 'P', ?, ?, ?, '', ?, ?)"""
USED = """UPDATE uses SET state = 'posted', left_fen = ?, event = ?
    WHERE use = ? AND state = 'reserved' AND left_fen >= ? RETURNING path"""
EVENT = """INSERT INTO events (number, at, day, actor, key, operation, subject, path, things,
    detail, reason, inputs, previous, hash)
    VALUES (?, ?, ?, 'machine', ?, ?, ?, ?, ?, ?, '', '', ?, ?)"""
KEPT = "INSERT INTO keys (key, person, digest, status, answer, at) VALUES (?, 'p', ?, ?, ?, ?)"
NO_DIGEST = "0" * 64  # As long as the ledger's, and computed by nobody.


class TwinStep(NamedTuple):
    """What a step of the twin came to: what its rows and its answer tell."""

    number: int
    use: str
    state: str
    amount: int
    path: Sequence[Element]
    told: list[list[Any]]  # Of each account: its event and figures before, its figures after.


class Bare:
    """The twin."""

    def __init__(self, url: str) -> None:
        place = sa.engine.make_url(url)
        self._turn = threading.Lock()
        self._held: Any
        self._lite = place.get_backend_name() == "sqlite"
        if self._lite:
            self._held = sqlite3.connect(
                str(place.database), isolation_level=None, check_same_thread=False, timeout=60
            )
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._held.execute(f"PRAGMA {pragma}")
        else:
            plain = place.set(drivername="postgresql").render_as_string(hide_password=False)
            self._held = psycopg.connect(plain, options="-c enable_seqscan=off")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[int]:
        """Yield the number of the event, the row `head` being locked."""
        with self._turn:
            if self._lite:
                self._run("BEGIN IMMEDIATE")
            try:
                yield self._run(NUMBER).fetchone()[0]
            except BaseException:
                self._held.rollback()
                raise
            self._held.commit()

    def _run(self, text: str, *values: Any) -> Any:
        return self._held.execute(text if self._lite else text.replace("?", "%s"), values)

    def _one(self, text: str, *values: Any) -> None:
        if self._run(text, *values).rowcount != 1:
            raise RuntimeError(f"nothing was changed: {text}")

    def _moved(
        self, number: int, path: Sequence[Element], amount: int, *, posts: bool
    ) -> list[list[Any]]:
        """Return the accounts with event and figures before, and figures after they were moved."""
        stood = {row[0]: row for row in self._run(STOOD, *(each.account for each in path))}
        told = []
        for each in path:
            taken = -(-amount * each.numerator // each.denominator)
            account, event, total, outside, posted, pending, *rest = stood[each.account]
            if posts:
                self._one(POSTED, taken, taken, number, account, taken)
                after = [total, outside, posted + taken, pending - taken, *rest]
            else:
                self._one(RESERVED, taken, number, account, taken)
                after = [total, outside, posted, pending + taken, *rest]
            told.append([account, event, total, outside, posted, pending, *rest, *after])
        return told

    def _kept(self, came: TwinStep, operation: str, was: tuple[str, int], status: int) -> None:
        """Write the event and the answer."""
        at = moment_text(utc_now())
        before, since = was
        detail = compact(
            {
                "after": came.state,
                "amount_fen": came.amount,
                "before": before,
                "left_fen": came.amount,
            }
        )
        things = compact([["uses", came.use, since, NO_DIGEST]])
        key, subject = came.use + operation[0], f"use:{came.use}"
        path = compact(came.told)
        self._run(
            EVENT,
            *(came.number, at, DAY, key, operation, subject, path, things, detail),
            *(NO_DIGEST, NO_DIGEST),
        )
        self._run(KEPT, key, came.use, status, compact(_answer(came)), at)

    def reserve(self, use: str, path: Sequence[Element], amount: int) -> None:
        text = compact([tuple(each) for each in path])
        with self._transaction() as number:
            told = self._moved(number, path, amount, posts=False)
            self._run(USE, use, amount, amount, text, moment_text(utc_now()), number)
            came = TwinStep(number, use, "reserved", amount, path, told)
            self._kept(came, "reserve", ("", 0), 201)

    def post(self, use: str, path: Sequence[Element], amount: int) -> None:
        with self._transaction() as number:
            if self._run(USED, amount, number, use, amount).fetchone() is None:
                raise RuntimeError(f"use {use} is not reserved")
            told = self._moved(number, path, amount, posts=True)
            came = TwinStep(number, use, "posted", amount, path, told)
            self._kept(came, "post", ("reserved", number - 1), 200)

    def read(self, account: str) -> None:
        with self._turn:
            self._run("SELECT * FROM accounts WHERE account = ?", account).fetchone()

    def close(self) -> None:
        self._held.close()


def _answer(came: TwinStep) -> dict[str, Any]:
    """Return what the ledger answers, of what the twin knows."""
    return {
        "id": came.use,
        "state": came.state,
        "core": "C",
        "firm": "F",
        "product": "P",
        "amount_fen": came.amount,
        "left_fen": came.amount,
        "path": [
            {
                "account": account,
                "occupied_fen": -(-came.amount * each.numerator // each.denominator),
                "available_fen": total - outside - posted - pending - frozen,
            }
            for each, (account, *_, total, outside, posted, pending, frozen, _, _, _, _) in zip(
                came.path, came.told, strict=True
            )
        ],
        "expires_at": None,
    }
