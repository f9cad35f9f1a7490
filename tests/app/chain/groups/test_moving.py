"""Uses follow their firm between groups, in the order that sets the totals of a run."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.errors import LimitExceeded
from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Element,
    Identity,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
)
from app.books.ledger.tables import accounts
from app.chain.groups.moving import regroup
from app.chain.groups.stored import Connected, GroupMember, TiedGroup
from app.platform.events.tables import events, head
from app.platform.records import Records, open_records

NOW = dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
CAP = 1_000
NUMBERS = count()


def connected(*parts: Sequence[str]) -> Connected:
    """Return groups of these members each, as a run would find them."""
    groups = {
        min(part): TiedGroup(
            min(part), [GroupMember(firm, None, None, None) for firm in sorted(part)], []
        )
        for part in parts
    }
    return Connected(groups, run="run", cap_fen=CAP)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'records.db'}") as records:
        with records.writing() as connection:
            connection.execute(sa.update(head).values(day="2026-06-30"))
        yield records


@pytest.fixture
def ledger(records: Records) -> Iterator[AccountLedger]:
    ledger = AccountLedger(records, lambda: NOW)
    named = [AccountTotal(each, Identity(each), 10_000) for each in ("bank",)]
    named += [AccountTotal(f"firm:{f}", Identity("firm", firm=f), 5_000) for f in "ABC"]
    ledger.set_totals(named, {"run": "before"})
    yield ledger
    ledger.close()


def use(ledger: AccountLedger, name: str, firm: str, amount: int, group: str | None = None) -> None:
    path = [Element("bank"), Element(f"firm:{firm}")]
    if group is not None:
        path.insert(1, Element(f"group:{group}"))
    ledger.reserve(UseOrder(name, firm, "P", path, amount))


def move(ledger: AccountLedger, found: Connected) -> int:
    def work(moving: Moving) -> Reply:
        return Reply.of(200, regroup(moving, found))

    moved: int = ledger.ask(Plain(Reads(), work)).document
    return moved


def used(records: Records) -> Mapping[str, tuple[int, int]]:
    with records.reading() as connection:
        rows = connection.execute(
            sa.select(accounts.c.account, accounts.c.pending, accounts.c.posted)
        )
        return {row[0]: (row[1], row[2]) for row in rows}


def test_a_use_enters_the_group_of_its_firm_and_leaves_it(
    ledger: AccountLedger, records: Records
) -> None:
    use(ledger, "one", "A", 700)
    use(ledger, "two", "B", 600)
    ledger.post("two", 500)

    assert move(ledger, connected("AB")) == 2
    assert used(records)["group:A"] == (700, 500)
    assert used(records)["bank"] == (700, 500)
    assert move(ledger, connected("AB")) == 0
    assert move(ledger, connected()) == 2
    assert used(records)["group:A"] == (0, 0)


def test_a_group_over_its_cap_takes_nothing_back_and_nothing_more(
    ledger: AccountLedger, records: Records
) -> None:
    use(ledger, "one", "A", 700)
    use(ledger, "two", "B", 600)
    move(ledger, connected("AB"))

    with pytest.raises(LimitExceeded, match="group:A"):
        use(ledger, "three", "A", 1, group="A")
    ledger.post("one", 700)
    ledger.release("one", 700)
    assert used(records)["group:A"] == (600, 0)


def test_a_group_that_is_called_otherwise_takes_its_uses_along(
    ledger: AccountLedger, records: Records
) -> None:
    use(ledger, "one", "B", 700)
    move(ledger, connected("BC"))
    move(ledger, connected("ABC"))

    assert used(records)["group:B"] == (0, 0)
    assert used(records)["group:A"] == (700, 0)


def test_moving_is_an_event_of_the_use(ledger: AccountLedger, records: Records) -> None:
    use(ledger, "one", "A", 700)
    move(ledger, connected("AB"))

    with records.reading() as connection:
        told = connection.execute(
            sa.select(events.c.operation, events.c.subject).order_by(events.c.number.desc())
        ).first()
    assert told == ("transfer", "use:one")


def test_what_is_over_stays_where_it_was(ledger: AccountLedger, records: Records) -> None:
    use(ledger, "one", "A", 700)
    ledger.void("one")

    assert move(ledger, connected("AB")) == 0
    assert "group:A" not in used(records)


partitions = st.lists(st.sampled_from(["AB", "BC", "AC", "ABC", ""]), max_size=4)


@given(partitions, st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 900)), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_a_group_carries_the_uses_of_its_members_whatever_came_before(
    ledger: AccountLedger, records: Records, passes: list[str], drawn: list[tuple[str, int]]
) -> None:
    names = [f"{next(NUMBERS)}" for _ in drawn]
    for name, (firm, amount) in zip(names, drawn, strict=True):
        use(ledger, name, firm, amount)
    for part in passes:
        found = connected(part) if part else connected()
        move(ledger, found)
        own = {f"group:{min(part)}": sum(a for f, a in drawn if f in part)} if part else {}
        groups = {k: v[0] for k, v in used(records).items() if k.startswith("group:") and v[0]}
        assert groups == {name: total for name, total in own.items() if total}
    for name in names:  # The next example begins with nothing used.
        ledger.void(name)
