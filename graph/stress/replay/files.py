"""
A recording as one Parquet file: a row a change, what it was computed with in its header.

Rows of a round ascend and are stored as differences, what is left byte by byte of all firms, so
that equal leading bytes lie together; all is compressed. A digest over all columns and the header
tells a file that was cut, changed or put together wrongly from a good one.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from graph.errors import InvalidInput, NotFound
from graph.network.firms import checked_ids
from graph.spread.production.economy import Denominators, Rules
from graph.stress.replay.kernels.reasons import NOBODY
from graph.stress.replay.recording import Recording
from graph.stress.replay.tracks import Reason, Track

FORM = 1  # Of the file; another number is another layout.
KEY = b"deeptier.recording"
SCHEMA = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("left", pa.float64(), nullable=False),
        pa.field("reason", pa.int8(), nullable=False),
        pa.field("through", pa.int32(), nullable=False),
        pa.field("mover", pa.int32(), nullable=False),
        pa.field("share_e4", pa.uint16(), nullable=False),
    ]
)
COLUMNS = ("rows", "left", "reasons", "through", "movers", "shares_e4")  # Of `Track`.
ENCODING = {"row": "DELTA_BINARY_PACKED", "left": "BYTE_STREAM_SPLIT"}
COMPRESSION_LEVEL = 9


@dataclass(frozen=True, slots=True)
class _Header:
    """What a file says of itself before its columns."""

    sizes: list[list[int]]  # Changes of every round, down and up.
    indices: list[list[float]]
    firms: int
    network: str
    rules: dict[str, Any]
    replaceability: bool
    denominators: Denominators
    versions: str

    def written(self) -> dict[str, Any]:
        """Return the header as JSON writes it."""
        return {"form": FORM} | {name: getattr(self, name) for name in self.__slots__}


def write(recording: Recording, path: Path) -> None:
    """
    Write a recording as one file; one that stands there gives way once the new one is whole.

    Example:
        >>> import tempfile
        >>> from graph.contagion import Economy, Scenarios, prepare
        >>> from graph.replay import record
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "closure.parquet"
        ...     write(record(production, Scenarios.together([0])), file)
        ...     read(file).state().down.tolist()
        [1.0, 1.0]
    """
    tracks = (recording.down, recording.up)
    table = pa.table(
        {
            field.name: np.concatenate([getattr(track, name) for track in tracks])
            for field, name in zip(SCHEMA, COLUMNS, strict=True)
        },
        schema=SCHEMA,
    )
    header = _Header(
        [np.diff(track.offsets).tolist() for track in tracks],
        recording.indices.tolist(),
        recording.firms,
        recording.network,
        {name: getattr(recording.rules, name) for name in Rules.__slots__},
        recording.replaceability,
        recording.denominators,
        recording.versions,
    ).written()
    header["digest"] = _digest(header, table)
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        parquet.write_table(
            table.replace_schema_metadata({KEY: json.dumps(header)}),
            fresh,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            use_dictionary=["reason", "through", "mover"],
            column_encoding=ENCODING,
            write_statistics=False,
        )
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read(path: Path, *, ids: Sequence[str] | None = None) -> Recording:
    """
    Return the recording in a file.

    Args:
        path: The file, which knows firms by row.
        ids: What the firms are called, in row order: `Production.ids` of the network.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is broken, of another form, or no recording; the file is named. Or the
            ids are not those of as many firms.
    """
    if not path.is_file():
        raise NotFound(f"no recording at {path}")
    try:
        table = parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"{path} cannot be read as a recording: {error}") from error
    header = _said(table, path)
    digest = header.pop("digest", None)
    if header.pop("form", None) != FORM:
        raise InvalidInput(f"{path} is not of form {FORM}; record the scenario again")
    if digest != _digest({"form": FORM} | header, table):
        raise InvalidInput(f"{path} is broken: its digest is not that of what it holds")
    try:
        found = _recording(_Header(**header), table)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{path} is no sound recording: {error}") from error
    return replace(found, ids=checked_ids(ids, found.firms))


def _said(table: pa.Table, path: Path) -> dict[str, Any]:
    """Return the header, or refuse a file that has none or other columns."""
    metadata = table.schema.metadata or {}
    if KEY not in metadata or not table.schema.equals(SCHEMA):
        raise InvalidInput(f"{path} is no recording: it has another header or other columns")
    try:
        said = json.loads(metadata[KEY])
    except ValueError as error:
        raise InvalidInput(f"{path} is broken: its header is no JSON ({error})") from error
    if not isinstance(said, dict):
        raise InvalidInput(f"{path} is broken: its header is no JSON object")
    return said


def _digest(header: dict[str, Any], table: pa.Table) -> str:
    """Return a digest over the header without its own, and all columns."""
    digest = hashlib.blake2b(json.dumps(header, sort_keys=True).encode(), digest_size=16)
    for column in table.columns:
        digest.update(np.ascontiguousarray(column.to_numpy()).data)
    return digest.hexdigest()


def _recording(header: _Header, table: pa.Table) -> Recording:
    columns = {name: column.to_numpy() for name, column in zip(COLUMNS, table.columns, strict=True)}
    sizes = [np.array(each, np.int64) for each in header.sizes]
    indices = np.array(header.indices, np.float64).reshape(-1, 3)
    if [len(each) for each in sizes] != [len(indices)] * 2 or len(indices) == 0:
        raise ValueError("its rounds do not fit its indices")
    if min(each.min() for each in sizes) < 0 or sum(each.sum() for each in sizes) != len(table):
        raise ValueError("its rounds do not fit its rows")
    for name, least, end in (
        ("rows", 0, header.firms),
        ("through", NOBODY, header.firms),
        ("movers", NOBODY, header.firms),
        ("reasons", 0, len(Reason)),
    ):
        if ((columns[name] < least) | (columns[name] >= end)).any():
            raise ValueError(f"{name} are out of range")
    down, up = (np.concatenate([[0], np.cumsum(each)]) for each in sizes)
    whole = [columns[name] for name in COLUMNS]
    return Recording(
        Track(down, *(each[: down[-1]] for each in whole)),
        Track(up, *(each[down[-1] :] for each in whole)),
        indices,
        header.firms,
        header.network,
        Rules(**header.rules),
        header.replaceability,
        header.denominators,
        header.versions,
    )
