"""What a list shows: its columns, the same for the page, its order and its files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

Row = TypeVar("Row")
Kind = Literal["text", "money", "share", "count", "day"]
Look = Literal["", "strong", "signed", "tier", "short"]
NUMBERS = frozenset({"money", "share", "count"})


@dataclass(frozen=True, slots=True)
class ListColumn(Generic[Row]):
    """
    One column of a list.

    Args:
        key: What the address calls it.
        words: The key of its words.
        kind: What kind of value it has; numbers stand to the right.
        value: What gives it of a row, as a file holds it: money in fen, a share of one.
        order: What it is sorted by, where that is not its value; None comes last.
        look: How a page shows it.
        rises: Whether a number is sorted smallest first when it is first asked for.
        asked: Whether it is shown only to whoever asks for it.
    """

    key: str
    words: str
    kind: Kind
    value: Callable[[Row], Any]
    order: Callable[[Row], Any] | None = None
    look: Look = ""
    rises: bool = False
    asked: bool = False

    @property
    def is_number(self) -> bool:
        """Return whether its values are numbers."""
        return self.kind in NUMBERS

    @property
    def falls(self) -> bool:
        """Return whether it is sorted largest first when it is first asked for."""
        return self.is_number and not self.rises


@dataclass(frozen=True, slots=True)
class ListTable(Generic[Row]):
    """
    A list: its name, the columns that there are, and the order that it has by itself.

    Args:
        name: What pages, files and saved views call it; the anchor of its heading too.
        id: What identifies a row.
        columns: The first one names a row and is always shown.
        otherwise: The order where the address names none.
        orders: Orders that are no column's.
    """

    name: str
    id: Callable[[Row], str]
    columns: Sequence[ListColumn[Row]]
    otherwise: str
    orders: Sequence[str] = ()

    @property
    def keys(self) -> Mapping[str, Callable[[Row], Any]]:
        """Return what each column is sorted by."""
        return {each.key: each.order or each.value for each in self.columns}

    def chosen(self, asked: Iterable[str]) -> Sequence[ListColumn[Row]]:
        """Return the columns that are asked for, in the list's own order; by default the usual."""
        wanted = {key for part in asked for key in part.split(",")}
        if not wanted & {each.key for each in self.columns}:
            return self.usual
        return [each for at, each in enumerate(self.columns) if not at or each.key in wanted]

    @property
    def usual(self) -> Sequence[ListColumn[Row]]:
        """Return the columns that are shown where nobody asks for others."""
        return [each for each in self.columns if not each.asked]
