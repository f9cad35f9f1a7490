"""The six tables of a version, derived from the lake and from what its texts mean."""

import datetime as dt
from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from graph import model
from ingestion.forms import KNOWN, Form, form
from ingestion.lake import LakeView
from ingestion.resolve import ListedFirm, Resolution, beside
from ingestion.resolve.codes import code

WINDOW = dt.timedelta(days=365)
_FIRST = [
    c.stored
    for c in form("firms").columns.values()
    if c.name not in ("firm", "core", "aliases", KNOWN)
]
_CLAIMS = ("receivables", "vouchers", "holdings", "guarantees")
_MENTIONING = ("orders", "events", "flows", "registrations")  # Of the lake alone.


def firm_rows(view: LakeView) -> pl.DataFrame:
    """Return every used row of a firms table, in the order in which firms are joined."""
    columns = [column.stored for column in form("firms").columns.values()]
    return view.frame("firms", [*columns, "source_name"]).sort("firm", "source_name")


def listed(rows: pl.DataFrame, identifying: dict[str, bool]) -> list[ListedFirm]:
    """Return what the rows say that may identify their firms."""
    picked = rows.select("source_name", "firm", "name", "uscc", "aliases").rows()
    return [
        ListedFirm(source, firm, name, uscc, _split(aliases), identifying[source])
        for source, firm, name, uscc, aliases in picked
    ]


def tables(
    view: LakeView, rows: pl.DataFrame, resolution: Resolution, as_of: dt.date
) -> dict[str, pa.Table]:
    """Return the six tables of a version as of a day, each in the order of its key."""
    derived = {"trades": _trades(view, as_of)}
    derived |= {name: _claims(view, name, as_of) for name in _CLAIMS}
    used = {firm for name, table in derived.items() for firm in _ends(name, table)}
    used |= {firm for name in _MENTIONING for firm in _mentioned(view, name, as_of)}
    derived["firms"] = _firms(rows, resolution, used)
    return {name: _shaped(name, derived[name]) for name in model.TABLES}


def _trades(view: LakeView, as_of: dt.date) -> pl.DataFrame:
    pairs = view.pairs(after=as_of - WINDOW, until=as_of, ever=True)
    joined = pairs.join(_delivered(view, as_of), on=["seller", "buyer"], how="left")
    filled = joined.with_columns(pl.col("delivered_fen").fill_null(0))
    return view.named(filled, ["seller", "buyer"]).rename({"seller": "supplier"})


def _delivered(view: LakeView, as_of: dt.date) -> pl.DataFrame:
    """Return what the orders of each pair of firms come to that were delivered in the window."""
    columns = ["seller", "buyer", "amount_fen", "delivered_on"]
    inside = (pl.col("delivered_on") > as_of - WINDOW) & (pl.col("delivered_on") <= as_of)
    schema = {"seller": pl.Int64, "buyer": pl.Int64, "delivered_fen": pl.Int64}
    found = [pl.DataFrame(schema=schema)]
    for rows in view.pieces("orders", columns, until=as_of):
        by_pair = rows.filter(inside).group_by("seller", "buyer")
        found.append(by_pair.agg(pl.col("amount_fen").sum().alias("delivered_fen")))
    return pl.concat(found).group_by("seller", "buyer").agg(pl.col("delivered_fen").sum())


def _claims(view: LakeView, table: str, as_of: dt.date) -> pl.DataFrame:
    """Return receivables, vouchers, holdings or guarantees; one key stands once, the latest."""
    shape = form(table)
    columns = [column.stored for column in shape.columns.values()]
    frame = view.frame(table, [*columns, "source_name"], until=as_of)
    if shape.ends:
        frame = frame.filter(pl.col(shape.ends[0]) != pl.col(shape.ends[1]))
    named = view.named(frame, shape.parties)
    keyed = named.with_columns(_identity(view, shape).alias("id"))
    return keyed.unique(subset=["id"], keep="last", maintain_order=True).rename(
        {"from": "from_on", "to": "to_on"}, strict=False
    )


def _identity(view: LakeView, shape: Form) -> pl.Expr:
    """Return what tells the rows of a table apart: its key, and that of a source of its own."""
    stored = {column.name: column.stored for column in shape.columns.values()}

    def joined(names: Sequence[str]) -> pl.Expr:
        """Return some columns as one text."""
        texts = [pl.col(stored[name]).cast(pl.String).fill_null("") for name in names]
        return pl.concat_str(texts, separator="|")

    found = joined(shape.key)
    for source, keys in sorted(view.manifest.keys.items()):
        more = [name for name in keys.get(shape.name, ()) if name not in shape.key]
        if more:
            own = pl.col("source_name") == source
            found = pl.when(own).then(joined([*shape.key, *more])).otherwise(found)
    return found


def registrations(view: LakeView, as_of: dt.date) -> pl.DataFrame:
    """Return number, pledgor, debtor and document of the registrations that are not cancelled."""
    columns = ["number", "pledgor", "debtor", "document", "status"]
    rows = view.named(view.frame("registrations", columns, until=as_of), ["pledgor", "debtor"])
    return rows.filter(pl.col("status") == "live")


def _ends(name: str, table: pl.DataFrame) -> set[str]:
    return {firm for end in model.table(name).ends for firm in table[end].unique().to_list()}


def _mentioned(view: LakeView, table: str, as_of: dt.date) -> set[str]:
    parties = list(form(table).parties)
    found: set[int] = set()
    for rows in view.pieces(table, parties, until=as_of):
        found.update(*(rows[name].drop_nulls().unique().to_list() for name in parties))
    return {view.parties.firms[row] for row in found}


def _firms(rows: pl.DataFrame, resolution: Resolution, used: set[str]) -> pl.DataFrame:
    """Return one row a firm: those listed, their rows laid over each other, then the others."""
    known = rows.with_columns(pl.Series("id", resolution.ids, dtype=pl.String))
    own_first = known.sort("id", pl.col("firm") != pl.col("id"), maintain_order=True)
    one = own_first.group_by("id", maintain_order=True).agg(
        *[pl.col(name).drop_nulls().first() for name in _FIRST], pl.col("core").any()
    )
    aliases = _aliases(own_first, resolution)
    names = dict(zip(one["id"], one["name"], strict=True))
    joined = [_joined(aliases.get(firm, []), names[firm]) for firm in one["id"]]
    firms = one.rename({"id": "firm"}).with_columns(
        pl.Series("aliases", joined, dtype=pl.String), pl.lit(value=True).alias("listed")
    )
    return pl.concat([firms, _counterparties(resolution, used)], how="diagonal_relaxed")


def _aliases(rows: pl.DataFrame, resolution: Resolution) -> dict[str, list[str]]:
    """Return by firm every other name, id and text that means it, as they were written."""
    found: dict[str, list[str]] = {}
    for firm, own, name, aliases in rows.select("id", "firm", "name", "aliases").rows():
        found.setdefault(firm, []).extend([own, name, *_split(aliases)])
    for (_, text), firm in resolution.meant.items():
        if firm in found:
            found[firm].append(beside.written(text))
    return {firm: [text for text in texts if text != firm] for firm, texts in found.items()}


def _joined(texts: Sequence[str], name: str) -> str | None:
    others = sorted({text.replace(";", "\uff1b") for text in texts if code(text) is None} - {name})
    return ";".join(others) or None


def _counterparties(resolution: Resolution, used: set[str]) -> pl.DataFrame:
    strangers = {f: t for f, t in resolution.counterparties().items() if f in used}
    names = {f: _name(f, texts) for f, texts in strangers.items()}
    return pl.DataFrame(
        {
            "firm": list(strangers),
            "name": [names[firm] for firm in strangers],
            "uscc": [code(firm) for firm in strangers],
            "aliases": [
                _joined([text for text in texts if text != firm], names[firm])
                for firm, texts in strangers.items()
            ],
            "core": [False] * len(strangers),
            "listed": [False] * len(strangers),
        },
        schema_overrides=dict.fromkeys(("firm", "name", "uscc", "aliases"), pl.String)
        | dict.fromkeys(("core", "listed"), pl.Boolean),
    )


def _name(firm: str, texts: Sequence[str]) -> str:
    return next((text for text in texts if text != firm), firm)


def _split(aliases: str | None) -> tuple[str, ...]:
    parts = (aliases or "").replace("\uff1b", ";").split(";")
    return tuple(part.strip() for part in parts if part.strip())


def _shaped(name: str, frame: pl.DataFrame) -> pa.Table:
    shape = model.table(name)
    ordered = frame.select(shape.columns).sort(shape.key)
    return ordered.to_arrow().cast(shape.arrow)
