"""What holds every order to the book alone while it is decided, which is under the book's lock."""

import builtins
import contextlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.ledger.moving import LedgerRound

_here = threading.local()


class ReachedOutside(AssertionError):
    """An order reached for a connection or a file while it was decided."""


def check(what: str) -> None:
    """Raise where this thread decides an order."""
    if getattr(_here, "deciding", False):
        raise ReachedOutside(f"an order touches the book alone; this one reached for {what}")


@contextlib.contextmanager
def orders_held_to_the_book() -> Iterator[None]:
    """Fail every order that takes another connection or reads a file while it is decided."""
    decided = LedgerRound.decide

    def decide(round_: LedgerRound, order: Any) -> Any:
        """Decide, and look what is reached for meanwhile."""
        _here.deciding = True
        try:
            return decided(round_, order)
        finally:
            _here.deciding = False

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that no order makes."""

        def called(*args: Any, **named: Any) -> Any:
            """Check, then call."""
            check(f"{name} {args[:1]}")
            return call(*args, **named)

        return called

    def taken(*_: object) -> None:
        """Check before a connection is taken."""
        check("another connection")

    sa.event.listen(sa.pool.Pool, "checkout", taken)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LedgerRound, "decide", decide)
        patch.setattr(builtins, "open", watched("open", builtins.open))
        patch.setattr(io, "open", watched("open", io.open))  # What `Path.open` calls.
        patch.setattr(os, "scandir", watched("scandir", os.scandir))
        yield
    sa.event.remove(sa.pool.Pool, "checkout", taken)
