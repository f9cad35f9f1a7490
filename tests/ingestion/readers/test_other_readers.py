"""Workbooks and Parquet files give the text that a CSV file would have."""

import datetime as dt
import decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from ingestion.errors import BadFile
from ingestion.readers import read


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def texts(path: Path) -> list[dict[str, str | None]]:
    return [row for chunk in read(path) for row in chunk.rows.drop("_line").to_dicts()]


def test_a_workbook_gives_its_cells_as_typed(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "cells.xlsx",
        [
            ["number", "day", "amount", "core"],
            [10012345, dt.datetime(2026, 1, 5), 943.4, True],  # noqa: DTZ001  # A workbook knows no time zone.
            [],
            ["007", dt.date(2026, 1, 6), 0.1 + 0.2, False],
            [12345678901234567890, "2026/1/7", 1e15, None],
        ],
    )

    assert texts(path) == [
        {"number": "10012345", "day": "2026-01-05", "amount": "943.4", "core": "true"},
        {"number": "007", "day": "2026-01-06", "amount": "0.3", "core": "false"},
        {"number": "1.23456789012346e+19", "day": "2026/1/7", "amount": "1e+15", "core": None},
    ]
    assert [chunk.lines.tolist() for chunk in read(path)] == [[2, 4, 5]]


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="empty"):
        list(read(workbook(tmp_path / "empty.xlsx", [])))


def test_parquet_values_become_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    table = pa.table(
        {
            "number": pa.array(["1", " 2 "]).dictionary_encode(),
            "day": pa.array([dt.date(2026, 1, 5), None]),
            "at": pa.array([dt.datetime(2026, 1, 5), None], pa.timestamp("us")),  # noqa: DTZ001  # Naive on purpose.
            "amount": pa.array([decimal.Decimal("12.30"), None]),
            "ratio": pa.array([0.5, 1e-7]),
            "core": pa.array([True, False]),
        }
    )
    pq.write_table(table, path)

    first, second = texts(path)

    assert first == {
        "number": "1",
        "day": "2026-01-05",
        "at": "2026-01-05 00:00:00.000000",
        "amount": "12.30",
        "ratio": "0.5",
        "core": "true",
    }
    assert (second["number"], second["day"]) == ("2", None)


def test_floats_have_an_exponent_only_where_they_have_lost_digits(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    wide = [12345678901.25, 1e10, 9.3e18, -1e19, 1e-7, 0.1, None, 2.0]
    pq.write_table(
        pa.table({"wide": pa.array(wide), "narrow": pa.array([*wide[1:], 1.0], pa.float32())}), path
    )

    rows = texts(path)

    assert [row["wide"] for row in rows] == [
        "12345678901.25", "10000000000", "9.3e+18", "-1e+19",
        "0.0000001", "0.1", None, "2",
    ]  # fmt: skip
    assert [row["narrow"] for row in rows][:2] == ["1e+10", "9.3e+18"]


def test_parquet_rows_count_as_if_a_header_stood_above(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    pq.write_table(pa.table({"a": ["x", "y\0", "z"]}), path)

    lines = [line for chunk in read(path) for line in chunk.lines.tolist()]
    bad = [row.line for chunk in read(path) for row in chunk.unread]

    assert (lines, bad) == ([2, 4], [3])


def test_a_moment_of_a_parquet_file_keeps_its_offset(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    late = dt.datetime(2026, 1, 4, 20, tzinfo=dt.UTC)
    columns = {"utc": pa.array([late]), "there": pa.array([late], pa.timestamp("s", "Asia/Tokyo"))}
    pq.write_table(pa.table(columns), path)

    (row,) = texts(path)

    assert row["utc"] == "2026-01-04 20:00:00.000000+0000"
    assert row["there"] == "2026-01-05 05:00:00.000+0900"


def test_what_is_no_number_and_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    bytes_ = pa.py_buffer(b"a\xffb")
    offsets = pa.py_buffer(np.array([0, 2, 3], np.int32).tobytes())
    odd = pa.Array.from_buffers(pa.string(), 2, [None, offsets, bytes_])
    pq.write_table(pa.table({"text": odd, "number": pa.array([float("nan"), 1e400])}), path)

    assert texts(path) == [
        {"text": "a\ufffd", "number": "#NUM!"},
        {"text": "b", "number": "#NUM!"},
    ]


def test_a_float_that_cannot_hold_a_fen_is_never_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    narrow, wide = [1234567.89, 250000.0, 98765.43], [90071992547409.91, 5e13 + 0.25, 0.1 + 0.2]
    pq.write_table(pa.table({"narrow": pa.array(narrow, pa.float32()), "wide": wide}), path)

    rows = texts(path)

    assert [row["narrow"] for row in rows] == ["1234567.875", "250000", "98765.43"]
    assert [row["wide"] for row in rows] == [
        "90071992547409.90625", "50000000000000.25", "0.30000000000000004"
    ]  # fmt: skip
