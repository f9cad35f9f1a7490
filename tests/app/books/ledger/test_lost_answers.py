"""A process that is killed behind its commit has booked what it was asked, once."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger import AccountLedger, AccountTotal, Identity, Key
from app.books.ledger.proof import verify
from app.books.ledger.rounds import Rounds
from app.platform.clock import utc_now
from app.platform.events.tables import events
from app.platform.records import Records, open_records
from tests.app.books.ledger.conftest import asked

pytestmark = pytest.mark.slow  # A process of its own.

USED, PAID = 2_500_000, 1_000_000
KEY = Key("officer  ann", "k", "release")


def release_and_die(url: str) -> None:
    """Release a part of a use, and be killed where that is committed and nobody told."""
    with open_records(url) as records:
        ledger = AccountLedger(records, utc_now)
        names = ("bank", "firm:F", "core:C")
        ledger.set_totals([AccountTotal(each, Identity("bank"), 10**9) for each in names], {})
        ledger.reserve(asked("U", USED))
        ledger.post("U", USED)
        whole = Rounds._transaction

        @contextlib.contextmanager
        def killed(self: Rounds) -> Iterator[Connection]:
            with whole(self) as connection:
                yield connection
            os.kill(os.getpid(), signal.SIGKILL)

        Rounds._transaction = killed  # type: ignore[method-assign]  # of this process, which ends
        ledger.release("U", PAID, key=KEY)


def test_who_asks_again_has_the_first_answer(
    url: str, records: Records, ledger: AccountLedger
) -> None:
    process = multiprocessing.get_context("spawn").Process(target=release_and_die, args=(url,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL

    again = ledger.release("U", PAID, key=KEY)

    assert (again.replayed, again.document["left_fen"]) == (True, USED - PAID)
    with records.reading() as connection:
        done = sa.select(sa.func.count()).where(events.c.operation == "release")
        assert connection.scalar(done) == 1
    assert verify(records).ok
