"""Accounts of the small economy, set as a run would set them, and orders sent over HTTP."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.books.ledger import AccountTotal, Identity, ledger_of
from app.platform.deps import Resources
from app.platform.events.chain import GENESIS
from app.platform.events.tables import events, head
from app.tables import TABLES

BOOK = [table for table in TABLES if [*table.columns][-1].name == "event"]
API = "/api/v1"
DAY = "2026-06-30"
PLENTY = 10**12
STACK = {
    "bank": PLENTY,
    "firm:MILL": PLENTY,
    "core:CORE1": PLENTY,
    "core:CORE2": PLENTY,
    "chain:CORE1:MILL": 10_000_000,
    "relation:CORE1:MILL": PLENTY,
    "chain:own:MILL": 5_000_000,
    "product:loan": PLENTY,
    "receivable:R1": 3_000_000,
    "voucher:V1": 2_000_000,
}
ORDER = {"core": "CORE1", "firm": "MILL", "product": "any", "amount_fen": 3_000_000, "seconds": 60}


def identity(account: str) -> Identity:
    """Return what an account of this name is of."""
    layer, *parts = account.split(":")
    if layer in ("receivable", "voucher"):
        return Identity("document", "CORE1", "MILL", parts[0])
    core = parts[0] if layer in ("core", "chain", "relation") else None
    firm = parts[-1] if layer in ("firm", "chain", "relation") else None
    return Identity(layer, core, firm, parts[0] if layer in ("product", "group") else None)


def resources_of(client: TestClient) -> Resources:
    """Return the resources of the service that a client asks."""
    found: Resources = cast("FastAPI", client.app).state.resources
    return found


def set_up(resources: Resources, totals: Mapping[str, int] = STACK) -> None:
    """
    Set totals of accounts, on a business day.

    The whole stack begins a book of its own: what the run of the economy has set is forgotten.
    """
    with resources.records.writing() as connection:
        connection.execute(sa.update(head).values(day=DAY))
    if totals is STACK:
        begin(resources)
    given = [AccountTotal(name, identity(name), total) for name, total in totals.items()]
    ledger_of(resources).set_totals(given, {"run": "run-1"})


def begin(resources: Resources) -> None:
    """Begin an empty book, as a test may and nobody else."""
    with resources.records.writing() as connection:
        for table in (*BOOK, events):
            connection.execute(sa.delete(table))
        connection.execute(sa.update(head).values(number=0, hash=GENESIS, day=DAY))


def send(
    client: TestClient, who: Mapping[str, str], path: str, body: Any = None, *, key: str = ""
) -> Response:
    """Return the answer to an order under a key, one of its own by default."""
    headers = {**who, "Idempotency-Key": key or str(uuid4())}
    return client.post(f"{API}{path}", json=body, headers=headers)


def account(client: TestClient, who: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return an account as it is read."""
    answer = client.get(f"{API}/accounts/{name}", headers=dict(who))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
