"""Passes: the limits after a change of the book, and the accounts that a run sets."""

from collections.abc import Iterator

import polars as pl
import pytest
import sqlalchemy as sa

from app.books.ledger import (
    AccountTotal,
    Identity,
    Move,
    Plain,
    Reads,
    Reply,
    ledger_of,
    operations,
)
from app.books.ledger.moving import Moving
from app.books.ledger.tables import accounts
from app.chain.limits.results import open_results
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import of_version
from app.chain.receivables.tables import receivables
from app.chain.runs import refreshing
from app.chain.runs.applying import apply, changes
from app.chain.runs.refreshing import Pass, pass_over
from app.chain.runs.snapshot import ACCOUNTS, Snapshot, reader_of
from app.chain.runs.totals import RunFrames, totals_of
from app.data.runs.repository import newest_run, record_run, run_named
from app.jobs.passes import BookFollower
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.errors import Busy, Unready
from app.platform.events.tables import events
from app.platform.process.locks import locked
from tests.app.chain.publishing import publish, told
from tests.app.conftest import NOW

CORE = "CORE1"


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings, now=lambda: NOW) as opened:
        yield opened


def passed(resources: Resources) -> Pass:
    return pass_over(resources, None, progress=lambda *_: None)


def standing(resources: Resources) -> dict[str, sa.Row[tuple[int, ...]]]:
    """Return every account by its name."""
    with resources.records.reading() as connection:
        return {row.account: row for row in connection.execute(sa.select(accounts))}


def events_of(resources: Resources, operation: str) -> int:
    query = sa.select(sa.func.count()).select_from(events)
    with resources.records.reading() as connection:
        return int(connection.scalar(query.where(events.c.operation == operation)) or 0)


def asked(resources: Resources, work: object) -> None:
    """Do something in the book as the machine."""

    def done(moving: Moving) -> Reply:
        work(moving)  # type: ignore[operator]  # a function of a test
        return Reply.of(200, {})

    ledger_of(resources).ask(Plain(Reads(), done))


def freeze_core(resources: Resources, amount: int) -> None:
    """Freeze an amount of the core's account, after a decision has left room there."""
    account = AccountTotal(f"core:{CORE}", Identity("core", CORE), 10**12)
    ledger_of(resources).set_totals([account], {"decision": "room"})
    ledger_of(resources).freeze(account.account, amount, reason="a leaf of the limits")


def test_accounts_stand_as_the_run_gives_them(resources: Resources) -> None:
    run = passed(resources).run
    given = totals_of(RunFrames.open(run.folder))
    found = standing(resources)

    assert set(found) == set(given["account"])
    for row in given.iter_rows(named=True):
        account = found[row["account"]]
        for name in ("layer", "core", "firm", "thing", "total", "outside", "valid_to"):
            assert getattr(account, name) == row[name]


def test_a_pass_without_a_change_sets_nothing_and_is_the_same_run(resources: Resources) -> None:
    first = passed(resources)
    before = events_of(resources, "set")

    again = passed(resources)

    assert (again.run.run, again.run.fresh) == (first.run.run, False)
    assert events_of(resources, "set") == before


def test_what_is_frozen_of_a_core_is_in_the_next_run_with_its_event(resources: Resources) -> None:
    first = passed(resources).run
    freeze_core(resources, 100_000)
    number = reader_of(resources).head()

    after = passed(resources)

    assert after.run.run != first.run
    assert after.read.book.number == number
    facility = open_results(after.run.folder).facility(CORE)
    assert facility is not None
    assert facility["reserved_fen"] == 100_000
    stored = pl.read_parquet(after.run.folder / "cores.parquet").filter(pl.col("core") == CORE)
    assert stored["reserved_event"].to_list() == [number]


def test_uses_are_no_change_of_the_limits(resources: Resources) -> None:
    first = passed(resources)
    ledger_of(resources).freeze("firm:MILL", 1, reason="not a leaf")

    assert passed(resources).run.run == first.run.run


def touched(
    resources: Resources, operation: str, subject: str, receivable: str = "R3", **columns: object
) -> None:
    """Change the row of a receivable in an event."""
    files = of_version(resources, resources.version())

    def work(moving: Moving) -> None:
        row = Debt(moving, files, None).find(receivable)
        moving.record(operation, subject, rows=[(receivables, {**row, **columns})])

    asked(resources, work)


def test_financing_a_document_is_no_change_of_the_limits(resources: Resources) -> None:
    confirmed = {"state": "confirmed", "confirmed": 1, "here": 1}
    touched(resources, "receivable.confirm", "receivable:R3", **confirmed)
    before = passed(resources)
    number = before.read.book.number

    touched(resources, "reserve", "use:U1", state="financing", before="confirmed")
    touched(resources, "post", "use:U1", state="financed")

    after = passed(resources)
    assert after.read.head == number + 2
    assert (after.run.run, after.run.fresh) == (before.run.run, False)
    known = after.read.book.receivables
    assert known.drop("state").equals(before.read.book.receivables.drop("state"))
    assert known["event"].to_list() == [number]

    touched(resources, "release", "use:U1", state="paid")
    assert passed(resources).read.book.number == number + 3
    assert reader_of(resources).read().book.receivables["event"].to_list() == [number + 3]


def test_what_the_book_knows_by_a_use_alone_is_known_by_no_event(resources: Resources) -> None:
    first = passed(resources).run
    touched(resources, "reserve", "use:U1", "R1", state="financing", before="confirmed")

    after = passed(resources)

    assert (after.run.run, after.read.book.number) == (first.run, 0)
    assert after.read.book.receivables["event"].to_list() == [0]


def outside_more(moving: Moving, account: str) -> None:
    """Move what is outside the book, as a voucher does that gives back what it replaced."""
    found = moving.account(account)
    assert found is not None
    moving.record("restore", "test", moves=[Move(account, found.figures._replace(outside=1))])


@pytest.mark.parametrize("held", ["freeze", "close", "lower", "freeze whole", "outside"])
def test_what_was_held_back_since_the_book_was_read_is_left_as_it_is(
    resources: Resources, held: str
) -> None:
    run = passed(resources).run
    account = f"chain:{CORE}:MILL"
    read = reader_of(resources).read()
    given = totals_of(RunFrames.open(run.folder)).with_columns(pl.col("total") + 1)
    held_back = {
        "freeze": lambda moving: operations.freeze(moving, account, 1, reason="x"),
        "freeze whole": lambda moving: operations.freeze(moving, account, None, reason="x"),
        "close": lambda moving: operations.close(moving, account),
        "lower": lambda moving: operations.lower(moving, account, 0),
        "outside": lambda moving: outside_more(moving, account),
    }
    asked(resources, held_back[held])
    before = standing(resources)[account]

    found = changes(given, read)
    left = apply(ledger_of(resources), found, {"run": "r"}, read.head, first=lambda _: None)

    after = standing(resources)
    assert left == 1
    assert after[account] == before
    assert after["bank"].total == given.filter(pl.col("account") == "bank")["total"][0]


def test_one_pass_at_a_time_is_made_over_a_version(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "COMPUTE_SECONDS_MAX", 0.01)
    with (
        locked(refreshing._turn(resources, resources.version())),
        pytest.raises(Unready),
    ):
        passed(resources)

    assert passed(resources).run


def test_caps_of_groups_are_set_with_what_moves_or_not_at_all(resources: Resources) -> None:
    run = passed(resources).run
    read = reader_of(resources).read()
    given = totals_of(RunFrames.open(run.folder))
    row = {"account": "group:G", "layer": "group", "thing": "G", "total": 5, "outside": 0}
    more = pl.DataFrame([row | {"core": None, "firm": None, "valid_to": 0}], given.schema)

    def fails(_: Moving) -> None:
        raise ZeroDivisionError

    changed, ledger = changes(pl.concat([given, more]), read), ledger_of(resources)
    with pytest.raises(ZeroDivisionError):
        apply(ledger, changed, {"run": "r"}, read.head, first=fails)
    assert "group:G" not in standing(resources)
    apply(ledger, changed, {"run": "r"}, read.head, first=lambda _: None)
    assert standing(resources)["group:G"].total == 5


def test_what_left_is_closed_or_has_nothing_and_what_came_back_is_open(
    resources: Resources,
) -> None:
    passed(resources)
    opened = [
        AccountTotal("receivable:X9", Identity("document", CORE, "MILL", "X9"), 500),
        AccountTotal("chain:GONE:MILL", Identity("chain", "GONE", "MILL"), 500),
        AccountTotal("chain:own:MILL", Identity("chain", "own", "MILL"), 500),
    ]
    ledger_of(resources).set_totals(opened, {"decision": "d"})

    passed(resources)

    found = standing(resources)
    assert (found["receivable:X9"].state, found["receivable:X9"].total) == (2, 500)
    assert (found["chain:GONE:MILL"].state, found["chain:GONE:MILL"].total) == (0, 0)
    assert found["chain:own:MILL"].total == 500
    asked(resources, lambda moving: operations.close(moving, f"chain:{CORE}:MILL"))
    passed(resources)
    assert standing(resources)[f"chain:{CORE}:MILL"].state == 0


def test_what_people_froze_stays_frozen_while_its_document_leaves_and_comes_back(
    resources: Resources,
) -> None:
    passed(resources)
    name, ledger = "receivable:X9", ledger_of(resources)
    opened = AccountTotal(name, Identity("document", CORE, "MILL", "X9"), 500)
    ledger.set_totals([opened], {"decision": "d"})
    ledger.freeze(name, None, reason="doubt")

    for count in (1, 0):
        assert passed(resources).count == count
        found = standing(resources)[name]
        assert (found.state, found.total) == (1, 0)
    ledger.set_totals([opened], {"decision": "back"})
    assert (standing(resources)[name].state, standing(resources)[name].total) == (1, 500)
    passed(resources)
    ledger.unfreeze(name, None, reason="over")
    assert (standing(resources)[name].state, standing(resources)[name].total) == (0, 0)
    passed(resources)
    assert standing(resources)[name].state == 2


def test_a_run_of_an_older_book_never_comes_after_a_newer_one(resources: Resources) -> None:
    passed(resources)
    older = newest_run(resources.records)
    freeze_core(resources, 1)
    newer = passed(resources).run

    assert older is not None
    assert not record_run(resources.records, older, [])
    found = newest_run(resources.records)
    assert found is not None
    assert found.run == newer.run


def test_runs_that_a_newer_book_has_long_followed_are_removed(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "RUNS_KEPT", 2)
    first = passed(resources).run  # It read no book, and stays.
    runs = []
    for amount in (1, 2, 3):
        freeze_core(resources, amount)
        runs.append(passed(resources).run)

    assert [each.folder.is_dir() for each in (first, *runs)] == [True, False, True, True]
    assert run_named(resources.records, runs[0].run) is None


def test_the_limits_follow_the_book(resources: Resources) -> None:
    follower = BookFollower(resources, lambda: True)
    passed(resources)
    assert not follower.look()

    ledger_of(resources).freeze("firm:MILL", 1, reason="not a leaf")
    assert not follower.look()
    freeze_core(resources, 7)
    assert follower.look()
    assert not follower.look()

    run = newest_run(resources.records)
    assert run is not None
    facility = open_results(resources.runs / run.folder).facility(CORE)
    assert facility is not None
    assert facility["reserved_fen"] == 7


def test_changes_in_between_are_taken_together(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, runs = BookFollower(resources, lambda: True), []
    passed(resources)
    landed = refreshing._landed
    monkeypatch.setattr(refreshing, "_landed", lambda *given: runs.append(1) or landed(*given))
    for amount in (7, 8, 9):
        freeze_core(resources, amount)

    assert follower.look()
    assert not follower.look()

    run = newest_run(resources.records)
    assert run is not None
    facility = open_results(resources.runs / run.folder).facility(CORE)
    assert facility is not None
    assert (facility["reserved_fen"], len(runs)) == (24, 1)


def test_what_was_held_back_is_set_by_the_pass_after_it(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, follower = f"chain:{CORE}:MILL", BookFollower(resources, lambda: True)
    passed(resources)
    asked(resources, lambda moving: operations.lower(moving, account, 1))
    freeze_core(resources, 7)

    def frozen_meanwhile(given: pl.DataFrame, read: Snapshot) -> pl.DataFrame:
        found = changes(given, read)
        ledger_of(resources).freeze(account, 1, reason="meanwhile")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "changes", frozen_meanwhile)
        assert follower.look()
    assert standing(resources)[account].total == 1
    assert follower.look()
    assert standing(resources)[account].total > 1
    assert not follower.look()


def test_the_followed_book_ends_with_its_service(resources: Resources) -> None:
    with BookFollower(resources, lambda: False) as follower:
        thread = follower._thread
        assert thread.is_alive()
    assert not thread.is_alive()


def financed_and_paid_by_a_file(resources: Resources) -> None:
    """Confirm R3, finance it, and publish a version in which it is paid."""
    confirmed = {"state": "confirmed", "confirmed": 1, "here": 1}
    touched(resources, "receivable.confirm", "receivable:R3", **confirmed)
    passed(resources)
    touched(resources, "reserve", "use:U1", state="financing", before="confirmed")
    publish(resources, [told("R3", "PART", "CORE2", amount_fen=100_000_000, status="paid")])


def test_a_post_that_gives_a_document_back_which_a_file_has_ended_is_followed(
    resources: Resources,
) -> None:
    financed_and_paid_by_a_file(resources)
    follower = BookFollower(resources, lambda: True)
    passed(resources)
    assert not follower.look()
    before = reader_of(resources).read().book.number

    touched(resources, "post", "use:U1", state="confirmed", before="")

    assert follower.look()
    known = reader_of(resources).read().book.receivables.filter(number="R3")
    assert known["state"].to_list() == ["paid"]
    assert reader_of(resources).last_change() > before


def test_financing_what_a_file_has_ended_names_another_run(resources: Resources) -> None:
    financed_and_paid_by_a_file(resources)
    number = reader_of(resources).head()

    run = passed(resources)

    assert run.read.book.number == number  # With the use: by the files it would be over.
    assert run.read.book.receivables.filter(number="R3")["event"].to_list() == [number]


def test_a_document_that_left_after_the_book_was_read_is_not_opened(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed(resources)

    def disputed(given: pl.DataFrame, read: Snapshot) -> pl.DataFrame:
        found = changes(given, read)
        touched(resources, "receivable.dispute", "receivable:R1", "R1", state="disputed")
        return found

    with resources.records.writing() as connection:  # As before the first pass over it.
        connection.execute(sa.delete(accounts).where(accounts.c.account == "receivable:R1"))
    reader_of(resources)._accounts = pl.DataFrame(schema=ACCOUNTS)
    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "changes", disputed)
        assert passed(resources).held_back == 1

    assert "receivable:R1" not in standing(resources)
    passed(resources)
    assert "receivable:R1" not in standing(resources)


def test_a_run_whose_accounts_were_not_set_is_followed(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = BookFollower(resources, lambda: True)
    passed(resources)
    assert not follower.look()
    account = f"chain:{CORE}:MILL"
    asked(resources, lambda moving: operations.lower(moving, account, 1))
    freeze_core(resources, 7)

    def cut(*_: object, **__: object) -> int:
        raise Busy("in the way", again_seconds=0)

    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "apply", cut)
        with pytest.raises(Busy):
            follower.look()
    assert standing(resources)[account].total == 1

    assert follower.look()
    assert standing(resources)[account].total > 1
    assert not follower.look()
