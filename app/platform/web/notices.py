"""Sentences above the figures of a page: what decides, what to mind."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above the figures; its `tone` is empty, `warn` or `bad`."""

    tone: str
    text: str
