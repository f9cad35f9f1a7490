"""From the columns of a file to the columns of a table: by header, the same for every source."""

import pyarrow as pa

from ingestion.characters import visible
from ingestion.compose import compose
from ingestion.errors import BadFile
from ingestion.forms import Column, Form, Unit
from ingestion.readers import Chunk
from ingestion.record import Records
from ingestion.source import Named, Pattern


def name_columns(file: str, rows: Chunk, form: Form, pattern: Pattern) -> Named:
    """
    Return for each column of the table the header that stands for it.

    Raises:
        BadFile: A required column is missing, or two headers stand for one column.
    """
    head = f"{file}: {f'sheet {rows.sheet!r}: ' if rows.sheet else ''}line {rows.header_line}"
    named: dict[str, tuple[str, Column, Unit | None]] = {}
    for header in rows.columns:
        if header in pattern.ignored:
            continue
        match = form.named(pattern.columns.get(visible(header), header))
        if match is None:
            continue
        column, unit = match
        if column.name in named:
            first = named[column.name][0]
            raise BadFile(f"{head}: columns {first} and {header} both mean {column.name}")
        named[column.name] = (header, column, unit)
    for column in form.columns.values():
        enough = (column, *(part for part in form.parts_of(column.name) if part.suffices))
        if column.required and not any(way.name in named for way in enough):
            wanted = "amount_fen or amount_yuan" if column.kind == "money" else column.name
            raise BadFile(f"{head}: required column {wanted} is missing")
    return named


def to_columns(records: Records, form: Form, named: Named) -> dict[str, pa.Array]:
    """Return every column of the table; those that the file lacks are blank or their default."""
    taken: dict[str, pa.Array] = {}
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
