"""From the columns of a file to the columns of a table: by header, the same for every source."""

from collections.abc import Container, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.compose import compose
from ingestion.errors import BadFile
from ingestion.fields.currencies import HOME
from ingestion.forms import CURRENCY, LINE, Column, Form, Unit
from ingestion.readers import Chunk, Fits
from ingestion.record import SourceRecords
from ingestion.source import Named


def fits(form: Form) -> Fits:
    """Return whether cells are the header of the table: all its required columns are there."""

    def fitting(cells: Sequence[str]) -> bool:
        """Return whether a row of cells names every column that the form requires."""
        named = {column.name for _, column, _ in _named(cells, form)}
        return not _missing(form, named)

    return fitting


def name_columns(file: str, rows: Chunk, form: Form) -> Named:
    """
    Return for each column of the table the header that stands for it.

    Raises:
        BadFile: A required column is missing, or two headers stand for one column.
    """
    head = f"{file}: {f'sheet {rows.sheet!r}: ' if rows.sheet else ''}line {rows.header_line}"
    named: dict[str, tuple[str, Column, Unit | None]] = {}
    for header, column, unit in _named(rows.columns, form):
        if column.name in named:
            first = named[column.name][0]
            raise BadFile(f"{head}: columns {first} and {header} both mean {column.name}")
        named[column.name] = (header, column, unit)
    for column in _missing(form, named):
        wanted = "amount_fen or amount_yuan" if column.kind == "money" else column.name
        raise BadFile(f"{head}: required column {wanted} is missing")
    return named


def _named(headers: Iterable[str], form: Form) -> Iterator[tuple[str, Column, Unit | None]]:
    for header in headers:
        match = form.named(header)
        if match is not None:
            yield header, *match


def _missing(form: Form, named: Container[str]) -> list[Column]:
    """Return the required columns that no header names, in whole or by a part that suffices."""
    return [
        column
        for column in form.columns.values()
        if column.required
        and column.name not in named
        and not any(part.suffices and part.name in named for part in form.parts_of(column.name))
    ]


def to_columns(records: SourceRecords, form: Form, named: Named) -> dict[str, pa.Array]:
    """Return every column of the table; those that the file lacks are blank or their default."""
    taken: dict[str, pa.Array] = {}
    if LINE in named:
        taken[LINE] = records.text(named[LINE][0])
    if CURRENCY in named:
        taken[CURRENCY] = _foreign(records, named[CURRENCY][0], form.parts[CURRENCY])
    for column in form.columns.values():
        if any(part.name in named for part in form.parts_of(column.name)):
            taken[column.stored] = compose(records, form, named, column)
        elif column.name in named:
            header, _, unit = named[column.name]
            taken[column.stored] = records.take(header, column, unit=unit)
        elif column.default is not None:
            taken[column.stored] = pa.repeat(pa.scalar(column.default, column.arrow), len(records))
        else:
            taken[column.stored] = pa.nulls(len(records), column.arrow)
    return taken


def _foreign(records: SourceRecords, header: str, column: Column) -> pa.Array:
    """Return the currencies of amounts that are not in the home currency."""
    given = records.take(header, column)
    return pc.if_else(pc.equal(given, HOME), pa.scalar(None, pa.string()), given)
