"""The one function that moves an application from state to state; each move is one event."""

from collections.abc import Mapping
from typing import Any

from app.books.errors import Stale, WrongState
from app.books.ledger import Moving
from app.books.notices.service import notice_of
from app.lending.applications.states import ARROWS, TOLD, State, into
from app.lending.applications.tables import applications
from app.platform.errors import Absent

Row = dict[str, Any]


def found(moving: Moving, application: str) -> Row:
    """
    Return an application as it stands for an order.

    Raises:
        Absent: There is none of this id.
    """
    row = moving.row(applications, application)
    if row is None:
        raise absent(application)
    return row


def absent(application: str) -> Absent:
    """Return the refusal of an application that is not there, or not the asker's."""
    return Absent(f"no application {application!r}")


def move(
    moving: Moving,
    row: Row,
    to: State,
    *,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
) -> Row:
    """
    Move an application to a state along an arrow, in one event; return its row after it.

    Args:
        moving: What is recorded; the actor is who asks.
        row: The application as it stands.
        to: The state to which it goes.
        reason: Why, in a person's words.
        changes: What else of its row is another after it.
        told: What a reader of the event wants to know beside the states.

    Raises:
        WrongState: No arrow goes there from where it is.
    """
    check_arrow(row, to)
    return _record(moving, row, {**row, **(changes or {}), "state": to}, reason, told)


def begin(moving: Moving, row: Row, *, told: Mapping[str, Any] | None = None) -> Row:
    """Record a new application, whose row says `draft`, as submitted; return its row."""
    made = {"made": moving.number + 1, "made_on": moving.day_text, "created_at": moving.moment}
    return _record(moving, row, {**row, **made, "state": "submitted"}, "", told)


def check_arrow(row: Row, to: State) -> None:
    """
    Raise where no arrow goes to a state.

    Raises:
        WrongState: None does; the states from which one does are told.
    """
    if to not in ARROWS[row["state"]]:
        raise WrongState(f"application {row['application']}", row["state"], into(to))


def check_version(row: Row, expected: frozenset[str] | None) -> None:
    """
    Raise where an application is no longer as somebody has read it.

    Args:
        row: The application as it stands.
        expected: The tags of `If-Match`; None where the header is absent.

    Raises:
        Stale: It has another tag by now.
    """
    if expected is not None and not expected & {tag_of(row), "*"}:
        raise Stale(f"application {row['application']}")


def tag_of(row: Mapping[str, Any]) -> str:
    """
    Return the tag of an application as it is: the event that touched it last.

    Example:
        >>> tag_of({"event": 12})
        '"application-12"'
    """
    return f'"application-{row["event"]}"'


def _record(
    moving: Moving, before: Row, after: Row, reason: str, told: Mapping[str, Any] | None
) -> Row:
    detail = {"before": before["state"], "after": after["state"], **(told or {})}
    operation, subject = f"application.{after['state']}", f"application:{after['application']}"
    rows = [(applications, after)]
    drawn_in_part = (before["state"], after["state"]) == ("drawing", "signed")
    if after["state"] in TOLD and not drawn_in_part:
        rows.append(notice_of(moving, after["firm"], operation, subject))
    number = moving.record(
        operation,
        subject,
        rows=rows,
        detail=detail,
        told=(reason, ""),
    )
    return {**after, "event": number}
