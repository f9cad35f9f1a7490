"""
What the tables of a version hold that cannot all be true; each row by itself could be.

Nothing is left out for it: of several rows no one can say which is wrong. It is told, and the
first of each kind named.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ingestion.circles import in_circles
from ingestion.notes import Note, note

_SUM_MAX = 1.0 + 1e-9  # Shares are floats.


def told(tables: Mapping[str, pa.Table], registered: pl.DataFrame) -> list[Note]:
    """
    Return notes on holdings, vouchers and registrations of a version.

    Args:
        tables: The tables of the version.
        registered: number, pledgor, debtor and document of its registrations.
    """
    frames = {name: pl.DataFrame(table) for name, table in tables.items()}
    return [
        *_holdings(frames["holdings"]),
        *_vouchers(frames["vouchers"]),
        *_registered(registered, frames),
    ]


def _first(found: pl.Series) -> tuple[int, str]:
    return len(found), str(found.sort()[0])


def _holdings(rows: pl.DataFrame) -> list[Note]:
    equity = rows.filter((pl.col("kind") == "equity") & (pl.col("share") > 0))
    standing = equity.filter(pl.col("to_on").is_null())  # What has ended may be told beside it.
    above = standing.group_by("owned").agg(pl.col("share").sum()).filter(pl.col("share") > _SUM_MAX)
    notes = []
    if len(above):
        count, firm = _first(above["owned"])
        notes.append(note("shares_above_one", count=count, firm=firm))
    circular = _in_knots(standing)
    if len(circular):
        count, firm = _first(circular)
        notes.append(note("holdings_in_circles", count=count, firm=firm))
    return notes


def _in_knots(rows: pl.DataFrame) -> pl.Series:
    """Return the firms that own a share of themselves over others."""
    firms = pl.concat([rows["owner"], rows["owned"]]).unique().sort()
    if firms.is_empty():
        return firms
    owner, owned = (firms.search_sorted(rows[name]).to_numpy() for name in ("owner", "owned"))
    shape = (len(firms), len(firms))
    graph = coo_array((np.ones(len(rows)), (owner, owned)), shape=shape)
    _, knots = connected_components(graph, directed=True, connection="strong")
    return firms.filter(pl.Series(np.bincount(knots)[knots] > 1))


def _registered(rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> list[Note]:
    """Return notes on registrations that take nothing, for what they name is not there."""
    claims, vouchers, trades = (tables[name] for name in ("receivables", "vouchers", "trades"))
    papers = [
        claims.select(pledgor="seller", document="number"),
        claims.select(pledgor="seller", document="registry_id"),
        vouchers.select(pledgor="holder", document="number"),
    ]
    debts = [
        claims.select(pledgor="seller", debtor="buyer"),
        vouchers.select(pledgor="holder", debtor="issuer"),
        trades.select(pledgor="supplier", debtor="buyer"),
    ]
    named = pl.col("document").is_not_null()
    notes = []
    for code, told, there in (
        ("document_unknown", rows.filter(named), pl.concat(papers)),
        ("debtor_unknown", rows.filter(~named & pl.col("debtor").is_not_null()), pl.concat(debts)),
    ):
        lost = told.join(there, on=there.columns, how="anti")
        if len(lost):
            count, number = _first(lost["number"])
            notes.append(note(code, count=count, number=number))
    return notes


def _vouchers(rows: pl.DataFrame) -> list[Note]:
    split = rows.filter(pl.col("parent").is_not_null())
    if split.is_empty():
        return []
    notes = []
    own = rows.select("issuer", parent="number", face="amount_fen")
    parts = split.group_by("issuer", "parent").agg(pl.col("amount_fen").sum().alias("parts"))
    met = parts.join(own, on=["issuer", "parent"], how="left")
    ends = split.select("issuer", "number", "parent").rows()
    circular = in_circles({(issuer, one): (issuer, above) for issuer, one, above in ends})
    for code, numbers in (
        ("split_above_face", met.filter(pl.col("parts") > pl.col("face"))["parent"]),
        ("parent_unknown", met.filter(pl.col("face").is_null())["parent"]),
        ("split_in_circles", pl.Series([one for _, one in circular], dtype=pl.String)),
    ):
        if len(numbers):
            count, number = _first(numbers)
            notes.append(note(code, count=count, number=number))
    return notes
