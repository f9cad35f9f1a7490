"""
The base of every member of every chain, in columns.

base_ic = sum_j a_ij claims_ij w_jc + prepayments

Rates and absorption shares have 12 places each, so a base is a whole number at 24 places.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from app.chain.limits.formulas import relation
from app.chain.limits.formulas.algebra import Algebra
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.exact import BASE_PLACES, PLACES_OF_SHARES
from app.chain.limits.formulas.leaves import ClaimKind, PrepaidLeaves
from app.chain.limits.ledger import CLAIM
from app.chain.limits.rows import AMOUNTS, KINDS, claim_columns

ROWS_MAX = 1_000_000  # Claims times cores that are in memory at a time.
Whole = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]


def bases(
    algebra: Algebra,
    members: pl.DataFrame,
    claims: pl.DataFrame,
    prepaid: pl.DataFrame,
    belonging: pl.DataFrame,
) -> Whole:
    """
    Return the base of every member at 24 places, in the order of `members`.

    Args:
        algebra: What the formulas are written in.
        members: core, firm, in that order.
        claims: seller, buyer, amounts and kinds.
        prepaid: core, buyer, seller, purchases_fen, chains.
        belonging: firm, core, share_e12.
    """
    sums: Whole = np.zeros(len(members), object)
    places = members.select("core", "firm", at=pl.int_range(pl.len(), dtype=pl.Int64))
    advances = _advances(algebra, claims)
    for rows in _shares(claims, places, belonging):
        at, claim = rows["at"].to_numpy(), rows["claim"].to_numpy()
        _add(sums, at, advances[claim] * rows["share_e12"].to_numpy().astype(object))
    below = prepaid.join(places, left_on=["core", "buyer"], right_on=["core", "firm"]).sort("at")
    entry = PrepaidLeaves(
        seller="",
        purchases_fen=ExactColumn.whole(below["purchases_fen"].to_numpy()),
        chains=ExactColumn.whole(below["chains"].to_numpy()),
    )
    _add(sums, below["at"].to_numpy(), relation.prepaid_part(algebra, entry).column.at(BASE_PLACES))
    return sums


def _advances(algebra: Algebra, claims: pl.DataFrame) -> Whole:
    """Return rate times claim at 12 places."""
    sums: Whole = np.zeros(len(claims), object)
    rows = claims.with_row_index("at")
    for kind, part in rows.partition_by(KINDS, as_dict=True).items():
        columns = {name: part[name].to_numpy() for name in AMOUNTS}
        leaves = claim_columns(columns, ClaimKind(*kind))
        claim = part.select(left=CLAIM)["left"].to_numpy()
        rate = relation.rate(algebra, leaves).column.at(PLACES_OF_SHARES)
        sums[part["at"].to_numpy()] = rate * claim.astype(object)
    return sums


def _shares(
    claims: pl.DataFrame, places: pl.DataFrame, belonging: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """Yield claims by the cores that their buyers belong to, in the order of members, in parts."""
    wide = claims.select("seller", "buyer", claim=pl.int_range(pl.len(), dtype=pl.Int64))
    counts = belonging.group_by("firm").agg(cores=pl.len().cast(pl.Int64))
    wide = wide.join(counts, left_on="buyer", right_on="firm").sort("claim")
    part = (wide["cores"].cum_sum() - 1) // ROWS_MAX
    for rows in wide.with_columns(part=part).partition_by("part", maintain_order=True):
        yield (
            rows.join(belonging, left_on="buyer", right_on="firm")
            .join(places, left_on=["core", "seller"], right_on=["core", "firm"])
            .select("at", "claim", "share_e12")
            .sort("at", "claim")
        )


def _add(sums: Whole, at: Rows, amounts: Whole) -> None:
    """Add amounts to the places that they belong to; places come in order."""
    if not len(at):
        return
    starts = np.flatnonzero(np.r_[True, at[1:] != at[:-1]])
    sums[at[starts]] += np.add.reduceat(amounts, starts)
