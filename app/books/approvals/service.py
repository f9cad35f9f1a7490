"""Approvals as routes, pages and the close of a day ask for them."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Literal

from app.books.approvals import repository
from app.books.approvals.actions import TwoPersonAction
from app.books.approvals.desk import ApprovalDesk, document, expire, may_read
from app.books.approvals.repository import WantedApprovals
from app.books.approvals.states import State
from app.books.approvals.tables import approvals
from app.books.business_day import business_day
from app.books.ledger import Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.books.organisation import OrganisationBook
from app.platform.auth.principals import Principal
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.policy import policy_on

AT_ONCE_MAX = 500
NAME_BYTES = 8
Verdict = Literal["approve", "reject"]


def new_name(resources: Resources) -> str:
    """Return the name of a new approval: made before it is asked for, so that a retry keeps it."""
    return resources.new_name(NAME_BYTES)


def desk_of(resources: Resources, actions: Mapping[str, TwoPersonAction]) -> ApprovalDesk:
    """
    Return the desk of approvals of the business day, with actions that are ready.

    Raises:
        Absent: The books are not open.
        Unready: No policy or organisation can be used.
    """
    day, policy = business_day(resources), resources.settings.policy
    days = policy_on(policy, day).whole("approval_days")
    return ApprovalDesk(actions, day, OrganisationBook(policy).on(day), days)


def decide(
    resources: Resources,
    asker: Asker,
    actions: Mapping[str, TwoPersonAction],
    verdict: tuple[str, Verdict, str],
) -> Reply:
    """
    Return the answer to a decision: the approval, and what the action told.

    Args:
        resources: What the process has open.
        asker: Who decides, and their key.
        actions: What may be asked for, by name.
        verdict: The approval, what is decided, and why.

    Raises:
        Absent: There is no such approval, or it is somebody else's.
        Forbidden: It is for others to check.
        BookRefusal: It is decided already, by the same person, without authority, or can no
            longer be done.
    """
    name, what, reason = verdict
    needs = Reads(rows={approvals: [name]})

    def prepare() -> Plain:
        """Return the order, at the desk of the business day."""
        _, row = repository.one(resources.records, name)
        action = None if row is None else actions.get(row["action"])
        desk = desk_of(resources, {} if action is None else {action.name: action.ready()})
        act = desk.approve if what == "approve" else desk.reject
        work = partial(act, name=name, who=asker.who, reason=reason)
        return Plain(needs, work, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def shown(resources: Resources, name: str, who: Principal) -> Document:
    """
    Return an approval.

    Raises:
        Absent: There is none of this name, or it is somebody else's.
    """
    day, row = repository.one(resources.records, name)
    if row is None or not may_read(row, who):
        raise Absent(f"no approval {name!r}")
    return document(row, day)


def listed(
    resources: Resources,
    who: Principal,
    *,
    mine: bool | None = None,
    state: State | None = None,
    before: int | None = None,
    size: int,
) -> list[tuple[int, Document]]:
    """
    Return approvals that somebody may see, each after the number of its event, the latest first.

    Args:
        resources: What the process has open.
        who: Who reads: a core its own.
        mine: Those that the reader made, or those that others did.
        state: Those in this state.
        before: Those made before this event.
        size: So many at most.
    """
    wanted = WantedApprovals(
        core=None if who.is_bank else who.firm,
        maker=who.person if mine else None,
        others_than=who.person if mine is False else None,
        state=state,
    )
    day, rows = repository.listed(resources.records, wanted, before=before, size=size)
    return [(row["made"], document(row, day)) for row in rows]


def expire_open(resources: Resources, day: dt.date) -> int:
    """Return how many approvals ended because a day was closed that was their last."""
    ended = 0
    while names := repository.due(resources.records, day, AT_ONCE_MAX):
        needs = Reads(rows={approvals: names})

        def work(moving: Moving, names: tuple[str, ...] = tuple(names)) -> Reply:
            """Return how many of these ended."""
            return Reply.of(200, sum(expire(moving, name, day) for name in names))

        count: int = ledger_of(resources).ask(Plain(needs, work)).document
        if not count:
            break
        ended += count
    return ended
