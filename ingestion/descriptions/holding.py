"""Columns that hold down over rows: merged cells, titles of groups between rows."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from ingestion.descriptions.model import Hold

# By hold: the cells of the last row in which a block began.
Carried = dict[Hold, Mapping[str, pl.Series]]


def held(frame: pl.DataFrame, holds: Sequence[Hold], carried: Carried) -> pl.DataFrame:
    """
    Return rows whose blank cells hold what the row has with which their block began.

    All held columns of a block come from that one row: what is blank there stays blank.

    Args:
        frame: Rows of one file, in their order.
        holds: What holds.
        carried: The blocks that rows before these began; those that go on are kept in it.
    """
    for hold in holds:
        frame = _held(frame, hold, carried)
    return frame


def _held(frame: pl.DataFrame, hold: Hold, carried: Carried) -> pl.DataFrame:
    if hold.by not in frame.columns or not frame.height:
        return frame
    names = [name for name in dict.fromkeys((hold.by, *hold.columns)) if name in frame.columns]
    begins = frame[hold.by].is_not_null().to_numpy()
    start = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), -1))
    before = carried.get(hold, {})
    places = pl.Series(np.where(start < 0, 0, start))
    ahead = pl.Series(start < 0)
    columns = []
    for name in names:
        kind = frame[name].dtype
        earlier = before.get(name, pl.Series([None], dtype=kind))
        block = earlier.new_from_index(0, len(frame)).zip_with(ahead, frame[name].gather(places))
        columns.append(frame[name].zip_with(frame[name].is_not_null(), block).alias(name))
    if begins.any():
        last = int(start[-1])
        carried[hold] = {name: frame[name].slice(last, 1) for name in names}
    return frame.with_columns(columns)
