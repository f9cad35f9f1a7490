"""The one event table: who changed what, in one order, each event chained to the one before."""

from app.platform.events.appending import append, lock_head
from app.platform.events.chain import EventDraft, Head, canonical, link, moment_of, moment_text

__all__ = [
    "EventDraft",
    "Head",
    "append",
    "canonical",
    "link",
    "lock_head",
    "moment_of",
    "moment_text",
]
