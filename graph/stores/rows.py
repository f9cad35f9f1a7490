"""What every store does with rows before and after its driver: check, order, fold, compare."""

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.errors import InvalidInput
from graph.model import Attribute, Firm, FirmId, Kind, Table, Trade, Value

EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal(): stores keep dates as days since then.
KEY_CHARACTERS_MAX = 500  # An index entry of PostgreSQL holds at most 2,704 bytes.
TEXT_CHARACTERS_MAX = 4_000
SEARCH_TEXT_MAX = 8_000  # A text index of Neo4j holds at most 32,766 bytes.
FIELD_END = "\n"  # Stands around every field of a search text; folding leaves none inside.
IntArray = npt.NDArray[np.int64]


@cache
def compute() -> Any:
    """Return Arrow's functions on columns, loaded by those who write or order rows."""
    return import_module("pyarrow.compute")


def checked(table: Table, rows: pa.Table) -> pa.Table:
    """
    Return the rows as the model wants them, sorted by key, the last of equal keys kept.

    Columns that are not required may be missing and take their default.

    Raises:
        InvalidInput: An unknown or missing column, a wrong type, a null in a required column,
            a number outside int64, a ratio that is no number, NUL characters or broken text.
    """
    unknown = sorted(set(rows.column_names) - set(table.columns))
    if unknown or len(set(rows.column_names)) < len(rows.column_names):
        raise InvalidInput(f"table {table.name}: unknown or repeated columns {unknown}")
    columns = [_column(table, attribute, rows) for attribute in table.attributes]
    return in_order(table, pa.Table.from_arrays(columns, schema=table.arrow))


def checked_keys(table: Table, keys: pa.Table) -> pa.Table:
    """Return the key columns, checked, sorted and each key once; see `checked`."""
    if sorted(keys.column_names) != sorted(table.key):
        raise InvalidInput(f"table {table.name}: keys are named {', '.join(table.key)}")
    columns = [_column(table, table.attribute(name), keys) for name in table.key]
    return in_order(table, pa.table(columns, names=list(table.key)))


def _column(table: Table, attribute: Attribute, rows: pa.Table) -> pa.Array:
    place = f"table {table.name}, column {attribute.name}"
    if attribute.name not in rows.column_names:
        if attribute.required and attribute.default is None:
            raise InvalidInput(f"{place}: missing")
        return pa.array([attribute.default] * rows.num_rows, attribute.arrow)
    column = rows[attribute.name].combine_chunks()
    column = _typed(place, attribute, column)
    if attribute.required and column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise InvalidInput(f"{place}: row {row} is empty")
    if attribute.type == "text":
        _check_text(place, column, name=attribute.name in (*table.key, *table.ends))
    if (
        attribute.type == "ratio"
        and compute().any(compute().invert(compute().is_finite(column))).as_py()
    ):
        raise InvalidInput(f"{place}: not a finite number")
    return column


def _typed(place: str, attribute: Attribute, column: pa.Array) -> pa.Array:
    if not _fits(attribute.type, column.type):
        raise InvalidInput(f"{place}: {column.type} is not {attribute.type}")
    try:
        column.validate(full=True)
        typed = column.cast(attribute.arrow)
        # SQLite keeps no sign of zero; a version has the same bytes in every store.
        return compute().add(typed, 0.0) if attribute.type == "ratio" else typed
    except pa.ArrowInvalid as error:
        raise InvalidInput(f"{place}: {error}") from error


def _fits(kind: Kind, found: pa.DataType) -> bool:
    if pa.types.is_null(found):
        return True
    if pa.types.is_dictionary(found):
        return kind == "text" and _fits(kind, found.value_type)
    whole = pa.types.is_integer(found) or pa.types.is_decimal(found)
    fitting: dict[Kind, bool] = {
        "text": pa.types.is_string(found) or pa.types.is_large_string(found),
        "fen": whole,
        "count": whole,
        "ratio": whole or pa.types.is_floating(found),
        "date": pa.types.is_date(found),
        "flag": pa.types.is_boolean(found),
    }
    return fitting[kind]


def _check_text(place: str, column: pa.Array, *, name: bool) -> None:
    if compute().any(compute().match_substring(column, "\0")).as_py():
        raise InvalidInput(f"{place}: holds a NUL character")
    if name and compute().any(compute().equal(column, "")).as_py():
        raise InvalidInput(f"{place}: an id is never empty")
    most = KEY_CHARACTERS_MAX if name else TEXT_CHARACTERS_MAX
    if (compute().max(compute().utf8_length(column)).as_py() or 0) > most:
        raise InvalidInput(f"{place}: longer than {most} characters")


def in_order(table: Table, rows: pa.Table) -> pa.Table:
    """Return the rows sorted by key in code point order, the last of equal keys kept."""
    return rows.take(pa.array(order_of([rows[name] for name in table.key])))


def order_of(keys: Sequence[pa.ChunkedArray]) -> IntArray:
    """Return the positions of the rows sorted by key, the last position of equal keys."""
    ranks = [rank(column) for column in keys]
    if _rising(ranks):
        return np.arange(len(ranks[0]), dtype=np.int64)
    order = np.lexsort(ranks[::-1]).astype(np.int64)  # Stable: equal keys stay as given.
    last = np.ones(len(order), dtype=np.bool_)
    if len(order):
        last[:-1] = np.any([r[order[1:]] != r[order[:-1]] for r in ranks], axis=0)
    return order[last]


def _rising(ranks: Sequence[IntArray]) -> bool:
    """Return whether the keys already stand in order, each once; most do."""
    rises = np.zeros(max(len(ranks[0]) - 1, 0), dtype=np.bool_)
    for values in reversed(ranks):
        rises = (values[1:] > values[:-1]) | ((values[1:] == values[:-1]) & rises)
    return bool(rises.all())


def rank(column: pa.ChunkedArray) -> IntArray:
    """Return the place of each text among the distinct ones, in code point order."""
    if pa.types.is_integer(column.type):
        whole: IntArray = column.to_numpy().astype(np.int64)
        return whole
    encoded = column.combine_chunks().dictionary_encode()
    order = compute().array_sort_indices(encoded.dictionary).to_numpy()
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    found: IntArray = places[encoded.indices.to_numpy()]
    return found


def fold(text: str) -> str:
    """
    Return the text as search compares it: width, case and kinds of blanks do not count.

    Example:
        >>> fold(" ＡＢＣ（上海）Ltd ")
        'abc(上海)ltd'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_text(row: Mapping[str, Value]) -> str:
    r"""
    Return what a firm is found by: id, name, aliases and code, folded, each between line ends.

    Example:
        >>> search_text({"firm": "F1", "name": "华东 钢铁", "aliases": "东钢;HDG", "uscc": None})
        '\nf1\n华东 钢铁\n东钢\nhdg\n'
    """
    aliases = str(row["aliases"] or "").replace("；", ";").split(";")
    given = [row["firm"], row["name"], *aliases, row["uscc"]]
    fields = [folded for field in given if field and (folded := fold(str(field)))]
    return (FIELD_END + FIELD_END.join(fields))[: SEARCH_TEXT_MAX - 1] + FIELD_END


def firm_of(row: Mapping[str, Value]) -> Firm:
    """Return the firm that a row of the firms table describes."""
    return Firm(id=FirmId(str(row["firm"])), name=str(row["name"]), attributes=dict(row))


def trade_of(row: Mapping[str, Value]) -> Trade:
    """Return the trade that a row of the trades table describes."""
    given: dict[str, object] = dict(row)
    return Trade(**given)  # type: ignore[arg-type]  # The model names the same fields.


def stored(kind: Kind, value: Value) -> str | int | float | None:
    """Return a value as the databases keep it: dates as days since 1970, flags as 0 and 1."""
    if isinstance(value, dt.date):
        return value.toordinal() - EPOCH_ORDINAL
    return int(value) if kind == "flag" and value is not None else value


def parsed(kind: Kind, value: str | float | None) -> Value:
    """Return a stored value as the model means it; the inverse of `stored`."""
    if value is None:
        return None
    if kind == "date":
        return dt.date.fromordinal(int(value) + EPOCH_ORDINAL)
    return bool(value) if kind == "flag" else value


def stored_column(column: pa.Array) -> pa.Array:
    """Return a column as the databases keep it; see `stored`."""
    if pa.types.is_date32(column.type):
        return column.cast(pa.int32()).cast(pa.int64())
    return column.cast(pa.int64()) if pa.types.is_boolean(column.type) else column


def parsed_column(attribute: Attribute, column: pa.Array) -> pa.Array:
    """Return a stored column with the model's type; the inverse of `stored_column`."""
    if attribute.type == "date":
        return column.cast(pa.int32()).cast(pa.date32())
    return column.cast(attribute.arrow)


def attributes_of(table: Table, names: Sequence[str] | None) -> tuple[Attribute, ...]:
    """Return the named attributes, all of the table's by default, or raise `InvalidInput`."""
    if names is None:
        return table.attributes
    return tuple(table.attribute(name) for name in names)


def check_times(as_of: dt.date, published_at: dt.datetime) -> None:
    """Return nothing if a version can bear these times, or raise `InvalidInput`."""
    if isinstance(as_of, dt.datetime):
        raise InvalidInput("as_of is a date without a time")
    if published_at.tzinfo is None:
        raise InvalidInput("published_at needs a time zone")


def check_size(name: str, value: int, *, least: int, most: int) -> None:
    """Return nothing if the argument lies within its bounds, or raise `InvalidInput`."""
    if not least <= value <= most:
        raise InvalidInput(f"{name} must lie in {least} to {most}, not {value}")
