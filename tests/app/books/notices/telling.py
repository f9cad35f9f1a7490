"""Firms that are told something: applications recorded and moved on."""

from typing import Any

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.lending.applications.moves import found, move
from app.lending.applications.tables import applications
from app.platform.deps import Resources
from app.platform.errors import Conflict
from tests.app.lending.contracts.offers import OFFER


def moved(resources: Resources, *states: Any, firm: str = "MILL", fails: bool = False) -> None:
    """Record an application of a firm as referred, and move it on."""
    row = {**OFFER, "application": f"A-{firm}", "firm": firm, "state": "referred"}

    def work(moving: Moving) -> Reply:
        """Move it from state to state."""
        moving.record("test", f"application:A-{firm}", rows=[(applications, row)])
        for state in states:
            move(moving, found(moving, f"A-{firm}"), state)
        if fails:
            raise Conflict("no")
        return Reply.of(200, {})

    ledger_of(resources).ask(Plain(Reads(), work))
