"""What is done with the rows of a set before they become facts: each ends kept or told why not."""

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from ingestion.descriptions.cells import SetCells
from ingestion.descriptions.holding import Carried, held
from ingestion.descriptions.joining import SetLookup, keys_of
from ingestion.descriptions.model import Join, Rows
from ingestion.readers import Unread
from ingestion.sets.batch import AT, LINE, RESERVED, Batch
from ingestion.sets.headers import INNER

_TORN = "another row of its group has more or fewer cells than the header"
KEPT, UNMATCHED, VOID = 0, 1, 2  # Of rows that are one the highest counts.
FATE, FILE_AT, EXTRA = f"{INNER}fate", f"{INNER}file_at", f"{INNER}extra"
OWN = (*RESERVED, FATE, FILE_AT, EXTRA)


@dataclass(slots=True)
class Stepped:
    """Rows of a batch: those that go on, those that are left out, and those of another width."""

    cells: SetCells
    left_out: pl.DataFrame
    ragged: tuple[Unread, ...]


@dataclass(slots=True)
class Steps:
    """The steps of one set, over its batches in their order."""

    rows: Rows
    zone: dt.tzinfo
    joins: Mapping[int, Join] = field(default_factory=dict)  # Its own, by their numbers.
    lookups: Mapping[str, SetLookup] = field(default_factory=dict)
    _carried: dict[object, Carried] = field(default_factory=dict)

    def take(self, batch: Batch, frame: pl.DataFrame) -> Stepped:
        """
        Return the rows of a batch after hold, joins, keep and void.

        Args:
            batch: Where they are from.
            frame: The rows, with the file of each (`FILE_AT`).
        """
        if self.rows.hold:
            carried = self._carried.setdefault((batch.paths, batch.sheet), {})
            frame = held(frame, self.rows.hold, carried)
        frame = frame.with_columns(_extra(frame))
        frame, unmatched = self._joined(frame, batch)
        cells = SetCells(frame, self.zone, batch.above, batch.epoch)
        kept = cells.all_hold(self.rows.keep)
        void = cells.any_holds(self.rows.void)
        fate = np.where(void.to_numpy(), VOID, np.where(unmatched, UNMATCHED, KEPT))
        left_out = frame.select(FILE_AT, LINE).filter(~kept)
        frame = frame.with_columns(pl.Series(FATE, fate, pl.Int8)).filter(kept)
        ragged: tuple[Unread, ...] = ()
        if batch.ragged:
            there = set(frame[LINE].to_list())
            ragged = tuple(each for each in batch.ragged if each.line in there)
            ragged += self._torn(frame, ragged)
            frame = frame.filter(~pl.col(LINE).is_in([each.line for each in ragged]))
        cells.frame = frame
        return Stepped(cells, left_out, ragged)

    def _torn(self, frame: pl.DataFrame, ragged: tuple[Unread, ...]) -> tuple[Unread, ...]:
        """Return the other rows of groups that lose one: without it their sums would be wrong."""
        lines = {each.line for each in ragged}
        group = self.rows.group
        by = [AT, *(name for name in group.by if name in frame.columns)] if group else []
        if not ragged or len(by) < 2:  # noqa: PLR2004  # the file, and what rows have in common
            return ()
        keys = frame.filter(pl.col(LINE).is_in(list(lines))).select(by).drop_nulls(by)
        rows = frame.join(keys.unique(), on=by, how="semi", maintain_order="left")[LINE].to_list()
        return tuple(Unread(line, "", _TORN) for line in rows if line not in lines)

    def _joined(self, frame: pl.DataFrame, batch: Batch) -> tuple[pl.DataFrame, np.ndarray]:
        unmatched = np.zeros(frame.height, bool)
        for at, join in self.joins.items():
            cells = SetCells(frame, self.zone, batch.above, batch.epoch)
            keys = keys_of(join.ours, cells, strip_zeros=join.strip_zeros)
            met = self.lookups[join.set].match(at, join, keys)
            if join.required:
                unmatched |= met.to_series(0).is_null().to_numpy()
            frame = frame.with_columns(met.get_columns())
        return frame, unmatched


def _extra(frame: pl.DataFrame) -> pl.Series:
    """Return a number for each row that stands for all its cells, whatever their order."""
    total = np.zeros(frame.height, np.uint64)
    for name in frame.columns:
        if name in OWN:
            continue
        cells = frame[name]
        text = cells.list.join("\x1f") if isinstance(cells.dtype, pl.List) else cells
        hashed = text.hash(seed=zlib.crc32(name.encode())).to_numpy()
        total += np.where(text.is_null().to_numpy(), np.uint64(0), hashed)
    return pl.Series(EXTRA, total, pl.UInt64)


def with_files(batch: Batch, places: np.ndarray) -> pl.DataFrame:
    """Return the rows of a batch with the file that each is from."""
    files = pl.Series(FILE_AT, places[batch.frame[AT].to_numpy()], pl.Int32)
    return batch.frame.with_columns(files)
