"""
Who leads, and who works imports off: one row a name, taken over by one conditional update.

A holder renews its lease well before it ends; one that died does not, and the next to ask gets it.
The clocks of the processes must agree to within a fraction of the lease.
"""

import contextlib
import datetime as dt
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from app.platform.clock import Clock
from app.platform.errors import Unready
from app.platform.records.engine import Records
from app.platform.records.tables import leases


def holder_name() -> str:
    """Return a name for a holder of leases, its machine and process to be read from it."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class NamedLease:
    """A lease of a name, as one process sees it."""

    records: Records
    name: str
    holder: str
    lasts: dt.timedelta
    now: Clock

    def take(self) -> bool:
        """Return whether this process holds the lease, renewed or taken over."""
        now = self.now()
        mine_or_over = sa.or_(leases.c.holder == self.holder, leases.c.until <= now)
        change = sa.update(leases).where(leases.c.lease == self.name, mine_or_over)
        values = {"holder": self.holder, "until": now + self.lasts}
        with self.records.writing() as connection:
            if connection.execute(change.values(values)).rowcount == 1:
                return True
            if connection.execute(self._row()).first() is not None:
                return False
        return self._begin(values)

    def begin(self, connection: Connection) -> None:
        """Hold the lease from the end of this transaction on; nobody else may hold it now."""
        connection.execute(sa.delete(leases).where(leases.c.lease == self.name))
        values = {"lease": self.name, "holder": self.holder, "until": self.now() + self.lasts}
        connection.execute(leases.insert().values(values))

    @contextlib.contextmanager
    def renewed(self) -> Iterator[None]:
        """Keep a lease that is held while this process works inside, and give it back after."""
        ended = threading.Event()
        renewer = threading.Thread(
            target=self._renew, args=(ended,), name=f"lease {self.name}", daemon=True
        )
        renewer.start()
        try:
            yield
        finally:
            ended.set()
            renewer.join()
            with contextlib.suppress(Unready):  # Then it ends by itself.
                self.release()

    def _renew(self, ended: threading.Event) -> None:
        while not ended.wait(self.lasts.total_seconds() / 3):
            with contextlib.suppress(Unready):  # Where nobody can write, nobody takes it over.
                if not self.take():
                    return

    def is_held(self) -> bool:
        """Return whether this process holds the lease at this moment."""
        held = self._row().where(leases.c.holder == self.holder, leases.c.until > self.now())
        with self.records.reading() as connection:
            return connection.execute(held).first() is not None

    def release(self) -> None:
        """Give the lease back, so that the next one need not wait for its end."""
        mine = sa.delete(leases).where(leases.c.lease == self.name, leases.c.holder == self.holder)
        with self.records.writing() as connection:
            connection.execute(mine)

    @property
    def is_ours(self) -> sa.ColumnElement[bool]:
        """Return the condition of a statement that only the holder may carry out."""
        held = sa.select(leases.c.lease).where(
            leases.c.lease == self.name,
            leases.c.holder == self.holder,
            leases.c.until > self.now(),
        )
        return sa.exists(held)

    def _row(self) -> sa.Select[tuple[str]]:
        return sa.select(leases.c.holder).where(leases.c.lease == self.name)

    def _begin(self, values: dict[str, object]) -> bool:
        try:
            with self.records.writing() as connection:
                connection.execute(leases.insert().values(lease=self.name, **values))
        except IntegrityError:  # Another process was quicker.
            return False
        return True
