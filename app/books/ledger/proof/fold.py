"""
The fold: what each account or row was left as, followed through the entries of all events.

Every entry names the event that touched its thing before, so entries of one thing are a list of
links; accounts also tell their figures before. Entries are gathered until they outnumber what
stands, and then folded in one go.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.books.ledger.proof.differences import BookDifference

GATHERED_MIN = 30_000


class Fold:
    """Follows the links of one kind of entries through a range of events."""

    def __init__(self, before: Sequence[str], after: Mapping[str, Any], *, is_first: bool) -> None:
        """
        Begin with nothing.

        Args:
            before: Columns of an entry that must be as the last entry of its thing left them; as
                many of the first of `after`.
            after: What an entry leaves, with its kinds.
            is_first: The range begins with the first event: a thing without entry stands nowhere.
        """
        self._pairs = list(zip(before, after, strict=False))
        self._before, self._after = list(before), list(after)
        self._is_first = is_first
        self._gathered: list[pl.DataFrame] = []
        self._count = 0
        self.openings: list[pl.DataFrame] = []  # key, number, since, before
        self.state = pl.DataFrame(  # What each thing was left as, by its last event.
            schema={"key": pl.String, "number": pl.Int64, **after}
        )

    def add(self, entries: pl.DataFrame) -> BookDifference | None:
        """Take entries, in order; return a difference where they were folded and one was found."""
        if entries.height:
            names = ["key", "number", "since", *self._before, *self._after]
            self._gathered.append(entries.select(names))
            self._count += entries.height
        return self.finish() if self._count >= max(GATHERED_MIN, self.state.height) else None

    def finish(self) -> BookDifference | None:
        """Fold what was gathered; return the first difference."""
        if not self._gathered:
            return None
        entries = pl.concat(self._gathered)
        self._gathered, self._count = [], 0
        both = pl.concat([self.state, entries.select(self.state.columns)])
        before, last = _before_and_last(both["key"])
        own = before[self.state.height :]
        self.state = both[last]
        if not self._is_first:
            begun = entries.filter(pl.Series(own < 0))
            self.openings.append(begun.select("key", "number", "since", *self._before))
        return self._first_wrong(entries, both, own)

    def _first_wrong(
        self, entries: pl.DataFrame, both: pl.DataFrame, own: NDArray[np.int64]
    ) -> BookDifference | None:
        """Return the first entry that is not linked to the one before it, whose place is told."""
        begins = own < 0
        wrong = np.zeros(len(own), dtype=bool)
        links = [("since", "number"), *self._pairs]
        for one, other in links:
            stood = both[other].to_numpy()[own]
            wrong |= entries[one].to_numpy() != np.where(begins, 0, stood)
        if not self._is_first:
            wrong &= ~begins
        if not wrong.any():
            return None
        place = int(wrong.argmax())  # Entries are in the order of events.
        row = entries.row(place, named=True)
        stands = {} if begins[place] else both.row(int(own[place]), named=True)
        one, other = next((a, b) for a, b in links if row[a] != stands.get(b, 0))
        said = f"{row['key']} {one.replace('_before', ' before')}"
        return BookDifference(row["number"], said, stands.get(other, 0), row[one])

    def join(self, following: "Fold") -> BookDifference | None:
        """Take what the range after this one comes to; return where it begins otherwise."""
        last = self.state.rename(
            {each: f"last_{each}" for each in self.state.columns if each != "key"}
        )
        difference = None
        for begun in following.openings:
            difference = difference or self._out_of_link(begun.join(last, on="key", how="left"))
        both = pl.concat([self.state, following.state])
        self.state = both.group_by("key", maintain_order=True).last()
        return difference

    def _out_of_link(self, entries: pl.DataFrame) -> BookDifference | None:
        """Return the first entry that is not linked to the last of its thing."""
        links = [("since", "last_number"), *((one, f"last_{other}") for one, other in self._pairs)]
        held = entries.with_columns(pl.col([last for _, last in links]).fill_null(0))
        differs = pl.any_horizontal([pl.col(one) != pl.col(last) for one, last in links])
        wrong = held.filter(differs).sort("number", maintain_order=True).head(1)
        if not wrong.height:
            return None
        row = wrong.row(0, named=True)
        one, last = next((one, last) for one, last in links if row[one] != row[last])
        said = f"{row['key']} {one.replace('_before', ' before')}"
        return BookDifference(row["number"], said, row[last], row[one])


def _before_and_last(keys: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each key the place where it stands before, -1 for none, and all last places."""
    codes = keys.cast(pl.Categorical).to_physical().to_numpy()
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    follows = ordered[1:] == ordered[:-1]
    before = np.full(len(codes), -1, dtype=np.int64)
    before[order[1:][follows]] = order[:-1][follows]
    return before, np.sort(order[np.append(~follows, True)])
