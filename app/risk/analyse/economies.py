"""The economy that a firms file and a trades file describe, and what fails in it."""

from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from app.risk.analyse.options import EsriOptions, FsriOptions
from app.risk.analyse.tables import CheckedRows, Codes, InputColumn, InputFiles, firms_of, shocks_of
from graph.contagion import DeadSector, Economy, Rules, Scenarios
from graph.errors import NotFound

Options = EsriOptions | FsriOptions

ROUNDING = 1e-9  # Sums of many trades differ from a stated total by less than this share.


def rules_of(options: Options) -> Rules:
    """Return when a cascade stops; the published setting by default."""
    tolerance = Rules().tolerance if options.tolerance is None else options.tolerance
    return Rules(tolerance, options.rounds_max, cast("DeadSector", options.dead_sector))


def producers_of(desk: InputFiles, path: Path, *more: InputColumn) -> tuple[CheckedRows, Codes]:
    """Return the firms of a file with what an economy reads of them, and further columns."""
    return firms_of(
        desk,
        path,
        InputColumn("sector", "code", empty=True),
        *(InputColumn(name, "amount", needed=False, empty=True) for name in ("revenue", "cost")),
        InputColumn("weight", "amount", needed=False),
        InputColumn("market", "code", needed=False, empty=True),
        *more,
    )


def economy_of(
    options: Options, desk: InputFiles, firms: CheckedRows, trades: CheckedRows
) -> Economy:
    """Return the economy; of revenue and cost the trades inside count where they are more."""
    sectors = Codes.of("sector", firms.texts("sector"))
    ends = trades.wholes("supplier_row"), trades.wholes("buyer_row")
    amounts = trades.floats("amount")
    numbers = _numbers(firms, "sector", sectors)
    return Economy(
        len(firms),
        *ends,
        amounts,
        classes=_classes(options, desk, sectors, (numbers[ends[0]], numbers[ends[1]])),
        sectors=numbers,
        markets=_markets(firms),
        revenue=_stated(desk, firms, "revenue", np.bincount(ends[0], amounts, len(firms))),
        cost=_stated(desk, firms, "cost", np.bincount(ends[1], amounts, len(firms))),
        weights=firms.floats("weight") if "weight" in firms else None,
    )


def _numbers(firms: CheckedRows, column: str, codes: Codes) -> np.ndarray:
    numbers = firms.frame[column].replace_strict(codes.places, default=None, return_dtype=pl.Int64)
    return np.asarray(numbers.fill_null(-1).to_numpy())


def _markets(firms: CheckedRows) -> np.ndarray | None:
    if "market" not in firms:
        return None
    return _numbers(firms, "market", Codes.of("market", firms.texts("market")))


def _stated(
    desk: InputFiles, firms: CheckedRows, column: str, inside: np.ndarray
) -> np.ndarray | None:
    """Return stated totals, never below what a firm trades inside, as the limits have it."""
    if column not in firms:
        return None
    stated = firms.floats(column)
    if silent := int(np.isnan(stated).sum()):
        desk.notes.append(f"{firms.file}: {silent} firms state no {column}: their trades count")
    nothing = pl.Series((stated == 0) & (inside > 0))
    if nothing.any():
        desk.keep_going = False  # The firm's trades are read: it cannot be left out any more.
        desk.refuse(firms, nothing, column, f"a firm that trades has a {column} above 0")
    if below := int((stated < inside * (1.0 - ROUNDING)).sum()):
        desk.notes.append(
            f"{firms.file}: {below} firms state a {column} below what they trade inside: "
            "their trades count"
        )
    more: np.ndarray = np.fmax(stated, inside)
    return more


def _classes(
    options: Options, desk: InputFiles, sectors: Codes, ends: tuple[np.ndarray, np.ndarray]
) -> np.ndarray | None:
    """Return the class of every trade; sectors that no firm has are no fault."""
    if options.essential is None:
        return None
    sheet = desk.sheet(
        options.essential,
        InputColumn("supplier_sector", "code"),
        InputColumn("buyer_sector", "code"),
        InputColumn("class", "class"),
    ).once("supplier_sector", "buyer_sector", reason="the pair stands twice")
    listed = {
        (sectors.places.get(supplier, -1), sectors.places.get(buyer, -1)): int(kind)
        for supplier, buyer, kind in sheet.frame.select(
            "supplier_sector", "buyer_sector", "class"
        ).iter_rows()
    }
    width = len(sectors) + 1
    keys, place = np.unique((ends[0] + 1) * width + ends[1] + 1, return_inverse=True)
    known = [
        listed.get((int(key) // width - 1, int(key) % width - 1), 0)
        if key >= width and key % width
        else 0
        for key in keys
    ]
    return np.array(known, np.int64)[place] if len(keys) else np.zeros(0, np.int64)


def scenarios_of(
    options: Options, desk: InputFiles, codes: Codes
) -> tuple[str, list[str], Scenarios]:
    """Return what the rows of a result are called, their names, and the scenarios."""
    if options.shocks is None:
        wanted = set(options.closed)
        if unknown := [firm for firm in options.closed if firm not in codes.places]:
            raise NotFound(f"--close {unknown[0]}: no such firm in the firms file")
        rows = [row for row, firm in enumerate(codes.names) if not wanted or firm in wanted]
        return "firm", [codes.names[row] for row in rows], Scenarios.alone(rows)
    shocks = shocks_of(
        desk,
        options.shocks,
        codes,
        InputColumn("loss_downstream", "share"),
        InputColumn("loss_upstream", "share", needed=False, empty=True),
    )
    down = shocks.sheet.floats("loss_downstream")
    up = shocks.sheet.floats("loss_upstream") if "loss_upstream" in shocks.sheet else down
    up = np.where(np.isnan(up), down, up)
    return "scenario", shocks.names, Scenarios(shocks.offsets, shocks.rows, down, up)
