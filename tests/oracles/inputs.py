"""Raw rows of a small economy as the inputs of a run; chains and belonging second-read."""

import dataclasses
from collections import defaultdict
from typing import Any

import polars as pl

from app.chain.limits.book import RECEIVABLES, VOUCHERS, Book, Frozen
from app.chain.limits.inputs import LimitInputs
from app.chain.limits.ledger import Ledger
from app.chain.runs.analyses import chain_frame
from graph.chains import belonging, find_chains
from graph.model import table
from graph.network import Network
from tests.oracles.limits import Economy, Oracle

KINDS = {
    "text": pl.String,
    "fen": pl.Int64,
    "count": pl.Int64,
    "ratio": pl.Float64,
    "date": pl.Date,
    "flag": pl.Boolean,
}
REGISTERED = {
    **dict.fromkeys(("pledgor", "secured_party", "debtor", "document", "status"), pl.String),
    **dict.fromkeys(("registered_on", "expires_on"), pl.Date),
}
ENDS = ("supplier", "buyer")
NARROW = {"core": pl.Int64, "firm": pl.Int64}


def schema(name: str) -> dict[str, Any]:
    return {attribute.name: KINDS[attribute.type] for attribute in table(name).attributes}


def frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    columns = schema(name)
    full = [{column: row.get(column) for column in columns} for row in rows]
    return pl.DataFrame(full, schema=columns)


def firms(economy: Economy, ids: list[str]) -> pl.DataFrame:
    listed = {row["firm"]: row for row in economy.firms}
    rows = []
    for firm in ids:
        row = listed.get(firm, {"firm": firm, "name": firm})
        money = {f"{key}_fen": value for key, value in row.items() if key != "firm"}
        rows.append({**row, **money, "listed": firm in listed, "core": bool(row.get("core"))})
    return frame("firms", rows)


def with_rows(data: pl.DataFrame, row_of: dict[str, int], *ends: str) -> pl.DataFrame:
    numbers = [pl.col(end).replace_strict(row_of, return_dtype=pl.Int64) for end in ends]
    return data.with_columns(numbers)


def trades(economy: Economy, oracle: Oracle, row_of: dict[str, int]) -> pl.DataFrame:
    count: dict[tuple[str, str], int] = defaultdict(int)
    for row in economy.invoices:
        pair = (row["seller"], row["buyer"])
        count[pair] += oracle.within(row["issued_on"], 365)
    rows = [
        {
            "supplier": row_of[seller],
            "buyer": row_of[buyer],
            "amount_fen": oracle.net.get((seller, buyer), 0),
            "blue_fen": oracle.blue.get((seller, buyer), 0),
            "red_fen": oracle.red.get((seller, buyer), 0),
            "count": number,
        }
        for (seller, buyer), number in sorted(count.items())
    ]
    names = ["supplier", "buyer", "amount_fen", "blue_fen", "red_fen", "count"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64))


def by_pair(amounts: dict[tuple[str, str], int], row_of: dict[str, int], name: str) -> pl.DataFrame:
    rows = [(row_of[s], row_of[b], amount) for (s, b), amount in sorted(amounts.items())]
    schema = dict.fromkeys(["seller", "buyer", name], pl.Int64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def ledger(economy: Economy, oracle: Oracle, row_of: dict[str, int]) -> Ledger:
    receivables = [
        {**r, "id": r["number"], "amount_fen": r["amount"], "paid_fen": r.get("paid")}
        for r in economy.receivables
    ]
    registrations = pl.DataFrame(
        [{name: row.get(name) for name in REGISTERED} for row in economy.registrations],
        schema=REGISTERED,
    )
    vouchers = [{**v, "id": v["number"], "amount_fen": v["amount"]} for v in economy.vouchers]
    return Ledger(
        receivables=with_rows(frame("receivables", receivables), row_of, "seller", "buyer"),
        vouchers=with_rows(frame("vouchers", vouchers), row_of, "holder", "issuer"),
        recent=by_pair(oracle.recent, row_of, "total_fen"),
        delivered=by_pair(oracle.delivered, row_of, "delivered_fen"),
        registrations=with_rows(registrations, row_of, "pledgor", "debtor"),
        as_of=economy.as_of,
        book=book(economy, row_of),
    )


def book(economy: Economy, row_of: dict[str, int]) -> Book:
    """Return what the platform knows, with rows of the network."""
    events = range(1, 1 + len(economy.known) + len(economy.nodes))
    known = [
        {
            **row,
            "amount_fen": row["amount"],
            "paid_fen": row.get("paid") or 0,
            "confirmed": row["was_confirmed"],
            "event": event,
        }
        for row, event in zip(economy.known, events, strict=False)
    ]
    nodes = [
        {**row, "held_fen": row["held"], "occupies_fen": row["occupies"], "event": event}
        for row, event in zip(economy.nodes, events[len(known) :], strict=True)
    ]
    receivables, vouchers = (
        pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
        for rows, schema in ((known, RECEIVABLES), (nodes, VOUCHERS))
    )
    return Book(
        number=len(events) + len(economy.frozen),
        day=economy.day,
        receivables=with_rows(receivables, row_of, "seller", "buyer"),
        vouchers=with_rows(vouchers, row_of, "issuer", "holder"),
        frozen={core: Frozen(*frozen) for core, frozen in economy.frozen.items()},
    )


def chains(oracle: Oracle, row_of: dict[str, int]) -> pl.DataFrame:
    rows = []
    for core in oracle.cores:
        up, down = oracle.up[core], oracle.down[core]
        for firm in sorted(set(up) | set(down)):
            direction, tier = oracle.listed[core][firm]
            rows.append(
                {
                    "core": row_of[core],
                    "firm": row_of[firm],
                    "direction": direction,
                    "tier": tier,
                    "up_tier": up.get(firm, 0),
                    "down_tier": down.get(firm, 0),
                }
            )
    narrow = dict.fromkeys(["tier", "up_tier", "down_tier"], pl.Int64)
    return pl.DataFrame(rows, schema=NARROW | {"direction": pl.String} | narrow)


def inputs(economy: Economy, oracle: Oracle) -> LimitInputs:
    """Return what a run would be handed for this economy."""
    named = {row["firm"] for row in economy.firms}
    for rows, ends in (
        (economy.invoices, ("seller", "buyer")),
        (economy.orders, ("seller", "buyer")),
        (economy.receivables, ("seller", "buyer")),
        (economy.vouchers, ("issuer", "holder")),
        (economy.holdings, ("owner", "owned")),
        (economy.known, ("seller", "buyer")),
        (economy.nodes, ("issuer", "holder")),
    ):
        named |= {row[end] for row in rows for end in ends}
    ids = sorted(named)
    row_of = {firm: row for row, firm in enumerate(ids)}
    holdings = [{**h, "id": str(n)} for n, h in enumerate(economy.holdings)]
    shares = [
        (row_of[firm], row_of[core], int(share * 10**12))
        for (firm, core), share in sorted(oracle.belonging.items())
    ]
    losses = [
        (row_of[core], row_of[firm], int(oracle.loss(firm, core) * 10**12))
        for core in oracle.cores
        for firm in ids
    ]
    partner_losses = [
        (row_of[closed], row_of[firm], int(oracle.loss(firm, closed) * 10**12))
        for pair, amount in sorted(oracle.net.items())
        for closed, firm in (pair, pair[::-1])
        if amount > 0
    ]
    ends = {"closed": pl.Int64, "firm": pl.Int64, "loss_e12": pl.Int64}
    wide = NARROW | {"loss_e12": pl.Int64}
    return LimitInputs(
        version=1,
        as_of=economy.as_of,
        run="test",
        ids=tuple(ids),
        firms=firms(economy, ids),
        cores=tuple(row_of[core] for core in oracle.cores),
        trades=trades(economy, oracle, row_of),
        ledger=ledger(economy, oracle, row_of),
        holdings=with_rows(frame("holdings", holdings), row_of, "owner", "owned"),
        chains=chains(oracle, row_of),
        belonging=pl.DataFrame(
            shares, schema={"firm": pl.Int64, "core": pl.Int64, "share_e12": pl.Int64}, orient="row"
        ),
        losses=pl.DataFrame(losses, schema=wide, orient="row"),
        partner_losses=pl.DataFrame(partner_losses, schema=ends, orient="row").unique(),
        colours={},
    )


def through_graph(economy: Economy, oracle: Oracle) -> LimitInputs:
    """Return the same, with chains and belonging as the graph finds them."""
    handed = inputs(economy, oracle)
    ids = pl.Series(handed.ids)
    named = handed.trades.with_columns(ids[handed.trades[end]].alias(end) for end in ENDS)
    columns = ["supplier", "buyer", "amount_fen", "count"]
    network = Network.build(handed.firms.to_arrow(), named.select(columns).to_arrow())
    shares = belonging(network, handed.cores)
    return dataclasses.replace(
        handed,
        chains=chain_frame(find_chains(network, handed.cores)),
        belonging=pl.DataFrame(
            {
                "firm": shares.firm_rows.astype("int64"),
                "core": shares.core_rows.astype("int64"),
                "share_e12": shares.share_e12,
            }
        ),
    )
