"""The twin that the ledger is timed beside writes what the ledger writes."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.ledger.tables import accounts, keys, uses
from app.platform.events.tables import events, head
from app.platform.records import open_records
from tests.bench.bare import Bare
from tests.bench.bookkeeping import OurLedger, filled, path_of

CLOCKS = {"at", "created_at"}
DIGEST = re.compile("[0-9a-f]{64}")


def rows_of(url: str, table: sa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table without what the clock tells and without digests."""
    with open_records(url) as records, records.reading() as connection:
        found = connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
        return [
            {
                name: DIGEST.sub("digest", value) if isinstance(value, str) else value
                for name, value in row.items()
                if name not in CLOCKS
            }
            for row in found
        ]


def test_the_twin_writes_the_rows_that_the_ledger_writes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    urls = [f"sqlite:///{tmp_path_factory.mktemp(name)}/book.db" for name in ("ours", "twin")]
    for url, opened in zip(urls, (OurLedger, Bare), strict=True):
        filled(url, cores=2, firms=3)
        keeper = opened(url)
        for number in range(6):
            path = path_of(number % 2, number % 3)
            keeper.reserve(f"U{number}", path, 7 + number)
            keeper.post(f"U{number}", path, 7 + number)
        keeper.close()

    for table in (accounts, uses, events, keys, head):
        ours, twin = (rows_of(url, table) for url in urls)
        assert ours == twin, table.name
        assert len(ours) >= (1 if table is head else 6)
