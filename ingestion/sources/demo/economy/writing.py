"""An economy as raw files in mixed forms, and its hidden truth beside them."""

import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from openpyxl import Workbook

from graph.errors import InvalidInput
from ingestion.sources.demo.economy import papers, relations
from ingestion.sources.demo.economy.papers import Span
from ingestion.sources.demo.economy.world import World, build

END = dt.date(2026, 6, 30)
INVOICES_A_FIRM = 110
CORES_MAX, FIRMS_MAX, MONTHS_MAX = 10_000, 1_000_000, 120
FIRMS_MIN = 10
INVOICE = (
    "issued_on",
    "edge",
    "amount_fen",
    "tax_fen",
    "kind",
    "status",
    "seller",
    "buyer",
    "total_fen",
    "number",
)
STAMP = (1980, 1, 1, 0, 0, 0)
Progress = Callable[[str, int], None]
CHINESE = {
    "orders": {
        "number": "订单编号",
        "placed_on": "下单日期",
        "seller": "销方",
        "buyer": "购方",
        "amount_fen": "金额(元)",
        "delivered_on": "交付日期",
        "status": "状态",
    },
    "guarantees": {
        "guarantor": "担保人",
        "debtor": "被担保人",
        "amount_fen": "担保金额(元)",
        "from": "起始日期",
        "to": "终止日期",
    },
}


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: rows by table, and the files."""

    folder: Path
    rows: Mapping[str, int]
    files: tuple[Path, ...]

    def document(self) -> dict[str, Any]:
        """Return what was written as a document."""
        files = [path.relative_to(self.folder).as_posix() for path in self.files]
        return {"folder": str(self.folder), "rows": dict(self.rows), "files": files}


def make(
    folder: Path,
    *,
    cores: int,
    firms: int,
    months: int,
    seed: int,
    progress: Progress,
) -> Made:
    """
    Write the demo economy; the same numbers give the same bytes.

    Args:
        folder: Where to write; it is made where it is missing.
        cores: Core enterprises.
        firms: Other firms.
        months: Months of invoices up to the last day.
        seed: Which economy.
        progress: Told of each file and its rows.

    Raises:
        InvalidInput: A number lies outside what can be made.
    """
    _refuse(cores, firms, months)
    draw = np.random.default_rng(seed)
    world = build(draw, cores, firms)
    span = Span(END, months)
    weak = papers.failing(draw, world)
    books = papers.firms(draw, world, span)
    made = papers.invoices(draw, world, span, INVOICES_A_FIRM * firms * months // 24)
    hidden: dict[str, Any] = {}
    tables = {
        "receivables": papers.receivables(draw, made, world, span, weak),
        "orders": relations.orders(draw, made),
        "vouchers": relations.vouchers(draw, world, span),
        "events": relations.events(draw, world, span, weak),
    }
    tables["holdings"], hidden["groups"] = relations.holdings(draw, world, span)
    tables["guarantees"], hidden["guarantee_rings"] = relations.guarantees(draw, world, span)
    hidden["failing"] = papers.ids(world)[weak].tolist()
    tables["receivables"], hidden["double_financed"] = _doubled(tables["receivables"])
    circles, hidden["circular_trades"] = _circles(draw, world, span, len(made))
    tables["invoices"], hidden["aliases"] = _aliases(draw, pl.concat([made, circles]), books)
    tables["firms"] = books
    files = _write(folder, tables, progress)
    return Made(folder, _truth(folder, hidden, tables), tuple(files))


def _refuse(cores: int, firms: int, months: int) -> None:
    if not 1 <= cores <= CORES_MAX:
        raise InvalidInput(f"cores must be 1 to {CORES_MAX}, not {cores}")
    if not FIRMS_MIN <= firms <= FIRMS_MAX:
        raise InvalidInput(f"firms must be {FIRMS_MIN} to {FIRMS_MAX}, not {firms}")
    if not 1 <= months <= MONTHS_MAX:
        raise InvalidInput(f"months must be 1 to {MONTHS_MAX}, not {months}")


def _doubled(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[list[str]]]:
    """Return receivables with some that were financed twice under another number."""
    financed = rows.filter(pl.col("status") == "financed").head(12)
    again = financed.with_columns(number=pl.lit("X") + pl.col("number"))
    pairs = [[number, f"X{number}"] for number in financed["number"]]
    return pl.concat([rows, again]), pairs


def _circles(
    draw: np.random.Generator, world: World, span: Span, first: int
) -> tuple[pl.DataFrame, list[list[str]]]:
    """Return invoices that run in circles of three firms within days, and the circles."""
    firm = papers.ids(world)
    others = np.arange(world.cores, len(world))
    count = max(1, len(others) // 300)
    circles = [draw.choice(others, 3, replace=False).tolist() for _ in range(count)]
    rows: list[tuple[object, ...]] = []
    for ring in circles:
        back, amount = int(draw.integers(20, 300)), int(draw.integers(50, 500)) * 1_000_000
        for place in range(3):
            seller, buyer = firm[ring[place]], firm[ring[(place + 1) % 3]]
            worth = amount - place * 1_000
            tax = int(worth * papers.TAX)
            day = span.day(np.array([back - place]))[0]
            number = f"{first + len(rows):08d}"
            cells = (day, 0, worth, tax, "blue", "valid", seller, buyer, worth + tax, number)
            rows.append(cells)
    money = dict.fromkeys(("edge", "amount_fen", "tax_fen", "total_fen"), pl.Int64)
    text = dict.fromkeys(("kind", "status", "seller", "buyer", "number"), pl.String)
    kinds = {"issued_on": pl.Date} | money | text
    frame = pl.DataFrame(rows, schema={name: kinds[name] for name in INVOICE}, orient="row")
    return frame, [[str(firm[row]) for row in ring] for ring in circles]


def _aliases(
    draw: np.random.Generator, rows: pl.DataFrame, books: pl.DataFrame
) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """Return invoices some of which name a firm otherwise, with the names that were planted."""
    planted = []
    for place in draw.choice(len(books), max(1, len(books) // 60), replace=False).tolist():
        firm, name = books["firm"][place], books["name"][place]
        text = _otherwise(int(draw.integers(0, 4)), name)
        planted.append({"firm": firm, "text": text})
    other = pl.DataFrame(planted, schema={"firm": pl.String, "text": pl.String})
    renamed = pl.Series(draw.random(len(rows)) < 0.3)  # noqa: PLR2004  # Part of their invoices.
    for side in ("seller", "buyer"):
        rows = rows.join(other.rename({"firm": side}), on=side, how="left", maintain_order="left")
        name = pl.when(renamed & pl.col("text").is_not_null()).then(pl.col("text"))
        rows = rows.with_columns(name.otherwise(pl.col(side)).alias(side)).drop("text")
    repeated = rows.filter(pl.Series(draw.random(len(rows)) < papers.REPEATED))
    used = set(rows["seller"].unique()) | set(rows["buyer"].unique())
    return pl.concat([rows, repeated]), [entry for entry in planted if entry["text"] in used]


def _otherwise(kind: int, name: str) -> str:
    """Return a name as careless people write it."""
    if kind == 0:
        return name.replace("有限公司", " 有限责任公司") + "（本部）"[:0]
    if kind == 1:
        return name[:2] + "（" + name[2:4] + "）" + name[4:]
    if kind == 2:  # noqa: PLR2004  # The region is left out.
        return name[2:]
    return name[:3] + name[4:]


def _write(folder: Path, tables: Mapping[str, pl.DataFrame], progress: Progress) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    english = ["number", "issued_on", "seller", "buyer", "amount_fen", "tax_fen", "total_fen"]
    invoices = tables["invoices"].select(*english, "status", "kind")
    orders = _yuan(tables["orders"]).rename(CHINESE["orders"])
    guarantees = _yuan(tables["guarantees"]).rename(CHINESE["guarantees"])
    written = {
        "firms.csv": _csv(tables["firms"]),
        "invoices.csv.gz": _zipped(_csv(invoices)),
        "receivables.csv": _csv(tables["receivables"]),
        "orders.csv.gz": _zipped(_csv(orders).decode("utf-8").encode("gb18030")),
        "guarantees.csv": _csv(guarantees).decode("utf-8").encode("gb18030"),
        "vouchers.xlsx": _excel(tables["vouchers"]),
        "holdings.parquet": _parquet(tables["holdings"]),
        "events.parquet": _parquet(tables["events"]),
    }
    paths = []
    for name, raw in written.items():
        path = folder / name
        path.write_bytes(raw)
        progress(name, len(tables[name.partition(".")[0]]))
        paths.append(path)
    return paths


def _yuan(rows: pl.DataFrame) -> pl.DataFrame:
    """Return amounts in yuan with two places, exactly."""
    fen = pl.col("amount_fen")
    places = (fen % 100).cast(pl.String).str.zfill(2)
    return rows.with_columns(amount_fen=(fen // 100).cast(pl.String) + "." + places)


def _csv(rows: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    rows.write_csv(out)
    return out.getvalue()


def _zipped(raw: bytes) -> bytes:
    return gzip.compress(raw, compresslevel=1, mtime=0)


def _parquet(rows: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    rows.write_parquet(out)
    return out.getvalue()


def _excel(rows: pl.DataFrame) -> bytes:
    """Return a workbook whose bytes depend on the rows alone."""
    book = Workbook(write_only=True)
    stamp = dt.datetime(*STAMP[:3])  # noqa: DTZ001  # A workbook knows no time zone.
    book.properties.created = book.properties.modified = stamp
    sheet = book.create_sheet("vouchers")
    sheet.append(rows.columns)
    for row in rows.iter_rows():
        sheet.append(list(row))
    drawn, out = io.BytesIO(), io.BytesIO()
    book.save(drawn)
    with zipfile.ZipFile(drawn) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            raw = old.read(entry)
            if entry.filename == "docProps/core.xml":
                raw = _dated(raw)
            new.writestr(zipfile.ZipInfo(entry.filename, STAMP), raw, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _dated(raw: bytes) -> bytes:
    """Return the properties of a workbook with the day of saving replaced."""
    text = raw.decode("utf-8")
    start, end = text.find("<dcterms:modified"), text.find("</dcterms:modified>")
    if start < 0 or end < 0:
        return raw
    opening = text.index(">", start) + 1
    return (text[:opening] + "1980-01-01T00:00:00Z" + text[end:]).encode("utf-8")


def _truth(
    folder: Path, hidden: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]
) -> dict[str, int]:
    truth = folder / "truth"
    truth.mkdir(exist_ok=True)
    for name, facts in hidden.items():
        written = json.dumps(facts, ensure_ascii=False, indent=1)
        (truth / f"{name}.json").write_text(written + "\n", encoding="utf-8")
    rows = {name: len(frame) for name, frame in sorted(tables.items())}
    manifest = {"rows": rows, "hidden": {name: len(facts) for name, facts in hidden.items()}}
    written = json.dumps(manifest, ensure_ascii=False, indent=1)
    (truth / "manifest.json").write_text(written + "\n", encoding="utf-8")
    return rows
