"""Parquet: every column as the text it would have in a CSV file."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.errors import BadFile
from ingestion.readers.chunk import (
    PARQUET_BYTES_MAX,
    Chunk,
    Unread,
    check_header,
    check_unpacked,
)

BATCH_ROWS = 250_000
# From here on a float of so many bits leaves whole numbers out, or digits that a sheet would keep.
_WHOLE_MAX = {16: 2.0**11, 32: 2.0**24, 64: 1e15}
# From here on it does not tell an amount from the next one, a fen more.
_FEN_MAX = {16: 2.0**4, 32: 2.0**17, 64: 2.0**46}


def read(path: Path) -> Iterator[Chunk]:
    """
    Yield the rows of a Parquet file; row n counts as line n + 1, as if a header stood above.

    Raises:
        BadFile: The file is broken, unpacks to too much or holds nested columns.
    """
    try:
        with pq.ParquetFile(path) as file:
            groups = (file.metadata.row_group(at) for at in range(file.metadata.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
            check_unpacked(path, size, PARQUET_BYTES_MAX)
            header = check_header(path, file.schema_arrow.names)
            yield _batch(path, file.schema_arrow.empty_table(), header, 2)
            line, rows = 2, max(1, file.metadata.num_rows)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                chunk = _batch(path, pa.Table.from_batches([batch]), header, line)
                line += len(batch)
                yield replace(chunk, share=(line - 2) / rows)
    except pa.ArrowMemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise BadFile(f"{path.name}: broken Parquet file: {error}") from error


def _batch(path: Path, table: pa.Table, header: list[str], line: int) -> Chunk:
    columns = {
        name: _text(path, name, table.column(at).combine_chunks()) for at, name in enumerate(header)
    }
    lines = np.arange(line, line + len(table), dtype=np.int64)
    spoilt = np.zeros(len(table), bool)
    for values in columns.values():
        spoilt |= np.asarray(pc.fill_null(pc.match_substring(values, "\0"), fill_value=False))
    if not spoilt.any():
        return Chunk(lines, columns)
    good = pa.array(~spoilt)
    return Chunk(
        lines=lines[~spoilt],
        columns={name: values.filter(good) for name, values in columns.items()},
        unread=tuple(Unread(int(at), "", "holds a NUL byte") for at in lines[spoilt]),
    )


def _text(path: Path, name: str, values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_duration(kind):
        raise BadFile(f"{path.name}: column {name}: {kind} is no plain column")
    if pa.types.is_timestamp(kind):
        offset = "%z" if kind.tz else ""  # A moment is a day only where the bank works.
        return pc.strftime(values, format=f"%Y-%m-%d %H:%M:%S{offset}")
    texts = values if pa.types.is_string(kind) else pc.cast(values, pa.string())
    return _written_out(values, texts) if pa.types.is_floating(kind) else _decoded(texts)


def _decoded(texts: pa.Array) -> pa.Array:
    """Return texts with the sign for lost characters where their bytes are no UTF-8."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        raw = texts.cast(pa.binary()).to_pylist()
        plain = [None if each is None else each.decode("utf-8", "replace") for each in raw]
        return pa.array(plain, pa.string())
    return texts


def _written_out(values: pa.Array, texts: pa.Array) -> pa.Array:
    """
    Return the texts of floats, with the digits that tell them apart.

    Where a float does not hold every digit before the point any more it has an exponent, so that
    it is never taken for an id. Where it does not hold a fen it has all digits that it stands for,
    not the fewest, which would look like one.
    """
    floats = values.to_numpy(zero_copy_only=False)
    odd = np.asarray(pc.fill_null(pc.invert(pc.is_finite(values)), fill_value=False))
    texts = pc.replace_with_mask(texts, pa.array(odd), pa.scalar("#NUM!"))
    wide = np.isfinite(floats) & (np.abs(floats) >= _WHOLE_MAX[values.type.bit_width])
    short = np.asarray(pc.fill_null(pc.match_substring(texts, "e"), fill_value=False)) & ~wide
    plain = [np.format_float_positional(value, trim="-") for value in floats[short]]
    texts = pc.replace_with_mask(texts, pa.array(short), pa.array(plain, pa.string()))
    coarse = np.isfinite(floats) & ~wide & (np.abs(floats) >= _FEN_MAX[values.type.bit_width])
    exact = [f"{Decimal(float(value)):f}" for value in floats[coarse]]
    texts = pc.replace_with_mask(texts, pa.array(coarse), pa.array(exact, pa.string()))
    powers = [np.format_float_scientific(value, trim="-") for value in floats[wide]]
    return pc.replace_with_mask(texts, pa.array(wide), pa.array(powers, pa.string()))
