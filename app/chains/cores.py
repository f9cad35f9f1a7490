"""
Which firms are cores: those the firms table says, and what somebody decided since.

Decisions are kept in the records, not in the version, so that a later import does not lose them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from app.deps import Resources
from app.records.tables import cores
from graph.model import FirmId

SUGGESTED_MAX = 1000


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


def cores_of(resources: Resources, version: int) -> list[str]:
    """Return the ids of the cores of a version, in order."""
    return list(names_of_cores(resources, version))


def names_of_cores(resources: Resources, version: int) -> dict[str, str]:
    """Return the names of the cores of a version by their ids, in order."""
    read = resources.store.reader(version).columns("firms", ["firm", "name", "core"])
    decided = decisions(resources)
    firms = pl.DataFrame(pl.from_arrow(read))
    seen = firms.filter(pl.col("core") | pl.col("firm").is_in(list(decided))).sort("firm")
    return {firm: name for firm, name, flagged in seen.rows() if decided.get(firm, flagged)}


def decisions(resources: Resources) -> dict[str, bool]:
    """Return the firms of which somebody decided that they are cores, or are none."""
    with resources.records.reading() as connection:
        return {row.firm: row.chosen for row in connection.execute(sa.select(cores))}


def decide(resources: Resources, firm: str, *, chosen: bool, by: str) -> None:
    """
    Keep that a firm is a core from now on, or is none.

    Raises:
        Absent: No version is published yet.
        NotFound: The current version has no such firm.
    """
    version = resources.version()
    resources.store.reader(version.number).firm(FirmId(firm))
    row = {"chosen": chosen, "by": by, "at": resources.now()}
    with resources.records.writing() as connection:
        change = sa.update(cores).where(cores.c.firm == firm).values(row)
        if not connection.execute(change).rowcount:
            connection.execute(cores.insert().values(firm=firm, **row))


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
