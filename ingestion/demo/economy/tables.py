"""The tables of an economy as its files hold them, with ids, dates and columns in their order."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from ingestion.demo.economy import books as book
from ingestion.demo.economy.events import events
from ingestion.demo.economy.fraud import Circle, circles, financed_twice
from ingestion.demo.economy.invoices import dated, invoices, numbered, taxed
from ingestion.demo.economy.names import parts
from ingestion.demo.economy.orders import orders
from ingestion.demo.economy.receivables import receivables
from ingestion.demo.economy.register import Register, register
from ingestion.demo.economy.sectors import sectors
from ingestion.demo.economy.ties import OwnershipTies, ties
from ingestion.demo.economy.vouchers import Voucher, vouchers
from ingestion.demo.economy.world import World

REPEATED = 0.0015
STATEMENT = (
    "revenue",
    "cost",
    "profit",
    "equity",
    "cash",
    "tangible_net_worth",
    "operating_cash_flow",
    "short_debt",
    "inventory",
    "receivable",
    "payable",
    "prepaid",
    "advances",
    "own_funds",
    "working_capital_loans",
)


@dataclass(frozen=True, slots=True)
class DemoTables:
    """The tables by name, and what is hidden in them."""

    world: World
    register: Register
    ties: OwnershipTies
    circles: tuple[Circle, ...]
    circle_invoices: pl.DataFrame
    twice: tuple[tuple[str, str, str], ...]
    frames: Mapping[str, pl.DataFrame]


def tables(made: World) -> DemoTables:
    """Return all tables of an economy."""
    known = register(made)
    found, false = circles(made)
    raw = pl.concat([invoices(made), false], how="diagonal").sort("day", maintain_order=True)
    raw = numbered(_dated(taxed(raw, made), made, day="issued_on"), made)
    trade = book.year(made, raw)
    claims, tied = receivables(made, raw), ties(made)
    twice, claims = financed_twice(made, claims)
    frames = {
        "firms": _firms(made, known, trade),
        "invoices": _invoices(made, known, raw),
        "receivables": _receivables(made, claims),
        "orders": _orders(made, known, orders(made, raw)),
        "vouchers": _vouchers(made, vouchers(made)),
        "holdings": _holdings(made, tied),
        "guarantees": _guarantees(made, known, tied),
        "events": _events(made, events(made)),
    }
    circle_rows = raw.filter(pl.col("edge") < 0).select(
        "number", "issued_on", "amount_fen", **_ends(made, raw.filter(pl.col("edge") < 0))
    )
    return DemoTables(made, known, tied, found, circle_rows, tuple(twice), frames)


def _dated(rows: pl.DataFrame, made: World, **names: str) -> pl.DataFrame:
    """Return rows with dates, under their new names, beside the days they came from."""
    rows = rows.with_columns(pl.col(day).alias(name) for day, name in names.items())
    return dated(rows, made.plan, *names.values())


def _ends(made: World, rows: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the ids of both ends."""
    texts = pl.Series(made.texts.tolist(), dtype=pl.String)
    return {side: texts.gather(rows[side]) for side in ("seller", "buyer")}


def _id(made: World, rows: pl.Series) -> pl.Series:
    return pl.Series(made.texts.tolist(), dtype=pl.String).gather(rows)


def _yuan(fen: str = "amount_fen") -> pl.Expr:
    """Return an amount in yuan with two places, exactly."""
    value = pl.col(fen)
    whole = (value.abs() // 100).cast(pl.String)
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return sign + whole + "." + (value.abs() % 100).cast(pl.String).str.zfill(2)


def _invoices(made: World, known: Register, raw: pl.DataFrame) -> pl.DataFrame:
    """Return the invoices as written: parties by text, goods, a few rows twice."""
    random = made.plan.random("spelling")
    edge = raw["edge"].to_numpy()
    texts = {}
    for side, of_pair in (("seller", known.seller_text), ("buyer", known.buyer_text)):
        words = pl.Series([*of_pair.tolist()], dtype=pl.String).gather(np.maximum(edge, 0))
        own = _id(made, raw[side])
        texts[side] = pl.select(pl.when(pl.Series(edge >= 0)).then(words).otherwise(own))
    goods = _goods(random, made, raw)
    frame = raw.with_columns(
        seller=texts["seller"].to_series(), buyer=texts["buyer"].to_series(), goods=goods
    ).select(
        "number",
        "issued_on",
        "seller",
        "buyer",
        amount_yuan=_yuan("amount_fen"),
        tax_yuan=_yuan("tax_fen"),
        total_yuan=_yuan("total_fen"),
        status="status",
        kind="kind",
        goods="goods",
    )
    again = frame.filter(
        pl.Series(random.random(len(frame)) < REPEATED) & (pl.col("status") == "valid")
    )
    return pl.concat([frame, again]).sort("issued_on", maintain_order=True)


def _goods(random: np.random.Generator, made: World, raw: pl.DataFrame) -> pl.Series:
    """Return what is sold, by the seller's sector."""
    kinds = sectors().goods
    widest = max(len(each) for each in kinds)
    flat = pl.Series([each[at % len(each)] for each in kinds for at in range(widest)])
    sector = made.sector[np.minimum(raw["seller"].to_numpy(), made.firms - 1)]
    return flat.gather(sector * widest + random.integers(0, widest, len(raw)))


def _firms(made: World, known: Register, trade: book.Year) -> pl.DataFrame:
    """Return the firms table in the order of ids."""
    random = made.plan.random("firms")
    told = dict(book.books(made, trade))
    place = [each["zh"] for each in parts()["places"]]
    founded = -random.integers(300, 9_000, made.firms)
    columns: dict[str, pl.Series] = {
        "firm": pl.Series(made.ids.tolist(), dtype=pl.String),
        "name": pl.Series(known.names, dtype=pl.String),
        "uscc": pl.Series(known.codes, dtype=pl.String),
        "sector": pl.Series([sectors().codes[at] for at in made.sector.tolist()]),
        "region": pl.Series([place[at] for at in made.place.tolist()]),
        "size": pl.Series(told["size"], dtype=pl.String),
        "founded_on": pl.Series(founded),
        "capital_yuan": _money(told["capital"]),
        "core": pl.Series(np.where(made.role == 0, "true", "false").tolist()),
        "rating": pl.Series(told["rating"], dtype=pl.String),
        "aliases": pl.Series(known.declared, dtype=pl.String),
    }
    columns |= {f"{name}_yuan": _money(told[name]) for name in STATEMENT}
    columns["loans_yuan"] = _money(told["loans"])
    growth = pl.Series(np.asarray(told["expected_growth"], dtype=np.float64))
    columns["expected_growth"] = growth.fill_nan(None)
    year_end = made.plan.end.replace(year=made.plan.end.year - 1, month=12, day=31)
    stated = pl.Series(~np.isnan(np.asarray(told["revenue"], dtype=np.float64)))
    columns["statement_on"] = pl.select(pl.when(stated).then(pl.lit(year_end))).to_series()
    frame = pl.DataFrame({name: series.alias(name) for name, series in columns.items()})
    return dated(frame, made.plan, "founded_on").sort("firm")


def _money(values: object) -> pl.Series:
    """Return yuan with two places as text, nothing where it is not told."""
    yuan = np.asarray(values, dtype=np.float64)
    fen = pl.Series(np.where(np.isnan(yuan), 0, np.round(yuan * 100.0)).astype(np.int64))
    told = pl.when(pl.Series(~np.isnan(yuan))).then(_yuan("fen"))
    return pl.DataFrame({"fen": fen}).select(told.alias("told")).to_series()


def _receivables(made: World, claims: pl.DataFrame) -> pl.DataFrame:
    """Return the receivables as written, ends by id."""
    rows = _dated(claims, made, day="issued_on", due="due_on", confirmed="confirmed_on")
    return _dated(rows, made, paid="paid_on").select(
        "number",
        **_ends(made, claims),
        amount_fen="amount_fen",
        issued_on="issued_on",
        due_on="due_on",
        confirmed_on="confirmed_on",
        paid_on="paid_on",
        status="status",
        registry_id="registry_id",
    )


def _orders(made: World, known: Register, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the orders as written, ends by full name."""
    named = _dated(rows, made, placed="placed_on", delivered="delivered_on")
    names = pl.Series(known.names, dtype=pl.String)
    return named.select(
        "number",
        "placed_on",
        seller=names.gather(rows["seller"]),
        buyer=names.gather(rows["buyer"]),
        amount_yuan=_yuan(),
        delivered_on="delivered_on",
        status="status",
    )


def _vouchers(made: World, rows: list[Voucher]) -> pl.DataFrame:
    plain = [dataclasses.asdict(row) for row in rows]
    frame = pl.DataFrame(plain, infer_schema_length=None, schema_overrides={"parent": pl.String})
    frame = _dated(frame, made, issued_day="issued_on", due_day="due_on")
    return frame.select(
        "number",
        issuer=_id(made, frame["issuer"]),
        holder=_id(made, frame["holder"]),
        amount_yuan=_yuan(),
        issued_on="issued_on",
        due_on="due_on",
        parent="parent",
        status="status",
    )


def _holdings(made: World, tied: OwnershipTies) -> pl.DataFrame:
    frame = pl.DataFrame([dataclasses.asdict(row) for row in tied.holdings])
    frame = frame.unique(["owner", "owned"], keep="first", maintain_order=True)
    frame = _dated(frame, made, from_day="from")
    return frame.select(
        owner=_id(made, frame["owner"]),
        owned=_id(made, frame["owned"]),
        share="share",
        kind="kind",
        **{"from": pl.col("from"), "to": pl.lit(None, dtype=pl.Date)},
    ).sort("owner", "owned")


def _guarantees(made: World, known: Register, tied: OwnershipTies) -> pl.DataFrame:
    """Return the guarantees as written, ends by full name."""
    frame = pl.DataFrame([dataclasses.asdict(row) for row in tied.guarantees])
    frame = _dated(frame, made, from_day="from", to_day="to")
    names = pl.Series(known.names, dtype=pl.String)
    return frame.select(
        guarantor=names.gather(frame["guarantor"]),
        debtor=names.gather(frame["debtor"]),
        amount_yuan=_yuan(),
        **{"from": pl.col("from"), "to": pl.col("to")},
    ).sort("guarantor", "debtor")


def _events(made: World, rows: pl.DataFrame) -> pl.DataFrame:
    named = _dated(rows, made, day="happened_on")
    return named.select(
        firm=_id(made, rows["firm"]),
        happened_on="happened_on",
        kind="kind",
        amount_fen="amount_fen",
        source="source",
    )
