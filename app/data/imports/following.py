"""
What follows an import: the refresh of the version that it published.

It is ordered, never only begun: an order outlives the process that was to carry it out. Whether
one is owed is read from what there is, not from what an import says: a process may have died
between its version and its word.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.engine import Connection

from app.data.runs.repository import newest_run
from app.platform.deps import Resources
from app.platform.job_runs.repository import last as last_run
from app.platform.job_runs.repository import order
from graph.errors import StoreUnavailable


def owes_refresh(resources: Resources) -> bool:
    """Return whether the current version has no run, or nobody can tell now."""
    try:
        current = resources.store.current()
    except StoreUnavailable:
        return True
    return current is not None and newest_run(resources.records, current.number) is None


@dataclass(frozen=True, slots=True)
class RefreshState:
    """How the refresh stands: nobody asked for one, it is under way, it failed, or it is over."""

    state: Literal["none", "now", "failed", "over"]
    detail: str = ""  # Why the last try failed, or what it did.


def refresh_state(resources: Resources) -> RefreshState:
    """Return how the refresh that was asked for last stands."""
    row = last_run(resources.records, "refresh", now=resources.now())
    if row is None:
        return RefreshState("none")
    detail = row["detail"] or ""
    if row["state"] == "failed":
        return RefreshState("failed", detail)
    return RefreshState("over" if row["state"] == "done" else "now", detail)


def order_refresh(connection: Connection, *, by: str, at: dt.datetime) -> None:
    """Order a refresh, in the transaction of what it follows from."""
    order(connection, "refresh", by=by, at=at)
