"""Toy networks: whole tables of the model from a few lines, for tests, doctests and notebooks."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from graph import model
from graph.network import Network

DAY = dt.date(2024, 6, 30)  # Invoices of toy trades are all of one day.


def firms_table(ids: Iterable[str], **columns: Mapping[str, Any]) -> pa.Table:
    """
    Return a whole firms table for the ids, listed, each named after its id.

    Args:
        ids: The firms.
        columns: For each column of the model a mapping from id to value; the rest is default.

    Example:
        >>> firms_table(["a", "b"], core={"a": True}).column("core").to_pylist()
        [True, False]
    """
    schema = model.table("firms")
    rows = []
    for firm in ids:
        row = {each.name: each.default for each in schema.attributes}
        row |= {"firm": firm, "name": f"Firm {firm}", "listed": True}
        row |= {name: values[firm] for name, values in columns.items() if firm in values}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=schema.arrow)


def trades_table(amounts_fen: Mapping[tuple[str, str], int]) -> pa.Table:
    """
    Return a whole trades table: one invoice a pair, a red one where the amount is negative.

    Example:
        >>> trades_table({("a", "b"): 5}).select(["supplier", "buyer", "amount_fen"]).to_pylist()
        [{'supplier': 'a', 'buyer': 'b', 'amount_fen': 5}]
    """
    rows = [
        {
            "supplier": supplier,
            "buyer": buyer,
            "amount_fen": amount,
            "blue_fen": max(0, amount),
            "red_fen": max(0, -amount),
            "count": 1,
            "first_on": DAY,
            "last_on": DAY,
            "delivered_fen": 0,
        }
        for (supplier, buyer), amount in sorted(amounts_fen.items())
    ]
    return pa.Table.from_pylist(rows, schema=model.table("trades").arrow)


def toy(
    amounts_fen: Mapping[tuple[str, str], int],
    *,
    alone: Iterable[str] = (),
    **columns: Mapping[str, Any],
) -> Network:
    """
    Return the network of a few trades.

    Args:
        amounts_fen: (supplier, buyer) -> amount.
        alone: Firms besides those that trade.
        columns: As in `firms_table`.

    Example:
        >>> list(toy({("mill", "cars"): 90}, alone=["zoo"]).ids)
        ['cars', 'mill', 'zoo']
    """
    ids = sorted({firm for pair in amounts_fen for firm in pair} | set(alone))
    return Network.build(firms_table(ids, **columns), trades_table(amounts_fen))
