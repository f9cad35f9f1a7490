"""Orders behind the invoices of some pairs: delivered, still open, cancelled."""

import numpy as np
import polars as pl

from ingestion.demo.economy.world import World

PAIRS = 0.3
OPEN, CANCELLED = 0.05, 0.02


def orders(made: World, invoices: pl.DataFrame) -> pl.DataFrame:
    """
    Return orders with delivery in the order of placing; days count from the end.

    Args:
        made: The economy.
        invoices: All invoices with total.
    """
    random = made.plan.random("orders")
    told = made.inside & (random.random(len(made.supplier)) < PAIRS)
    sound = (pl.col("status") == "valid") & (pl.col("kind") == "blue") & ~pl.col("reddened")
    own = invoices.filter(sound & pl.Series(told)[invoices["edge"].to_numpy()])
    count = len(own)
    delivered = own["day"].to_numpy() - random.integers(0, 8, count)
    placed = delivered - random.integers(5, 50, count)
    spot = random.random(count)
    status = np.select([spot < CANCELLED, spot < CANCELLED + OPEN], ["cancelled", "placed"], "done")
    status = np.where(status == "done", "delivered", status)
    known = pl.when(pl.Series(status == "delivered")).then(pl.Series(delivered))
    frame = own.select(
        "edge",
        "seller",
        "buyer",
        placed=pl.Series(placed),
        amount_fen="total_fen",
        delivered=known,
        status=pl.Series(status.tolist(), dtype=pl.String),
    )
    frame = frame.sort("placed", maintain_order=True)
    number = "PO" + pl.int_range(1, len(frame) + 1, eager=True).cast(pl.String).str.zfill(9)
    return frame.with_columns(number=number)
