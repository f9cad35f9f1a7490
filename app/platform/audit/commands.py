"""Rows of the audit for what commands do."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Protocol

from app.platform.audit.repository import AuditRecord, Outcome, write
from app.platform.clock import Clock
from app.platform.console.operator import operator
from app.platform.records import Records


class AuditTrail(Protocol):
    """Where the audit is kept, and the time."""

    @property
    def records(self) -> Records:
        """Return the records database."""
        ...

    @property
    def now(self) -> Clock:
        """Return the clock."""
        ...


@contextlib.contextmanager
def audited(trail: AuditTrail, action: str, target: str) -> Iterator[None]:
    """Write a row for what happens inside: done, or failed where it raises."""
    outcome: Outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        entry = AuditRecord(
            actor=operator(),
            role=None,
            action=action,
            target=target,
            outcome=outcome,
            trace=secrets.token_hex(8),
        )
        write(trail.records, entry, at=trail.now())
