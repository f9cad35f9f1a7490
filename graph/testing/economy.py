"""A handful of firms and what is between them, as rows of every table, for tests of stores."""

import datetime as dt
from collections.abc import Mapping, Sequence

import pyarrow as pa

from graph import model
from graph.model import Value, Version
from graph.stores.base import Store, Writer

DAY = dt.date(2025, 3, 31)
NOW = dt.datetime(2025, 4, 1, 2, 30, tzinfo=dt.UTC)


def firm(code: str, /, **more: Value) -> dict[str, Value]:
    """Return a row of the firms table; its name is made from its id unless one is given."""
    return {"firm": code, "name": f"企业{code}", "core": False, "listed": True, **more}


def trade(supplier: str, buyer: str, amount_fen: int = 1_000_00) -> dict[str, Value]:
    """Return a row of the trades table."""
    return {
        "supplier": supplier,
        "buyer": buyer,
        "amount_fen": amount_fen,
        "blue_fen": amount_fen + 7,
        "red_fen": 7,
        "count": 3,
        "first_on": dt.date(2024, 5, 1),
        "last_on": dt.date(2025, 2, 28),
        "delivered_fen": 11,
    }


def receivable(name: str, seller: str, buyer: str, **more: Value) -> dict[str, Value]:
    """Return a row of the receivables table."""
    return {
        "id": name,
        "number": f"AR-{name}",
        "seller": seller,
        "buyer": buyer,
        "amount_fen": 500_00,
        "issued_on": dt.date(2025, 1, 1),
        "due_on": dt.date(2025, 7, 1),
        "status": "open",
        **more,
    }


def voucher(name: str, holder: str, issuer: str, **more: Value) -> dict[str, Value]:
    """Return a row of the vouchers table."""
    return {
        "id": name,
        "number": f"V-{name}",
        "issuer": issuer,
        "holder": holder,
        "amount_fen": 300_00,
        "issued_on": dt.date(2025, 1, 1),
        "due_on": dt.date(2025, 7, 1),
        "status": "held",
        **more,
    }


def holding(name: str, owner: str, owned: str, share: float | None = 0.25) -> dict[str, Value]:
    """Return a row of the holdings table."""
    return {"id": name, "owner": owner, "owned": owned, "share": share, "kind": "equity"}


def guarantee(name: str, guarantor: str, debtor: str) -> dict[str, Value]:
    """Return a row of the guarantees table."""
    return {"id": name, "guarantor": guarantor, "debtor": debtor, "amount_fen": 900_00}


def rows_of(table: str, rows: Sequence[Mapping[str, Value]]) -> pa.Table:
    """Return rows as an Arrow table; columns that no row names are left out."""
    named = [f for f in model.table(table).arrow if any(f.name in row for row in rows)]
    return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema(named))


def write(stage: Writer, **tables: Sequence[Mapping[str, Value]]) -> None:
    """Write rows of the named tables, those that have any."""
    for table, rows in tables.items():
        if rows:
            stage.write(table, rows_of(table, rows))


def publish(store: Store, **tables: Sequence[Mapping[str, Value]]) -> Version:
    """Return the version that a stage with these rows publishes."""
    with store.stage() as stage:
        write(stage, **tables)
        return stage.publish(DAY, published_at=NOW)
