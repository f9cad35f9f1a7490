"""
What firms have given to others as security, by registrations that are live (docs/limits.md).

A registration takes the pledgor's document that it names, without one its claims on the debtor,
without both all that it has. One to the bank itself takes nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ingestion.resolve.codes import code
from ingestion.resolve.names import key


@dataclass(frozen=True, slots=True)
class Pledges:
    """What is given to others, pledgors and debtors being rows of the network."""

    documents: pl.DataFrame  # pledgor document
    debtors: pl.DataFrame  # pledgor debtor
    everything: pl.DataFrame  # pledgor


def pledges(registrations: pl.DataFrame, as_of: dt.date, own_names: Sequence[str]) -> Pledges:
    """
    Return what registrations give to others on a day.

    Args:
        registrations: pledgor, secured_party, debtor, document, registered_on, expires_on, status.
        as_of: The day; the last day of a registration counts.
        own_names: Names and codes of the bank itself; who is not named is somebody else.
    """
    own = {_plain(name) for name in own_names}
    parties = registrations["secured_party"].drop_nulls().unique().to_list()
    ours = [party for party in parties if _plain(party) in own]
    live = registrations.filter(
        (pl.col("status") == "live")
        & (pl.col("registered_on") <= as_of)
        & (pl.col("expires_on").is_null() | (pl.col("expires_on") >= as_of))
        & ~pl.col("secured_party").is_in(ours).fill_null(value=False)
    )
    document, debtor = (pl.col(name).is_not_null() for name in ("document", "debtor"))
    return Pledges(
        documents=live.filter(document).select("pledgor", "document").unique(),
        debtors=live.filter(~document & debtor).select("pledgor", "debtor").unique(),
        everything=live.filter(~document & ~debtor).select("pledgor").unique(),
    )


def marked(
    rows: pl.DataFrame, given: Pledges, *, ends: tuple[str, str], numbers: Sequence[str] = ()
) -> pl.DataFrame:
    """
    Return the rows, in their order, with `pledged`: whether each is given to somebody else.

    Args:
        rows: Papers, or pairs of firms.
        given: What is given to others.
        ends: The columns of who owns a row, and of who owes it.
        numbers: The columns that a registration may name a document by.
    """
    owner, debtor = ends
    takes = [(given.everything, [owner]), (given.debtors, [owner, debtor])]
    takes += [(given.documents, [owner, number]) for number in numbers]
    flags = [f"pledged_{at}" for at in range(len(takes))]
    for flag, (pledged, columns) in zip(flags, takes, strict=True):
        named = pledged.rename(dict(zip(pledged.columns, columns, strict=True)))
        taken = named.with_columns(pl.lit(value=True).alias(flag))
        rows = rows.join(taken, on=columns, how="left", maintain_order="left")
    return rows.with_columns(
        pledged=pl.any_horizontal(pl.col(flag).fill_null(value=False) for flag in flags)
    ).drop(flags)


def _plain(name: str) -> str:
    return code(name) or key(name)
