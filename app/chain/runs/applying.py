"""
The totals of a run set in the book: only what differs, in parts, nothing that was held back since.

An account that an event after the run's reading of the book closed, froze or lowered is left as it
is, and so is that of a document that an event touched since, open or not: the next pass, which has
read that event, sets it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl
import sqlalchemy as sa

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
from app.books.ledger.figures import CLOSED, FROZEN, OPEN
from app.books.ledger.operations import Seen
from app.chain.receivables.tables import receivables
from app.chain.runs.snapshot import Snapshot
from app.chain.vouchers.tables import vouchers

# Layers whose accounts a run gives their totals; those it does not name have nothing of it.
LAYERS = ("group", "firm", "core", "chain", "relation", "document")
PAPERS = {"receivable": receivables, "voucher": vouchers}  # Kinds of documents, their rows.
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
    """Return what becomes of accounts that a run does not name; what people froze stays frozen."""
    document = pl.col("layer") == "document"
    still = (
        pl.when(document)
        .then((pl.col("state") == OPEN) | ((pl.col("state") == FROZEN) & (pl.col("total") > 0)))
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
    since: int,
    *,
    first: Callable[[Moving], object],
) -> int:
    """
    Set what has changed; return how many accounts were held back since the book was read.

    Args:
        ledger: The ledger.
        changed: What `changes` has found.
        source: The run that it comes from.
        since: The last event that the run's reading of the book has seen.
        first: What is done in the order that sets the caps of groups, before it does.
    """
    together = changed.filter(pl.col("layer") == "group").head(operations.TOTALS_MAX)
    rest = changed.join(together, on="account", how="anti")
    held_back = 0
    parts = [together, *rest.iter_slices(operations.TOTALS_MAX)]
    for part, before in zip(parts, [first, *[_nothing] * len(parts)], strict=False):
        totals = list(_totals(part))

        def work(
            moving: Moving,
            totals: Sequence[AccountTotal] = totals,
            before: Callable[[Moving], object] = before,
        ) -> Reply:
            """Return how many of these were held back."""
            before(moving)
            left = [each for each in totals if not _is_touched(moving, each.account, since)]
            held = len(totals) - len(left) + operations.set_totals(moving, left, source)
            return Reply.of(DONE, held)

        names = [each.account for each in totals]
        held_back += int(ledger.ask(Plain(Reads(names, _papers(names)), work)).document)
    return held_back


def _nothing(_: Moving) -> None:
    pass


def _papers(accounts: Sequence[str]) -> dict[sa.Table, list[str]]:
    """Return the rows of the book that accounts of documents stand for."""
    found: dict[sa.Table, list[str]] = {table: [] for table in PAPERS.values()}
    for kind, _, thing in (each.partition(":") for each in accounts):
        if kind in PAPERS:
            found[PAPERS[kind]].append(thing)
    return found


def _is_touched(moving: Moving, account: str, since: int) -> bool:
    """Return whether an account is of a document that an event touched since the book was read."""
    kind, _, thing = account.partition(":")
    row = moving.row(PAPERS[kind], thing) if kind in PAPERS else None
    return row is not None and int(row["event"]) > since


def _totals(changed: pl.DataFrame) -> Iterator[AccountTotal]:
    for row in changed.iter_rows(named=True):
        then = (row[f"{name}_then"] for name in ("total", "frozen", "state", "outside"))
        yield AccountTotal(
            row["account"],
            Identity(*(row[name] for name in IDENTITY)),
            row["total"],
            row["outside"],
            row["valid_to"],
            Seen(*then) if row["known"] else Seen(0, 0, OPEN, 0),
            row["closes"],
        )
