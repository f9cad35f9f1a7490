"""
The entries of many events as one frame: accounts moved (`path`), rows changed (`things`).

Compact JSON of rows without escapes is CSV in brackets, which is read many times faster than JSON;
what has escapes, or is not of this form, is read as JSON.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from app.books.ledger.figures import Figures
from app.books.ledger.proof.differences import BookDifference

BEFORE = tuple(f"{name}_before" for name in Figures._fields)
AFTER = tuple(f"{name}_after" for name in Figures._fields)
MOVED: Mapping[str, Any] = {
    "key": pl.String,
    "since": pl.Int64,
    **dict.fromkeys((*BEFORE, *AFTER), pl.Int64),
}
CHANGED: Mapping[str, Any] = {
    "table": pl.String,
    "name": pl.String,
    "since": pl.Int64,
    "digest": pl.String,
}
PYTHON = {pl.String: str, pl.Int64: int}
WHOLE_MAX = 2**63
NOTHING = "[]"


class Unreadable(Exception):
    """Entries of an event are of no form of ours."""

    def __init__(self, difference: BookDifference) -> None:
        super().__init__(difference.field)
        self.difference = difference


def frame_of(
    numbers: Sequence[int], texts: Sequence[str], schema: Mapping[str, Any], *, field: str
) -> pl.DataFrame:
    """
    Return the entries of events, with the `number` of the event of each and its place `at` below.

    Args:
        numbers: The events' numbers.
        texts: Their entries, as JSON.
        schema: What an entry holds, in order.
        field: The column of the events, to be named.

    Raises:
        Unreadable: The entries of an event are of no form of ours.
    """
    places = [place for place, text in enumerate(texts) if text != NOTHING]
    given = [texts[place] for place in places]
    counts = [text.count("],[") + 1 for text in given]
    frame = _as_csv(given, sum(counts), schema)
    if frame is None:
        rows = [_as_json(numbers[place], texts[place], schema, field) for place in places]
        counts = [len(each) for each in rows]
        frame = pl.DataFrame(
            [entry for each in rows for entry in each], schema=dict(schema), orient="row"
        )
    at = np.repeat(np.array(places, dtype=np.int64), counts)
    known = np.array(numbers, dtype=np.int64)
    return frame.with_columns(pl.Series("at", at), pl.Series("number", known[at]))


def _as_csv(texts: Sequence[str], count: int, schema: Mapping[str, Any]) -> pl.DataFrame | None:
    """Return the entries read as CSV; None where they must be read as JSON."""
    if not texts:
        return pl.DataFrame(schema=dict(schema))
    body = "],[".join([text[2:-2] for text in texts]).replace("],[", "\n")
    quotes = 2 * count * sum(kind == pl.String for kind in schema.values())
    if "\\" in body or body.count('"') != quotes:
        return None
    try:
        frame = pl.read_csv(
            body.encode(),
            has_header=False,
            schema=dict(schema),
        )
    except (pl.exceptions.PolarsError, UnicodeEncodeError):
        return None
    if frame.height != count or any(frame.null_count().row(0)):
        return None
    return frame


def _as_json(
    number: int, text: str, schema: Mapping[str, Any], field: str
) -> list[tuple[Any, ...]]:
    kinds = [PYTHON[kind] for kind in schema.values()]
    try:
        found = json.loads(text)
        rows = [tuple(each) for each in found]
        is_ours = type(found) is list and all(
            [type(value) for value in row] == kinds
            and all(-WHOLE_MAX <= each < WHOLE_MAX for each in row if isinstance(each, int))
            for row in rows
        )
    except (ValueError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise Unreadable(BookDifference(number, field, "a list of entries", text))
    return rows
