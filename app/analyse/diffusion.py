"""`analyse diffusion`: how strongly every firm is tied to each source."""

from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import polars as pl

from app.analyse.options import Answer, Step
from app.analyse.options import Diffusion as Options
from app.analyse.tables import Codes, Column, Desk, Floats, firms_of, trades_of
from graph.diffusion import Dangling, Diffusion, Ties, spread
from graph.errors import InvalidInput


def run(options: Options, desk: Desk, step: Step) -> Answer:
    """Return the share of every firm in every source's walk, one row each."""
    _, codes = firms_of(desk, options.firms)
    trades = trades_of(desk, options.trades, codes)
    ties = Ties.build(
        len(codes),
        suppliers=trades.wholes("supplier_row"),
        buyers=trades.wholes("buyer_row"),
        amounts=trades.floats("amount"),
    )
    sources = _sources(options, desk, codes)
    found: list[Diffusion] = []

    def one(weights: Floats) -> Diffusion:
        return spread(
            ties,
            weights,
            damping=options.damping,
            tolerance=options.tolerance,
            dangling=cast("Dangling", options.dangling),
        )

    with ThreadPoolExecutor(options.threads) as pool:
        for result in pool.map(one, sources.values()):
            found.append(result)
            step("sources", len(found) / len(sources))
    table = {
        "source": [name for name in sources for _ in codes.names],
        "firm": [firm for _ in sources for firm in codes.names],
        "share": [share for each in found for share in each.shares.tolist()],
    }
    facts = {
        "analysis": "diffusion",
        "firms": len(codes),
        "trades": len(trades),
        "sources": len(sources),
        "damping": options.damping,
        "tolerance": options.tolerance,
        "dangling": options.dangling,
        "residual_max": max(each.residual for each in found),
    }
    return Answer(table, facts)


def _sources(options: Options, desk: Desk, codes: Codes) -> dict[str, Floats]:
    """Return what every firm weighs in each source; rows of one firm are added up."""
    path = options.sources
    sheet = desk.sheet(
        path, Column("source", "code"), Column("firm", "code"), Column("amount", "amount")
    ).numbered("firm", codes)
    sums = sheet.frame.select(pl.col("amount").sum().over("source")).to_series()
    sheet = desk.refuse(sheet, sums <= 0, "amount", "the source weighs nothing")
    if not len(sheet):
        raise InvalidInput(f"{path.name}: the file names no source")
    sources: dict[str, Floats] = {}
    for (name,), rows in sheet.frame.group_by("source", maintain_order=True):
        weights = np.zeros(len(codes))
        np.add.at(weights, rows["firm_row"].to_numpy(), rows["amount"].to_numpy())
        sources[str(name)] = weights
    return sources
