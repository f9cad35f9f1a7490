"""Which firms look like cores: by what they trade, and with how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from app.chain.chains.cores import cores_of
from app.platform.deps import Resources


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A firm that looks like a core: what it trades in a year, and with how many."""

    id: str
    name: str
    purchases_fen: int
    sales_fen: int
    suppliers: int
    buyers: int
    core: bool


def suggest(resources: Resources, version: int, *, count: int) -> list[Suggestion]:
    """
    Return the firms that look most like cores, the likeliest first.

    A core buys and sells much, with many: firms are ranked by purchases and sales together, and
    those with more than one partner come before those with one.
    """
    reader = resources.store.reader(version)
    trades = _positive(reader.columns("trades", ["supplier", "buyer", "amount_fen"]))
    bought = trades.group_by(firm="buyer").agg(
        purchases_fen=pl.col("amount_fen").sum(), suppliers=pl.len().cast(pl.Int64)
    )
    sold = trades.group_by(firm="supplier").agg(
        sales_fen=pl.col("amount_fen").sum(), buyers=pl.len().cast(pl.Int64)
    )
    ranked = (
        bought.join(sold, on="firm", how="full", coalesce=True)
        .with_columns(pl.exclude("firm").fill_null(0))
        .with_columns(
            volume=pl.col("purchases_fen") + pl.col("sales_fen"),
            several=pl.col("suppliers") + pl.col("buyers") > 1,
        )
        .sort("several", "volume", "firm", descending=[True, True, False])
        .head(count)
    )
    names = pl.DataFrame(pl.from_arrow(reader.columns("firms", ["firm", "name"])))
    already = set(cores_of(resources, version))
    return [
        Suggestion(core=row["id"] in already, **row)
        for row in ranked.join(names, on="firm", how="left", maintain_order="left")
        .select(id="firm", **{name: name for name in _FIGURES})
        .iter_rows(named=True)
    ]


_FIGURES: Sequence[str] = ("name", "purchases_fen", "sales_fen", "suppliers", "buyers")


def _positive(trades: Any) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(trades))
    other = pl.col("supplier") != pl.col("buyer")
    return frame.filter((pl.col("amount_fen") > 0) & other)
