"""The ids of all firms, in code point order, kept as Arrow text."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, overload


class Ids(Sequence[str]):
    """The ids of all firms in code point order; the text stays in Arrow's memory."""

    __slots__ = ("arrow",)

    def __init__(self, arrow: Any) -> None:
        self.arrow = arrow

    def __len__(self) -> int:
        return len(self.arrow)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return list(self.arrow[place].to_pylist())
        return str(self.arrow[int(place)].as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrow.to_pylist())

    def __contains__(self, firm: object) -> bool:
        return isinstance(firm, str) and self.find(firm) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and bool(self.arrow.equals(other.arrow))

    __hash__ = None  # type: ignore[assignment]

    def find(self, firm: str) -> int | None:
        """Return the row of an id, or None."""
        at = bisect_left(self, firm)
        return at if at < len(self) and self[at] == firm else None
