"""New versions that change a group while its members reserve: no use stays in a group it left."""

import random
import secrets
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
import sqlalchemy as sa

from app.books.errors import BookRefusal
from app.books.ledger import AccountLedger, AccountTotal, Identity, Key, ledger_of
from app.books.ledger.answering import Asker
from app.books.ledger.orders import Order, Reply
from app.books.ledger.paths import path_of
from app.books.ledger.proof import verify
from app.books.ledger.tables import accounts, uses
from app.chain.accounts.service import group_by
from app.chain.runs import refreshing
from app.chain.runs.applying import changes
from app.chain.runs.refreshing import refresh_version
from app.chain.runs.snapshot import Snapshot
from app.chain.uses import service
from app.chain.uses.schemas import ReservationOrder
from app.data.runs.repository import newest_run
from app.platform.auth.principals import Principal
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.errors import Busy
from app.platform.records import Records
from ingestion.lake import manifest as manifests
from tests.app.conftest import NOW
from tests.conftest import emptied
from tests.graph.effort import tenth

pytestmark = pytest.mark.xdist_group("groups")
FIRM, CALLERS, VERSIONS = "ORE", 4, tenth(4)
OFFICER = Principal("o", "officer", None)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def resources(
    request: pytest.FixtureRequest,
    kept_groups: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Resources]:
    def of_groups(given: pl.DataFrame, read: Snapshot) -> pl.DataFrame:
        return changes(given, read).filter(layer="group")  # The firm keeps its room.

    home = Path(shutil.copytree(kept_groups.home, tmp_path / "home"))
    settings = Settings(home=home, policy=kept_groups.policy)
    if request.param == "postgres":
        url = emptied(request.getfixturevalue("postgres_url"))
        settings = Settings(home=home, policy=kept_groups.policy, records_url=url)
    with open_resources(settings, now=lambda: NOW) as opened:
        refresh_version(opened, None, progress=quietly)
        monkeypatch.setattr(refreshing, "changes", of_groups)
        plenty = [
            AccountTotal(name, identity, 10**15)
            for name, identity in (
                (f"chain:own:{FIRM}", Identity("chain", "own", FIRM)),
                ("product:P", Identity("product", thing="P")),
                (f"firm:{FIRM}", Identity("firm", firm=FIRM)),
            )
        ]
        ledger_of(opened).set_totals(plenty, {"decision": "room"})
        yield opened


def turned(resources: Resources, *, together: bool) -> None:
    """Publish a version in which CORE2 controls the firm, or does not, and land its pass."""
    stage = resources.store.stage()
    held = pa.table(resources.store.reader(stage.number - 1).columns("holdings"))
    rows = [
        {**row, "share": 0.3 if together else 0.1}
        for row in held.to_pylist()
        if row["owned"] == FIRM
    ]
    stage.write("holdings", pa.Table.from_pylist(rows, schema=held.schema))
    lake = resources.home / "lake"
    manifest = manifests.read(lake, stage.number - 1)
    manifests.write(lake, replace(manifest, version=stage.number))
    stage.publish(manifest.day, published_at=NOW)
    refresh_version(resources, None, progress=quietly)


def reserve(resources: Resources, amount: int) -> str:
    order = ReservationOrder(
        core="own", firm=FIRM, product="P", amount_fen=amount, documents=[], seconds=3_000
    )
    asker = Asker(OFFICER, Key("o", secrets.token_hex(8), "digest"))
    return str(service.reserve(resources, asker, order).document["id"])


def groups_of_uses(records: Records) -> set[str | None]:
    """Return the groups in which what is reserved or used stands."""
    query = sa.select(uses.c.path).where(uses.c.state.in_(("reserved", "posted")))
    with records.reading() as connection:
        found = [path_of(row.path) for row in connection.execute(query)]
    names = [[each.account for each in path if each.account.startswith("group:")] for path in found]
    return {each[0] if each else None for each in names}


def expected(resources: Resources) -> str | None:
    group = group_by(resources, newest_run(resources.records), FIRM)
    return None if group is None else f"group:{group}"


def test_a_reservation_that_a_version_overtakes_stands_in_the_group_of_the_version(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between what is looked up for a reservation and its turn a whole pass lands."""
    assert expected(resources) == "group:CORE2"

    class Overtaken:
        def ask(self, order: Order) -> Reply:
            turned(resources, together=False)
            return ledger_of(resources).ask(order)

    with monkeypatch.context() as patch:
        patch.setattr(service, "ledger_of", lambda _: Overtaken())
        reserve(resources, 1)

    assert expected(resources) is None
    assert groups_of_uses(resources.records) == {None}


def test_uses_follow_versions_that_come_while_they_are_made(resources: Resources) -> None:
    ledger: AccountLedger = ledger_of(resources)
    landed = threading.Event()

    def call(seed: int) -> int:
        draw, made = random.Random(seed), 0
        while not landed.wait(0.005) and made < 400:
            try:
                use = reserve(resources, draw.randint(1, 9))
                made += 1
                step = draw.random()
                if step < 0.4:
                    ledger.void(use)
                elif step < 0.8:
                    ledger.post(use, 1)
            except (BookRefusal, Busy):
                continue
        return made

    with ThreadPoolExecutor(CALLERS) as pool:
        callers = [pool.submit(call, seed) for seed in range(CALLERS)]
        try:
            for number in range(VERSIONS):
                turned(resources, together=number % 2 == 1)
                assert groups_of_uses(resources.records) <= {expected(resources)}
        finally:
            landed.set()
        assert sum(each.result(timeout=60) for each in callers) > 0

    assert groups_of_uses(resources.records) == {expected(resources)}
    with resources.records.reading() as connection:
        carried = connection.execute(
            sa.select(accounts.c.account, accounts.c.pending, accounts.c.posted).where(
                accounts.c.layer == "group", accounts.c.pending + accounts.c.posted > 0
            )
        ).all()
    assert {row.account for row in carried} <= {expected(resources)}
    assert verify(resources.records).ok
