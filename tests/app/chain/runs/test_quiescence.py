"""Whatever files and people do: once all is quiet, accounts and bytes are those of a full run."""

import contextlib
import datetime as dt
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.business_day.closing import close_days
from app.books.errors import BookRefusal
from app.books.ledger import Element, Moving, Plain, Reads, Reply, UseOrder, ledger_of, operations
from app.books.rules import Rulebook
from app.chain.receivables import acts as debts
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import of_version
from app.chain.receivables.following import otherwise
from app.chain.receivables.numbering import numbers_of
from app.chain.receivables.tables import receivables
from app.chain.runs import refreshing
from app.chain.runs.applying import changes
from app.chain.runs.refreshing import pass_over, refresh_version
from app.chain.runs.snapshot import BookReader, Snapshot
from app.chain.runs.totals import RunFrames, totals_of
from app.chain.vouchers import acts
from app.chain.vouchers.acts import VoucherDraft
from app.chain.vouchers.nodes import Acting
from app.chain.vouchers.tables import vouchers
from app.data.runs.repository import newest_run
from app.jobs.closing import STEPS
from app.jobs.passes import BookFollower
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.errors import Absent, Busy
from app.platform.events.tables import events
from tests.app.chain.publishing import AS_OF, publish, told
from tests.app.conftest import NOW
from tests.graph.effort import seeds

CORE = "CORE1"
RULES = Rulebook(None).on(AS_OF)
FACE = 10_000_000
PAPERS = [*((f"A{n}", "MILL") for n in range(3)), ("A0", "PART"), ("A1", "ORE")]
WORDS = ["open", "open", "confirmed", "confirmed", "confirmed", "disputed", "paid", "void"]
WORDS += ["financed"]
LOOKS_MAX = 8


class World:
    """A service in one process, and all that is done to its papers, drawn by chance."""

    def __init__(self, resources: Resources, seed: int) -> None:
        self.resources, self.draw = resources, random.Random(seed)
        self.follower = BookFollower(resources, lambda: True)
        self.made = 0
        self.uses: dict[str, str] = {}
        business_day(resources)
        self.publish()
        self.refresh()

    # What files say.

    def publish(self) -> None:
        """Publish a version in which some receivables are told otherwise, come or go."""
        gone, rows = [], []
        for number, seller in PAPERS:
            if self.draw.random() < 0.2:
                gone.append(f"{number}/{seller}/{CORE}")
            elif self.draw.random() < 0.7:
                rows.append(self._told(number, seller))
        publish(self.resources, rows, gone)

    def _told(self, number: str, seller: str) -> dict[str, Any]:
        word = self.draw.choice(WORDS)
        return told(
            *(number, seller, CORE),
            amount_fen=FACE * self.draw.choice([1, 1, 1, 2]),
            confirmed_on=AS_OF if word == "confirmed" else None,
            status=word,
            paid_fen=self.draw.choice([0, 0, FACE // 4, FACE // 2]),
        )

    # What people do.

    def ask(self, work: Callable[[Moving, Debt], object]) -> None:
        files = of_version(self.resources, self.resources.version())

        def decided(moving: Moving) -> Reply:
            work(moving, Debt(moving, files, None))
            return Reply.of(200, None)

        with contextlib.suppress(BookRefusal, Absent):
            ledger_of(self.resources).ask(Plain(Reads(), decided))

    def paper(self) -> str:
        rows = of_version(self.resources, self.resources.version()).rows
        known = self.rows(receivables)
        found = sorted({*rows["receivable"], *(row["receivable"] for row in known)})
        return self.draw.choice(found)

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.resources.records.reading() as connection:
            return [dict(row) for row in connection.execute(sa.select(table)).mappings()]

    def confirm(self) -> None:
        paper = self.paper()
        self.ask(lambda _, debt: debts.confirm(debt, [paper]))

    def dispute(self) -> None:
        paper = self.paper()
        self.ask(lambda _, debt: debts.dispute(debt, paper, "r", RULES))

    def withdraw(self) -> None:
        paper = self.paper()
        self.ask(lambda _, debt: debts.withdraw(debt, paper))

    def settle(self) -> None:
        paper = self.paper()
        self.ask(lambda _, debt: debts.settle(debt, paper))

    def reserve(self) -> None:
        """Finance a receivable, as an application does: its document carries the amount."""
        self.made += 1
        use, paper = f"U{self.made}", self.paper()

        def work(moving: Moving, debt: Debt) -> None:
            row = debt.in_state(paper, "confirmed")
            path = [Element("bank"), Element(f"receivable:{paper}")]
            operations.reserve(moving, UseOrder(use, row["creditor"], "P", path, 1_000))
            after = {**row, "state": "financing", "before": "confirmed"}
            moving.record("reserve", f"use:{use}", rows=[(receivables, after)])
            self.uses[use] = paper

        self.ask(work)

    def post(self) -> None:
        """Draw on all of a reservation, or on so little that its document is not reached."""
        reached = self.draw.random() < 0.5
        after = {"state": "financed"} if reached else {"state": "confirmed", "before": ""}
        self._moved("post", "financing", after, lambda moving, use: operations.post(moving, use, 1))

    def back(self) -> None:
        """Give a document back: by a void, an expiry (of the same kind), or a repayment."""
        after = {"state": "confirmed", "before": ""}
        if self.draw.random() < 0.6:
            self._moved("void", "financing", after, operations.void)
        else:
            release = lambda moving, use: operations.release(moving, use, 1)  # noqa: E731
            self._moved("release", "financed", after, release)

    def _moved(
        self,
        operation: str,
        state: str,
        after: dict[str, str],
        act: Callable[[Moving, str], object],
    ) -> None:
        if not self.uses:
            return
        use, paper = self.draw.choice(sorted(self.uses.items()))

        def work(moving: Moving, debt: Debt) -> None:
            row = debt.in_state(paper, state)
            act(moving, use)
            moving.record(operation, f"use:{use}", rows=[(receivables, {**row, **after})])

        self.ask(work)

    def issue(self) -> None:
        self.made += 1
        number, papers = f"V{self.made}", [self.paper()] if self.draw.random() < 0.5 else []
        due, amount = AS_OF + dt.timedelta(days=80), None if papers else FACE // 5
        draft = VoucherDraft(number, "MILL", amount, due, papers, recourse=False, related=True)
        self.ask(lambda moving, debt: acts.issue(self._acting(moving, CORE), draft, debt))

    def voucher(self) -> None:
        """Accept, reject or split a voucher."""
        found = [row for row in self.rows(vouchers) if row["state"] in ("issued", "held")]
        if not found:
            return
        row = self.draw.choice(found)
        name, firm, pick = row["voucher"], row["holder"], self.draw.random()
        if row["state"] == "held":
            self.made += 1
            parts, half = [f"V{self.made}.1", f"V{self.made}.2"], row["held_fen"] // 2
            sizes = [half, row["held_fen"] - half]
            self.ask(lambda moving, _: acts.split(self._acting(moving, firm), name, sizes, parts))
        elif pick < 0.7:
            self.ask(lambda moving, _: acts.accept(self._acting(moving, firm), name))
        else:
            self.ask(lambda moving, debt: acts.reject(self._acting(moving, firm), name, debt))

    def _acting(self, moving: Moving, firm: str) -> Acting:
        return Acting(moving, firm, RULES, 5, 5)

    def freeze(self) -> None:
        account = self.draw.choice([f"core:{CORE}", "firm:MILL", f"chain:{CORE}:MILL"])
        self.ask(lambda moving, _: operations.freeze(moving, account, 1_000, reason="r"))

    def close_day(self) -> None:
        close_days(self.resources, None, STEPS, quietly)

    # What the platform does after it.

    def look(self) -> None:
        self.follower.look()

    def refresh(self) -> None:
        refresh_version(self.resources, None, progress=quietly)

    def raced(self, patch: pytest.MonkeyPatch) -> None:
        """Run a pass in which somebody does something after the book was read."""

        def meanwhile(given: pl.DataFrame, read: Snapshot) -> pl.DataFrame:
            self.draw.choice(ACTS)(self)
            return changes(given, read)

        with patch.context() as within:
            within.setattr(refreshing, "changes", meanwhile)
            self.draw.choice([self.refresh, self.follower.look])()

    def cut(self, patch: pytest.MonkeyPatch) -> None:
        """Run a pass that ends between its run and the accounts."""

        def failing(*_: object, **__: object) -> int:
            raise Busy("in the way", again_seconds=0)

        with patch.context() as within, contextlib.suppress(Busy):
            within.setattr(refreshing, "apply", failing)
            self.draw.choice([self.refresh, self.follower.look])()

    def settle_down(self) -> None:
        """Refresh a version that came, as the job does; then follow the book until it is quiet."""
        if newest_run(self.resources.records, self.resources.version().number) is None:
            self.refresh()
        self.follower._looks = -1  # It asks at once what others landed.
        for _ in range(LOOKS_MAX):
            if not self.follower.look() and self.follower._set:
                return
        raise AssertionError("it does not come to rest")


ACTS = (World.confirm, World.dispute, World.withdraw, World.settle, World.reserve, World.post)
ACTS += (World.back, World.issue, World.voucher, World.freeze, World.reserve, World.confirm)
STEPS_OF_ALL = (*ACTS, *ACTS, World.publish, World.publish, World.look, World.refresh, World.back)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def check_quiet(world: World) -> None:
    """Compare what stands with another pass: it follows nothing, sets nothing, is the same run."""
    before = newest_run(world.resources.records)
    assert before is not None
    count = set_events(world.resources)

    again = pass_over(world.resources, None, progress=quietly)

    assert (again.run.run, again.run.fresh, again.count) == (before.run, False, 0)
    assert set_events(world.resources) == count


def check(world: World) -> None:
    """Compare what stands with a full run of the same version and book."""
    resources = world.resources
    version = resources.version()
    run = newest_run(resources.records, version.number)
    assert run is not None
    told = of_version(resources, version)
    read = BookReader(resources.records).read(lambda used: otherwise(used, lambda: told))
    assert read.book.number == run.parameters.get("book", 0)
    before, count = files(resources.runs / run.folder), set_events(resources)
    for folder in resources.runs.iterdir():
        shutil.rmtree(folder)
    resources.forget()

    again = pass_over(resources, None, progress=quietly)

    assert (again.run.run, again.run.fresh, again.held_back) == (run.run, True, 0)
    assert files(again.run.folder) == before
    assert (again.count, set_events(resources)) == (0, count)
    given = totals_of(RunFrames.open(again.run.folder), numbers_of(resources).ids_of)
    assert changes(given, read).is_empty()


def set_events(resources: Resources) -> int:
    query = sa.select(sa.func.count()).select_from(events).where(events.c.operation == "set")
    with resources.records.reading() as connection:
        return int(connection.scalar(query) or 0)


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings, now=lambda: NOW) as opened:
        fast = "PRAGMA synchronous = OFF"  # What a crash would lose is not the matter.
        sa.event.listen(opened.records.engine, "connect", lambda raw, _: raw.execute(fast))
        opened.records.engine.dispose()
        yield opened


def lived(world: World, steps: int, patch: pytest.MonkeyPatch) -> None:
    """Do so many things, of which some are cut short or meet with others."""
    for _ in range(steps):
        pick = world.draw.random()
        if pick < 0.08:
            world.raced(patch)
        elif pick < 0.12:
            world.cut(patch)
        elif pick < 0.14:
            world.close_day()
        else:
            world.draw.choice(STEPS_OF_ALL)(world)
    world.settle_down()


@pytest.mark.parametrize("seed", seeds(range(2), 1))
def test_once_all_is_quiet_accounts_stand_as_a_full_run_gives_them(
    resources: Resources, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(resources, seed)

    lived(world, 20, monkeypatch)

    check(world)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 104))
def test_whenever_it_is_quiet_no_pass_is_owed(
    resources: Resources, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(resources, seed)
    for _ in range(6):
        lived(world, 5, monkeypatch)
        check_quiet(world)

    check(world)
