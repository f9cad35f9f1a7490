"""An economy as raw files in mixed forms, and its hidden truth beside them."""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import Workbook

from graph.errors import InvalidInput
from ingestion.demo.economy.columns import CHINESE
from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.tables import tables
from ingestion.demo.economy.truth import hidden, write_truth
from ingestion.demo.economy.world import world

STAMP = (1980, 1, 1, 0, 0, 0)  # The earliest day that a zip archive can hold.
TRUTH = "truth"
FIRST = "first"  # The register of cores alone: what a bank's books are opened with, a year before.
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: rows by table, rows of truth by kind, and the files."""

    folder: Path
    rows: Mapping[str, int]
    hidden: Mapping[str, int]
    files: tuple[Path, ...]

    def document(self) -> dict[str, Any]:
        """Return what was written as a document."""
        files = [path.relative_to(self.folder).as_posix() for path in self.files]
        return {"folder": str(self.folder), "rows": dict(self.rows), "truth": dict(self.hidden)} | {
            "files": files
        }


def make(folder: Path, plan: Plan, *, progress: Step) -> Made:
    """
    Return what was written: the demo economy; the same plan gives the same bytes.

    Args:
        folder: Where to write; it is made where it is missing.
        plan: The sizes, the seed and the last day.
        progress: Told of each step before it is taken, `STEPS` times.

    Raises:
        InvalidInput: The folder holds files of these names that no demo wrote.
    """
    _refuse_others(folder)
    progress("firms and trades")
    known = world(plan)
    progress("invoices and papers")
    made = tables(known)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, encoded in ENCODED.items():
        progress(name)
        path = folder / name
        path.write_bytes(encoded(made.frames[name.partition(".")[0]]))
        paths.append(path)
    register = made.frames["firms"]
    paths.append(_first(folder / FIRST, register.filter(pl.col("core") == "true")))
    progress("truth")
    found = hidden(made)
    paths += write_truth(folder / TRUTH, made, found)
    return Made(
        folder,
        {name: len(frame) for name, frame in made.frames.items()},
        {name: len(frame) for name, frame in found.items()},
        tuple(paths),
    )


def _first(folder: Path, cores: pl.DataFrame) -> Path:
    """Return where the register of cores was written."""
    folder.mkdir(exist_ok=True)
    path = folder / "firms.csv"
    path.write_bytes(_csv(cores))
    return path


def _refuse_others(folder: Path) -> None:
    """Raise where files would be overwritten that are no demo's: those have their truth beside."""
    if (folder / TRUTH).is_dir():
        return
    if others := [name for name in ENCODED if (folder / name).exists()]:
        raise InvalidInput(
            f"{folder} holds {', '.join(others)} that no demo wrote: give another folder"
        )


def _csv(rows: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    rows.write_csv(out)
    return out.getvalue()


def _csv_gz(rows: pl.DataFrame) -> bytes:
    return gzip.compress(_csv(rows), compresslevel=1, mtime=0)


def _chinese(table: str) -> Callable[[pl.DataFrame], bytes]:
    """Return a writer of GB18030 with Chinese headers."""

    def encoded(rows: pl.DataFrame) -> bytes:
        """Return the rows as GB18030 under Chinese headings."""
        return _csv(rows.rename(dict(CHINESE[table]))).decode("utf-8").encode("gb18030")

    return encoded


def _parquet(rows: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    rows.write_parquet(out, compression="zstd")
    return out.getvalue()


def _excel(rows: pl.DataFrame) -> bytes:
    """Return a workbook whose bytes depend on the rows alone."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("vouchers")
    sheet.append(rows.columns)
    for row in rows.with_columns(pl.col("amount_yuan").cast(pl.Float64)).iter_rows():
        sheet.append(list(row))
    drawn, out = io.BytesIO(), io.BytesIO()
    book.save(drawn)
    with zipfile.ZipFile(drawn) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            raw = old.read(entry)
            if entry.filename == "docProps/core.xml":
                raw = _undated(raw)
            new.writestr(zipfile.ZipInfo(entry.filename, STAMP), raw, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _undated(raw: bytes) -> bytes:
    """Return the properties of a workbook with its two days replaced."""
    text = raw.decode("utf-8")
    for name in ("created", "modified"):
        start, end = text.find(f"<dcterms:{name}"), text.find(f"</dcterms:{name}>")
        if start >= 0 and end >= 0:
            opening = text.index(">", start) + 1
            text = f"{text[:opening]}1980-01-01T00:00:00Z{text[end:]}"
    return text.encode("utf-8")


ENCODED: Mapping[str, Callable[[pl.DataFrame], bytes]] = {
    "firms.csv": _csv,
    "invoices.csv.gz": _csv_gz,
    "receivables.csv": _csv,
    "orders.csv.gz": lambda rows: gzip.compress(_chinese("orders")(rows), 1, mtime=0),
    "vouchers.xlsx": _excel,
    "holdings.parquet": _parquet,
    "guarantees.csv": _chinese("guarantees"),
    "events.parquet": _parquet,
}
STEPS = len(ENCODED) + 3
