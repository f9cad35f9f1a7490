"""Notes that count rows, gathered over the divisions of a table."""

from typing import Any

from ingestion.notes import Note, note


class NoteCounts:
    """What notes say of a table: counts are added up, of what is named the first stands."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, tuple[tuple[str, Any], ...]], int] = {}
        self._firsts: dict[tuple[str, tuple[tuple[str, Any], ...]], tuple[Any, str, Any]] = {}

    def add(
        self, code: str, count: int, *, first: tuple[Any, str, Any] | None = None, **said: object
    ) -> None:
        """
        Add to what a note counts; notes stand in the order in which they are first added to.

        Args:
            code: The kind of the note.
            count: How many more there are; it is told when there is one.
            first: What tells the first of them, the name under which the note speaks of it, and
                what it says.
            **said: What else the note speaks of.
        """
        key = code, tuple(said.items())
        self._counts[key] = self._counts.get(key, 0) + count
        if count and first is not None:
            self._firsts[key] = min(self._firsts.get(key, first), first, key=lambda each: each[0])

    def notes(self) -> list[Note]:
        """Return the notes that count anything."""
        found = []
        for key, count in self._counts.items():
            (code, said), first = key, self._firsts.get(key)
            named = {} if first is None else {first[1]: first[2]}
            if count:
                found.append(note(code, count=count, **dict(said), **named))
        return found
