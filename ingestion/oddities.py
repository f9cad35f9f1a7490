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
        registered: number, pledgor and document of its registrations.
    """
    holdings, vouchers, claims = (
        pl.DataFrame(tables[name]) for name in ("holdings", "vouchers", "receivables")
    )
    return [*_holdings(holdings), *_vouchers(vouchers), *_registered(registered, claims, vouchers)]


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


def _registered(rows: pl.DataFrame, claims: pl.DataFrame, vouchers: pl.DataFrame) -> list[Note]:
    papers = [
        claims.select(pledgor="seller", document="number"),
        claims.select(pledgor="seller", document="registry_id"),
        vouchers.select(pledgor="holder", document="number"),
    ]
    named = rows.filter(pl.col("document").is_not_null())
    lost = named.join(pl.concat(papers), on=["pledgor", "document"], how="anti")
    if lost.is_empty():
        return []
    count, number = _first(lost["number"])
    return [note("document_unknown", count=count, number=number)]


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
