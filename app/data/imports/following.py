"""
What follows an import: the refresh of the version that it published.

It is ordered, never only begun: an order outlives the process that was to carry it out. Whether
one is owed is read from what there is, not from what an import says: a process may have died
between its version and its word.
"""

import datetime as dt

from sqlalchemy.engine import Connection

from app.data.runs.repository import newest_run
from app.platform.deps import Resources
from app.platform.job_runs.repository import order
from graph.errors import StoreUnavailable


def owes_refresh(resources: Resources) -> bool:
    """Return whether the current version has no run, or nobody can tell now."""
    try:
        current = resources.store.current()
    except StoreUnavailable:
        return True
    return current is not None and newest_run(resources.records, current.number) is None


def order_refresh(connection: Connection, *, by: str, at: dt.datetime) -> None:
    """Order a refresh, in the transaction of what it follows from."""
    order(connection, "refresh", by=by, at=at)
