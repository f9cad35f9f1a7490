"""What banks lose when their borrowers cannot make or sell: `fsri`, or scenario by scenario."""

from graph.spread.fsri import (
    Banks,
    Books,
    Buffers,
    Default,
    Fsri,
    Lending,
    Lost,
    Profit,
    Terms,
    bank_losses,
    fsri,
    summed,
)

__all__ = [
    "Banks",
    "Books",
    "Buffers",
    "Default",
    "Fsri",
    "Lending",
    "Lost",
    "Profit",
    "Terms",
    "bank_losses",
    "fsri",
    "summed",
]
