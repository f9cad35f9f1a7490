"""What a firm may borrow in all its chains together: the total of its account."""

import polars as pl

from app.policy import Policy


def firm_totals(members: pl.DataFrame, firms: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Return the sum of every firm's limits over its chains, up to the cap on a single borrower.

    Args:
        members: firm, limit_fen of every chain, as a run stores them.
        firms: row, loans_fen, as a run stores them.
        policy: The policy of the run.

    Returns:
        firm, total_fen: whole fen, in order of firm; only firms that have a limit.
    """
    capital = policy.decimal("single_borrower_share") * policy.whole("bank_capital_fen")
    loans = firms.select(firm="row", loans_fen=pl.col("loans_fen").fill_null(0))
    cap = pl.max_horizontal(int(capital) - pl.col("loans_fen"), 0)
    return (
        members.filter(pl.col("limit_fen").is_not_null())
        .group_by("firm")
        .agg(pl.col("limit_fen").sum())
        .join(loans, on="firm")
        .select("firm", total_fen=pl.min_horizontal("limit_fen", cap))
        .sort("firm")
    )
