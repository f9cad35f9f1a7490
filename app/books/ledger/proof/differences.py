"""What is not as the events say: where, which field, what it should be and what was found."""

from collections.abc import Iterable
from typing import Any, NamedTuple

SHOWN_MAX = 300  # Characters of a text that is told.


class BookDifference(NamedTuple):
    """
    One place at which the book is not as its events say.

    `event` is the number of the event that says so; `account` is named where an account is not as
    the events left it, and `event` is then the last that touched it.
    """

    event: int
    field: str
    expected: Any
    found: Any
    account: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as commands and routes tell it."""
        place = {"event": self.event} if self.account is None else {"account": self.account}
        return {
            **place,
            "field": self.field,
            "expected": told(self.expected),
            "found": told(self.found),
        }

    def words(self) -> str:
        """Return it in a line for people."""
        place = f"event {self.event}" if self.account is None else f"account {self.account}"
        expected, found = told(self.expected), told(self.found)
        return f"{place}, {self.field}: expected {expected}, found {found}"


def told(value: Any) -> Any:
    """Return a value as JSON can hold it, a long text cut."""
    if value is None or isinstance(value, int):
        return value
    text = str(value).encode(errors="backslashreplace").decode()
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"


def first(found: Iterable[BookDifference | None]) -> BookDifference | None:
    """Return the difference of the earliest event; of two at one event the one told first."""
    return min(
        (each for each in found if each is not None), key=lambda each: each.event, default=None
    )
