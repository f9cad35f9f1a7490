"""A range of events, followed by one process: its chain, its entries, and what they leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from app.books.ledger.proof.chain import (
    OPERATION,
    PATH,
    THINGS,
    ChainCheck,
    EventRow,
    chunks,
)
from app.books.ledger.proof.differences import BookDifference, first
from app.books.ledger.proof.entries import AFTER, BEFORE, CHANGED, MOVED, Unreadable, frame_of
from app.books.ledger.proof.figures import check_figures
from app.books.ledger.proof.fold import Fold
from app.platform.events import Head

LEFT = {"digest": pl.String}  # What an entry of a row leaves.


@dataclass(frozen=True, slots=True)
class EventRange:
    """Which events are followed, and the head before the first of them."""

    begins: Head
    last: int


@dataclass(slots=True)
class FoldedRange:
    """What a range of events comes to."""

    begins: Head
    ends: Head
    difference: BookDifference | None
    accounts: Fold
    things: Fold


@dataclass(frozen=True, slots=True)
class StitchedRanges:
    """What all events come to: the head after them, and what they left, up to a difference."""

    ends: Head
    difference: BookDifference | None
    accounts: pl.DataFrame
    things: pl.DataFrame


def follow(
    connection: Connection, events: EventRange, *, told: Callable[[int], Any]
) -> FoldedRange:
    """
    Return what a range of events comes to, up to its first difference.

    Args:
        connection: Where the events are read.
        events: Which.
        told: Called with the number of events that were followed, now and then.
    """
    is_first = events.begins.number == 0
    chain = ChainCheck(events.begins)
    accounts = Fold(BEFORE, dict.fromkeys(AFTER, pl.Int64), is_first=is_first)
    things = Fold((), LEFT, is_first=is_first)
    difference = None
    for rows in chunks(connection, events.begins.number + 1, events.last):
        stood = chain.head.number
        broken = chain.follow(rows)
        difference = first([_fold(rows[: chain.head.number - stood], accounts, things), broken])
        if difference is not None:
            break
        told(len(rows))
    else:
        if chain.head.number != events.last:
            number = chain.head.number + 1
            difference = BookDifference(number, "number", number, None)
    # What was gathered is of earlier events than what was found.
    difference = first([accounts.finish(), things.finish(), difference])
    return FoldedRange(events.begins, chain.head, difference, accounts, things)


def stitched_ranges(parts: Sequence[FoldedRange]) -> StitchedRanges:
    """Return what ranges one after another come to: each begins as those before it have left."""
    one, *others = parts
    accounts, things = one.accounts, one.things
    for part in others:
        if one.difference is not None:
            break
        apart = [
            BookDifference(part.begins.number, name, ours, its)
            for name, ours, its in zip(Head._fields, one.ends, part.begins, strict=True)
            if ours != its
        ]
        found = [*apart, accounts.join(part.accounts), things.join(part.things), part.difference]
        one = replace(part, difference=first(found))
    return StitchedRanges(one.ends, one.difference, accounts.state, things.state)


def _fold(rows: list[EventRow], accounts: Fold, things: Fold) -> BookDifference | None:
    numbers = [row[0] for row in rows]
    try:
        moved = frame_of(numbers, [row[PATH] for row in rows], MOVED, field="path")
        changed = frame_of(numbers, [row[THINGS] for row in rows], CHANGED, field="things")
    except Unreadable as error:
        return error.difference
    changed = changed.with_columns(key=pl.concat_str("table", pl.lit(":"), "name"))
    wrong = check_figures(moved, [row[OPERATION] for row in rows])
    return first([wrong, accounts.add(moved), things.add(changed)])
