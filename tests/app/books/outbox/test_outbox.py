"""The outbox: what the book tells reaches the graph store in order, once it can be reached."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.books.ledger import (
    AccountTotal,
    Element,
    Identity,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    ledger_of,
)
from app.books.outbox import lag_of
from app.chain.receivables.acts import Debt
from app.chain.vouchers import acts
from app.chain.vouchers.acts import Passing, VoucherDraft
from app.chain.vouchers.nodes import Acting
from app.jobs.exposures import is_behind, project
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.events.tables import head
from graph.errors import StoreUnavailable
from graph.model import Exposure, FirmId
from graph.stores.neo4j import Neo4jStore
from graph.testing.economy import firm, publish
from graph.testing.memory import MemoryStore
from graph.testing.servers import ServerMissing, start_neo4j
from tests.app.chain.vouchers.killing import DUE_ON, FILES, RULES

PATH = (Element("bank"),)


class Gone(MemoryStore):
    """A store that cannot be reached for a while, or loses the answer to a commit."""

    gone = False
    forgets = False

    def keep_exposures(self, given: Sequence[Exposure], *, at: int) -> None:
        if self.gone:
            raise StoreUnavailable("the server is gone")
        super().keep_exposures(given, at=at)
        if self.forgets:
            raise StoreUnavailable("the answer was lost")


@pytest.fixture
def store() -> Gone:
    store = Gone()
    publish(store, firms=[firm("F")])
    return store


@pytest.fixture
def resources(tmp_path: Path, store: Gone) -> Resources:
    with open_resources(Settings(home=tmp_path)) as resources:
        resources.__dict__["store"] = store
        with resources.records.writing() as connection:
            connection.execute(sa.update(head).values(day="2026-06-30"))
        total = AccountTotal("bank", Identity("bank"), 10**9)
        ledger_of(resources).set_totals([total], {"run": "r"})
        yield resources


def use(name: str, amount: int) -> UseOrder:
    return UseOrder(name, "F", "P", PATH, amount)


def test_uses_stand_beside_the_graph_as_long_as_something_is_left(
    resources: Resources, store: Gone
) -> None:
    ledger = ledger_of(resources)
    ledger.reserve(use("1", 100))
    ledger.reserve(use("2", 50))
    ledger.post("1", 60)
    project(resources, quietly)
    assert store.exposures() == [
        Exposure("use:1", FirmId("F"), None, 60),
        Exposure("use:2", FirmId("F"), None, 50),
    ]
    ledger.void("2")
    ledger.release("1", 60)
    assert is_behind(resources)

    assert project(resources, quietly) == "2 events passed on"

    assert store.exposures() == []
    assert project(resources, quietly) == "nothing new"


def acted(resources: Resources, firm: str, work: Callable[[Acting, Debt], object]) -> None:
    """Let a firm do something with vouchers."""

    def decided(moving: Moving) -> Reply:
        work(Acting(moving, firm, RULES, 5, 5), Debt(moving, FILES, None))
        return Reply.of(200, None)

    ledger_of(resources).ask(Plain(Reads(), decided, None, firm))


def test_what_a_voucher_owes_stands_beside_the_graph_by_who_holds_it(
    resources: Resources, store: Gone
) -> None:
    publish(store, firms=[firm(each) for each in ("X", "A", "B")])
    ledger_of(resources).set_totals([AccountTotal("core:X", Identity("core"), 10**9)], {})
    draft = VoucherDraft("V", "A", 100, DUE_ON, (), recourse=False, related=True)
    acted(resources, "X", lambda acting, debt: acts.issue(acting, draft, debt))
    project(resources, quietly)
    assert store.exposures() == []  # It waits for its holder.

    part = Passing("W", "B", 30, related=True)
    acted(resources, "A", lambda acting, _: acts.accept(acting, "V"))
    acted(resources, "A", lambda acting, _: acts.pass_on(acting, "V", part))
    acted(resources, "B", lambda acting, _: acts.accept(acting, "W"))
    project(resources, quietly)
    assert store.exposures() == [
        Exposure("voucher:V", FirmId("X"), FirmId("A"), 70),
        Exposure("voucher:W", FirmId("X"), FirmId("B"), 30),
    ]


def test_a_store_that_is_gone_loses_nothing_and_told_twice_changes_nothing(
    resources: Resources, store: Gone
) -> None:
    ledger = ledger_of(resources)
    store.gone = True
    for number in range(5):
        ledger.reserve(use(str(number), 10))
        with pytest.raises(StoreUnavailable):
            project(resources, quietly)
    assert lag_of(resources).events == 6
    store.gone, store.forgets = False, True
    with pytest.raises(StoreUnavailable):
        project(resources, quietly)
    store.forgets = False

    project(resources, quietly)

    assert len(store.exposures()) == 5
    assert lag_of(resources).events == 0


@pytest.mark.slow
@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_a_server_that_dies_and_comes_back_has_all_in_the_end(
    resources: Resources, tmp_path: Path
) -> None:
    try:
        server = start_neo4j(tmp_path / "server")
    except ServerMissing as missing:
        pytest.skip(str(missing))
    ledger = ledger_of(resources)
    with Neo4jStore(server.url, retry_seconds=0.5) as store:
        publish(store, firms=[firm("F")])
        resources.__dict__["store"] = store
        ledger.reserve(use("0", 10))
        project(resources, quietly)
        server.stop()
        for number in (1, 2, 3):
            ledger.reserve(use(str(number), 10))
        ledger.void("0")
        with pytest.raises(StoreUnavailable):
            project(resources, quietly)
        again = start_neo4j(tmp_path / "server")
        with Neo4jStore(again.url) as back:
            resources.__dict__["store"] = back
            project(resources, quietly)
            found = [(each.id, each.debtor, each.amount_fen) for each in back.exposures()]
        again.stop()

    assert found == [(f"use:{number}", "F", 10) for number in (1, 2, 3)]
