"""Versions that differ from the one before in receivables alone, published without their files."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from app.platform.deps import Resources
from graph import model
from ingestion.lake import manifest as manifests
from tests.app.conftest import NOW

AS_OF = dt.date(2026, 6, 30)


def told(number: str, seller: str, buyer: str, **fields: Any) -> dict[str, Any]:
    """Return a receivable of a file: open, due in 60 days, but for what is said."""
    usual = {
        "id": f"{number}/{seller}/{buyer}",
        "number": number,
        "seller": seller,
        "buyer": buyer,
        "amount_fen": 10_000_000,
        "issued_on": AS_OF - dt.timedelta(days=20),
        "due_on": AS_OF + dt.timedelta(days=60),
        "status": "open",
    }
    return dict.fromkeys(model.table("receivables").arrow.names) | usual | fields


def publish(resources: Resources, rows: Iterable[dict[str, Any]], gone: Iterable[str] = ()) -> None:
    """Publish the next version: these rows are new or other, those with these keys have left."""
    stage = resources.store.stage()
    schema = model.table("receivables").arrow
    if given := list(rows):
        stage.write("receivables", pa.Table.from_pylist(given, schema=schema))
    if left := [{"id": key} for key in gone]:
        stage.remove("receivables", pa.Table.from_pylist(left))
    lake = resources.home / "lake"
    manifest = manifests.read(lake, stage.number - 1)
    manifests.write(lake, replace(manifest, version=stage.number))
    stage.publish(AS_OF, published_at=NOW)
    resources.forget()
