"""
Rows that contradict themselves, each kind with a reason of its own.

Only what cannot be is refused: a document that falls due before there is one, a sum that its parts
do not make. What real books hold stays: a delivery, a confirmation or a payment before the paper
was entered (`notices` counts them), an issuer that holds its own paper again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.circles import in_circles
from ingestion.resolve.codes import is_placeholder, numbers
from ingestion.staged import BoolArray
from ingestion.verdict import Verdict

# A row may sum up many lines, each of which was rounded: so many fen may total and parts differ.
TOTAL_FEN_MAX = 5
RESERVED = "own"  # Stands in addresses for what is lent without a core; no firm has this id.


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A reason, the column that is shown with it, and which rows it is true of."""

    reason: str
    column: str
    holds: Callable[[pl.DataFrame], pl.Series]


def refuse(judged: Verdict, known: pl.DataFrame) -> None:
    """
    Set aside the rows that contradict themselves, and those that name nobody.

    Args:
        judged: The rows of a table.
        known: Their parties, among other columns, firms as numbers.
    """
    staged = judged.staged
    for column in (*_numbers(judged), *staged.form.parties):
        fillers = _which(staged.table[column], is_placeholder)
        _set_aside(judged, fillers, Contradiction("placeholder", column, _never))
    for column in ("firm",) if staged.form.name == "firms" else staged.form.parties:
        reserved = _which(staged.table[column], RESERVED.__eq__)
        _set_aside(judged, reserved, Contradiction("reserved", column, _never))
    rules = RULES.get(staged.form.name, ())
    if rules and staged.table.num_rows:
        wanted = [name for name, c in staged.form.columns.items() if c.kind in ("date", "money")]
        stored = [staged.form.columns[name].stored for name in wanted]
        kinds = ["kind"] if "kind" in staged.form.columns else []
        frame = pl.DataFrame({name: pl.Series(staged.table[name]) for name in [*stored, *kinds]})
        for rule in rules:
            _set_aside(judged, rule.holds(frame).fill_null(value=False).to_numpy(), rule)
    if staged.form.name == "vouchers":
        _set_aside(judged, _circles(judged, known), Contradiction("own_parent", "parent", _never))


def _never(frame: pl.DataFrame) -> pl.Series:
    return pl.Series([False] * len(frame))


def _before(reason: str, earlier: str, later: str) -> Contradiction:
    """Return the contradiction of a day that lies before the one it must follow."""
    return Contradiction(reason, earlier, lambda rows: rows[earlier] < rows[later])


def _total_differs(rows: pl.DataFrame) -> pl.Series:
    """Return where a total is not the amount and the tax; a red letter may write both ways."""
    parts = rows["amount_fen"] + rows["tax_fen"]
    total = rows["total_fen"]
    off = (parts - total).abs() > TOTAL_FEN_MAX
    red = (rows["kind"] == "red").fill_null(value=False)
    return off & ~(red & ((parts.abs() - total.abs()).abs() <= TOTAL_FEN_MAX))


RULES: Mapping[str, tuple[Contradiction, ...]] = {
    "invoices": (Contradiction("total_differs", "total_fen", _total_differs),),
    "receivables": (
        _before("due_before_issued", "due_on", "issued_on"),
        Contradiction("bad_amount", "paid_fen", lambda rows: rows["paid_fen"] > rows["amount_fen"]),
    ),
    "vouchers": (_before("due_before_issued", "due_on", "issued_on"),),
    "holdings": (_before("ends_before_begins", "to", "from"),),
    "guarantees": (_before("ends_before_begins", "to", "from"),),
    "registrations": (_before("ends_before_begins", "expires_on", "registered_on"),),
}


def _set_aside(judged: Verdict, wrong: BoolArray, rule: Contradiction) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        values = judged.staged.table[rule.column].take(pa.array(rows))
        judged.set_aside(rows, rule.reason, rule.column, values.cast(pa.string()))


def _numbers(judged: Verdict) -> tuple[str, ...]:
    """Return the columns that number the facts of a table, or name its firms."""
    own = "firm" if judged.staged.form.name == "firms" else "number"
    return (own,) if own in judged.staged.form.columns else ()


def _which(values: pa.ChunkedArray, is_so: Callable[[str], bool]) -> BoolArray:
    """Return of which texts something is so; it is asked once for each that is no plain number."""
    none = np.zeros(0, bool)
    if not pa.types.is_dictionary(values.type):
        return np.concatenate([none, *(_which_texts(chunk, is_so) for chunk in values.chunks)])
    if not values.num_chunks:
        return none
    coded = values.combine_chunks()
    texts = coded.dictionary.to_pylist()
    table = np.array([*(is_so(text) for text in texts), False], bool)
    found: BoolArray = table[np.asarray(coded.indices.fill_null(len(texts)))]
    return found


def _which_texts(chunk: pa.Array, is_so: Callable[[str], bool]) -> BoolArray:
    texts = pl.Series(chunk, dtype=pl.String)
    asked = ~numbers(texts).fill_null(value=True)
    found = np.zeros(len(texts), bool)
    found[asked.to_numpy()] = [is_so(text) for text in texts.filter(asked)]
    return found


def _circles(judged: Verdict, known: pl.DataFrame) -> BoolArray:
    """Return which vouchers were split from themselves, at once or over others."""
    table = judged.staged.table
    wrong = np.zeros(table.num_rows, bool)
    parents, numbers = table["parent"].to_pylist(), table["number"].to_pylist()
    issuers = known["issuer"].to_list()
    open_rows = np.flatnonzero(~judged.aside).tolist()
    split = {
        (issuers[row], numbers[row]): (issuers[row], parents[row])
        for row in open_rows
        if parents[row] is not None
    }
    circular = in_circles(split)
    for row in open_rows:
        wrong[row] = parents[row] is not None and (issuers[row], numbers[row]) in circular
    return wrong
