"""Exposures beside the trade graph in a SQL store, and as of which event they are."""

from collections.abc import Sequence

import sqlalchemy as sa

from graph.model import Exposure, FirmId
from graph.stores.sql.tables import EXPOSURES, EXPOSURES_AT


def kept_at(connection: sa.Connection) -> int:
    """Return as of which event exposures are kept; 0 before the first."""
    return connection.scalar(sa.select(EXPOSURES_AT.c.number)) or 0


def kept(connection: sa.Connection) -> list[Exposure]:
    """Return what is kept, in the order of the ids."""
    rows = connection.execute(sa.select(EXPOSURES).order_by(EXPOSURES.c.exposure))
    return [
        Exposure(
            row.exposure,
            FirmId(row.debtor),
            None if row.creditor is None else FirmId(row.creditor),
            row.amount_fen,
        )
        for row in rows
    ]


def keep(connection: sa.Connection, given: Sequence[Exposure], *, at: int) -> None:
    """Replace exposures by their ids, unless what is kept is of this event or a later one."""
    if kept_at(connection) >= at:
        return
    latest = {each.id: each for each in given}
    if latest:
        gone = EXPOSURES.c.exposure == sa.bindparam("gone")
        connection.execute(sa.delete(EXPOSURES).where(gone), [{"gone": each} for each in latest])
    rows = [
        {
            "exposure": each.id,
            "debtor": each.debtor,
            "creditor": each.creditor,
            "amount_fen": each.amount_fen,
        }
        for each in latest.values()
        if each.amount_fen
    ]
    if rows:
        connection.execute(EXPOSURES.insert(), rows)
    connection.execute(sa.delete(EXPOSURES_AT))
    connection.execute(EXPOSURES_AT.insert(), {"number": at})
