"""
The desk of approvals: opened by one person, decided by another, all under the lock of the book.

Who made it never checks it, in whatever role, with whatever token. A core's own people check what
is a core's; officers of the bank check the rest, where the table of authority reaches. What is
approved is proposed again, and done in the same order.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from app.books.approvals.actions import ActionProposal, TwoPersonAction
from app.books.approvals.tables import approvals
from app.books.errors import AlreadyDecided, NotAuthorised, SamePerson, WrongState
from app.books.ledger import MACHINE, Key, Moving, Reads, Reply, check_day
from app.books.organisation import Level, Organisation
from app.platform.auth.principals import Principal
from app.platform.documents import Document
from app.platform.errors import Absent, Conflict, Forbidden
from app.platform.events import canonical, moment_text

OPEN_MAX = 10_000  # Of one action; more than people can look at.
ACCEPTED, DONE = 202, 200
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """What somebody asks for that another person has to approve."""

    action: TwoPersonAction
    asked: Document
    who: Principal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalDesk:
    """
    Opens and decides approvals on one business day.

    Args:
        actions: What may be asked for, by name.
        day: The business day.
        organisation: The organisation in force on it.
        days: So many days an approval stays open, by the policy in force on it.
    """

    actions: Mapping[str, TwoPersonAction]
    day: dt.date
    organisation: Organisation
    days: int

    def open(self, moving: Moving, name: str, request: ApprovalRequest) -> Reply:
        """
        Open an approval of this name; return the answer 202.

        Raises:
            BookRefusal: It cannot be done now.
            WrongState: One is open for the thing and the action.
            BookMovedOn: It is another business day by now.
        """
        check_day(moving, self.day)
        action, who = request.action, request.who
        proposal = action.propose(moving, request.asked)
        _require_none_open(moving, action.name, proposal.subjects)
        row: Row = {
            "approval": name,
            "action": action.name,
            "state": "open",
            "subjects": canonical(list(proposal.subjects)),
            "core": proposal.core,
            "amount_fen": proposal.amount_fen,
            "level": self._level(proposal),
            "maker": who.person,
            "asked": canonical(request.asked),
            "effect": canonical([asdict(each) for each in proposal.effect]),
            "reason": request.reason,
            "made": moving.number + 1,
            "made_on": moving.day_text,
            "created_at": moment_text(moving.now),
            "expires_on": (moving.day + dt.timedelta(days=self.days)).isoformat(),
            "decided_by": None,
            "decided_at": None,
            "decision": "",
        }
        _record(moving, "approval.open", row, request.reason)
        return Reply.of(ACCEPTED, {"approval": name})

    def approve(self, moving: Moving, name: str, who: Principal, reason: str) -> Reply:
        """
        Do what was asked for; return the approval, and what is told of the action.

        Raises:
            Absent: There is no such approval.
            Forbidden: It is for others to check.
            AlreadyDecided: It is not open.
            SamePerson: Who made it asks.
            NotAuthorised: The unit of who asks is below the level that is needed.
            BookRefusal: It can no longer be done.
            BookMovedOn: It is another business day by now.
        """
        check_day(moving, self.day)
        row = _open_row(moving, name, who)
        if row["maker"] == who.person:
            raise SamePerson(who.person)
        action = self.actions.get(row["action"])
        if action is None:
            raise Conflict(f"nothing here does {row['action']!r}")
        asked = json.loads(row["asked"])
        self._require_authority(row["level"], row["core"], who)
        proposal = action.propose(moving, asked)  # As it is now: more may be needed by now.
        self._require_authority(self._level(proposal), row["core"], who)
        decided = _decided(moving, row, "approved", who.person, reason)
        result = action.apply(moving, asked)
        return Reply.of(DONE, document(decided, moving.day) | {"result": result})

    def reject(self, moving: Moving, name: str, who: Principal, reason: str) -> Reply:
        """
        End an approval without doing anything; return it. Its maker withdraws it so.

        Raises:
            Absent: There is no such approval.
            Forbidden: It is for others to check.
            AlreadyDecided: It is not open.
        """
        row = _open_row(moving, name, who)
        decided = _decided(moving, row, "rejected", who.person, reason)
        return Reply.of(DONE, document(decided, moving.day) | {"result": None})

    def _level(self, proposal: ActionProposal) -> Level | None:
        if proposal.core is not None:
            return None
        asked = {"grade": proposal.grade, "product": proposal.product}
        return self.organisation.authority(proposal.amount_fen, **asked).level

    def _require_authority(self, level: Level | None, core: str | None, who: Principal) -> None:
        if core is None and not self.organisation.may_decide(who.unit, level):
            raise NotAuthorised(level or "a unit of the bank")


def expire(moving: Moving, name: str, day: dt.date) -> bool:
    """Return whether an approval was open and is ended by the close of a day."""
    row = moving.row(approvals, name)
    if row is None or row["state"] != "open" or row["expires_on"] > day.isoformat():
        return False
    _decided(moving, row, "expired", MACHINE, "")
    return True


def may_read(row: Mapping[str, Any], who: Principal) -> bool:
    """Return whether somebody may know of an approval: the bank, and the core whose it is."""
    return who.is_bank or (who.role == "core" and row["core"] == who.firm)


def document(row: Mapping[str, Any], day: dt.date) -> Document:
    """Return an approval as it is shown on a business day."""
    names = ("action", "core", "amount_fen", "level", "maker", "reason", "made_on", "expires_on")
    told = {name: row[name] for name in names}
    parts = {name: json.loads(row[name]) for name in ("subjects", "asked", "effect")}
    decided = {name: row[name] for name in ("created_at", "decided_by", "decided_at", "decision")}
    return {"id": row["approval"], "state": state_on(row, day), **told, **parts, **decided}


def state_on(row: Mapping[str, Any], day: dt.date) -> str:
    """Return the state of an approval: one whose last day is over has ended, swept or not."""
    over = row["state"] == "open" and row["expires_on"] < day.isoformat()
    return "expired" if over else str(row["state"])


def _open_row(moving: Moving, name: str, who: Principal) -> Row:
    """Return the row of an approval that somebody may decide."""
    row = moving.row(approvals, name)
    if row is None or not may_read(row, who):
        raise Absent(f"no approval {name!r}")
    if who.is_bank and row["core"] is not None:
        raise Forbidden(f"the people of core {row['core']} check this")
    state = state_on(row, moving.day)
    if state != "open":
        raise AlreadyDecided(f"approval {name}", state)
    return row


def _require_none_open(moving: Moving, action: str, subjects: Sequence[str]) -> None:
    query = (
        sa.select(approvals.c.subjects)
        .where(
            approvals.c.state == "open",
            approvals.c.action == action,
            approvals.c.expires_on >= moving.day_text,
        )
        .limit(OPEN_MAX)
    )
    wanted, count = set(subjects), 0
    for (told,) in moving.connection.execute(query):
        count += 1
        if both := wanted.intersection(json.loads(told)):
            raise WrongState(f"the approval of {action} of {min(both)}", "open", ["none open"])
    if count == OPEN_MAX:
        raise Conflict(f"{OPEN_MAX} approvals of {action} are open; decide some of them first")


def _decided(moving: Moving, row: Row, state: str, by: str, reason: str) -> Row:
    after = row | {
        "state": state,
        "decided_by": by,
        "decided_at": moment_text(moving.now),
        "decision": reason,
    }
    operations = {"approved": "approve", "rejected": "reject", "expired": "expire"}
    _record(moving, f"approval.{operations[state]}", after, reason)
    return after


def _record(moving: Moving, operation: str, row: Row, reason: str) -> None:
    told = ("action", "state", "core", "amount_fen", "level", "maker")
    moving.record(
        operation,
        f"approval:{row['approval']}",
        rows=[(approvals, row)],
        detail={name: row[name] for name in told} | {"subjects": json.loads(row["subjects"])},
        told=(reason, ""),
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """The order that opens an approval."""

    desk: ApprovalDesk
    name: str
    request: ApprovalRequest
    key: Key | None

    @property
    def actor(self) -> str:
        """Return the person who asks."""
        return self.request.who.person

    @property
    def needs(self) -> Reads:
        """Return what it will read: what the action asks for."""
        return Reads()

    def decide(self, moving: Moving) -> Reply:
        """Return the answer 202 with the approval."""
        return self.desk.open(moving, self.name, self.request)
