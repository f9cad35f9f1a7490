"""
What is known of each firm as a whole: its sales, its statement, and its worst single failure.

worst_i = the largest share of its production that i loses when one core of its chains, or one of
its largest buyers or suppliers, fails.
"""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.exact import cut, written
from app.chain.limits.formulas.leaves import STATEMENT, FirmLeaves
from app.chain.limits.formulas.relation import MICRO
from app.chain.limits.inputs import LimitInputs
from app.policy import Policy

KINDS = ("loans_fen", "sales_fen", "revenue_fen")  # Firms of one kind have them, or have them not.
OURS = ("lent_fen", "lent_event")  # Of the loans in a statement, those that are ours.
STORED = (
    *("row", "firm", "size", "rating", "loans_fen", "sales_fen"),
    *("worst_e12", "worst_firm", "understated", "expected_growth"),
    *STATEMENT,
    *OURS,
)


def has_statement() -> pl.Expr:
    """Return whether a firm's statement is given whole, and its shares can be told."""
    whole = pl.all_horizontal(pl.col(*STATEMENT, "expected_growth").is_not_null())
    return whole & (pl.min_horizontal("revenue_fen", "cost_fen") > 0)


def known_firms(inputs: LimitInputs, members: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Return one row a listed firm, as it is stored but for what the book says of it.

    A statement is given whole or not at all.

    Args:
        inputs: The version.
        members: core, firm, loss_e12 of every chain.
        policy: The policy in force.
    """
    partners = policy.whole("contagion.partners")
    worst = worst_failures(members, inputs.partner_losses, inputs.trades, partners)
    names = pl.Series(inputs.ids, dtype=pl.String).gather(worst["worst_firm"])
    by_statement = policy.flag("contagion.statement_denominators")
    understated = _understated(inputs) if by_statement else pl.lit(None, pl.String)
    growth = [None if rate is None else _written(rate) for rate in inputs.firms["expected_growth"]]
    given = has_statement()
    return (
        inputs.firms.with_columns(
            *(pl.when(given).then(pl.col(name)) for name in STATEMENT),
            row=pl.int_range(pl.len(), dtype=pl.Int64),
            understated=understated,
            expected_growth=pl.Series(growth, dtype=pl.String),
        )
        .filter("listed")
        .join(known_sales(inputs.trades), on="row", how="left")
        .join(worst.select("worst_e12", row="firm", worst_firm=names), on="row", how="left")
        .with_columns(pl.col("worst_e12").fill_null(0))
        .select(STORED[: -len(OURS)])
        .sort("row")
    )


def with_lent(firms: pl.DataFrame, lent: pl.DataFrame) -> pl.DataFrame:
    """Return `known_firms` with what of the loans in their statements is ours."""
    given = has_statement()
    return (
        firms.join(lent, on="firm", how="left", maintain_order="left")
        .with_columns(
            lent_fen=pl.when(given).then("lent_fen").fill_null(0),
            lent_event=pl.when(given & (pl.col("lent_fen") > 0)).then("lent_event").fill_null(0),
        )
        .select(STORED)
    )


def _written(rate: float) -> str:
    return written(cut(Decimal(repr(rate))))


def _understated(inputs: LimitInputs) -> pl.Series:
    """Return what of its revenue and cost each firm states below what it trades inside."""
    below = []
    for name, end in (("revenue", "supplier"), ("cost", "buyer")):
        inside = (
            inputs.trades.filter(pl.col("amount_fen") > 0)
            .group_by(row=end)
            .agg(inside_fen=pl.col("amount_fen").sum())
        )
        stated = inputs.firms.select(pl.col(f"{name}_fen").alias("stated_fen"))
        sides = stated.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64)).join(
            inside, on="row", how="left", maintain_order="left"
        )
        is_below = pl.col("stated_fen") < pl.col("inside_fen").fill_null(0)
        below.append(sides.select(pl.when(is_below).then(pl.lit(name)).alias(name)))
    words = pl.concat_str("revenue", "cost", separator=",", ignore_nulls=True)
    found = pl.concat(below, how="horizontal").select(pl.when(words != "").then(words))
    return found.to_series()


def known_sales(trades: pl.DataFrame) -> pl.DataFrame:
    """Return net sales of 365 days by firm, not below zero, where there is any invoice."""
    return (
        trades.filter(pl.col("count") > 0)
        .group_by(row="supplier")
        .agg(sales_fen=pl.max_horizontal(pl.col("amount_fen").sum(), 0))
    )


def by_kind(firms: pl.DataFrame) -> Iterator[tuple[npt.NDArray[np.int64], FirmLeaves]]:
    """Yield rows and leaves, in columns, of firms of one rating of whom the same is known."""
    unknown = [pl.col(name).is_null().alias(f"no_{name}") for name in KINDS]
    kinds = firms.with_columns(*unknown, micro=pl.col("size") == MICRO)
    names = ["rating", "micro", *(f"no_{name}" for name in KINDS)]
    for part in kinds.partition_by(names, maintain_order=True):
        yield part["row"].to_numpy(), _leaves(part)


def _leaves(firms: pl.DataFrame) -> FirmLeaves:
    known = {
        name: ExactColumn.whole(firms[name].to_numpy())
        for name in ("loans_fen", "sales_fen", *STATEMENT)
        if firms[name][0] is not None
    }
    statement = {name: known[name] for name in STATEMENT} if STATEMENT[0] in known else None
    growth = firms["expected_growth"]
    return FirmLeaves(
        size=firms["size"][0],
        rating=firms["rating"][0],
        loans_fen=known.get("loans_fen"),
        sales_fen=known.get("sales_fen"),
        statement=statement,
        expected_growth=ExactColumn.of([Decimal(rate) for rate in growth]) if statement else None,
        worst_e12=ExactColumn.whole(firms["worst_e12"].to_numpy()),
        lent_fen=ExactColumn.whole(firms["lent_fen"].to_numpy()) if firms["lent_fen"].max() else 0,
    )


def worst_failures(
    members: pl.DataFrame, losses: pl.DataFrame, trades: pl.DataFrame, partners: int
) -> pl.DataFrame:
    """
    Return each firm's largest loss and who causes it; firms that lose nothing are left out.

    Args:
        members: core, firm, loss_e12 of every chain.
        losses: closed, firm, loss_e12: what one end of a trade loses when the other fails.
        trades: supplier, buyer, amount_fen.
        partners: How many of the largest buyers, and of the largest suppliers, count.

    Returns:
        firm, worst_e12, worst_firm: of equal losses the smallest row.
    """
    by_core = members.select("firm", "loss_e12", cause="core")
    by_partner = (
        main_partners(trades, partners)
        .join(losses, left_on=["firm", "partner"], right_on=["firm", "closed"])
        .select("firm", "loss_e12", cause="partner")
    )
    causes = pl.concat([by_core, by_partner]).filter(pl.col("loss_e12") > 0)
    ranked = causes.sort("firm", "loss_e12", "cause", descending=[False, True, False])
    first = ranked.unique("firm", keep="first", maintain_order=True)
    return first.select("firm", worst_e12="loss_e12", worst_firm="cause")


def main_partners(trades: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return each firm's largest buyers and suppliers: firm, partner, sorted and distinct."""
    positive = trades.filter(pl.col("amount_fen") > 0)
    sides = []
    for firm, partner in (("supplier", "buyer"), ("buyer", "supplier")):
        ranked = positive.select(firm=firm, partner=partner, amount="amount_fen").sort(
            "firm", "amount", "partner", descending=[False, True, False]
        )
        sides.append(ranked.group_by("firm", maintain_order=True).head(count))
    return pl.concat([side.select("firm", "partner") for side in sides]).unique().sort("firm")
