"""What a run hands to the limits: a version's rows and what the analyses found in it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from app.chain.limits.exact import cut
from app.chain.limits.leaves import STATEMENT, FirmLeaves
from app.chain.limits.papers import Papers


@dataclass(frozen=True, slots=True)
class Inputs:
    """
    One version, firms being rows of the network (ids in order).

    `trades`: supplier, buyer, amount_fen, blue_fen, red_fen, count.
    `chains`: core, firm, direction, tier, up_tier, down_tier (0 where none).
    `belonging`: firm, core, share_e12. `losses`: core, firm, loss_e12, where above nothing.
    `partner_losses`: closed, firm, loss_e12: what one end of a trade loses when the other fails.
    """

    version: int
    as_of: dt.date
    run: str
    ids: tuple[str, ...]
    firms: pl.DataFrame
    cores: tuple[int, ...]
    trades: pl.DataFrame
    papers: Papers
    holdings: pl.DataFrame
    chains: pl.DataFrame
    belonging: pl.DataFrame
    losses: pl.DataFrame
    partner_losses: pl.DataFrame
    colours: Mapping[int, str]
    reserved: Mapping[int, int]


def firm_leaves(
    inputs: Inputs, worst: pl.DataFrame, *, by_statement: bool = True
) -> list[FirmLeaves | None]:
    """
    Return what is known of every firm, by row; None for those known as counterparties only.

    Args:
        inputs: The version.
        worst: firm, worst_e12, worst_firm, where above nothing.
        by_statement: Whether losses are shares of what firms state.
    """
    below = understated(inputs) if by_statement else {}
    sales = known_sales(inputs.trades)
    worst_of = {row: (loss, by) for row, loss, by in worst.iter_rows()}
    found: list[FirmLeaves | None] = []
    for row, firm in enumerate(inputs.firms.iter_rows(named=True)):
        if not firm["listed"]:
            found.append(None)
            continue
        loss, by = worst_of.get(row, (0, None))
        growth = firm["expected_growth"]
        found.append(
            FirmLeaves(
                firm=firm["firm"],
                size=firm["size"],
                rating=firm["rating"],
                loans_fen=firm["loans_fen"],
                sales_fen=sales.get(row),
                statement=statement(firm),
                expected_growth=None if growth is None else cut(Decimal(repr(growth))),
                worst_e12=loss,
                worst_firm=None if by is None else inputs.ids[by],
                understated=below.get(row, ()),
            )
        )
    return found


def understated(inputs: Inputs) -> dict[int, tuple[str, ...]]:
    """Return by firm what of its revenue and cost it states below what it trades inside."""
    found: dict[int, tuple[str, ...]] = {}
    for name, end in (("revenue", "supplier"), ("cost", "buyer")):
        positive = inputs.trades.filter(pl.col("amount_fen") > 0)
        inside = dict(positive.group_by(end).agg(pl.col("amount_fen").sum()).iter_rows())
        for row, stated in enumerate(inputs.firms[f"{name}_fen"]):
            if stated is not None and stated < inside.get(row, 0):
                found[row] = (*found.get(row, ()), name)
    return found


def known_sales(trades: pl.DataFrame) -> dict[int, int]:
    """Return net sales of 365 days by firm, not below zero, where there is any invoice."""
    sums = (
        trades.filter(pl.col("count") > 0)
        .group_by("supplier")
        .agg(sales_fen=pl.col("amount_fen").sum())
    )
    return {row: max(0, amount) for row, amount in sums.iter_rows()}


def statement(firm: Mapping[str, object]) -> dict[str, int] | None:
    """Return a firm's statement where every column of the need is given, else nothing."""
    columns = {name: firm[name] for name in STATEMENT}
    given = {name: value for name, value in columns.items() if isinstance(value, int)}
    if len(given) < len(columns) or firm["expected_growth"] is None:
        return None
    return given if given["revenue_fen"] > 0 and given["cost_fen"] > 0 else None
