"""What a run hands to the limits: a version's rows and what the analyses found in it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from app.chain.limits.ledger import Ledger


@dataclass(frozen=True, slots=True)
class LimitInputs:
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
    ledger: Ledger
    holdings: pl.DataFrame
    chains: pl.DataFrame
    belonging: pl.DataFrame
    losses: pl.DataFrame
    partner_losses: pl.DataFrame
    colours: Mapping[int, str]
