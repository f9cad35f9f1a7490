"""Reserving a use over its whole path, and what becomes of it."""

import datetime as dt
from collections.abc import Callable
from fractions import Fraction

from app.books.business_day import business_day
from app.books.errors import WrongState
from app.books.ledger import (
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    ask_prepared,
    check_day,
    ledger_of,
    operations,
)
from app.books.ledger.answering import Asker
from app.books.ledger.known import Row
from app.books.ledger.paths import path_of as kept_path
from app.books.ledger.reading import accounts_of, one_use
from app.books.ledger.service import CREATED, DONE, shown
from app.books.ledger.tables import uses
from app.chain.accounts.service import group_by
from app.chain.groups.moving import GROUPS, check_grouping, grouping
from app.chain.groups.tables import groupings
from app.chain.uses.paths import OWN, UseAsked, names_of, path_of
from app.chain.uses.schemas import ReservationOrder
from app.data.runs.repository import newest_run
from app.data.versions.service import policy_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent, Malformed

ID_BYTES = 10


def reserve(resources: Resources, asker: Asker, order: ReservationOrder) -> Reply:
    """
    Return a reservation that holds its amount on every account of its path.

    Raises:
        Malformed: A document is named twice, or without the core that promised it.
        BookRefusal: Accounts lack, or a document is not the firm's.
    """
    asked = _asked(order)
    lasts = dt.timedelta(seconds=order.seconds)
    use = resources.new_name(ID_BYTES)
    needs = Reads(names_of(asked), {uses: [use], groupings: [GROUPS]})

    def prepare() -> Plain:
        """Return the order, by the policy of the business day and the groups of the newest run."""
        day = business_day(resources)
        kappa = Fraction(policy_of(resources, day).decimal("kappa_relation"))
        standing = grouping(resources.records)  # Before the run: that one is no older then.
        group = group_by(resources, newest_run(resources.records), asked.firm)

        def work(moving: Moving) -> Reply:
            """Return the reservation."""
            check_day(moving, day)
            check_grouping(moving, standing)
            path = path_of(moving, asked, group=group, kappa=kappa)
            wanted = UseOrder(
                *(use, asked.firm, asked.product, path, asked.amount),
                core=asked.core,
                expires_at=moving.now + lasts,
            )
            row = operations.reserve(moving, wanted)
            return Reply.of(CREATED, shown(row, moving.available))

        return Plain(needs, work, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def _asked(order: ReservationOrder) -> UseAsked:
    documents = [each.account for each in order.documents]
    core = None if order.core == OWN else order.core
    if len(set(documents)) < len(documents):
        raise Malformed("body.documents: a document is named twice")
    if documents and core is None:
        raise Malformed("body.core: documents need the core that promised them")
    return UseAsked(order.firm, order.product, order.amount_fen, core, documents)


def read(resources: Resources, use: str) -> Document:
    """
    Return a use.

    Raises:
        Absent: There is none.
    """
    now = resources.now()
    row = one_use(resources.records, use, now)
    if row is None:
        raise Absent(f"no use {use!r}")
    names = [each.account for each in kept_path(row["path"])]
    standing = {each.account: each for each in accounts_of(resources.records, names, now)}
    return shown(row, lambda account: standing[account].available)


def post(resources: Resources, asker: Asker, use: str, amount: int) -> Reply:
    """Return a reservation of which an amount is used now, and the rest is void."""
    return _moved(resources, asker, use, lambda moving: operations.post(moving, use, amount))


def void(resources: Resources, asker: Asker, use: str) -> Reply:
    """Return a reservation that was given back."""
    return _moved(resources, asker, use, lambda moving: operations.void(moving, use))


def release(resources: Resources, asker: Asker, use: str, amount: int) -> Reply:
    """Return a use of which an amount was given back."""
    return _moved(resources, asker, use, lambda moving: operations.release(moving, use, amount))


def _moved(resources: Resources, asker: Asker, use: str, work: Callable[[Moving], Row]) -> Reply:
    """
    Return a use after what an officer does to it.

    Raises:
        Absent: There is none.
        WrongState: It is of an application or loan, which alone moves it.
        BookRefusal: It cannot be done as it stands.
    """

    def moved(moving: Moving) -> Reply:
        """Return the use as it is shown."""
        row = moving.row(uses, use)
        if row is not None and row["owner"] is not None:
            raise WrongState(f"use {use}, which moves with {row['owner']} alone,", row["state"], [])
        return Reply.of(DONE, shown(work(moving), moving.available))

    needs = Reads(rows={uses: [use]})
    return ledger_of(resources).ask(Plain(needs, moved, asker.key, asker.actor))
