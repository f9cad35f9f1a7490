"""
The chain: canonical bytes of an event, and its hash, which takes in the hash of the one before.

Canonical JSON: UTF-8, keys by code point, integers only, no escapes beyond the required.
"""

import datetime as dt
import hashlib
import json
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
GENESIS = "0" * 64  # What the first event takes for the hash before it.


class Head(NamedTuple):
    """The last event: its number, its hash, and the business day, empty where there is none yet."""

    number: int
    hash: str
    day: str


class EventDraft(NamedTuple):
    """
    An event before it has a place in the chain.

    `path` and `things` are canonical JSON of accounts moved and rows changed, `detail` of what else
    a reader wants to know, `inputs` the digest of what it rests on.
    """

    at: str
    day: str
    actor: str
    key: str
    operation: str
    subject: str
    path: str = "[]"
    things: str = "[]"
    detail: str = "{}"
    reason: str = ""
    inputs: str = ""


class Event(NamedTuple):
    """A row of the table of events, its columns in order."""

    number: int
    at: str
    day: str
    actor: str
    key: str
    operation: str
    subject: str
    path: str
    things: str
    detail: str
    reason: str
    inputs: str
    previous: str
    hash: str


def canonical(value: Any) -> str:
    """
    Return a value of texts, whole numbers, lists and objects as canonical JSON.

    Example:
        >>> canonical({"b": [1, "ü"], "a": None})
        '{"a":null,"b":[1,"ü"]}'
    """
    return _canonical(value)


def link(head: Head, draft: EventDraft) -> Event:
    """
    Return a draft as the event after the head.

    Example:
        >>> day = "2026-06-30"
        >>> draft = EventDraft(f"{day}T08:00:00.000000Z", day, "ann", "", "void", "use:1")
        >>> first = link(Head(0, GENESIS, day), draft)
        >>> first.number, first.previous == GENESIS, len(first.hash)
        (1, True, 64)
    """
    number = head.number + 1
    return Event(number, *draft, head.hash, digest_of(number, draft, head.hash))


def digest_of(number: int, draft: EventDraft, previous: str) -> str:
    """Return the hash of an event."""
    return hashlib.sha256(canonical_event(number, draft, previous).encode()).hexdigest()


def canonical_event(number: int, draft: EventDraft, previous: str) -> str:
    """Return what is hashed of an event; its own JSON texts go in as they are, none read again."""
    return (
        f'{{"actor":{quoted(draft.actor)},"at":{quoted(draft.at)},"day":{quoted(draft.day)},'
        f'"detail":{draft.detail},"inputs":{quoted(draft.inputs)},"key":{quoted(draft.key)},'
        f'"number":{number},"operation":{quoted(draft.operation)},"path":{draft.path},'
        f'"previous":"{previous}","reason":{quoted(draft.reason)},'
        f'"subject":{quoted(draft.subject)},"things":{draft.things}}}'
    )


def moment_text(at: dt.datetime) -> str:
    """
    Return a moment as events hold it: UTC, microseconds.

    Example:
        >>> moment_text(dt.datetime(2026, 6, 30, 8, tzinfo=dt.UTC))
        '2026-06-30T08:00:00.000000Z'
    """
    return f"{at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def moment_of(text: str) -> dt.datetime:
    """Return the moment that a text of an event tells."""
    return dt.datetime.fromisoformat(text)
