"""
Where the rows and fields of a block of CSV bytes begin and end, found without a loop over bytes.

Works on raw bytes: in UTF-8 and in GB18030 no byte of a longer character looks like a comma, a
tab, a quote or a line end. A quote opens a field only at the field's beginning and closes it
only at its end; a block with any other quote is not well formed and is left to a slower reader.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingestion.readers.chunk import IntArray

Bytes = npt.NDArray[np.uint8]
_QUOTE, _LF, _CR = 34, 10, 13


@dataclass(frozen=True, slots=True)
class Marks:
    """Rows of one block: row i holds bytes[starts[i]:stops[i]], its line end not included."""

    starts: IntArray
    stops: IntArray
    breaks: IntArray  # Every line end, also those inside quotes.
    fields: IntArray
    quoted: bool
    end: int  # What follows here is the beginning of a row that goes on in the next block.


def mark(block: bytes, *, last: bool, separator: str = ",") -> Marks | None:
    """
    Return the rows of a block; None where its quotes are not well formed.

    Args:
        block: Bytes that begin at the beginning of a row.
        last: Nothing follows: the rest is a row even without a line end.
        separator: The sign between cells.
    """
    symbols = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(symbols == _QUOTE)
    breaks = _breaks(symbols, last=last)
    ends = _outside(breaks, quotes)
    end = len(block) if last else (int(ends[-1]) + 1 if len(ends) else 0)
    quotes = quotes[: np.searchsorted(quotes, end)]
    if not _well_formed(symbols, quotes, ord(separator)):
        return None
    if last and end and (not len(ends) or ends[-1] != end - 1):
        ends = np.append(ends, end)
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)[: len(ends)]
    between = _outside(np.flatnonzero(symbols[:end] == ord(separator)), quotes)
    bounds = np.searchsorted(between, np.append(starts, end))
    return Marks(
        starts=starts,
        stops=_without_return(symbols, starts, ends),
        breaks=breaks,
        fields=np.diff(bounds) + 1,
        quoted=len(quotes) > 0,
        end=end,
    )


def _breaks(symbols: Bytes, *, last: bool) -> IntArray:
    """Return every LF and every CR that no LF follows, as old files have them."""
    feeds = np.flatnonzero(symbols == _LF)
    returns = np.flatnonzero(symbols == _CR)
    if not len(returns):
        return feeds
    if returns[-1] == len(symbols) - 1 and not last:
        returns = returns[:-1]  # Its LF may stand at the beginning of the next block.
    followed = np.append(symbols, _CR)[returns + 1] == _LF
    return np.union1d(feeds, returns[~followed])


def _outside(places: IntArray, quotes: IntArray) -> IntArray:
    if not len(quotes):
        return places
    outside: IntArray = places[np.searchsorted(quotes, places) % 2 == 0]
    return outside


def _well_formed(symbols: Bytes, quotes: IntArray, separator: int) -> bool:
    if not len(quotes):
        return True
    if len(quotes) % 2:
        return False
    opens, closes = quotes[::2], quotes[1::2]
    around = np.concatenate([[_LF], symbols, [_LF]])
    before, after = around[opens], around[closes + 2]
    edges = (separator, _LF, _CR, _QUOTE)
    return bool(np.isin(before, edges).all() and np.isin(after, edges).all())


def _without_return(symbols: Bytes, starts: IntArray, ends: IntArray) -> IntArray:
    if not len(ends):
        return ends
    before = symbols[np.maximum(ends - 1, 0)]
    return np.where((before == _CR) & (ends > starts), ends - 1, ends)
