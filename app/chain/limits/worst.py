"""
The worst single failure for each firm.

worst_i = the largest share of its production that i loses when one core of its chains, or one of
its largest buyers or suppliers, fails.
"""

import polars as pl


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
