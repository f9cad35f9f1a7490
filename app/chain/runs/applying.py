"""
The totals of a run set in the book: only what differs, in parts, nothing that was held back since.

An account that an event after the run's reading of the book closed, froze or lowered is left as it
is: the next pass, which has read that event, sets it.
"""

from collections.abc import Callable, Iterator, Mapping

import polars as pl

from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Identity,
    Moving,
    Plain,
    Reads,
    Reply,
    operations,
)
from app.books.ledger.figures import CLOSED, OPEN
from app.books.ledger.operations import Seen
from app.chain.runs.snapshot import Snapshot

# Layers whose accounts a run gives their totals; those it does not name have nothing of it.
LAYERS = ("group", "firm", "core", "chain", "relation", "document")
OWN = "own"  # The chain without a core: its totals are of another analysis.
DONE = 200
IDENTITY = ("layer", "core", "firm", "thing")


def changes(totals: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """
    Return what has to be set so that accounts stand as a run gives them.

    Args:
        totals: What the run gives, as `totals_of` returns it.
        snapshot: The accounts as they stood when the run read the book.

    Returns:
        Rows of `totals` with `state_then`, `frozen_then`, `total_then`, `known` and `closes`: a
        document that has left is closed as it stands, any other account without a total has 0.
    """
    then = snapshot.accounts.select(
        "account",
        known=pl.lit(value=True),
        **{f"{name}_then": name for name in ("total", "outside", "valid_to", "state", "frozen")},
    )
    both = totals.join(then, on="account", how="left").with_columns(
        pl.col("known").fill_null(value=False), closes=pl.lit(value=False)
    )
    moved = pl.any_horizontal(
        pl.col(name) != pl.col(f"{name}_then") for name in ("total", "outside", "valid_to")
    )
    set_anew = both.filter(~pl.col("known") | moved | (pl.col("state_then") == CLOSED))
    left = snapshot.accounts.filter(
        pl.col("layer").is_in(LAYERS) & pl.col("core").ne_missing(OWN)
    ).join(totals, on="account", how="anti")
    return pl.concat([set_anew, _without(left, set_anew)]).sort("account")


def _without(left: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    """Return what becomes of accounts that a run does not name."""
    document = pl.col("layer") == "document"
    still = (
        pl.when(document)
        .then(pl.col("state") != CLOSED)
        .otherwise((pl.col("total") > 0) | (pl.col("outside") > 0))
    )
    gone = left.filter(still)
    then = {f"{name}_then": name for name in ("total", "outside", "valid_to", "state", "frozen")}
    return gone.select(
        "account",
        "layer",
        "core",
        firm=pl.lit(None, pl.String),  # Known already: an account never changes what it is of.
        thing=pl.lit(None, pl.String),
        total=pl.when(document).then("total").otherwise(0),
        outside=pl.when(document).then("outside").otherwise(0),
        valid_to=pl.when(document).then("valid_to").otherwise(0),
        known=pl.lit(value=True),
        closes=document,
        **then,
    ).select(like.columns)


def apply(
    ledger: AccountLedger,
    changed: pl.DataFrame,
    source: Mapping[str, object],
    first: Callable[[Moving], object],
) -> int:
    """
    Set what has changed; return how many accounts were held back since the book was read.

    Args:
        ledger: The ledger.
        changed: What `changes` has found.
        source: The run that it comes from.
        first: What is done in the order that sets the caps of groups, before it does.
    """
    together = changed.filter(pl.col("layer") == "group").head(operations.TOTALS_MAX)
    groups = list(_totals(together))

    def work(moving: Moving) -> Reply:
        """Return how many groups were held back."""
        first(moving)
        return Reply.of(DONE, operations.set_totals(moving, groups, source))

    needs = Reads([each.account for each in groups])
    held_back = int(ledger.ask(Plain(needs, work)).document)
    rest = changed.join(together, on="account", how="anti")
    return held_back + ledger.set_totals(list(_totals(rest)), source)


def _totals(changed: pl.DataFrame) -> Iterator[AccountTotal]:
    for row in changed.iter_rows(named=True):
        then = (row[f"{name}_then"] for name in ("total", "frozen", "state"))
        yield AccountTotal(
            row["account"],
            Identity(*(row[name] for name in IDENTITY)),
            row["total"],
            row["outside"],
            row["valid_to"],
            Seen(*then) if row["known"] else Seen(0, 0, OPEN),
            row["closes"],
        )
