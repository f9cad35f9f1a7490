"""`analyse diffusion`: how strongly every firm is tied to each source."""

import sys
from typing import Any, cast

import numpy as np
import polars as pl

from app.risk.analyse.options import AnalysisResult, Step, counting
from app.risk.analyse.options import DiffusionOptions as Options
from app.risk.analyse.tables import Codes, InputColumn, InputFiles, firms_of, trades_of
from graph.diffusion import Dangling, Sources, Ties, Walk, spread_all
from graph.errors import InvalidInput


def run(options: Options, desk: InputFiles, step: Step) -> AnalysisResult:
    """Return the share of every firm in every source's walk, one row each."""
    _, codes = firms_of(desk, options.firms)
    trades = trades_of(desk, options.trades, codes)
    ties = Ties.build(
        len(codes),
        suppliers=trades.wholes("supplier_row"),
        buyers=trades.wholes("buyer_row"),
        amounts=trades.floats("amount"),
    )
    names, sources = _sources(options, desk, codes)
    found = spread_all(
        Walk.prepare(ties, damping=options.damping),
        sources,
        tolerance=options.tolerance or sys.float_info.min,  # 0 asks for what floats can reach.
        dangling=cast("Dangling", options.dangling),
        threads=options.workers,
        progress=counting(step, "sources", len(names)),
    )
    table: dict[str, list[Any]] = {
        "source": [name for name in names for _ in codes.names],
        "firm": [firm for _ in names for firm in codes.names],
        "share": found.shares.ravel().tolist(),
    }
    facts = {
        "analysis": "diffusion",
        "firms": len(codes),
        "trades": len(trades),
        "sources": len(names),
        "damping": options.damping,
        "tolerance": options.tolerance,
        "dangling": options.dangling,
        "residual_max": _reached(options, desk, float(found.residual.max())),
    }
    return AnalysisResult(table, facts)


def _reached(options: Options, desk: InputFiles, residual: float) -> float:
    """Return how far off shares may be; note it where the tolerance could not be reached."""
    if residual > options.tolerance:
        desk.notes.append(
            f"tolerance {options.tolerance:g} is below what floats can reach at damping "
            f"{options.damping!r}: the shares of a source may be off by {residual:.2g} in all"
        )
    return residual


def _sources(options: Options, desk: InputFiles, codes: Codes) -> tuple[list[str], Sources]:
    """Return the sources' names, and what every firm weighs in each."""
    path = options.sources
    sheet = desk.sheet(
        path,
        InputColumn("source", "code"),
        InputColumn("firm", "code"),
        InputColumn("amount", "amount"),
    ).numbered("firm", codes)
    sums = sheet.frame.select(pl.col("amount").sum().over("source")).to_series()
    sheet = desk.refuse(sheet, sums <= 0, "amount", "the source weighs nothing")
    if not len(sheet):
        raise InvalidInput(f"{path.name}: the file names no source")
    names = sheet.frame["source"].unique(maintain_order=True)
    numbers = {name: number for number, name in enumerate(names.to_list())}
    source = np.array([numbers[name] for name in sheet.frame["source"].to_list()], np.int64)
    order = np.argsort(source, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(source))])
    rows = sheet.wholes("firm_row")[order]
    return [str(name) for name in names], Sources(offsets, rows, sheet.floats("amount")[order])
